//! The stream that `torch.save` wrote before torch 1.6, and writes if told to: five pickles, then the storages, each after
//! a count of its numbers.

use super::bytes::{Bytes, defect_at};
use super::value::{Heap, Storage, Value};
use super::{MOST_PICKLE, pickle, state_dict};
use crate::error::{Defect, LoadError};
use crate::stored::Stored;
use crate::weight_file::WeightFile;
use std::collections::BTreeMap;
use std::ops::Range;

/// The integer 0x1950a86a20f9469cfc6c, which the first pickle holds, lowest byte first.
const MAGIC: &[u8] = &[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// The version of the form, which the second one holds.
const VERSION: i64 = 1001;

/// Bytes that are read at first.
const FIRST: usize = 1 << 20;

/// All tensors of a file, by name.
pub(super) fn tensors(file: &WeightFile) -> Result<BTreeMap<String, Stored>, LoadError> {
    let mut size = FIRST;
    loop {
        let beginning = file.beginning(size.min(MOST_PICKLE))?;
        let mut bytes = Bytes::new(&beginning, 0, beginning.len() < file.len());
        let mut heap = Heap::default();
        match pickles(&mut bytes, &mut heap) {
            Ok((root, keys)) => {
                let places = places(file, &heap, &keys, bytes.at())?;
                let mut place = |storage: &Storage<'_>| {
                    let place = places.get(storage.key).cloned();
                    let key = pickle::shown(storage.key);
                    place.ok_or_else(|| {
                        defect_at(bytes.at(), format!("no storage {key} in the list of them")).at(file.path())
                    })
                };
                return state_dict::tensors(&heap, root, file.path(), &mut place);
            }
            Err(_) if bytes.ran_out() && size < MOST_PICKLE => size *= 4,
            Err(_) if bytes.ran_out() => {
                let what = format!("pickles of more than {MOST_PICKLE} bytes");
                return Err(defect_at(size, what).at(file.path()));
            }
            Err(defect) => return Err(defect.at(file.path())),
        }
    }
}

/// What the pickles hold: the object that was saved, and the names of the storages in the order in which they follow.
fn pickles<'a>(bytes: &mut Bytes<'a>, heap: &mut Heap<'a>) -> Result<(Value<'a>, Vec<&'a str>), Defect> {
    let Value::Long(MAGIC) = pickle::read(bytes, heap)? else {
        return Err(defect_at(0, "a pickle that torch.save has not written"));
    };
    match pickle::read(bytes, heap)? {
        Value::Int(VERSION) => {}
        _ => return Err(defect_at(bytes.at(), "another version than 1001")),
    }
    little_endian(pickle::read(bytes, heap)?, heap)?;
    let root = pickle::read(bytes, heap)?;
    let Value::List(list) = pickle::read(bytes, heap)? else {
        return Err(defect_at(bytes.at(), "no list of storages"));
    };
    let key = |value: &Value<'a>| match *value {
        Value::Text(key) => Ok(key),
        other => Err(defect_at(bytes.at(), format!("{} in the list of storages", other.what()))),
    };
    let keys = heap.items(list).iter().map(key).collect::<Result<_, _>>()?;
    Ok((root, keys))
}

/// What the third pickle says of the machine that wrote the file.
fn little_endian(system: Value<'_>, heap: &Heap<'_>) -> Result<(), Defect> {
    let Value::Dict(dict) = system else { return Err(defect_at(0, "no word on the machine it was written on")) };
    let order = heap.pairs(dict).iter().rfind(|(key, _)| matches!(key, Value::Text("little_endian")));
    match order {
        Some((_, Value::Bool(false))) => Err(Defect::unsupported("little_endian", "False", "True")),
        _ => Ok(()),
    }
}

/// Where each storage's numbers lie, from byte `at` on.
fn places<'a>(
    file: &WeightFile,
    heap: &Heap<'a>,
    keys: &[&'a str],
    mut at: usize,
) -> Result<BTreeMap<&'a str, Range<usize>>, LoadError> {
    let mut named: BTreeMap<&str, Storage<'_>> = BTreeMap::new();
    for storage in heap.storages() {
        let first = named.entry(storage.key).or_insert(*storage);
        if (first.element, first.count) != (storage.element, storage.count) {
            let what = format!("two types or sizes of the storage {}", pickle::shown(storage.key));
            return Err(defect_at(at, what).at(file.path()));
        }
    }
    let mut places = BTreeMap::new();
    for &key in keys {
        let wrong = |what: &str| defect_at(at, format!("the storage {}{what}", pickle::shown(key))).at(file.path());
        let storage = named.get(key).ok_or_else(|| wrong(", which no tensor names"))?;
        let start = at.checked_add(size_of::<u64>()).filter(|&start| start <= file.len());
        let start = start.ok_or_else(|| wrong(" outside the file"))?;
        let mut count = [0; size_of::<u64>()];
        file.read(at, &mut count)?;
        if u64::from_le_bytes(count) != storage.count as u64 {
            let (count, says) = (u64::from_le_bytes(count), storage.count);
            return Err(wrong(&format!(" with {count} numbers, where its tensors say {says}")));
        }
        let end = storage.count.checked_mul(storage.element.width).and_then(|length| start.checked_add(length));
        let end = end.filter(|&end| end <= file.len()).ok_or_else(|| wrong(" outside the file"))?;
        if places.insert(key, start..end).is_some() {
            return Err(wrong(" for the second time"));
        }
        at = end;
    }
    Ok(places)
}
