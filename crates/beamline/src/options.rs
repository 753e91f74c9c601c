//! From options asked for to a plan: the list of all options, values with their origins, what does not go together,
//! and the strategy, pipeline and rules to stop that they mean.

mod list;
pub(crate) mod recipe;
mod settings;

pub use list::{IGNORED, options, shapes};
pub(crate) use list::{find, phrases};
pub use settings::{Origin, Setting, Settings};
