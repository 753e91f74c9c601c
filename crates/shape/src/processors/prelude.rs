//! What every processor's file needs.

pub(super) use crate::brief::Brief;
pub(super) use crate::entry::built;
pub(super) use crate::page::{named, processor};
pub(super) use crate::{Context, Entry, Logits, OptionKind, OptionSpec, OptionValue, Processor, ShapeError};
pub(super) use beamline_tokens::{TokenId, TokenList};

/// What options of sampling need.
pub(super) const SAMPLING: &[&str] = &["do_sample"];
