//! What a model expects and what a search does, measured and laid open.
//!
//! What goes in: an [`Engine`](beamline::Engine), prompts, options. What comes out: results to read, to serialise or to
//! draw (scores, step tables, search trees, comparisons, attention maps, benchmarks), every number computed. This crate is
//! made of the public side of `beamline` alone, and knows nothing of pictures, terminals or files.
//!
//! ```
//! use beamline::{Engine, Prompt};
//!
//! let engine = Engine::open("builtin")?;
//! let report = beamline_study::score(&engine, Some("Once upon a"), &Prompt::Text(" time".into()))?;
//! assert!(report.perplexity.expect("a token was scored") < 3.0);
//! # Ok::<(), beamline_study::StudyError>(())
//! ```
//!
//! # The studies
//!
//! | function | what it tells | file |
//! | --- | --- | --- |
//! | [`score`](score()), [`contrast`] | how probable a text is (log-likelihood, perplexity), and why one is more so than another | `score.rs` |
//! | [`inspect`](inspect()) | the next tokens, step by step, before and after the processors | `inspect.rs` |
//! | [`search_tree`](search_tree()) | every candidate that a search considered, and its fate | `search_tree.rs` |
//! | [`expand`](expand()) | what else might follow: a tree of the most probable continuations | `expand.rs` |
//! | [`compare`](compare()) | decoding strategies side by side ([`Variant`]) | `compare.rs` |
//! | [`sweep`](sweep()) | one option at several values: variety and probability | `sweep.rs` |
//! | [`attention`], [`embeddings`] | the inside of a model | `probe.rs` |
//! | [`bench`](bench()) | speed, against what memory allows | `bench.rs` |
//! | [`bundle`](bundle()), [`verify`] | a run to take along, and the proof that it comes out again | `bundle.rs` |
//! | [`TextStats`], [`similarity`] | counts about texts | `text_stats.rs` |
//! | [`topic`], [`topics`] | a page on each strategy and processor | `explain.rs` |

mod bench;
mod bundle;
mod compare;
mod error;
mod expand;
mod explain;
mod inspect;
mod probe;
mod score;
mod search_tree;
mod sweep;
mod text_stats;
mod variant;

pub use bench::{Bench, BenchReport, Decode, Prefill, bench};
pub use bundle::{Bundle, BundledSequence, Verdict, bundle, verify};
pub use compare::{ComparedText, Comparison, Run, Summary, TextParts, compare};
pub use error::StudyError;
pub use expand::{ExpandedNode, Expanding, Expansion, Growth, expand};
pub use explain::{CONCEPTS, Concept, ConceptExample, METHODS, Method, Topic, topic, topics};
pub use inspect::{Candidate, Chosen, Depth, Inspecting, Inspection, Rest, StageColumn, StepRow, inspect};
pub use probe::{AttentionMap, Embeddings, Positions, attention, embeddings};
pub use score::{Contrast, ContrastStep, PartedText, ScoreReport, ScoredToken, contrast, score};
pub use search_tree::{CandidateNode, SearchTree, search_tree};
pub use sweep::{Spread, Sweep, SweepPoint, SweptText, sweep};
pub use text_stats::{TextStats, similarity};
pub use variant::Variant;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
