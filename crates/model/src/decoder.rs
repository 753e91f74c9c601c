//! The decoder-only transformer: one pass for all networks that differ by choices alone.
//!
//! What goes in: a [`Decoder`], the sizes and choices that an architecture's reader took from a checkpoint. What comes out: a
//! [`Model`] with its weights. A layer is attention and a feed-forward part, each with its normalisations, added to the
//! residual stream one after the other or side by side. What a choice means is said where it is listed, in [`plan`].

mod attention;
mod block;
mod experts;
mod pass;
mod plan;
mod positions;

pub(crate) use plan::{
    Alibi, Decoder, EmbeddingPlan, ExpertNames, ExpertsPlan, Flow, HeadNormPlan, HeadNormWidth, LayerPlan, MlpNames,
    MlpPlan, NormNames, PositionTable, Qkv, Routing,
};
