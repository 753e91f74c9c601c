//! The files of weights in a folder: one, or several that an index lists (shards), as safetensors or of PyTorch.

use crate::error::{Defect, LoadError};
use crate::stored::Stored;
use crate::weight_file::WeightFile;
use crate::{pytorch, safetensors};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// One file with everything, or an index; the first that is there is taken, as transformers does.
const NAMES: [Source; 4] = [
    Source { name: "model.safetensors", is_index: false, read: safetensors::tensors },
    Source { name: "model.safetensors.index.json", is_index: true, read: safetensors::tensors },
    Source { name: "pytorch_model.bin", is_index: false, read: pytorch::tensors },
    Source { name: "pytorch_model.bin.index.json", is_index: true, read: pytorch::tensors },
];

/// Reads which tensors a file has.
type Read = fn(&WeightFile) -> Result<BTreeMap<String, Stored>, LoadError>;

struct Source {
    name: &'static str,
    is_index: bool,
    read: Read,
}

/// Each tensor with the number of the file that it lies in.
pub(crate) type Tensors = BTreeMap<String, (Stored, usize)>;

/// Opens a folder's weights: the first of [`NAMES`] that is there, or else all safetensors there are.
pub(crate) fn open(folder: &Path) -> Result<(Vec<WeightFile>, Tensors), LoadError> {
    let source = NAMES.iter().find(|source| folder.join(source.name).is_file());
    let (read, index) = match source {
        Some(Source { name, is_index: true, read }) => (*read, index(&folder.join(name))?),
        Some(Source { name, read, .. }) => {
            let files = vec![WeightFile::open(&folder.join(name))?];
            let tensors = read(&files[0])?.into_iter().map(|(name, stored)| (name, (stored, 0))).collect();
            return in_order(files, tensors);
        }
        None => (safetensors::tensors as Read, BTreeMap::new()),
    };
    let names: BTreeSet<PathBuf> = if source.is_some() {
        index.values().map(PathBuf::from).collect()
    } else {
        let entries = std::fs::read_dir(folder).map_err(|e| LoadError::reading(folder, e))?;
        let names = entries.filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())));
        names.filter(|name| name.extension().is_some_and(|ending| ending == "safetensors")).collect()
    };
    if names.is_empty() {
        let looked = NAMES.iter().map(|source| source.name.to_owned()).chain(["*.safetensors".to_owned()]);
        return Err(Defect::Missing(looked.collect()).at(folder));
    }
    let paths = names.iter().map(|name| folder.join(name));
    let files = paths.map(|path| WeightFile::open(&path)).collect::<Result<Vec<_>, _>>()?;
    let tensors = together(&files, read, |name| index.get(name).map(|file| folder.join(file)))?;
    in_order(files, tensors)
}

/// Copies what does not lie in row-major order into one more file, in memory.
fn in_order(mut files: Vec<WeightFile>, mut tensors: Tensors) -> Result<(Vec<WeightFile>, Tensors), LoadError> {
    let number = files.len();
    let most: usize = files.iter().map(WeightFile::len).sum();
    let mut copied: Vec<u8> = Vec::new();
    let mut of = None;
    for (name, (stored, file)) in tensors.iter_mut().filter(|(_, (stored, _))| stored.strides.is_some()) {
        let from = &files[*file];
        let mut bytes = vec![0; stored.place.len()];
        from.read(stored.place.start, &mut bytes)?;
        let start = copied.len();
        copied.extend_from_slice(&stored.in_order(&bytes));
        // Each may be a view of the same numbers.
        if copied.len() > most {
            let what = format!("tensor {name} is one of more views than the files have bytes");
            return Err(Defect::PyTorch { what, at: stored.place.start }.at(from.path()));
        }
        of = Some(from.path().to_owned());
        *stored = Stored::new(stored.kind, std::mem::take(&mut stored.shape), start..copied.len());
        *file = number;
    }
    files.extend(of.map(|path| WeightFile::copied(&path, copied)));
    Ok((files, tensors))
}

/// All tensors of all files. Of one that several files have, that counts which the index names.
fn together(files: &[WeightFile], read: Read, indexed: impl Fn(&str) -> Option<PathBuf>) -> Result<Tensors, LoadError> {
    let mut all = Tensors::new();
    for (number, file) in files.iter().enumerate() {
        for (name, stored) in read(file)? {
            let Some((_, other)) = all.get(&name) else {
                all.insert(name, (stored, number));
                continue;
            };
            let meant = indexed(&name);
            if meant.as_deref() == Some(file.path()) {
                all.insert(name, (stored, number));
            } else if meant.as_deref() != Some(files[*other].path()) {
                let first = files[*other].path().display();
                let what = format!("tensor {name} lies in this file and in {first}, and no index says which counts");
                return Err(Defect::Index(what).at(file.path()));
            }
        }
    }
    Ok(all)
}

/// The most bytes of an index that are read: some hundred thousand tensors.
const MOST_INDEX: usize = 16 << 20;

fn index(path: &Path) -> Result<BTreeMap<String, String>, LoadError> {
    let file = WeightFile::open(path)?;
    if file.len() > MOST_INDEX {
        let what = format!("it has {} bytes; at most {MOST_INDEX} are read", file.len());
        return Err(Defect::Index(what).at(path));
    }
    let map = weight_map(&file.beginning(MOST_INDEX)?).map_err(|defect| defect.at(path))?;
    if map.is_empty() { Err(Defect::Index("it names no tensor".to_owned()).at(path)) } else { Ok(map) }
}

/// Reads an index of shards (`model.safetensors.index.json`, `pytorch_model.bin.index.json`): which file each tensor lies in.
/// Files are names, or paths that lead into the folder of the index and nowhere else.
///
/// ```
/// let map = beamline_model::weight_map(br#"{"weight_map": {"wte.weight": "parts/model-00001-of-00002.safetensors"}}"#)?;
/// assert_eq!(map["wte.weight"], "parts/model-00001-of-00002.safetensors");
/// assert!(beamline_model::weight_map(br#"{"weight_map": {"wte.weight": "../model.safetensors"}}"#).is_err());
/// # Ok::<(), beamline_model::Defect>(())
/// ```
///
/// # Errors
/// When the bytes are no such index.
#[doc(alias = "safetensors_index")]
pub fn weight_map(bytes: &[u8]) -> Result<BTreeMap<String, String>, Defect> {
    let json: Value = serde_json::from_slice(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let map = json.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| Defect::Index("\"weight_map\" is missing or not an object".to_owned()))?;
    map.iter()
        .map(|(tensor, file)| match file.as_str() {
            Some(name) if stays_inside(name) => Ok((tensor.clone(), name.to_owned())),
            _ => Err(Defect::Index(format!("tensor {tensor:?} lies in {file}, which is no file name"))),
        })
        .collect()
}

/// Whether a path leads into a folder and not out of it, on any system.
fn stays_inside(path: &str) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let odd = path.is_empty() || path.contains(['\\', ':', '\0']) || path.ends_with('/');
    !odd && Path::new(path).components().all(plain)
}
