//! Files that results go to, checked before anything long begins.

use crate::failure::Failure;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// A file that can be written. Nothing is written until there is something whole to write.
#[derive(Debug)]
pub(crate) struct Destination(PathBuf);

impl Destination {
    /// Checks that a file can be written, and leaves it as it is.
    pub(crate) fn check(path: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| {
            Failure::usage(format!("{}: {reason}; give a file that can be written", path.display()))
        };
        if path.as_os_str() == "-" {
            return Err(wrong(&"standard output is not for files"));
        }
        match std::fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(wrong(&"it is a folder")),
            Ok(there) if there.is_file() => {
                OpenOptions::new().append(true).open(path).map_err(|error| wrong(&error))?;
            }
            // A device or a pipe: to open it may wait for a reader.
            Ok(_) => {}
            // A link whose target is not there yet.
            Err(_) if path.is_symlink() => {}
            Err(_) => {
                OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| wrong(&error))?;
                // It was only a try; what there may be at the end is written then.
                std::fs::remove_file(path).map_err(|error| wrong(&error))?;
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// The file's ending, in small letters.
    pub(crate) fn ending(&self) -> String {
        self.0.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
    }

    /// The path, as it was given.
    pub(crate) fn name(&self) -> String {
        self.0.display().to_string()
    }

    /// Writes all of it.
    pub(crate) fn write(&self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        std::fs::write(&self.0, bytes)
            .map_err(|error| Failure { code: 1, message: Some(format!("{}: {error}", self.0.display())) })
    }
}
