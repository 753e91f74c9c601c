//! Logits in, shaped scores out.
//!
//! What goes in: a row of raw logits, and the tokens it follows. What comes out: [`Logits`] with some tokens removed and
//! others moved, and, where a strategy asks for it, the [`Distribution`] they stand for. This crate knows nothing of
//! models, of search or of text.
//!
//! A [`Processor`] does one thing to a row. A [`Pipeline`] is an ordered list of them: order is data, and each step can
//! be watched. The [`registry`](REGISTRY) describes every processor once (its options, ranges, defaults and page);
//! flags, JSON fields and explanations are made from it. A [`Preset`] is the order, and the defaults, of an engine.
//!
//! ```
//! use beamline_shape::{Context, Logits, Pipeline, Temperature, TopK};
//!
//! let mut pipeline = Pipeline::new(vec![Box::new(Temperature::new(0.5)?), Box::new(TopK::new(2)?)]);
//! let mut logits = Logits::of(&[1.0, 3.0, 2.0, -1.0]);
//! pipeline.shape(&mut logits, &Context::default(), &mut |stage, logits| {
//!     println!("after {stage}: {} tokens left", logits.live());
//! })?;
//! assert_eq!(logits.iter().map(|(id, value)| (id.0, value)).collect::<Vec<_>>(), [(1, 6.0), (2, 4.0)]);
//! # Ok::<(), beamline_shape::ShapeError>(())
//! ```
//!
//! # Rules for processors
//!
//! `apply` is repeatable: the same row and the same text give the same scores, however often it is called. State moves
//! in `accept` alone, and forks with the hypothesis; what it costs does not grow with the text. Truncations only remove,
//! and leave at least one token; penalties, biases and forced tokens may move and revive.

mod brief;
mod distribution;
mod entry;
mod error;
mod logits;
mod option;
mod ordered;
mod page;
mod pipeline;
mod processors;
mod registry;

pub use brief::Brief;
pub use distribution::Distribution;
pub use entry::{Built, Entry};
pub use error::ShapeError;
pub use logits::Logits;
pub use option::{OptionKind, OptionSpec, OptionValue};
pub use page::Page;
pub use pipeline::{Context, Pipeline, Processor};
pub use processors::*;
pub use registry::{Preset, REGISTRY};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
