//! Where a model came from.

use std::path::PathBuf;

/// Where an engine's model came from.
pub(crate) enum Files {
    /// A program's own model, of no file.
    None,
    /// A file inside the program.
    Embedded(&'static [u8]),
    /// Files on disk, of weights and of what stands beside them.
    Paths(Vec<PathBuf>),
}
