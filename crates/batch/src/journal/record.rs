//! A record in a file: its length and its checksum in hexadecimal digits, a line end, its bytes, a line end.

use std::io::Write;

/// How a journal begins.
pub(super) const MAGIC: &[u8] = b"beamline batch journal 1\n";

/// Bytes before a record's own.
pub(super) const FRAME: usize = 18;

/// Bytes of a record, at most.
pub(super) const MOST: usize = 1 << 30;

/// A finished row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry<'a> {
    /// Its number in the whole input.
    pub(crate) number: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) new_tokens: u64,
    /// Whether it has an error in place of a completion.
    pub(crate) failed: bool,
    /// Its line of output.
    pub(crate) output: &'a [u8],
}

/// Puts a record behind others.
pub(super) fn append(to: &mut Vec<u8>, payload: &[u8]) {
    // Into memory, which does not fail.
    let _ = writeln!(to, "{:08x} {:08x}", payload.len(), crc32fast::hash(payload));
    to.extend_from_slice(payload);
    to.push(b'\n');
}

/// The length and the checksum that a frame says.
pub(super) fn frame(bytes: &[u8]) -> Option<(usize, u32)> {
    let bytes = bytes.get(..FRAME)?;
    let hex = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        let plain = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
    };
    let (length, sum) = (hex(0..8)?, hex(9..17)?);
    let length = usize::try_from(length).ok().filter(|&length| length <= MOST)?;
    (bytes[8] == b' ' && bytes[17] == b'\n').then_some((length, sum))
}

impl<'a> Entry<'a> {
    /// The record's bytes.
    pub(super) fn payload(&self) -> Vec<u8> {
        let Self { number, prompt_tokens, new_tokens, failed, output } = self;
        let mut all = format!("{number} {prompt_tokens} {new_tokens} {}\n", u8::from(*failed)).into_bytes();
        all.extend_from_slice(output);
        all
    }

    /// Reads a record's bytes.
    pub(super) fn read(payload: &'a [u8]) -> Option<Self> {
        let end = payload.iter().position(|&byte| byte == b'\n')?;
        let words: Vec<&str> = std::str::from_utf8(&payload[..end]).ok()?.split(' ').collect();
        let [number, prompt_tokens, new_tokens, failed] = words.as_slice() else { return None };
        Some(Self {
            number: number.parse().ok()?,
            prompt_tokens: prompt_tokens.parse().ok()?,
            new_tokens: new_tokens.parse().ok()?,
            failed: match *failed {
                "0" => false,
                "1" => true,
                _ => return None,
            },
            output: &payload[end + 1..],
        })
    }
}
