//! Text to tokens, and tokens back to text.
//!
//! What goes in: a folder's tokenizer files or the vocabulary of a GGUF file, and text. What comes out: [`TokenId`]s with their
//! places in the text; and, the other way, text that grows token by token without ever showing half a character. This
//! crate knows nothing of weights, models or files other than its own.
//!
//! Encoding is done by the `tokenizers` library, which defines what the ids are. Decoding is done on **bytes**: a
//! [`Vocabulary`] turns every id into its bytes once, and text is those bytes, one after another, read as UTF-8. So a
//! character spread over several tokens appears when its last byte has come, and a stream's pieces, joined, are always
//! the decoded whole.
//!
//! ```
//! use beamline_tokens::{Beginning, GgufVocabulary, Special, Tokenizer};
//!
//! // A vocabulary of single bytes, as a GGUF file would list it.
//! let tokens = beamline_tokens::byte_alphabet().iter().map(|c| c.to_string().into()).collect();
//! let gguf = GgufVocabulary { model: "gpt2", pre: Some("gpt-2"), tokens, ..Default::default() };
//! let tokenizer = Tokenizer::from_gguf(&gguf)?;
//!
//! let ids = tokenizer.ids("é!")?;
//! assert_eq!(ids.len(), 3); // é is two bytes
//! let mut stream = tokenizer.stream(Special::Drop, Beginning::Text);
//! let pieces: Vec<String> = ids.iter().map(|&id| stream.push(id).to_owned()).collect();
//! assert_eq!(pieces, ["", "é", "!"]);
//! # Ok::<(), beamline_tokens::TokensError>(())
//! ```

mod characters;
mod error;
mod folder;
mod gguf;
mod growth;
mod guard;
mod list;
mod pieces;
mod plain;
mod pre;
mod sentencepiece;
mod stream;
mod tokenizer;
mod vocabulary;

pub use characters::{CharacterGroup, Characters, Utf8, characters};
pub use error::TokensError;
pub use folder::{FieldUse, FolderFiles, TOKENIZER_FIELDS};
pub use gguf::GgufVocabulary;
pub use list::{TokenIter, TokenList};
pub use plain::{byte_tokenizer_json, word_tokenizer_json};
pub use pre::pre_tokenizers;
pub use stream::{TextState, TextStream};
pub use tokenizer::{Beginning, Special, Stages, Token, Tokenizer};
pub use vocabulary::{Vocabulary, byte_alphabet};

/// The number of a token in its vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct TokenId(pub u32);

impl TokenId {
    /// As an index into rows of logits.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
