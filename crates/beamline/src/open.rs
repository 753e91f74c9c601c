//! From a model's name to an engine: files found, weights and vocabulary read side by side, the model's own defaults.

mod defaults;
mod load;
mod name;
mod vocabulary;

pub(crate) use defaults::Defaults;
pub use load::{OpenOptions, Opened, Progress};
pub use name::ModelName;
