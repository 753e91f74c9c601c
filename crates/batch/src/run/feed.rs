//! Records made into rows that are still to be computed, with what is carried through of each.

use super::asked::{Asked, Given};
use crate::error::BatchError;
use crate::journal::Finished;
use crate::keys::Keys;
use crate::read::{Fields, Raw, Records};
use crate::row::RowError;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

/// Records that are looked at for one that can be read, to know the columns.
const AHEAD: usize = 100;

/// Notes that are said, at most.
const TOLD: usize = 50;

/// Rows still to be computed.
pub(crate) struct Feed {
    records: Records,
    /// Records that have been looked at already.
    ahead: VecDeque<Raw>,
    /// Columns of the first record that could be read.
    first: Option<Vec<String>>,
    /// The next record's number.
    number: u64,
    rows: Range<u64>,
    finished: Option<Finished>,
    keys: Keys,
    /// What has been said already, by what it was said of, and what is to be said.
    told: BTreeSet<(String, usize)>,
    notes: Vec<String>,
}

impl Feed {
    /// Looks at the beginning.
    pub(super) fn begin(mut records: Records, rows: Range<u64>) -> Result<Self, BatchError> {
        let (mut ahead, mut first) = (VecDeque::new(), None);
        while first.is_none() && ahead.len() < AHEAD {
            let Some(raw) = records.next()? else { break };
            first = records.fields(&raw).ok().map(|fields| fields.keys().cloned().collect());
            ahead.push_back(raw);
        }
        let (finished, keys, told, notes) = (None, Keys::default(), BTreeSet::new(), Vec::new());
        Ok(Self { records, ahead, first, number: 0, rows, finished, keys, told, notes })
    }

    /// The columns of the table, or of the first record that can be read.
    pub(super) fn columns(&self) -> Option<&[String]> {
        self.records.columns().or(self.first.as_deref())
    }

    /// The columns of the table.
    pub(super) fn table(&self) -> Option<&[String]> {
        self.records.columns()
    }

    /// Passes over rows that are finished.
    pub(super) fn finished(&mut self, finished: Finished) {
        self.finished = Some(finished);
    }

    /// What is to be said by now.
    pub(super) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self, asked: Asked<'_>) -> Result<Option<(u64, Given)>, BatchError> {
        loop {
            if self.number >= self.rows.end {
                return Ok(None);
            }
            let number = self.number;
            let wanted = self.rows.contains(&number) && !self.finished.as_ref().is_some_and(|all| all.has(number));
            if !wanted && !asked.has_keys() && self.ahead.is_empty() {
                if !self.records.skip()? {
                    return Ok(None);
                }
                self.number += 1;
                continue;
            }
            let raw = match self.ahead.pop_front() {
                Some(raw) => raw,
                None => match self.records.next()? {
                    Some(raw) => raw,
                    None => return Ok(None),
                },
            };
            self.number += 1;
            if wanted || asked.has_keys() {
                let given = self.given(number, &raw, asked, wanted);
                if wanted {
                    return Ok(Some((number, given)));
                }
            }
        }
    }

    fn given(&mut self, number: u64, raw: &Raw, asked: Asked<'_>, wanted: bool) -> Given {
        let fields = match self.records.fields(raw) {
            Ok(fields) => fields,
            Err(error) => return asked.refused(None, Fields::new(), RowError::usage(error)),
        };
        match asked.key(&fields) {
            Err(error) => asked.refused(None, fields, error),
            Ok(Some(key)) if !self.keys.take(&key) => {
                let error = format!("the key {key:?} is an earlier row's; give each row one of its own");
                asked.refused(Some(key), fields, RowError::usage(error))
            }
            Ok(key) if wanted => {
                for (of, note) in asked.notes(&fields) {
                    if self.told.len() < TOLD && self.told.insert((of, note.len())) {
                        self.notes.push(note);
                    }
                }
                asked.row(number, key, fields)
            }
            // It is another's, or finished.
            Ok(key) => asked.refused(key, fields, RowError::usage("")),
        }
    }
}
