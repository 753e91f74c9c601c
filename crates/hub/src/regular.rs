//! Files of the cache, opened only where they are files: to open a pipe is to wait for whoever writes into it, and a device has no
//! end.

use std::fs::{File, metadata};
use std::io::{Error, Result};
use std::path::Path;

/// Opens a regular file, or a link to one.
pub(crate) fn open(path: &Path) -> Result<File> {
    if metadata(path)?.is_file() { File::open(path) } else { Err(Error::other("not a regular file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(open(folder.path()).expect_err("a folder is none").to_string(), "not a regular file");
        assert_eq!(open(&folder.path().join("no")).expect_err("there is none").kind(), std::io::ErrorKind::NotFound);
        #[cfg(unix)]
        assert_eq!(open(Path::new("/dev/zero")).expect_err("a device is none").to_string(), "not a regular file");
    }
}
