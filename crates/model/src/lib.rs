//! Tokens in, logits out.
//!
//! What goes in: a checkpoint (a folder with `config.json` and safetensors or `pytorch_model.bin`, a GGUF file, or one
//! embedded in a program), then spans of [`TokenId`](beamline_tokens::TokenId)s to append to sequences. What comes out: rows
//! of logits, one for each position wanted. This crate knows nothing of text, of sampling or of the network.
//!
//! The seam for other engines is [`Model`]: one method, [`forward`](Model::forward), which appends every span to its
//! [`KvCache`] in one pass over the weights. Prefill is one long span, decoding is many spans of one token, scoring
//! wants all rows. Below that seam there is no abstraction over devices or number types. Each architecture is one file
//! with one entry in one list (`architectures.rs`), written with shared `layers` and the kernels of `beamline-kernels`, and
//! bound by its contract: **a row of logits does not depend on the other spans, on how a prompt was cut, on the threads or
//! on the instruction set.**
//!
//! ```
//! use beamline_kernels::Compute;
//! use beamline_model::{KvCache, Model, Span, TableModel, Want};
//! use beamline_tokens::TokenId;
//!
//! // A model that one can check by hand: after token 0 comes 1 with 0.75, or 2.
//! let model = TableModel::new(vec![vec![0.0, 0.75, 0.25], vec![0.0, 0.0, 1.0], vec![1.0, 0.0, 0.0]], 64)?;
//! let mut cache = KvCache::new(model.geometry());
//! let rows = model.forward(&mut [Span { tokens: &[TokenId(0)], cache: &mut cache, want: Want::Last }], &mut ())?;
//! assert_eq!(rows.row(0)[1], 0.75f32.ln());
//! assert_eq!(cache.len(), 1);
//! # Ok::<(), beamline_model::ModelError>(())
//! ```

mod architectures;
mod cache;
mod checkpoint;
mod columns;
mod config;
mod decoder;
mod deferred_check;
mod error;
mod forward;
mod geometry;
pub mod gguf;
mod gguf_files;
mod holding;
mod json;
mod layers;
mod mapped;
mod model_error;
mod model_id;
mod names;
mod network;
mod probe;
mod pytorch;
mod random;
mod safetensors;
mod shards;
mod slice;
mod stored;
mod structure;
mod table;
mod weight_file;
mod weights;

pub use cache::KvCache;
pub use checkpoint::{Checkpoint, Loaded};
pub use error::{Defect, LoadError};
pub use forward::{Model, Rows, Span, Want};
pub use geometry::Geometry;
pub use holding::Holding;
pub use json::python_json;
pub use mapped::{TrustedFiles, mapped_file_at};
pub use model_error::{CustomError, ModelError};
pub use model_id::ModelId;
pub use probe::{Part, Probe, Site};
pub use random::{RandomArchitecture, RandomCheckpoint, RandomError};
pub use shards::weight_map;
pub use structure::{Structure, TensorInfo};
pub use table::TableModel;
pub use weight_file::is_lfs_pointer;
pub use weights::{Check, DEFAULT_ACTIVATIONS, Description, LoadOptions};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
