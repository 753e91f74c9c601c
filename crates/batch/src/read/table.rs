//! Comma-separated values: the names of the columns, then rows of as many values.

use super::Fields;
use crate::error::BatchError;
use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;

/// A table.
pub(super) struct Table {
    from: Reader<Box<dyn Read + Send>>,
    name: String,
    columns: Vec<String>,
    record: ByteRecord,
    /// Rows that have been read or passed over.
    rows: u64,
}

/// A row of it, and its number, from 1: lines do not count rows where values have line ends.
pub(super) struct Record(ByteRecord, u64);

impl Table {
    pub(super) fn new(delimiter: u8, name: &str, from: Box<dyn Read + Send>) -> Result<Self, BatchError> {
        let mut from = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true) // a row with too many values or too few is that row's error
            .buffer_capacity(1 << 18)
            .from_reader(from);
        let wrong = |reason: String| BatchError::Input { name: name.to_owned(), reason };
        let head = from.byte_headers().map_err(|error| failed(name, error))?;
        let mut columns = Vec::new();
        for (i, column) in head.iter().enumerate() {
            let column = if i == 0 { column.strip_prefix("\u{feff}".as_bytes()).unwrap_or(column) } else { column };
            let column = std::str::from_utf8(column);
            columns
                .push(column.map_err(|_| wrong("the names of the columns are not UTF-8 text".to_owned()))?.to_owned());
        }
        let mut seen = BTreeSet::new();
        if columns.iter().all(String::is_empty) {
            return Err(wrong("there is no first line with the names of the columns".to_owned()));
        }
        if let Some(twice) = columns.iter().find(|column| !seen.insert(column.as_str())) {
            return Err(wrong(format!("the column {twice:?} is there twice; give each a name of its own")));
        }
        Ok(Self { from, name: name.to_owned(), columns, record: ByteRecord::new(), rows: 0 })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, BatchError> {
        let mut record = ByteRecord::new();
        let there = self.from.read_byte_record(&mut record).map_err(|error| failed(&self.name, error))?;
        self.rows += 1;
        Ok(there.then_some(Record(record, self.rows)))
    }

    pub(super) fn skip(&mut self) -> Result<bool, BatchError> {
        self.rows += 1;
        self.from.read_byte_record(&mut self.record).map_err(|error| failed(&self.name, error))
    }

    /// The values as texts.
    pub(super) fn fields(&self, Record(record, number): &Record) -> Result<Fields, String> {
        if record.len() != self.columns.len() {
            return Err(format!(
                "row {number}: it has {} values, and there are {} columns; is there a quotation mark that is not closed, or a separator without one?",
                record.len(),
                self.columns.len()
            ));
        }
        let value = |(column, bytes): (&String, &[u8])| match std::str::from_utf8(bytes) {
            Ok(text) => Ok((column.clone(), Value::String(text.to_owned()))),
            Err(_) => Err(format!("row {number}: the column {column:?} is not UTF-8 text")),
        };
        self.columns.iter().zip(record).map(value).collect()
    }
}

fn failed(name: &str, error: csv::Error) -> BatchError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => BatchError::read(name, error),
        other => BatchError::Input { name: name.to_owned(), reason: format!("{other:?}") },
    }
}
