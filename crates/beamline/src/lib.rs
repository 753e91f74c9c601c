//! From prompt to text: the loop that joins tokens, model, shaping and search.
//!
//! What goes in: a model's name, options under transformers' names, prompts. What comes out: completions with every
//! token's numbers, text as it comes, traces of searches. This crate knows nothing of terminals, flags or HTTP: faces are built on it.
//!
//! ```
//! use beamline::{Engine, Options};
//!
//! let engine = Engine::open("builtin")?;
//! let plan = engine.plan(&Options::new().max_new_tokens(5))?;
//! for piece in engine.stream("Once upon a time", &plan)? {
//!     print!("{}", piece?.text);
//! }
//! # Ok::<(), beamline::Error>(())
//! ```
//!
//! # The path
//!
//! [`Engine::open`] finds and loads a model ([`ModelName`], [`OpenOptions`]). [`Options`] are what is asked for; with the
//! model's own defaults, checked, they become a [`Plan`]: nothing that generates takes anything else. [`Engine::session`]
//! starts a [`Session`]: a token tree with what its tips need to grow. [`Engine::step`] carries any number of sessions one
//! step on, with a single pass over the weights, within a [`Budget`]. [`Engine::generate`] and [`Engine::stream`] are that
//! loop, run to the end. What studies models and searches (scores, step tables, comparisons, benchmarks) is the crate
//! `beamline-study`, made of this one's public side.
//!
//! # Extending it
//!
//! A [`Processor`] of one's own goes into [`Plan::processor_after`], a search into [`Plan::strategy`], a rule to stop into
//! [`Plan::stop_rule`], a model into [`Engine::with_model`], and whoever wants to watch is an [`Observer`].

mod chat;
mod error;
mod observe;
mod open;
mod options;
mod run;
mod trace;

pub use beamline_chat::{ChatError, ChatTemplate, Conversation, Date, Message, Rendered, TokenTexts};
#[cfg(feature = "hub")]
pub use beamline_hub as hub;
pub use beamline_kernels::{
    ActivationFormat, Compute, ComputeError, Encoding, PackError, RowSums, UnknownActivations, UnknownEncoding,
    read_bandwidth,
};
pub use beamline_model::{
    CustomError, DEFAULT_ACTIVATIONS, Defect, Description, Geometry, Holding, KvCache, LoadError, Model, ModelError,
    ModelId, Part, Probe, RandomArchitecture, RandomCheckpoint, RandomError, Rows, Site, Span, Structure, TableModel,
    TensorInfo, TrustedFiles, Want, mapped_file_at, python_json,
};
pub use beamline_search::{
    Certificate, Coins, Considered, Draw, Fate, FinishReason, Found, Node, NodeId, Outlook, PAGES, Purpose,
    SearchEvent, SearchObserver, State, Stop, StopRule, StopStrings, Strategy, Tip, TokenStats, Tree, Wants,
};
pub use beamline_shape::{
    Context, Distribution, Entry, Logits, OptionKind, OptionSpec, OptionValue, Page, Pipeline, Preset, Processor,
    REGISTRY, ShapeError,
};
pub use beamline_tokens::{
    Beginning, CharacterGroup, Characters, Special, Stages, TextState, TextStream, Token, TokenId, TokenIter,
    TokenList, Tokenizer, TokensError, Utf8, Vocabulary, byte_tokenizer_json, characters, pre_tokenizers,
    word_tokenizer_json,
};
pub use chat::{ChatPrompt, ChatTemplates};
pub use error::{Error, Fault, OptionError};
pub use observe::{Event, EventKind, Interest, Observer, SessionId, Stage};
pub use open::{ModelName, OpenOptions, Opened, Progress};
pub use options::{
    Foreign, Options, Origin, Plan, SearchMethod, Setting, foreign, nearest, nearest_option, options, shapes,
};
pub use run::{
    Asks, Budget, CachedText, Completion, Engine, GeneratedToken, ModelDigest, ModelInfo, PrefixStats, PrefixStore,
    Prompt, PromptInfo, Proof, RawStats, Room, ScoredRow, Scoring, Sequence, Session, Step, TextDelta, TextDeltas,
    TextIter, Timings, Usage, chosen_seed, granted_memory, hexadecimal,
};
pub use trace::{Replayed, Trace, replay};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
