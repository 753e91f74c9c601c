//! Safetensors: one file, or shards listed by an index.

use crate::error::{Defect, LoadError};
use crate::gguf::{Kind, Stored};
use crate::weight_file::WeightFile;
use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use beamline_kernels::Encoding;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The name of an index of shards.
const INDEX: &str = "model.safetensors.index.json";

/// The name of one file with everything.
const SINGLE: &str = "model.safetensors";

/// Opens a folder's safetensors: the one with everything, as transformers prefers; else those that the index names; else
/// all there are.
pub(crate) fn open(folder: &Path) -> Result<Vec<WeightFile>, LoadError> {
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
    names.into_iter().map(|name| WeightFile::open(&folder.join(name))).collect()
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
pub(crate) fn tensors(shards: &[WeightFile]) -> Result<BTreeMap<String, (Stored, usize)>, LoadError> {
    let mut all = BTreeMap::new();
    for (shard, file) in shards.iter().enumerate() {
        let (metadata, data) = header(file)?;
        for name in metadata.offset_keys() {
            let Some(info) = metadata.info(&name) else { continue };
            let (start, end) = info.data_offsets;
            let place = data + start..data + end;
            let stored = Stored { kind: kind(info.dtype), shape: info.shape.clone(), place };
            if all.insert(name.clone(), (stored, shard)).is_some() {
                return Err(Defect::Index(format!("tensor {name} lies in two files")).at(file.path()));
            }
        }
    }
    Ok(all)
}

/// The most bytes of a header that are read: as many as the format allows.
const MOST_HEADER: usize = 100_000_000;

/// What a file says of its tensors, which lie side by side and fill the rest of it; and where they begin.
fn header(file: &WeightFile) -> Result<(Metadata, usize), LoadError> {
    const LENGTH: usize = size_of::<u64>();
    let wrong = |what: &str| Defect::Safetensors(what.to_owned()).at(file.path());
    let length = file.beginning(LENGTH)?;
    let length = length.try_into().map_err(|_| wrong("it has no header"))?;
    let length = usize::try_from(u64::from_le_bytes(length)).ok().filter(|&length| length <= MOST_HEADER);
    let length = length.ok_or_else(|| wrong(&format!("its header takes more than {MOST_HEADER} bytes")))?;
    let data = LENGTH + length;
    if data > file.len() {
        return Err(wrong("its header goes beyond the end"));
    }
    let mut header = vec![0; length];
    file.read(LENGTH, &mut header)?;
    // Reading it checks that types, shapes and places agree.
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| wrong(&error.to_string()))?;
    if metadata.data_len().checked_add(data) != Some(file.len()) {
        return Err(wrong(&format!("its tensors take {} bytes, it has {}", metadata.data_len(), file.len() - data)));
    }
    Ok((metadata, data))
}

fn kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::F32 => Kind::Known(Encoding::F32),
        Dtype::F64 => Kind::Known(Encoding::F64),
        Dtype::F16 => Kind::Known(Encoding::F16),
        Dtype::BF16 => Kind::Known(Encoding::Bf16),
        Dtype::BOOL => Kind::Other("BOOL"),
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => Kind::Other("unsigned integer"),
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => Kind::Other("integer"),
        _ => Kind::Other("a float of 8 bits or less"),
    }
}
