//! From prompts and a plan to text: sessions that step together, and what they come to.
//!
//! The path of a step: `turns` (which sequences, where there are too many at once) > `session` (what each tip lacks) > `batch`
//! (what fits into the budget, one pass) > `shaping` (rows made into scores) > `step` (strategies grow, branches are handed down). `stream` and `completion` read the results.

mod batch;
mod branch;
mod cached_text;
mod chat;
mod completion;
mod digest;
mod draft;
mod engine;
mod files;
mod finished;
mod memory;
mod prefix;
mod prompt;
mod room;
mod scoring;
mod session;
mod setup;
mod shaping;
mod step;
mod stream;
mod timings;
mod turns;

pub use batch::Budget;
pub use cached_text::CachedText;
pub use completion::{Completion, GeneratedToken, ModelInfo, PromptInfo, Proof, Sequence, Usage};
pub use digest::{ModelDigest, hexadecimal};
pub use engine::{Engine, chosen_seed};
pub(crate) use files::Files;
pub use memory::granted_memory;
pub use prefix::{PrefixStats, PrefixStore};
pub use prompt::Prompt;
pub use room::{Asks, Room};
pub use scoring::{ScoredRow, Scoring};
pub use session::{RawStats, Session};
pub use stream::{TextDelta, TextDeltas, TextIter};
pub use timings::{Step, Timings};
