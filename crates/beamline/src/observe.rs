//! What is told of a search while it runs: events, and the trace that keeps them.

mod event;
mod trace;

pub use event::{Event, Interest, Observer, Stage, What};
pub(crate) use event::{Stages, Told};
pub use trace::{Replayed, Trace, replay};
