//! Records found again: whole ones, a last one that was cut off, a damaged one in between.

use super::head::Head;
use super::record::{Entry, FRAME, MAGIC, frame};
use std::collections::BTreeSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Rows that are finished: all below a number, and some above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finished {
    below: u64,
    above: BTreeSet<u64>,
}

impl Finished {
    pub(super) fn from(first: u64) -> Self {
        Self { below: first, above: BTreeSet::new() }
    }

    /// Takes a row in; false where it was there.
    fn take(&mut self, number: u64) -> bool {
        if number < self.below || !self.above.insert(number) {
            return false;
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
        true
    }

    pub(crate) fn has(&self, number: u64) -> bool {
        number < self.below || self.above.contains(&number)
    }
}

/// What a journal holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Found {
    /// The version that began it, and the run; none where it ends before.
    pub(crate) head: Option<(String, Head)>,
    pub(crate) kept: Kept,
    /// Where its last whole record ends.
    pub(super) end: u64,
    /// Bytes behind that, of records that were cut off.
    pub(crate) cut: u64,
    /// Damaged places before whole records.
    pub(super) damaged: Vec<Damage>,
}

impl Found {
    /// What was lost of its end, in words.
    pub(crate) fn lost(&self, path: &Path) -> Option<String> {
        let bytes = self.cut;
        let lost = || {
            format!(
                "note: {}: its last record was cut off; {bytes} bytes were taken away, and the row is computed again",
                path.display()
            )
        };
        (bytes > 0 && self.head.is_some()).then(lost)
    }
}

/// The rows that a journal holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) finished: Finished,
    pub(crate) rows: u64,
    pub(crate) errors: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) new_tokens: u64,
}

/// A damaged place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Damage {
    /// The record's number; the head is 0.
    pub(super) record: u64,
    /// Where it begins, and where the next whole one does.
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) what: &'static str,
}

/// Where a record lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) length: u64,
}

/// Records of a file, one after the other.
pub(super) struct Scan<R> {
    from: BufReader<R>,
    at: u64,
    length: u64,
    payload: Vec<u8>,
}

/// What stands at a place.
enum Stands {
    Record,
    End,
    /// No whole record: why.
    Nothing(&'static str),
}

impl<R: Read + Seek> Scan<R> {
    /// Begins behind the line that says what the file is; none where it says something else. `Err` only where reading fails.
    pub(super) fn begin(mut from: R, length: u64) -> io::Result<Option<Self>> {
        from.seek(SeekFrom::Start(0))?;
        let mut from = BufReader::with_capacity(1 << 18, from);
        let mut magic = Vec::new();
        from.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic)?;
        // One that was cut off in its first line holds nothing.
        if !MAGIC.starts_with(&magic) {
            return Ok(None);
        }
        Ok(Some(Self { from, at: magic.len() as u64, length, payload: Vec::new() }))
    }

    /// Reads what stands here, and goes behind it where it is a record.
    fn read(&mut self) -> io::Result<Stands> {
        let left = self.length.saturating_sub(self.at);
        if left == 0 {
            return Ok(Stands::End);
        }
        if left < FRAME as u64 {
            return Ok(Stands::Nothing("it is cut off"));
        }
        let mut head = [0; FRAME];
        self.from.read_exact(&mut head)?;
        let Some((length, sum)) = frame(&head) else {
            return Ok(Stands::Nothing("it does not begin as a record does"));
        };
        if left < (FRAME + length + 1) as u64 {
            return Ok(Stands::Nothing("it is longer than the file"));
        }
        self.payload.resize(length + 1, 0);
        self.from.read_exact(&mut self.payload)?;
        if self.payload.pop() != Some(b'\n') || crc32fast::hash(&self.payload) != sum {
            return Ok(Stands::Nothing("its checksum is another"));
        }
        self.at += (FRAME + length + 1) as u64;
        Ok(Stands::Record)
    }

    fn go_to(&mut self, at: u64) -> io::Result<()> {
        self.from.seek(SeekFrom::Start(at))?;
        self.at = at;
        Ok(())
    }

    /// The next whole record behind a place, where there is one: looks at every byte.
    fn find(&mut self, after: u64) -> io::Result<Option<u64>> {
        let mut from = after;
        loop {
            self.go_to(from)?;
            let mut window = Vec::new();
            self.from.by_ref().take(1 << 16).read_to_end(&mut window)?;
            for i in 0..window.len().saturating_sub(FRAME - 1) {
                if frame(&window[i..]).is_none() {
                    continue;
                }
                let at = from + i as u64;
                self.go_to(at)?;
                let is_record = matches!(self.read()?, Stands::Record);
                if is_record && (Entry::read(&self.payload).is_some() || Head::read(&self.payload).is_some()) {
                    return Ok(Some(at));
                }
            }
            if window.len() < 1 << 16 {
                return Ok(None);
            }
            from += (window.len() - (FRAME - 1)) as u64;
        }
    }

    /// The next record with where it lies, damaged places passed over; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<(Span, &[u8])>> {
        loop {
            let at = self.at;
            match self.read()? {
                Stands::End => return Ok(None),
                Stands::Record => return Ok(Some((Span { at, length: self.at - at }, &self.payload))),
                Stands::Nothing(_) => {
                    let Some(next) = self.find(at + 1)? else { return Ok(None) };
                    self.go_to(next)?;
                }
            }
        }
    }
}

/// Reads a whole journal; none where the file is none. `first` is the first row of the run.
pub(super) fn read<R: Read + Seek>(from: R, length: u64, first: u64) -> io::Result<Option<Found>> {
    let Some(mut scan) = Scan::begin(from, length)? else { return Ok(None) };
    let finished = Finished::from(first);
    let mut kept = Kept { finished, rows: 0, errors: 0, prompt_tokens: 0, new_tokens: 0 };
    let (mut head, mut damaged, mut record) = (None, Vec::new(), 0);
    let (mut end, mut cut) = (scan.at, 0);
    loop {
        let at = scan.at;
        let wrong = match scan.read()? {
            Stands::End => break,
            Stands::Record if record == 0 => {
                head = Head::read(&scan.payload);
                head.is_none().then_some("it is no head")
            }
            Stands::Record => {
                let entry = Entry::read(&scan.payload);
                if let Some(entry) = entry.filter(|entry| kept.finished.take(entry.number)) {
                    kept.rows += 1;
                    kept.errors += u64::from(entry.failed);
                    kept.prompt_tokens += entry.prompt_tokens;
                    kept.new_tokens += entry.new_tokens;
                }
                entry.is_none().then_some("it is no row")
            }
            Stands::Nothing(what) => Some(what),
        };
        match wrong {
            None => end = scan.at,
            Some(what) => {
                let Some(next) = scan.find(at + 1)? else {
                    cut = length - at;
                    break;
                };
                damaged.push(Damage { record, begin: at, end: next, what });
                scan.go_to(next)?;
            }
        }
        record += 1;
    }
    Ok(Some(Found { head, kept, end, cut, damaged }))
}

pub(super) fn probe(bytes: &[u8]) -> Option<u64> {
    let found = read(io::Cursor::new(bytes), bytes.len() as u64, 0).ok()??;
    Some(found.kept.rows)
}
