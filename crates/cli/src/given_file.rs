//! The bytes of a file that the command line names: a regular one, or a pipe that somebody writes into.

use std::fs::{File, metadata};
use std::io::{Error, Read, Result};
use std::path::Path;

/// The most bytes that are read. No text as long has a use here.
const MOST: u64 = 1 << 30;

/// All bytes of a file. A device is none: it has no end.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let kind = metadata(path)?.file_type();
    if is_device(kind) {
        return Err(Error::other("it is a device, not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(Error::other(format!("it has more than {MOST} bytes")));
    }
    Ok(bytes)
}

/// All text of a file.
pub(crate) fn text(path: &Path) -> Result<String> {
    String::from_utf8(bytes(path)?).map_err(|_| Error::other("not UTF-8 text"))
}

#[cfg(unix)]
fn is_device(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: std::fs::FileType) -> bool {
    false
}
