//! From prompt to text: the loop that joins tokens, model, shaping and search.
//!
//! What goes in: a model's name, options under transformers' names, prompts. What comes out: completions with every
//! token's numbers, step tables, scores. This crate knows nothing of terminals, flags or HTTP: faces are built on it.
//!
//! ```
//! use beamline::{Engine, OpenOptions, Prompt, Settings};
//!
//! let engine = Engine::open(&"builtin".parse()?, &OpenOptions::default(), &mut ())?;
//! let mut settings = Settings::default();
//! settings.set("max_new_tokens", "5")?;
//! let completion = engine.generate(&[Prompt::Text("Once upon a time".into())], &settings)?;
//! assert_eq!(completion.sequences[0].token_ids.len(), 5);
//! println!("{}", completion.sequences[0].text);
//! # Ok::<(), beamline::Error>(())
//! ```
//!
//! # The path
//!
//! [`Engine::open`] finds and loads a model ([`ModelName`]). [`Settings`] collects options with their origins; with the
//! model's own defaults they become a recipe: a strategy, a pipeline, rules to stop. [`Engine::session`] starts a
//! [`Session`]: a token tree with what its tips need to grow. [`Engine::step`] carries any number of sessions one step
//! on, with a single pass over the weights. [`Engine::generate`], [`Engine::inspect`] and [`Engine::score`] are that
//! loop, run to the end.

mod bench;
mod bundle;
mod compare;
mod error;
mod history;
mod inspect;
mod look;
mod measures;
mod methods;
mod observe;
mod open;
mod options;
mod run;
mod score;
mod sweep;

#[cfg(feature = "hub")]
pub use beamline_hub as hub;
pub use beamline_kernels::{ActivationFormat, Compute, Encoding, UnknownActivations, UnknownEncoding};
pub use beamline_model::{
    DEFAULT_ACTIVATIONS, Description, Geometry, Holding, KvCache, Model, ModelError, Part, Probe, Rows, Site, Span,
    TableModel, TrustedFiles, Want,
};
pub use beamline_search::{
    Candidate as Considered, Certificate, Draw, Fate, FinishReason, Found, Happening, Measure, NodeId, Outlook, State,
    Tip, Tree,
};
pub use beamline_shape::{Entry, OptionKind, OptionSpec, OptionValue, Page, Preset, REGISTRY};
pub use beamline_tokens::{Beginning, Special, TextStream, Token, TokenId, Tokenizer};
pub use bench::{Bench, BenchReport, Decode, Prefill};
pub use bundle::{Bundle, BundledSequence, Verdict};
pub use compare::{ComparedText, Comparison, Run, Summary, TextParts, Way};
pub use error::{Error, Fault};
pub use history::{Branching, History};
pub use inspect::{Candidate, Chosen, Depth, Inspection, Rest, StageColumn, StepRow};
pub use look::{AttentionMap, Embeddings, Positions};
pub use measures::{Measures, similarity};
pub use methods::{METHODS, Method, Topic, topic, topics};
pub use observe::{Event, Interest, Observer, Replayed, Stage, Trace, What, replay};
pub use open::{ModelName, OpenOptions, Opened, Progress};
pub use options::{IGNORED, Origin, Setting, Settings, options, shapes};
pub use run::{
    Completion, Engine, GeneratedToken, HoldBack, ModelInfo, Prompt, PromptInfo, Proof, Sequence, Session, Step,
    Timings, Usage,
};
pub use score::{Contrast, ContrastStep, ScoreReport, ScoredToken};
pub use sweep::{Spread, Sweep, SweepPoint, SweptText};
