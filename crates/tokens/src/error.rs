//! What can be wrong with a vocabulary.

use crate::pre::PRE_TOKENIZERS;

/// Why a tokenizer could not be made, or a text not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// `tokenizer.json` is not one.
    #[error("not a valid tokenizer.json: {0}")]
    Json(String),
    /// A GGUF vocabulary of a kind that is not supported.
    #[error("tokenizer.ggml.model is {0:?}; supported are \"gpt2\" (byte-level BPE) and \"llama\" (SentencePiece)")]
    Model(String),
    /// A GGUF vocabulary that splits text in an unknown way. Guessing would give other ids than the model was trained on.
    #[error("tokenizer.ggml.pre is {0:?}; known are {known}", known = PRE_TOKENIZERS.join(", "))]
    Pre(String),
    /// A vocabulary that contradicts itself.
    #[error("the vocabulary is not valid: {0}")]
    Vocabulary(String),
    /// The library refused a text.
    #[error("the text could not be tokenized: {0}")]
    Encode(String),
}

/// An error message of another library, fit for a message of one line.
pub(crate) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
