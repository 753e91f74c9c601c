//! From options asked for to a checked plan: the list of all options, values with their origins, a model's own defaults,
//! what does not go together, and which search and which processors some options mean.

mod builder;
mod check;
mod defaults;
mod foreign;
mod length;
mod list;
mod method;
mod nearest;
mod order;
mod plan;
mod settings;

pub(crate) use check::{check, reconcile};
pub(crate) use defaults::Defaults;
pub use foreign::{Foreign, foreign};
pub(crate) use length::{Room, room};
pub(crate) use list::phrases;
pub use list::{options, shapes};
pub use method::SearchMethod;
pub use nearest::{nearest, nearest_option};
pub(crate) use order::{applies, order};
pub(crate) use plan::Place;
pub use plan::Plan;
pub use settings::{Options, Origin, Setting};
