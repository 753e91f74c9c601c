//! The tokenizer: the library for encoding, bytes for decoding.

mod stages;

pub use stages::Stages;

use crate::error::one_line;
use crate::gguf::GgufVocabulary;
use crate::growth;
use crate::guard::{check, unless_it_panics};
use crate::vocabulary::{Named, Rules, Vocabulary};
use crate::{TokenId, TokensError};
use std::borrow::Cow;
use std::sync::Arc;
use tokenizers::{ModelWrapper, Tokenizer as Library};

/// A token and its place in the text it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// Where it begins, in bytes of the text.
    pub start: usize,
    /// Where it ends. A begin or end token that was added takes no place: `start == end`.
    pub end: usize,
}

/// What decoding does with special tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// Leaves them out.
    Drop,
    /// Writes their names.
    Write,
}

/// Whether the first token decoded begins a text or goes on with one.
///
/// It matters for vocabularies that mark words by a leading space: the text "Hello" begins with the token " Hello",
/// whose space is not part of the text; after a prompt the same token brings its space along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// The tokens are a whole text.
    Text,
    /// The tokens follow others.
    Continuation,
}

/// Reads a `tokenizer.json`, or says what is wrong with it.
fn read(json: &[u8]) -> Result<Library, TokensError> {
    let value = serde_json::from_slice(json).map_err(|e| TokensError::Json(e.to_string()))?;
    check(&value)?;
    let mut library = unless_it_panics(|| Library::from_bytes(json))
        .ok_or_else(|| TokensError::Json("it contradicts itself".to_owned()))?
        .map_err(|e| TokensError::Json(one_line(&e.to_string())))?;
    // Merges left out at random are for training; a text has one reading.
    let random = match library.get_model() {
        ModelWrapper::BPE(model) if model.dropout.is_some() => Some(model.clone()),
        _ => None,
    };
    if let Some(mut model) = random {
        model.dropout = None;
        library.with_model(model);
    }
    Ok(library)
}

/// Refuses a number of ids that no vocabulary in use comes near.
fn readable(count: usize) -> Result<(), TokensError> {
    let most = Tokenizer::MAX_TOKENS;
    if count > most {
        return Err(TokensError::Vocabulary(format!("ids go up to {count}; at most {most} are read")));
    }
    Ok(())
}

/// The texts of all ids that the library knows, nothing for those between them that it does not.
fn names(library: &Library) -> Result<Vec<Cow<'static, str>>, TokensError> {
    let count = library.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
    readable(count)?;
    Ok((0..count as u32).map(|id| library.id_to_token(id).unwrap_or_default().into()).collect())
}

/// A decoded text without the spaces before punctuation, as transformers takes them out.
fn cleaned(mut text: String) -> String {
    let odd = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
    ];
    for (from, to) in odd.into_iter().chain([(" 've", "'ve"), (" 're", "'re")]) {
        text = text.replace(from, to);
    }
    text
}

/// Turns text into tokens and back.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    encoder: Library,
    vocabulary: Arc<Vocabulary>,
    by_bytes: bool,
    /// Whether the vocabulary's tokens are written in [`byte_alphabet`](crate::byte_alphabet).
    byte_level: bool,
    /// Whether spaces before punctuation are taken out of decoded text.
    clean: bool,
    /// How many times longer a text may become before it is parted into tokens.
    growth: u64,
    warnings: Arc<[String]>,
    /// Tokens put before and after every text, where the library's post-processor does not do it.
    before: Option<TokenId>,
    after: Option<TokenId>,
}

impl Tokenizer {
    /// The largest vocabulary that is read; the largest in use have about 260 thousand tokens.
    pub const MAX_TOKENS: usize = 1 << 22;

    /// Reads a `tokenizer.json`. Truncation and padding settings in it are put aside: a prompt is taken as it is.
    ///
    /// # Errors
    /// When the file is no tokenizer.
    pub fn from_json(json: &[u8]) -> Result<Self, TokensError> {
        Self::new(read(json)?, None, (None, None))
    }

    /// Splits text before byte-level BPE as one of [`pre_tokenizers`](crate::pre_tokenizers) says, whatever its files say.
    ///
    /// ```
    /// # use beamline_tokens::{Tokenizer, byte_tokenizer_json};
    /// let json = byte_tokenizer_json(300).expect("300 are enough");
    /// let tokenizer = Tokenizer::from_json(json.as_bytes())?.split_as("qwen2")?;
    /// assert!(tokenizer.split_as("poro").is_err());
    /// # Ok::<(), beamline_tokens::TokensError>(())
    /// ```
    ///
    /// # Errors
    /// When the name is not known, or the vocabulary is not one of bytes.
    pub fn split_as(mut self, pre: &str) -> Result<Self, TokensError> {
        if crate::pre::way(pre).is_some()
            && !(self.byte_level && matches!(self.encoder.get_model(), ModelWrapper::BPE(_)))
        {
            return Err(TokensError::NoSplit(pre.to_owned()));
        }
        crate::gguf::split_as(pre, &mut self.encoder)?;
        Ok(self)
    }

    /// Makes the tokenizer that a GGUF file describes.
    ///
    /// # Errors
    /// When the description is of an unknown kind or contradicts itself.
    pub fn from_gguf(gguf: &GgufVocabulary<'_>) -> Result<Self, TokensError> {
        readable(gguf.tokens.len())?;
        let library = gguf.build()?;
        Self::new(library, Some(&gguf.tokens), gguf.added()?)
    }

    /// `names` are the texts of all ids, where they are at hand.
    pub(crate) fn new(
        mut library: Library,
        names: Option<&[Cow<'_, str>]>,
        (before, after): (Option<TokenId>, Option<TokenId>),
    ) -> Result<Self, TokensError> {
        library.with_padding(None);
        library.with_truncation(None).map_err(|e| TokensError::Json(one_line(&e.to_string())))?;
        let decoder = serde_json::to_value(library.get_decoder()).unwrap_or_default();
        let rules = Rules::read(&decoder);
        let listed = if names.is_none() { self::names(&library)? } else { Vec::new() };
        let names = names.unwrap_or(&listed);
        let added = library.get_added_vocabulary();
        let tokens = names.iter().map(|name| Named {
            text: name.as_ref(),
            added: added.get_vocab().contains_key(name.as_ref()),
            special: added.is_special_token(name),
        });
        let by_bytes = rules.is_some();
        let byte_level = rules.as_ref().is_some_and(Rules::is_byte_level);
        let none = || Rules::read(&serde_json::json!({"type": "Fuse"})).expect("a decoder that does nothing");
        let vocabulary = Arc::new(Vocabulary::new(tokens, &rules.unwrap_or_else(none))?);
        let part = |part: serde_json::Result<serde_json::Value>| part.unwrap_or_default();
        let normalizer = part(serde_json::to_value(library.get_normalizer()));
        let growth = growth::of_text(&normalizer, &part(serde_json::to_value(library.get_pre_tokenizer())));
        Ok(Self {
            encoder: library,
            vocabulary,
            by_bytes,
            byte_level,
            clean: false,
            growth,
            warnings: Arc::default(),
            before,
            after,
        })
    }

    /// Takes spaces before punctuation out of decoded text, for which the whole text must be there.
    pub(crate) fn cleaning(mut self, clean: bool) -> Self {
        self.clean = clean;
        self.by_bytes &= !clean;
        self
    }

    /// Encodes a text. Special tokens written in it are taken as such; a begin token is added where the model's files
    /// ask for one, and only there.
    ///
    /// # Errors
    /// When the library refuses the text, which no byte-level vocabulary does.
    pub fn encode(&self, text: &str) -> Result<Vec<Token>, TokensError> {
        let inside = self.tokens(text, true)?;
        let before = self.before.map(|id| Token { id, start: 0, end: 0 });
        let after = self.after.map(|id| Token { id, start: text.len(), end: text.len() });
        Ok(before.into_iter().chain(inside).chain(after).collect())
    }

    /// Encodes a text that says itself where it begins and ends: no token is added. Special tokens written in it are taken as such.
    ///
    /// ```
    /// use beamline_tokens::{Tokenizer, byte_tokenizer_json};
    /// let tokenizer = Tokenizer::from_json(byte_tokenizer_json(300).expect("300 are enough").as_bytes())?;
    /// let ids: Vec<u32> = tokenizer.encode_as_written("hi<|endoftext|>")?.iter().map(|token| token.id.0).collect();
    /// assert_eq!(ids.len(), 3);
    /// # Ok::<(), beamline_tokens::TokensError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`encode`](Self::encode).
    pub fn encode_as_written(&self, text: &str) -> Result<Vec<Token>, TokensError> {
        self.tokens(text, false)
    }

    /// The library's tokens of a text; with those that its post-processor adds, where `added`.
    fn tokens(&self, text: &str, added: bool) -> Result<Vec<Token>, TokensError> {
        if let Some(reason) = growth::too_long(text.len(), self.growth) {
            return Err(TokensError::Encode(reason));
        }
        let encoding = unless_it_panics(|| self.encoder.encode(text, added))
            .ok_or_else(|| TokensError::Encode("the tokenizer contradicts itself".to_owned()))?
            .map_err(|e| TokensError::Encode(one_line(&e.to_string())))?;
        let inside = encoding.get_ids().iter().zip(encoding.get_offsets());
        Ok(inside.map(|(&id, &(start, end))| Token { id: TokenId(id), start, end }).collect())
    }

    /// The ids of [`encode`](Self::encode) alone.
    ///
    /// # Errors
    /// As there.
    pub fn ids(&self, text: &str) -> Result<Vec<TokenId>, TokensError> {
        Ok(self.encode(text)?.into_iter().map(|token| token.id).collect())
    }

    /// Decodes ids at once: what [`stream`](Self::stream) gives, joined.
    pub fn decode(&self, ids: &[TokenId], special: Special, beginning: Beginning) -> String {
        let mut stream = self.stream(special, beginning);
        let mut text = String::new();
        for &id in ids {
            text.push_str(stream.push(id));
        }
        text.push_str(stream.finish());
        text
    }

    /// What each id stands for.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// The begin token that is put before every text, if any.
    pub fn begin(&self) -> Option<TokenId> {
        self.before.or_else(|| self.ids("").ok()?.first().copied())
    }

    /// Whether the tokens' bytes alone decide the text; where not (WordPiece and the like), a text is known at its end.
    pub fn by_bytes(&self) -> bool {
        self.by_bytes
    }

    /// What a user should hear about the files that it was made of.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(crate) fn warning(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings.into();
        self
    }

    /// The begin token that is put before a text, where the text begins with it already: it is there twice then.
    pub fn begins_twice(&self, text: &str) -> Option<TokenId> {
        let begin = self.begin()?;
        let name = self.vocabulary.bytes(begin);
        (!name.is_empty() && self.vocabulary.is_special(begin) && text.as_bytes().starts_with(name)).then_some(begin)
    }

    /// The library's own decoding, for decoders that need the whole.
    pub(crate) fn decode_whole(&self, ids: &[TokenId]) -> String {
        let ids: Vec<u32> = ids.iter().map(|id| id.0).collect();
        let text = unless_it_panics(|| self.encoder.decode(&ids, false).ok()).flatten().unwrap_or_default();
        if self.clean { cleaned(text) } else { text }
    }
}
