//! The zip archive that `torch.save` has written since torch 1.6: where its records lie.
//!
//! Only the directory at its end and the heads of the records asked for are read. Records are stored as they are; a
//! compressed one is refused, so a record never takes more memory than it takes in the file.

use super::bytes::{defect_at, number};
use crate::error::{Defect, LoadError};
use crate::weight_file::WeightFile;
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of the directory's end without a comment, which may be as long as [`u16::MAX`] says.
const END: usize = 22;

/// Bytes of what points to the end of a zip64 directory.
const LOCATOR: usize = 20;

/// Bytes of the end of a zip64 directory.
const END64: usize = 56;

/// Bytes of an entry of the directory, before its name.
const ENTRY: usize = 46;

/// Bytes of the head of a record, before its name.
const HEAD: usize = 30;

/// The most bytes of a directory that are read: some hundred thousand tensors.
const MOST_DIRECTORY: usize = 16 << 20;

/// A record of an archive.
struct Record {
    /// Where its head lies.
    head: usize,
    size: usize,
    /// Why it cannot be used as it lies there, if so.
    unusable: Option<&'static str>,
}

/// An archive's records, by name.
pub(super) struct Archive<'a> {
    file: &'a WeightFile,
    records: BTreeMap<String, Record>,
}

impl<'a> Archive<'a> {
    /// Reads the directory.
    pub(super) fn open(file: &'a WeightFile) -> Result<Self, LoadError> {
        let place = directory(file)?;
        let mut bytes = vec![0; place.len()];
        file.read(place.start, &mut bytes)?;
        let records = records(&bytes, place.start).map_err(|defect| defect.at(file.path()))?;
        Ok(Self { file, records })
    }

    /// The names of all records, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Where a record's bytes lie in the file; nowhere if there is no such record.
    pub(super) fn place(&self, name: &str) -> Result<Option<Range<usize>>, LoadError> {
        let Some(record) = self.records.get(name) else { return Ok(None) };
        let wrong = |what: &str| defect_at(record.head, format!("the record {name} {what}")).at(self.file.path());
        if let Some(why) = record.unusable {
            return Err(wrong(&format!("is {why}; save the model with torch.save, which stores records as they are")));
        }
        let mut head = [0; HEAD];
        let start = record.head.checked_add(HEAD).filter(|&start| start <= self.file.len());
        let start = start.ok_or_else(|| wrong("outside the file"))?;
        self.file.read(record.head, &mut head)?;
        if head[..4] != *b"PK\x03\x04" || number::<2>(&head, 8) != 0 {
            return Err(wrong("with another head than the directory says"));
        }
        let start = start + small(&head, 26) + small(&head, 28);
        let end = start.checked_add(record.size).filter(|&end| end <= self.file.len());
        end.map(|end| Some(start..end)).ok_or_else(|| wrong("outside the file"))
    }
}

/// A length of two bytes.
fn small(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// Where the directory lies.
fn directory(file: &WeightFile) -> Result<Range<usize>, LoadError> {
    let wrong = |what: String| defect_at(file.len(), what).at(file.path());
    let length = file.len().min(END + usize::from(u16::MAX));
    let mut tail = vec![0; length];
    file.read(file.len() - length, &mut tail)?;
    let is_end = |&at: &usize| tail[at..].starts_with(b"PK\x05\x06") && at + END + small(&tail, at + 20) == length;
    let end = (0..=length.saturating_sub(END)).rev().find(|at| length >= END && is_end(at));
    let end = end.ok_or_else(|| wrong("no end of a zip archive".to_owned()))?;
    let (mut size, mut start) = (number::<4>(&tail, end + 12), number::<4>(&tail, end + 16));
    let far = u64::from(u32::MAX);
    if size == far || start == far || small(&tail, end + 10) == usize::from(u16::MAX) {
        (size, start) = zip64(file, file.len() - length + end)?;
    }
    let place = usize::try_from(start).ok().zip(usize::try_from(size).ok());
    let place = place.and_then(|(start, size)| Some(start..start.checked_add(size)?));
    let place = place.filter(|place| place.end <= file.len());
    let place = place.ok_or_else(|| wrong(format!("a directory of {size} bytes from byte {start} on")))?;
    if place.len() > MOST_DIRECTORY {
        return Err(wrong(format!("a directory of {size} bytes, more than {MOST_DIRECTORY},")));
    }
    Ok(place)
}

/// Size and place of the directory of a zip64 archive, whose ordinary end lies at `end`.
fn zip64(file: &WeightFile, end: usize) -> Result<(u64, u64), LoadError> {
    let wrong = || defect_at(end, "no end of a zip64 archive").at(file.path());
    let mut locator = [0; LOCATOR];
    file.read(end.checked_sub(LOCATOR).ok_or_else(wrong)?, &mut locator)?;
    let at = usize::try_from(number::<8>(&locator, 8)).ok();
    let fits = |at: &usize| at.checked_add(END64).is_some_and(|after| after <= file.len());
    let at = at.filter(fits).filter(|_| locator.starts_with(b"PK\x06\x07")).ok_or_else(wrong)?;
    let mut end64 = [0; END64];
    file.read(at, &mut end64)?;
    if end64.starts_with(b"PK\x06\x06") { Ok((number::<8>(&end64, 40), number::<8>(&end64, 48))) } else { Err(wrong()) }
}

/// Reads the directory, which begins at byte `base` of the file.
fn records(directory: &[u8], base: usize) -> Result<BTreeMap<String, Record>, Defect> {
    let mut records = BTreeMap::new();
    let mut at = 0;
    while at < directory.len() {
        let wrong = |what: &str| defect_at(base + at, format!("{what} in the directory of the zip archive"));
        let entry = directory[at..].get(..ENTRY).filter(|entry| entry.starts_with(b"PK\x01\x02"));
        let entry = entry.ok_or_else(|| wrong("no entry"))?;
        let [name, extra, comment] = [28, 30, 32].map(|at| small(entry, at));
        let rest = directory[at + ENTRY..].get(..name + extra + comment).ok_or_else(|| wrong("a cut entry"))?;
        let (name, rest) = rest.split_at(name);
        let name = std::str::from_utf8(name).map_err(|_| wrong("a name that is not UTF-8"))?;
        let record = record(entry, &rest[..extra]).ok_or_else(|| wrong("a size or place that is too large"))?;
        if records.insert(name.to_owned(), record).is_some() {
            return Err(wrong(&format!("the record {name:?} for the second time")));
        }
        at += ENTRY + name.len() + rest.len();
    }
    Ok(records)
}

/// An entry and its extra fields, of which the one of zip64 holds what is too large for the entry.
fn record(entry: &[u8], extra: &[u8]) -> Option<Record> {
    let mut large = zip64_field(extra).chunks_exact(8).map(|chunk| number::<8>(chunk, 0));
    let mut value = |at: usize| match number::<4>(entry, at) {
        number if number == u64::from(u32::MAX) => large.next(),
        number => Some(number),
    };
    let (size, stored, head) = (value(24)?, value(20)?, value(42)?);
    let unusable = match (number::<2>(entry, 8) & 1, number::<2>(entry, 10)) {
        (1, _) => Some("encrypted"),
        (_, method) if method != 0 || size != stored => Some("compressed"),
        _ => None,
    };
    Some(Record { head: usize::try_from(head).ok()?, size: usize::try_from(size).ok()?, unusable })
}

/// The extra field of zip64 (number 1); empty if there is none.
fn zip64_field(mut extra: &[u8]) -> &[u8] {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let length = small(head, 2).min(rest.len());
        if small(head, 0) == 1 {
            return &rest[..length];
        }
        extra = &rest[length..];
    }
    &[]
}
