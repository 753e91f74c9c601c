//! Bytes in, records out: one after the other, whatever there are of them.

mod lines;
mod table;

use crate::error::BatchError;
use crate::format::Format;
use lines::{Line, Lines};
use serde_json::{Map, Value};
use std::io::Read;
use table::{Record, Table};

/// A row's columns, in order.
pub(crate) type Fields = Map<String, Value>;

/// Reads records.
pub(crate) struct Records(Source);

enum Source {
    Lines(Box<Lines>),
    Table(Box<Table>),
}

/// One record, not looked into.
pub(crate) struct Raw(Kind);

enum Kind {
    Line(Line),
    Record(Record),
}

impl Records {
    /// Begins to read. Of a table the names of the columns are read.
    ///
    /// # Errors
    /// When a table has no columns, or two of one name.
    pub(crate) fn new(format: Format, name: &str, from: Box<dyn Read + Send>) -> Result<Self, BatchError> {
        Ok(Self(match format.delimiter() {
            Some(delimiter) => Source::Table(Box::new(Table::new(delimiter, name, from)?)),
            None => Source::Lines(Box::new(Lines::new(name, from))),
        }))
    }

    /// The columns of a table; none where each row has its own.
    pub(crate) fn columns(&self) -> Option<&[String]> {
        match &self.0 {
            Source::Table(table) => Some(table.columns()),
            Source::Lines(_) => None,
        }
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(crate) fn next(&mut self) -> Result<Option<Raw>, BatchError> {
        Ok(match &mut self.0 {
            Source::Lines(lines) => lines.next()?.map(|line| Raw(Kind::Line(line))),
            Source::Table(table) => table.next()?.map(|record| Raw(Kind::Record(record))),
        })
    }

    /// Passes a record over; false at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(crate) fn skip(&mut self) -> Result<bool, BatchError> {
        match &mut self.0 {
            Source::Lines(lines) => lines.skip(),
            Source::Table(table) => table.skip(),
        }
    }

    /// The record's columns.
    ///
    /// # Errors
    /// When it is no record: one line that says where it stands and why.
    pub(crate) fn fields(&self, raw: &Raw) -> Result<Fields, String> {
        match (&self.0, &raw.0) {
            (_, Kind::Line(line)) => line.fields(),
            (Source::Table(table), Kind::Record(record)) => table.fields(record),
            (Source::Lines(_), Kind::Record(_)) => Ok(Fields::new()), // there is no such pair
        }
    }
}
