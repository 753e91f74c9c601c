//! A request in, a picture out.
//!
//! What goes in: an [`Engine`](beamline::Engine), a prompt, decoding options and a [`PlotRequest`]. What comes out: a
//! [`Figure`](beamline_draw::Figure) with the numbers behind it. This crate knows which studies a [`PlotKind`] needs, what belongs to
//! which kind, and what is usual where nothing is asked for, so that all faces draw the same picture from the same request. It knows
//! nothing of command lines, Python, files or terminals, and neither measures nor draws: `beamline-study` and `beamline-draw` do.
//!
//! ```
//! use beamline::{Engine, Options, Prompt};
//! use beamline_draw::Canvas;
//! use beamline_plot::{PlotKind, PlotRequest};
//!
//! let engine = Engine::open("builtin")?;
//! let request = PlotRequest { top: Some(5), ..PlotRequest::new(PlotKind::Next) };
//! let figure = request.figure(&engine, &Prompt::from("Once upon a"), &Options::new(), &mut |_, _| {})?;
//! assert!(figure.svg(&Canvas::default()).starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The path
//!
//! [`PlotRequest::read`] makes a request of JSON (`request.rs`), [`PlotRequest::check`] refuses what its kind has no use for, and needs no
//! model (`check.rs`), [`PlotRequest::figure`] runs the studies and draws (`figure.rs`). [`report_figures`] are those of a report
//! (`report.rs`). A [`PlotError`] names arguments as JSON and Python do; a face with other names gives them to [`PlotError::named`].

mod beam_view;
mod check;
mod defaults;
mod error;
mod figure;
mod kind;
mod report;
mod request;

pub use defaults::{variants, with_defaults};
pub use error::PlotError;
pub use kind::{PlotKind, UnknownKind};
pub use report::report_figures;
pub use request::PlotRequest;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
