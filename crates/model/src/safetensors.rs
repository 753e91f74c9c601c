//! Safetensors: what a file says of its tensors.

use crate::error::{Defect, LoadError};
use crate::stored::{Kind, Stored};
use crate::weight_file::WeightFile;
use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use beamline_kernels::Encoding;
use std::collections::BTreeMap;

/// All tensors of a file, by name.
pub(crate) fn tensors(file: &WeightFile) -> Result<BTreeMap<String, Stored>, LoadError> {
    let (metadata, data) = header(file)?;
    let stored = |name: String| {
        let info = metadata.info(&name)?;
        let (start, end) = info.data_offsets;
        Some((name, Stored::new(kind(info.dtype), info.shape.clone(), data + start..data + end)))
    };
    Ok(metadata.offset_keys().into_iter().filter_map(stored).collect())
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
