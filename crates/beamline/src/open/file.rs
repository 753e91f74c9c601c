//! The bytes of a file beside a model's weights.

use crate::error::Error;
use beamline_model::{Defect, LoadError, is_lfs_pointer};
use std::fs::{File, metadata};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes that are read: the largest vocabularies have some forty million.
const MOST: u64 = 128 << 20;

/// All bytes of a regular file. To open a pipe is to wait for whoever writes into it, and a device has no end.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if !metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other(format!("it has more than {MOST} bytes")));
    }
    Ok(bytes)
}

/// The same, where what git keeps in the place of a file that has not been fetched is none.
pub(super) fn fetched(path: &Path) -> Result<Vec<u8>, Error> {
    let path = path.to_owned();
    match bytes(&path) {
        Ok(bytes) if is_lfs_pointer(&bytes) => {
            Err(Error::Load(LoadError { path, defect: Box::new(Defect::LfsPointer) }))
        }
        Ok(bytes) => Ok(bytes),
        Err(source) => Err(Error::Read { path, source }),
    }
}
