//! What can be wrong with a vocabulary.

use crate::pre::pre_tokenizers;

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
    #[error(
        "tokenizer.ggml.pre is {0:?}; known are {known}; --pre NAME takes the text apart as one of these",
        known = pre_tokenizers().collect::<Vec<_>>().join(", ")
    )]
    Pre(String),
    /// A way to split text was asked for, but the vocabulary is not of bytes: its tokens are found in whole texts.
    #[error(
        "--pre {0} has no effect: the vocabulary is not byte-level BPE, the only kind that splits text by such a name"
    )]
    NoSplit(String),
    /// One of a folder's files is not what it should be.
    #[error("{file}: {reason}")]
    File {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A folder has no vocabulary.
    #[error("{0}")]
    Missing(String),
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
