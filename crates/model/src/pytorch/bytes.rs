//! Bytes of a file taken one after another, never beyond the end.

use crate::error::Defect;

/// What is wrong with a file as such, and where.
pub(super) fn defect_at(at: usize, what: impl Into<String>) -> Defect {
    Defect::PyTorch { what: what.into(), at }
}

/// A place in the beginning of a file that may be longer.
pub(super) struct Bytes<'a> {
    data: &'a [u8],
    at: usize,
    /// Where the first byte lies in the file, for messages.
    base: usize,
    /// Whether the file has more than these.
    has_more: bool,
    ran_out: bool,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8], base: usize, has_more: bool) -> Self {
        Self { data: bytes, at: 0, base, has_more, ran_out: false }
    }

    /// Whether bytes were wanted that the file has, but this reader has not.
    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }

    /// Where the next byte lies in the file.
    pub(super) fn at(&self) -> usize {
        self.base + self.at
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Defect> {
        let rest = &self.data[self.at..];
        let Some(part) = rest.get(..count) else { return Err(self.end(&format!("{count} bytes wanted"))) };
        self.at += count;
        Ok(part)
    }

    /// What stands before the next newline, which is passed over.
    pub(super) fn line(&mut self) -> Result<&'a [u8], Defect> {
        let rest = &self.data[self.at..];
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else {
            return Err(self.end("a line wanted"));
        };
        self.at += length + 1;
        Ok(&rest[..length])
    }

    fn end(&mut self, wanted: &str) -> Defect {
        self.ran_out = self.has_more;
        defect_at(self.at(), format!("{wanted}, {} left", self.data.len() - self.at))
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Defect> {
        Ok(self.take(N)?.try_into().expect("as many as taken"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Defect> {
        self.array().map(|[byte]| byte)
    }
}

/// A little-endian number at `at`, of `N` bytes, 8 at most; `bytes` has been found to be long enough.
pub(super) fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + N].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
