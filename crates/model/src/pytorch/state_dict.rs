//! From what a pickle made to tensors with their places.

use super::pickle::shown;
use super::value::{Heap, Storage, Tensor, Value};
use crate::error::{Defect, LoadError};
use crate::stored::{Kind, Stored};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// The most sizes that a tensor may have.
const MAX_RANK: usize = 8;

/// The names under which trainers put a state dict beside other things.
const NESTED: [&str; 2] = ["state_dict", "model"];

/// What `DataParallel` puts before every name.
const PARALLEL: &str = "module.";

/// Says where a storage lies in the file, once it has been found long enough.
pub(super) type Place<'p> = &'p mut dyn FnMut(&Storage<'_>) -> Result<Range<usize>, LoadError>;

/// All tensors of a state dict, by name. What else a dict holds is no weight, and left out.
pub(super) fn tensors(
    heap: &Heap<'_>,
    root: Value<'_>,
    path: &Path,
    place: Place<'_>,
) -> Result<BTreeMap<String, Stored>, LoadError> {
    let named = named(heap, root).map_err(|defect| defect.at(path))?;
    let parallel = named.keys().all(|name| name.starts_with(PARALLEL));
    let mut all = BTreeMap::new();
    for (name, tensor) in named {
        let tensor = heap.tensor_at(tensor);
        let wrong = |what: String| {
            let what = format!("has a tensor {} {what}", shown(name));
            Defect::Pickle { what, at: tensor.at }.at(path)
        };
        let lie = lie(heap, &tensor).map_err(wrong)?;
        let place = place(&tensor.storage)?;
        let (start, width) = (place.start, tensor.storage.element.width);
        let place = start + lie.numbers.start * width..start + lie.numbers.end * width;
        let stored = Stored { kind: tensor.storage.element.kind, shape: lie.shape, place, strides: lie.strides };
        let name = if parallel { &name[PARALLEL.len()..] } else { name };
        all.insert(name.to_owned(), stored);
    }
    Ok(all)
}

/// The tensors of a dict, or of the state dict in it, by number.
fn named<'a>(heap: &Heap<'a>, root: Value<'a>) -> Result<BTreeMap<&'a str, u32>, Defect> {
    let wrong = |what: String| Defect::Pickle { what, at: 0 };
    let Value::Dict(dict) = root else { return Err(wrong(format!("holds {}, and no state dict", root.what()))) };
    let of = |dict: u32| -> BTreeMap<&'a str, u32> {
        let tensors = heap.pairs(dict).iter().filter_map(|&(key, value)| match (key, value) {
            (Value::Text(name), Value::Tensor(tensor)) => Some((name, tensor)),
            _ => None,
        });
        tensors.collect()
    };
    let all = of(dict);
    if !all.is_empty() {
        return Ok(all);
    }
    let nested = heap.pairs(dict).iter().find_map(|&(key, value)| match (key, value) {
        (Value::Text(name), Value::Dict(dict)) if NESTED.contains(&name) => Some(of(dict)),
        _ => None,
    });
    nested
        .filter(|all| !all.is_empty())
        .ok_or_else(|| wrong("holds no tensors, neither by itself nor in a state_dict".to_owned()))
}

/// How a tensor lies in its storage, in numbers.
struct Lie {
    shape: Vec<usize>,
    /// From its first number to behind its last one.
    numbers: Range<usize>,
    /// None if they lie row by row.
    strides: Option<Vec<usize>>,
}

/// Finds out how a tensor lies; or what is wrong with it.
fn lie(heap: &Heap<'_>, tensor: &Tensor<'_>) -> Result<Lie, String> {
    let sizes = |(start, count): (u32, u32), what: &str| -> Result<Vec<usize>, String> {
        if count as usize > MAX_RANK {
            return Err(format!("of {count} sizes, where {MAX_RANK} is the most"));
        }
        let size = |value: &Value<'_>| match *value {
            Value::Int(size) => usize::try_from(size).map_err(|_| format!("of the {what} {size}")),
            other => Err(format!("with {} for a {what}", other.what())),
        };
        heap.parts((start, count)).iter().map(size).collect()
    };
    let (shape, strides) = (sizes(tensor.shape, "size")?, sizes(tensor.strides, "stride")?);
    if shape.len() != strides.len() {
        return Err(format!("of {} sizes and {} strides", shape.len(), strides.len()));
    }
    let outside = || format!("outside of its storage of {} numbers", tensor.storage.count);
    let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size)).ok_or_else(outside)?;
    if count == 0 {
        return Ok(Lie { shape, numbers: 0..0, strides: None });
    }
    let last = shape
        .iter()
        .zip(&strides)
        .try_fold(tensor.offset, |at, (&size, &stride)| at.checked_add((size - 1).checked_mul(stride)?));
    let last = last.filter(|&last| last < tensor.storage.count).ok_or_else(outside)?;
    let numbers = tensor.offset..last + 1;
    // A number that is used twice would let a short file ask for much memory.
    if count > numbers.len() {
        return Err(format!("of the strides {strides:?}, which use a number more than once"));
    }
    let mut step = 1;
    let rows = shape.iter().zip(&strides).rev().all(|(&size, &stride)| {
        let next = size == 1 || stride == step;
        step *= size;
        next
    });
    let known = matches!(tensor.storage.element.kind, Kind::Known(_));
    Ok(Lie { shape, numbers, strides: (!rows && known).then_some(strides) })
}
