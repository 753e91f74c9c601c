//! From prompt to text: the loop that joins tokens, model, shaping and search.
//!
//! What goes in: a model's name, options under transformers' names, prompts. What comes out: completions with every
//! token's numbers, traces of searches. This crate knows nothing of terminals, flags or HTTP: faces are built on it.
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
//! on, with a single pass over the weights. [`Engine::generate`] is that loop, run to the end. What studies models and
//! searches (scores, step tables, comparisons, benchmarks) is the crate `beamline-study`, made of this one's public side.

mod error;
mod observe;
mod open;
mod options;
mod run;

#[cfg(feature = "hub")]
pub use beamline_hub as hub;
pub use beamline_kernels::{ActivationFormat, Compute, Encoding, UnknownActivations, UnknownEncoding, read_bandwidth};
pub use beamline_model::{
    DEFAULT_ACTIVATIONS, Description, Geometry, KvCache, Model, ModelError, Part, Probe, Rows, Site, Span, TableModel,
    Want,
};
pub use beamline_search::{
    Candidate as Considered, Certificate, Coins, Draw, Fate, FinishReason, Found, Happening, Measure, NodeId, Outlook,
    PAGES, Purpose, State, Tip, Tree,
};
pub use beamline_shape::{Distribution, Entry, Logits, OptionKind, OptionSpec, OptionValue, Page, Preset, REGISTRY};
pub use beamline_tokens::{Beginning, Special, TextStream, Token, TokenId, Tokenizer};
pub use error::{Error, Fault};
pub use observe::{Event, Interest, Observer, Replayed, Stage, Trace, What, replay};
pub use open::{ModelName, OpenOptions, Opened, Progress};
pub use options::{IGNORED, Origin, Setting, Settings, options, shapes};
pub use run::{
    Completion, Engine, GeneratedToken, HoldBack, ModelInfo, Prompt, PromptInfo, Proof, RawStats, Sequence, Session,
    Step, Timings, Usage,
};
