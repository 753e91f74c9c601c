//! Logits in, shaped scores out.
//!
//! What goes in: a row of raw logits, and the tokens it follows. What comes out: [`Logits`] with some tokens removed and
//! others moved, and, where a strategy asks for it, the [`Distribution`] they stand for. This crate knows nothing of
//! models, of search or of text.
//!
//! A [`Processor`] does one thing to a row. A [`Pipeline`] is an ordered list of them: order is data, and each step can
//! be watched. The [`registry`](REGISTRY) describes every processor once (its option, range, default and page);
//! flags, JSON fields and explanations are made from it.
//!
//! ```
//! use beamline_shape::{Context, Logits, Pipeline, Temperature, TopK};
//!
//! let mut pipeline = Pipeline::new(vec![Box::new(Temperature::new(0.5)?), Box::new(TopK::new(2)?)]);
//! let mut logits = Logits::default();
//! logits.load(&[1.0, 3.0, 2.0, -1.0]);
//! pipeline.shape(&mut logits, &Context { tokens: &[], prompt_len: 0 }, &mut |stage, logits| {
//!     println!("after {stage}: {} tokens left", logits.live());
//! })?;
//! assert_eq!(logits.iter().map(|(id, value)| (id.0, value)).collect::<Vec<_>>(), [(1, 6.0), (2, 4.0)]);
//! # Ok::<(), beamline_shape::ShapeError>(())
//! ```

mod distribution;
mod error;
mod logits;
mod option;
mod pipeline;
mod registry;
mod temperature;
mod top_k;
mod top_p;

pub use distribution::Distribution;
pub use error::ShapeError;
pub use logits::Logits;
pub use option::{OptionKind, OptionSpec, OptionValue, Scope};
pub use pipeline::{Context, Pipeline, Processor};
pub use registry::{Built, Entry, Page, REGISTRY};
pub use temperature::Temperature;
pub use top_k::TopK;
pub use top_p::TopP;
