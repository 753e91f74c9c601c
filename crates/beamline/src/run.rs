//! From prompts and a plan to text: sessions that step together, and what they come to.

mod completion;
mod draft;
pub(crate) mod engine;
mod feed;
mod hold;
mod prefill;
mod session;
mod shaping;
mod step;

pub use completion::{Completion, GeneratedToken, ModelInfo, PromptInfo, Proof, Sequence, Timings, Usage};
pub(crate) use draft::{Assistant, Drafter, Lookup, Schedule};
pub use engine::Engine;
pub use hold::HoldBack;
pub use session::{Prompt, RawStats, Session, Step};
