//! Results in, pictures out.
//!
//! What goes in: what `beamline` and `beamline-study` found out (step tables, search trees, attention maps, comparisons). What comes
//! out: a [`Figure`], which is charts and the numbers behind them, and from it SVG, PNG ([`png`]) or a page of HTML
//! ([`html`]) that needs no network. This crate knows nothing of models, files or terminals, and measures nothing: every
//! number in a picture is one of the result's, or plain arithmetic on them.
//!
//! ```
//! use beamline::{Engine, Prompt, Options};
//! use beamline_draw::{Canvas, kinds};
//! use beamline_study::{Depth, inspect};
//!
//! let engine = Engine::open("builtin")?;
//! let depth = Depth { steps: 1, top: usize::MAX, stages: false };
//! let inspection = inspect(&engine, &Prompt::Text("Once upon a".into()), &Options::default(), depth)?;
//! let figure = kinds::temperature(&inspection, &[0.5, 1.0, 2.0], None)?;
//! let svg = figure.svg(&Canvas::default());
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The path
//!
//! [`kinds`] turn results into figures, a file each. A [`Figure`] is a list of [`Chart`]s, of which there are a few
//! shapes (`chart/`): bars, plots along axes, heat maps, trees. [`Canvas`] says how large and in which [`Theme`].

mod chart;
mod colour;
mod error;
mod escape;
mod figure;
pub mod html;
pub mod kinds;
mod label;
mod legend;
mod measure;
mod page;
pub mod png;
mod report;
mod sheet;
mod ticks;
mod unit;

pub use chart::{
    Along, Axis, AxisScale, Bar, BarChart, BarPanel, Chart, HeatChart, Hue, Mark, NodeRole, PlotChart, Series,
    SeriesKind, TreeChart, TreeItem,
};
pub use colour::{Scale, Theme};
pub use error::DrawError;
pub use figure::{Canvas, Data, Figure};
pub use label::{cut, label, labels, on_one_line, token_label};
pub use page::{COMPARISON_NOTE, WORD_COLUMNS, comparison_page, comparison_rows};
pub use report::{Report, bundle_json, report_page};
pub use unit::Unit;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
