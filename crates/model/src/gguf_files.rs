//! The files of a GGUF model: one, or parts that lie beside each other (`name-00001-of-00003.gguf`, as llama.cpp splits).

use crate::error::{Defect, LoadError};
use crate::gguf::Gguf;
use crate::shards::Tensors;
use crate::weight_file::WeightFile;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Bytes of a GGUF file that are read at first: enough for most vocabularies.
const FIRST: usize = 4 << 20;

/// The most bytes of a GGUF file that are read for its keys and the list of its tensors. The largest vocabularies take
/// about a tenth of this.
const MOST_HEADER: usize = 256 << 20;

/// The most parts of one model. Larger ones than this many times a few gigabytes do not exist.
const MOST_PARTS: usize = 1024;

/// What comes before the weights of a GGUF file.
pub(crate) type Header = Cow<'static, [u8]>;

/// Opened GGUF files: all parts of one model, the first one first.
pub(crate) struct GgufFiles {
    pub(crate) files: Vec<WeightFile>,
    /// What comes before the weights of the first part, which has the keys of the whole model.
    pub(crate) header: Header,
    /// All tensors of all parts.
    pub(crate) tensors: Tensors,
}

/// The keys that parts have: their number from 0, how many parts there are, and the tensors of all of them.
const NUMBER: &str = "split.no";
const COUNT: &str = "split.count";
const TENSORS: &str = "split.tensors.count";

/// Opens a GGUF file; of a part, all parts of its model, which lie beside it.
pub(crate) fn open(named: WeightFile) -> Result<GgufFiles, LoadError> {
    let header = header(&named)?;
    let gguf = read(&named, &header)?;
    let wrong = |defect: Defect| defect.at(named.path());
    let Some((number, count)) = part(&gguf).map_err(wrong)? else {
        let mut tensors = Tensors::new();
        add(&mut tensors, &gguf, &named, 0)?;
        return Ok(GgufFiles { files: vec![named], header, tensors });
    };
    let promised = gguf.count(TENSORS).map_err(wrong)?;
    let paths = part_paths(named.path(), number, count).map_err(wrong)?;
    let mut all = GgufFiles { files: Vec::new(), header: Cow::Borrowed(&[]), tensors: Tensors::new() };
    for (at, path) in paths.iter().enumerate() {
        open_part(&mut all, path, at, count)?;
    }
    let tensors = all.tensors.len();
    match promised.filter(|&promised| promised != tensors) {
        Some(promised) => {
            let what = format!("{TENSORS} is {promised}, and all {count} parts together have {tensors} tensors");
            Err(wrong(Defect::Parts(what)))
        }
        None => Ok(all),
    }
}

/// Opens part `at`, counted from 0, and adds it to those before it.
fn open_part(all: &mut GgufFiles, path: &Path, at: usize, count: usize) -> Result<(), LoadError> {
    let wrong = |what: String| Defect::Parts(what).at(path);
    if !path.exists() {
        let what = format!("no such file; it is part {} of {count}, and all parts must lie beside each other", at + 1);
        return Err(wrong(what));
    }
    let file = WeightFile::open(path)?;
    let header = header(&file)?;
    let gguf = read(&file, &header)?;
    let found = part(&gguf).map_err(|defect| defect.at(path))?;
    if found != Some((at, count)) {
        let says = match found {
            Some((number, count)) => format!("{NUMBER} is {number} and {COUNT} is {count}"),
            None => format!("it has no {COUNT}"),
        };
        return Err(wrong(format!("{says}, where part {} of {count} has {NUMBER} {at} and {COUNT} {count}", at + 1)));
    }
    add(&mut all.tensors, &gguf, &file, at)?;
    if at == 0 {
        all.header = header;
    }
    all.files.push(file);
    Ok(())
}

/// Which part a file is, from 0, and of how many; nothing if it is a whole.
fn part(gguf: &Gguf<'_>) -> Result<Option<(usize, usize)>, Defect> {
    let Some(count) = gguf.count(COUNT)?.filter(|&count| count > 1) else { return Ok(None) };
    if count > MOST_PARTS {
        return Err(Defect::value(COUNT, count, &format!("in 0..={MOST_PARTS}")));
    }
    let number = gguf.count(NUMBER)?.unwrap_or(0);
    if number >= count {
        return Err(Defect::value(NUMBER, number, &format!("less than {COUNT}, which is {count}")));
    }
    Ok(Some((number, count)))
}

/// Where all parts are, judged by the name of one.
fn part_paths(path: &Path, number: usize, count: usize) -> Result<Vec<PathBuf>, Defect> {
    let ending = |number: usize| format!("-{:05}-of-{count:05}.gguf", number + 1);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(stem) = name.strip_suffix(&ending(number)) else {
        return Err(Defect::Parts(format!(
            "{NUMBER} is {number} and {COUNT} is {count}: this is one part of a model, which finds the others by its name; \
             call it NAME{}, with the other parts beside it",
            ending(number)
        )));
    };
    Ok((0..count).map(|number| path.with_file_name(format!("{stem}{}", ending(number)))).collect())
}

/// Adds the tensors of a file.
fn add(all: &mut Tensors, gguf: &Gguf<'_>, file: &WeightFile, number: usize) -> Result<(), LoadError> {
    for (name, stored) in gguf.tensors() {
        if all.insert(name.to_owned(), (stored.clone(), number)).is_some() {
            return Err(Defect::Parts(format!("the tensor {name} lies in two parts")).at(file.path()));
        }
    }
    Ok(())
}

/// The keys of the first file, with the tensors of all files.
pub(crate) fn whole<'a>(first: &WeightFile, header: &'a Header, all: &'a Tensors) -> Result<Gguf<'a>, LoadError> {
    let others = all.iter().map(|(name, (stored, _))| (name.as_str(), stored));
    Ok(read(first, header)?.with_parts(others))
}

/// Reads what a file says before its weights; `header` is all of that.
fn read<'a>(file: &WeightFile, header: &'a Header) -> Result<Gguf<'a>, LoadError> {
    let gguf = Gguf::read_beginning(header, file.len()).map_err(|defect| defect.at(file.path()))?;
    gguf.ok_or_else(|| Defect::CutShort.at(file.path()))
}

/// What comes before the weights of a file, however long it is.
fn header(file: &WeightFile) -> Result<Header, LoadError> {
    if let Some(bytes) = file.in_program() {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut size = FIRST;
    loop {
        let header = file.beginning(size)?;
        let gguf = Gguf::read_beginning(&header, file.len()).map_err(|defect| defect.at(file.path()))?;
        if gguf.is_some() {
            return Ok(Cow::Owned(header));
        }
        if size >= MOST_HEADER {
            let what = format!("keys and tensors that take more than {MOST_HEADER} bytes");
            return Err(Defect::Gguf { what, at: size }.at(file.path()));
        }
        size *= 4;
    }
}
