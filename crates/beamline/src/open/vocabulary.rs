//! The vocabulary in a GGUF file's keys, or in a folder's files, handed to the tokens crate.

use crate::error::Error;
use crate::open::file;
use crate::options::Defaults;
use beamline_model::gguf::{Gguf, Value};
use beamline_model::{Defect, LoadError};
use beamline_tokens::{FolderFiles, GgufVocabulary, TokenId, Tokenizer, TokensError, pre_tokenizers};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Reads those of a folder's files that say how text becomes tokens.
pub(crate) fn files(folder: &Path) -> Result<FolderFiles, Error> {
    FolderFiles::gather(|name| {
        let path = folder.join(name);
        match file::fetched(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// Makes a tokenizer of a folder's files; `pre` says how text is split, whatever they say.
pub(crate) fn from_folder(files: &FolderFiles, folder: &Path, pre: Option<&str>) -> Result<Tokenizer, Error> {
    let tokenizer = Tokenizer::from_folder(files).and_then(|tokenizer| match pre {
        Some(pre) => tokenizer.split_as(pre),
        None => Ok(tokenizer),
    });
    tokenizer.map_err(|source| Error::Vocabulary { path: at(folder, &source), source })
}

/// The file that an error is about.
fn at(folder: &Path, error: &TokensError) -> PathBuf {
    match error {
        TokensError::Json(_) => folder.join("tokenizer.json"),
        _ => folder.to_owned(),
    }
}

/// Refuses a name for splitting that nobody knows.
pub(crate) fn known(pre: &str, path: &Path) -> Result<(), Error> {
    if pre_tokenizers().any(|name| name == pre) {
        return Ok(());
    }
    Err(Error::Vocabulary { path: path.to_owned(), source: TokensError::Pre(pre.to_owned()) })
}

/// Makes a tokenizer of `tokenizer.ggml.*`; `pre` takes the place of the file's own name for how text is split.
pub(crate) fn from_gguf(gguf: &Gguf<'_>, path: &Path, pre: Option<&str>) -> Result<Tokenizer, Error> {
    let mut described =
        describe(gguf).map_err(|defect| LoadError { path: path.to_owned(), defect: Box::new(defect) })?;
    if let Some(pre) = pre {
        if described.model != "gpt2" {
            return Err(Error::Vocabulary { path: path.to_owned(), source: TokensError::NoSplit(pre.to_owned()) });
        }
        described.pre = Some(pre);
    }
    Tokenizer::from_gguf(&described).map_err(|source| Error::Vocabulary { path: path.to_owned(), source })
}

/// What the same keys say about decoding: the tokens by which a text begins and ends. A key of another type is for
/// [`from_gguf`] to refuse.
pub(crate) fn defaults(gguf: &Gguf<'_>) -> Defaults {
    let token = |name: &str| {
        let id = gguf.count(&format!("tokenizer.ggml.{name}")).ok().flatten();
        id.and_then(|id| u32::try_from(id).ok()).map(TokenId)
    };
    let text = |name: &str| gguf.text(&format!("tokenizer.ggml.{name}")).ok().flatten();
    let mut end: Vec<TokenId> = ["eos_token_id", "eot_token_id"].into_iter().filter_map(token).collect();
    end.dedup();
    let unnamed = text("model") == Some("gpt2") && text("pre").is_none();
    let warning = unnamed.then(|| {
        "the file does not say how text is split (tokenizer.ggml.pre); taking gpt-2's way, which may give other tokens than the model was trained on".to_owned()
    });
    Defaults::ends(&end, token("bos_token_id"), warning)
}

fn describe<'a>(gguf: &Gguf<'a>) -> Result<GgufVocabulary<'a>, Defect> {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    let text = |name: &str| gguf.text(&key(name));
    let id = |name: &str| Ok::<_, Defect>(gguf.count(&key(name))?.and_then(|id| u32::try_from(id).ok()));
    let wrong = |name: &str, expected: &str| Defect::Value {
        field: key(name),
        value: "of another type".to_owned(),
        allowed: expected.to_owned(),
    };
    let strings = |name: &str| {
        let list = gguf.list(&key(name))?;
        let string = |value| match value {
            Value::Text(bytes) => std::str::from_utf8(bytes).ok().map(Cow::from),
            _ => None,
        };
        let strings: Option<Vec<Cow<'a, str>>> =
            list.iter().flat_map(beamline_model::gguf::List::values).map(string).collect();
        strings.ok_or_else(|| wrong(name, "a list of UTF-8 texts"))
    };
    let numbers = |name: &str| {
        let list = gguf.list(&key(name))?;
        let number = |value| match value {
            Value::Integer(n) => Some(n as f64),
            Value::Float(x) => Some(x),
            _ => None,
        };
        let numbers: Option<Vec<f64>> = list.iter().flat_map(beamline_model::gguf::List::values).map(number).collect();
        numbers.ok_or_else(|| wrong(name, "a list of numbers"))
    };
    let missing =
        || Defect::Value { field: key("model"), value: "missing".to_owned(), allowed: "gpt2 or llama".to_owned() };
    Ok(GgufVocabulary {
        model: text("model")?.ok_or_else(missing)?,
        pre: text("pre")?,
        tokens: strings("tokens")?,
        scores: numbers("scores")?.into_iter().map(|x| x as f32).collect(),
        kinds: numbers("token_type")?.into_iter().map(|x| x as i32).collect(),
        merges: strings("merges")?,
        bos: id("bos_token_id")?,
        eos: id("eos_token_id")?,
        add_bos: gguf.flag(&key("add_bos_token"))?,
        add_eos: gguf.flag(&key("add_eos_token"))?,
        add_space_prefix: gguf.flag(&key("add_space_prefix"))?,
    })
}
