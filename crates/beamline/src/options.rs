//! From options asked for to what they mean: the list of all options, values with their origins, what does not go
//! together, the checked plan, and the strategy, pipeline and rules to stop that it means for one prompt.

mod builder;
mod check;
mod error;
mod length;
mod list;
mod method;
mod plan;
mod settings;
mod setup;

pub(crate) use check::{check, reconcile};
pub use error::OptionError;
pub(crate) use list::find;
pub use list::{IGNORED, options, shapes};
pub use method::SearchMethod;
pub use plan::Plan;
pub use settings::{Options, Origin, Setting};
pub(crate) use setup::{BatchShared, Resources, SearchSetup};
