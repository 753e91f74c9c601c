//! Finished rows, kept where a run that is killed finds them again.
//!
//! A journal is a line that says what it is, then records: a head that says what run it is of, then a record for each
//! finished row, in the order in which they were finished. [`record`] is how a record lies in the file, [`head`] what a
//! run is known by, [`writing`] how records are added and synced, [`reading`] how they are found again after a crash.

mod head;
mod reading;
mod record;
mod writing;

pub(crate) use head::Head;
pub(crate) use reading::{Finished, Found, Kept};
pub(crate) use record::Entry;
pub(crate) use writing::Journal;

#[cfg(test)]
mod tests;

/// Reads what may be a journal: how many rows are whole in it, and whether it has a damaged place. For tests that give it
/// anything.
#[doc(hidden)]
pub fn probe(bytes: &[u8]) -> Option<u64> {
    reading::probe(bytes)
}
