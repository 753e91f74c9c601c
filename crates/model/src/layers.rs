//! What several networks are made of, each part with its weights and its arithmetic.
//!
//! A part knows nothing of the network around it. [`attention`] lays the spans of a pass end to end and lets each row look
//! at its own sequence (grouped-query attention where key-value heads are shared), [`rope`] turns queries and keys to
//! their positions (RoPE), [`linear`], [`mlp`] and [`norm`] are matrices, gated feed-forward parts and normalisations, and
//! [`embedding`] is the table of tokens with the output matrix (LM head), tied or not.

pub(crate) mod attention;
pub(crate) mod embedding;
pub(crate) mod linear;
pub(crate) mod mlp;
pub(crate) mod norm;
pub(crate) mod rope;
