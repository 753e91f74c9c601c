//! Safetensors: one file, or shards listed by an index.

use crate::error::{Defect, LoadError};
use crate::gguf::{Kind, Stored};
use crate::mapped::Mapped;
use ::safetensors::{Dtype, SafeTensors};
use beamline_kernels::Encoding;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of an index of shards.
const INDEX: &str = "model.safetensors.index.json";

/// The name of one file with everything.
const SINGLE: &str = "model.safetensors";

/// Maps a folder's safetensors: the one with everything, as transformers prefers; else those that the index names; else
/// all there are.
pub(crate) fn open(folder: &Path) -> Result<Vec<(PathBuf, Arc<Mapped>)>, LoadError> {
    let index = folder.join(INDEX);
    let names: BTreeSet<String> = if folder.join(SINGLE).is_file() {
        BTreeSet::from([SINGLE.to_owned()])
    } else if index.is_file() {
        let bytes = std::fs::read(&index).map_err(|e| LoadError::reading(&index, e))?;
        let map = safetensors_index(&bytes).map_err(|defect| defect.at(&index))?;
        map.into_values().collect()
    } else {
        let entries = std::fs::read_dir(folder).map_err(|e| LoadError::reading(folder, e))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| Path::new(name).extension().is_some_and(|e| e == "safetensors")).collect()
    };
    if names.is_empty() {
        return Err(Defect::Missing(vec![SINGLE.to_owned(), INDEX.to_owned(), "*.safetensors".to_owned()]).at(folder));
    }
    let open = |name: String| {
        let path = folder.join(name);
        Mapped::open(&path).map(|mapped| (path, Arc::new(mapped)))
    };
    names.into_iter().map(open).collect()
}

/// Reads an index of shards: which file each tensor lies in. File names are plain names, never paths.
///
/// # Errors
/// When the bytes are no such index.
pub fn safetensors_index(bytes: &[u8]) -> Result<BTreeMap<String, String>, Defect> {
    let json: Value = serde_json::from_slice(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let map = json.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| Defect::Index("\"weight_map\" is missing or not an object".to_owned()))?;
    let plain = |name: &str| !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
    map.iter()
        .map(|(tensor, file)| match file.as_str() {
            Some(name) if plain(name) => Ok((tensor.clone(), name.to_owned())),
            _ => Err(Defect::Index(format!("tensor {tensor:?} lies in {file}, which is no file name"))),
        })
        .collect()
}

/// All tensors of all shards, each with the number of its shard.
pub(crate) fn tensors(shards: &[(PathBuf, Arc<Mapped>)]) -> Result<BTreeMap<String, (Stored<'_>, usize)>, LoadError> {
    let mut all = BTreeMap::new();
    for (shard, (path, mapped)) in shards.iter().enumerate() {
        let file = SafeTensors::deserialize(mapped).map_err(|e| Defect::Safetensors(e.to_string()).at(path))?;
        for (name, view) in file.tensors() {
            let stored = Stored { kind: kind(view.dtype()), shape: view.shape().to_vec(), bytes: view.data() };
            if all.insert(name.clone(), (stored, shard)).is_some() {
                return Err(Defect::Index(format!("tensor {name} lies in two files")).at(path));
            }
        }
    }
    Ok(all)
}

fn kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::F32 => Kind::Known(Encoding::F32),
        Dtype::F16 => Kind::Known(Encoding::F16),
        Dtype::BF16 => Kind::Known(Encoding::Bf16),
        Dtype::F64 => Kind::Other("F64"),
        Dtype::BOOL => Kind::Other("BOOL"),
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => Kind::Other("unsigned integer"),
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => Kind::Other("integer"),
        _ => Kind::Other("a float of 8 bits or less"),
    }
}
