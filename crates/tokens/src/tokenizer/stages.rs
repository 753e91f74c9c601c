//! What becomes of a text before its tokens are looked for, for whoever wants to see it.

use super::Tokenizer;
use crate::TokensError;
use crate::error::one_line;
use crate::guard::unless_it_panics;
use tokenizers::NormalizedString;
use tokenizers::tokenizer::{Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

/// A text on its way to tokens. Special tokens that are written in it are not looked for here: they are cut out before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stages {
    /// The text as the normalizer leaves it; the text itself where there is none.
    pub normalized: String,
    /// The pieces into which it is cut, each as the vocabulary writes it; tokens are looked for within them. One piece where the
    /// tokenizer cuts nothing.
    pub pieces: Vec<String>,
}

impl Tokenizer {
    /// What the normalizer and the pre-tokenizer make of a text.
    ///
    /// ```
    /// use beamline_tokens::{Tokenizer, byte_tokenizer_json};
    /// let tokenizer = Tokenizer::from_json(byte_tokenizer_json(300).expect("300 are enough").as_bytes())?;
    /// let stages = tokenizer.stages("so it goes")?;
    /// assert_eq!(stages.normalized, "so it goes");
    /// assert!(!stages.pieces.is_empty());
    /// # Ok::<(), beamline_tokens::TokensError>(())
    /// ```
    ///
    /// # Errors
    /// When the library refuses the text.
    pub fn stages(&self, text: &str) -> Result<Stages, TokensError> {
        let made = unless_it_panics(|| {
            let mut normalized = NormalizedString::from(text);
            if let Some(normalizer) = self.encoder.get_normalizer() {
                normalizer.normalize(&mut normalized)?;
            }
            let mut cut = PreTokenizedString::from(normalized.get());
            if let Some(cutter) = self.encoder.get_pre_tokenizer() {
                cutter.pre_tokenize(&mut cut)?;
            }
            let splits = cut.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
            let pieces = splits.into_iter().map(|(piece, _, _)| piece.to_owned()).collect();
            tokenizers::Result::Ok(Stages { normalized: normalized.get().to_owned(), pieces })
        });
        made.ok_or_else(|| TokensError::Encode("the tokenizer contradicts itself".to_owned()))?
            .map_err(|e| TokensError::Encode(one_line(&e.to_string())))
    }
}
