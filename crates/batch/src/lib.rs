//! Rows of prompts in, rows of completions out: runs that survive being killed.
//!
//! What goes in: rows, from an iterator or from files (JSONL, CSV, OpenAI's batch files), each with a prompt or messages and
//! perhaps options of its own. What comes out: the same rows in the same order with their completions, or with what is wrong with
//! them. This crate knows nothing of terminals, flags or HTTP.
//!
//! A row's result depends on the model, the options and the row (its prompt, its own options, its key), and on nothing else: not on
//! the order of rows, on what runs beside it, on threads, shards or restarts. Each row draws by a seed of its own ([`row_seed`]).
//!
//! [`Queue`] carries rows on together, step by step; [`Rows`] is an iterator over it; [`BatchRun`] reads and writes files, and keeps
//! a journal.

mod columns;
mod error;
mod files;
mod format;
mod journal;
mod keys;
mod openai;
mod plans;
mod queue;
mod read;
mod row;
mod rows;
mod run;
mod seed;
mod settings;
mod shard;
mod survey;
mod template;
mod write;

pub use columns::{Columns, Talk};
pub use error::BatchError;
pub use format::Format;
#[doc(hidden)]
pub use journal::probe;
pub use queue::{Counts, Queue};
pub use row::{Ask, Completed, Row, RowError};
pub use rows::{Next, Rows};
#[doc(hidden)]
pub use run::probe_rows;
pub use run::{BatchRun, Input, Journaling, Output, Prepared, Progress, Summary, Watch};
pub use seed::row_seed;
pub use settings::{Bounds, Settings};
pub use shard::Shard;
pub use template::Template;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
