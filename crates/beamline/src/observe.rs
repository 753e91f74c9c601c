//! What is told of a search while it runs: events, and the trace that keeps them.

mod event;
mod trace;

pub use event::{Event, EventKind, Interest, Observer, Stage};
pub(crate) use event::{Forward, Stages};
pub use trace::{Replayed, Trace, replay};
