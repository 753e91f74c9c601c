//! What is told of a search while it runs.

mod event;

pub use event::{Event, EventKind, Interest, Observer, SessionId, Stage};
pub(crate) use event::{Forward, Stages};
