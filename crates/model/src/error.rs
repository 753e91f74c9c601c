//! What can be wrong with a checkpoint.

use beamline_kernels::PackError;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A file that could not be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {defect}", path.display())]
pub struct LoadError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub defect: Box<Defect>,
}

impl LoadError {
    /// A file that could not be opened or read.
    pub(crate) fn reading(path: &Path, error: std::io::Error) -> Self {
        Defect::Io(error).at(path)
    }
}

/// What is wrong with a file: a variant for each cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// The system refused.
    #[error("{}", io_message(.0))]
    Io(std::io::Error),
    /// Files that should be there.
    #[error("found none of {}; beamline reads safetensors, PyTorch's .bin, and GGUF", .0.join(", "))]
    Missing(Vec<String>),
    /// A file without content.
    #[error("the file is empty; it may not have been downloaded fully")]
    Empty,
    /// What git keeps in place of a large file that has not been fetched.
    #[error("this is a git-lfs pointer, not the file itself; fetch it with git lfs pull, or download the file")]
    LfsPointer,
    /// A file that became shorter after it had been opened.
    #[error("the file was cut short while it was being loaded; load it again once it is whole")]
    CutShort,
    /// A JSON file that is none.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// A safetensors file that contradicts itself.
    #[error("not a valid safetensors file: {0}; it may be cut short")]
    Safetensors(String),
    /// An index of shards that cannot be followed.
    #[error("not a valid index of shards: {0}")]
    Index(String),
    /// A GGUF file that contradicts itself.
    #[error("not a valid GGUF file: {what} at byte {at}; it may be cut short")]
    Gguf {
        /// What was found, or not.
        what: String,
        /// Where.
        at: usize,
    },
    /// GGUF files that are parts of one model, and do not make a whole.
    #[error("{0}")]
    Parts(String),
    /// A PyTorch file that contradicts itself.
    #[error("not a valid PyTorch file: {what} at byte {at}; it may be cut short")]
    PyTorch {
        /// What was found, or not.
        what: String,
        /// Where.
        at: usize,
    },
    /// A pickle that does more than to say where tensors lie.
    #[error(
        "the pickle {what} (byte {at}); nothing in a pickle is run, only state dicts of plain tensors are read: save the \
         model as safetensors, or its state_dict with torch.save"
    )]
    Pickle {
        /// What it does.
        what: String,
        /// Where.
        at: usize,
    },
    /// A value out of its range.
    #[error("{field} is {value}; it must be {allowed}")]
    Value {
        /// The field.
        field: String,
        /// What it says.
        value: String,
        /// What it may say.
        allowed: String,
    },
    /// A value that changes the result, and that is not supported.
    #[error("{field} is {value}, which is not supported; supported: {supported}")]
    Unsupported {
        /// The field.
        field: String,
        /// What it says.
        value: String,
        /// What is supported.
        supported: String,
    },
    /// A tensor that is not there.
    #[error("tensor {0} is missing")]
    MissingTensor(String),
    /// A tensor of another shape than the config asks for.
    #[error("tensor {name} has shape {found:?}; the config asks for {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape wanted.
        expected: Vec<usize>,
    },
    /// A tensor of a type that is not read.
    #[error("tensor {name} has type {kind}, which is not supported")]
    Type {
        /// The tensor.
        name: String,
        /// The type's name in its format.
        kind: String,
    },
    /// Weights that cannot be used.
    #[error("tensor {name}: {source}")]
    Weights {
        /// The tensor.
        name: String,
        /// Why.
        source: PackError,
    },
}

impl Defect {
    pub(crate) fn value(field: &str, value: impl Display, allowed: &str) -> Self {
        Self::Value { field: field.to_owned(), value: value.to_string(), allowed: allowed.to_owned() }
    }

    pub(crate) fn unsupported(field: &str, value: impl Display, supported: &str) -> Self {
        Self::Unsupported { field: field.to_owned(), value: value.to_string(), supported: supported.to_owned() }
    }

    pub(crate) fn at(self, path: &Path) -> LoadError {
        LoadError { path: path.to_owned(), defect: Box::new(self) }
    }
}

/// The system's words for the usual cases, ours for the commonest.
fn io_message(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    }
}
