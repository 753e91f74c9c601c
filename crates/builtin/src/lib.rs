//! The small model that travels inside the binary, so that a first text needs no download.
//!
//! It is a GPT-2 of 2.6 million parameters (4 layers, width 192, context 256, byte-level BPE of 4,096 tokens), trained
//! by us on English novels that are out of copyright. Its English is only just English; what it shows is how decoding
//! works. The files are those of a checkpoint folder, which transformers reads as well.

/// `config.json`.
pub const CONFIG: &[u8] = include_bytes!("../model/config.json");
/// `generation_config.json`.
pub const GENERATION_CONFIG: &[u8] = include_bytes!("../model/generation_config.json");
/// `tokenizer.json`.
pub const TOKENIZER: &[u8] = include_bytes!("../model/tokenizer.json");
/// `model.safetensors`.
pub static WEIGHTS: &[u8] = include_bytes!("../model/model.safetensors");
