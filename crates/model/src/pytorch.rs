//! `pytorch_model.bin`: what `torch.save` writes of a state dict, read as data.
//!
//! Such a file is a pickle, a program that says which tensors there are, and beside it the numbers, as they are. The
//! program is not run: a machine that knows the few words of state dicts ([`pickle`]) notes down names, sizes and places,
//! and refuses all other words. What comes out are places in the file, so weights are used, packed and checked as those of
//! safetensors are. Two forms: a zip archive (torch 1.6 and later, [`zip`]), and a stream (before, [`stream`]).

mod bytes;
mod pickle;
mod state_dict;
mod stream;
mod value;
mod zip;

use crate::error::{Defect, LoadError};
use crate::stored::Stored;
use crate::weight_file::WeightFile;
use bytes::{Bytes, defect_at};
use std::collections::BTreeMap;
use value::{Heap, Storage};
use zip::Archive;

/// The most bytes of pickles that are read. Real ones take some hundred for each tensor.
const MOST_PICKLE: usize = 100_000_000;

/// How often the bytes of a file may be named by tensors: those that a model ties share their numbers, each by two names or a
/// few. Each is packed for itself, so that a small file could ask for any memory otherwise.
const MOST_SHARED: usize = 8;

/// All tensors of a file, by name.
pub(crate) fn tensors(file: &WeightFile) -> Result<BTreeMap<String, Stored>, LoadError> {
    let beginning = file.beginning(4)?;
    let tensors = match &beginning[..] {
        b"PK\x03\x04" => in_archive(&Archive::open(file)?, file)?,
        [0x80, 2..=5, ..] => stream::tensors(file)?,
        _ => {
            let what = "neither the zip archive nor the stream that torch.save writes";
            return Err(defect_at(0, what).at(file.path()));
        }
    };
    let named = tensors.values().fold(0usize, |sum, stored| sum.saturating_add(stored.place.len()));
    if named > file.len().saturating_mul(MOST_SHARED) {
        let what = format!("tensors that take {named} bytes, more than {MOST_SHARED} times the file,");
        return Err(defect_at(0, what).at(file.path()));
    }
    Ok(tensors)
}

/// The record of an archive that holds the pickle, after the name of its folder.
const PICKLE: &str = "/data.pkl";

fn in_archive(archive: &Archive<'_>, file: &WeightFile) -> Result<BTreeMap<String, Stored>, LoadError> {
    let wrong = |what: String| defect_at(0, what).at(file.path());
    let folder = |name: &'_ str| name.strip_suffix(PICKLE).filter(|folder| !folder.contains('/')).map(str::to_owned);
    let root = archive.names().find_map(folder).ok_or_else(|| wrong("a zip archive without data.pkl".to_owned()))?;
    let place = |name: &str| archive.place(&format!("{root}/{name}"));
    let read = |place: std::ops::Range<usize>| {
        let mut bytes = vec![0; place.len()];
        file.read(place.start, &mut bytes).map(|()| bytes)
    };
    if let Some(order) = place("byteorder")?.filter(|order| order.len() < 16) {
        let order = read(order)?;
        if order != b"little" {
            let order = String::from_utf8_lossy(&order).into_owned();
            return Err(Defect::unsupported("byteorder", pickle::shown(&order), "little").at(file.path()));
        }
    }
    let pickle = place("data.pkl")?.ok_or_else(|| wrong("a zip archive without data.pkl".to_owned()))?;
    if pickle.len() > MOST_PICKLE {
        return Err(wrong(format!("a pickle of {} bytes, more than {MOST_PICKLE},", pickle.len())));
    }
    let (base, text) = (pickle.start, read(pickle)?);
    let mut heap = Heap::default();
    let root = pickle::read(&mut Bytes::new(&text, base, false), &mut heap).map_err(|defect| defect.at(file.path()))?;
    let mut storage_place = |storage: &Storage<'_>| {
        let key = storage.key;
        let record = place(&format!("data/{key}"))?;
        let record = record.ok_or_else(|| wrong(format!("no record for the storage {}", pickle::shown(key))))?;
        let needed = storage.count.checked_mul(storage.element.width);
        if needed.is_none_or(|needed| needed > record.len()) {
            let (key, count) = (pickle::shown(key), storage.count);
            return Err(wrong(format!("{count} numbers of the storage {key} in {} bytes", record.len())));
        }
        Ok(record)
    };
    state_dict::tensors(&heap, root, file.path(), &mut storage_place)
}
