//! The ways of splitting text before its words are merged (pre-tokenizers) that GGUF files name.

/// The known values of `tokenizer.ggml.pre`.
pub const PRE_TOKENIZERS: [&str; 4] = ["gpt-2", "smollm", "llama-bpe", "qwen2"];
