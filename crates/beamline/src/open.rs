//! From a model's name to an engine: files found, weights and vocabulary read side by side.

mod file;
mod load;
mod name;
mod templates;
mod vocabulary;

pub use load::{OpenOptions, Opened, Progress};
pub use name::ModelName;
