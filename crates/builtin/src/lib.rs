//! The small model that travels inside the binary, so that a first text needs no download.
//!
//! What goes in: nothing. What comes out: the bytes of a GGUF file ([`MODEL`]). This crate knows nothing of what is in them.
//!
//! It is a GPT-2 of 7 million parameters (6 layers, width 256, context 512, byte-level BPE of 8,192 tokens), trained by us
//! on English novels of before 1930; `tools/builtin-model/` makes it and holds its model card. What it shows is how decoding
//! works.
//!
//! transformers reads the same folder, as `GPT2LMHeadModel`: `from_pretrained(folder, gguf_file="builtin.gguf", config=config)`
//! where `config` is `GPT2Config.from_pretrained(folder)`.

/// A GGUF file: weights in q8_0, tokenizer and sizes.
///
/// ```
/// assert!(beamline_builtin::MODEL.starts_with(b"GGUF"));
/// assert!(beamline_builtin::MODEL.len() < 8_000_000);
/// ```
pub static MODEL: &[u8] = include_bytes!("../model/builtin.gguf");

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
