//! Shaped scores in, chosen tokens out.
//!
//! What goes in: for some nodes of a token [`Tree`], an [`Outlook`] each: the raw logits and the scores that the
//! processors made of them. What comes out: the tree, grown. This crate knows nothing of models, caches or text: a
//! [`Strategy`] is pure policy, so one forward pass serves the strategies of many users, and a test serves them by hand.
//!
//! Everything is a token tree. Greedy search is a path, n samples are a star, a beam search is a pruned tree. The tree is
//! the result, the trace, and what is drawn.
//!
//! Randomness comes from [`Coins`], addressed by seed, sequence, position and purpose: a draw never depends on neighbours
//! or schedules. Or it comes from torch's stream, seed for seed ([`TorchStream`]).
//!
//! A [`SearchObserver`] hears of every candidate, of every draw and of what became of them, while the search runs.
//!
//! ```
//! use beamline_search::{Greedy, Outlook, Stop, Strategy, Tree};
//! use beamline_shape::Logits;
//! use beamline_tokens::TokenId;
//!
//! let mut tree = Tree::new();
//! let mut greedy = Greedy::new(Stop { eos: vec![TokenId(2)], max_new_tokens: 10, ..Stop::default() });
//! for row in [[0.0, 1.0, 0.5], [0.0, 0.1, 9.0]] {
//!     let tip = greedy.frontier(&tree)[0];
//!     let scores = Logits::of(&row);
//!     let outlook = Outlook { tip, raw: &row, scores: &scores, fault: None, hidden: &[], states: 0 };
//!     greedy.grow(&mut tree, &[outlook], &mut ())?;
//! }
//! assert!(greedy.frontier(&tree).is_empty()); // token 2 ended it
//! assert_eq!(tree.path(greedy.results(&tree)[0].node), [TokenId(1), TokenId(2)]);
//! # Ok::<(), beamline_shape::ShapeError>(())
//! ```

mod arithmetic;
mod beam;
mod best_of;
mod coins;
mod constrained;
mod constraint;
mod contrastive;
mod exact;

mod diverse;
mod finish;
mod greedy;
mod observer;
mod randomness;
mod report;
mod sample;
mod stochastic;
mod stop;
mod strategy;
mod torch;
mod tree;

pub use arithmetic::Arithmetic;
pub use beam::{Beam, BeamOptions, EarlyStopping};
pub use best_of::{BestOf, RankBy};
pub use coins::{Coins, Purpose};
pub use constrained::{ConstrainedBeam, ConstrainedOptions};
pub use constraint::Phrases;
pub use contrastive::Contrastive;
pub use exact::{Exact, ExactOptions};

pub use diverse::{DiverseBeam, DiverseOptions};
pub use finish::FinishReason;
pub use greedy::Greedy;
pub use observer::{Considered, Draw, Fate, SearchEvent, SearchObserver};
pub use randomness::Randomness;
pub use sample::Sample;
pub use stochastic::StochasticBeam;
pub use stop::{Match, Stop, StopRule, StopStrings};
pub use strategy::{Certificate, Found, Outlook, Strategy, Tip, Wants};
pub use torch::TorchStream;
pub use tree::{Node, NodeId, State, TokenStats, Tree};

/// The strategies' pages, as they stand in each one's documentation: name and Markdown.
pub const PAGES: &[(&str, &str)] = &[
    ("greedy", include_str!("pages/greedy.md")),
    ("sampling", include_str!("pages/sample.md")),
    ("beam_search", include_str!("pages/beam.md")),
    ("diverse_beams", include_str!("pages/diverse.md")),
    ("constrained_beams", include_str!("pages/constrained.md")),
    ("stochastic_beams", include_str!("pages/stochastic.md")),
    ("contrastive_search", include_str!("pages/contrastive.md")),
    ("arithmetic_sampling", include_str!("pages/arithmetic.md")),
    ("best_of", include_str!("pages/best_of.md")),
    ("exact_search", include_str!("pages/exact.md")),
];

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
