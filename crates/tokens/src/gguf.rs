//! The vocabulary of a GGUF file, made into a tokenizer.
//!
//! The patterns by which text is split before byte-level BPE are facts about each model family; a name that is not
//! known is an error, since a wrong pattern gives other ids than the model was trained on.

use crate::{TokenId, TokensError, error::one_line};
use std::borrow::Cow;
use std::collections::HashMap;
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{NFC, Prepend, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, Tokenizer as Library};

/// Words, numbers and the rest as Llama 3 splits them; `DIGITS` stands for the digits kept together.
const LLAMA_3: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// SentencePiece's mark for a space.
const SPACE: &str = "\u{2581}";

/// The keys `tokenizer.ggml.*` of a GGUF file.
#[derive(Clone, Debug, Default)]
pub struct GgufVocabulary<'a> {
    /// `model`: `gpt2` (byte-level BPE) or `llama` (SentencePiece).
    pub model: &'a str,
    /// `pre`: how text is split first, one of [`PRE_TOKENIZERS`](crate::PRE_TOKENIZERS); none counts as `gpt-2`.
    pub pre: Option<&'a str>,
    /// `tokens`: the text of each id.
    pub tokens: Vec<Cow<'a, str>>,
    /// `scores`: what SentencePiece merges by; as many as tokens, or none.
    pub scores: Vec<f32>,
    /// `token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; as many as tokens, or none.
    pub kinds: Vec<i32>,
    /// `merges`: pairs with a space between, the first to be merged first.
    pub merges: Vec<Cow<'a, str>>,
    /// `bos_token_id`.
    pub bos: Option<u32>,
    /// `eos_token_id`.
    pub eos: Option<u32>,
    /// `add_bos_token`; none means yes for SentencePiece and `llama-bpe`, else no.
    pub add_bos: Option<bool>,
    /// `add_eos_token`; none means no.
    pub add_eos: Option<bool>,
    /// `add_space_prefix`; none means yes. SentencePiece only.
    pub add_space_prefix: Option<bool>,
}

/// An error of the library about what the file says.
#[allow(clippy::needless_pass_by_value)] // as map_err wants it
fn refused(error: tokenizers::Error) -> TokensError {
    TokensError::Vocabulary(one_line(&error.to_string()))
}

/// The id of each token's text: looked up in alone, so that its order reaches nothing.
type Ids<'a> = HashMap<&'a str, u32>;

/// Splits text before byte-level BPE as the family named does.
pub(crate) fn split_as(pre: &str, library: &mut Library) -> Result<(), TokensError> {
    let bytes = |split_words| ByteLevel::new(false, false, split_words);
    let split = |pattern: &str| {
        Split::new(SplitPattern::Regex(pattern.to_owned()), SplitDelimiterBehavior::Isolated, false).map_err(refused)
    };
    let stages = match pre {
        "gpt-2" => PreTokenizers::new(vec![bytes(true).into()]),
        "smollm" => PreTokenizers::new(vec![split(r"\p{N}")?.into(), bytes(true).into()]),
        "llama-bpe" => {
            PreTokenizers::new(vec![split(&LLAMA_3.replace("DIGITS", r"\p{N}{1,3}"))?.into(), bytes(false).into()])
        }
        "qwen2" => PreTokenizers::new(vec![split(&LLAMA_3.replace("DIGITS", r"\p{N}"))?.into(), bytes(false).into()]),
        other => return Err(TokensError::Pre(other.to_owned())),
    };
    library.with_pre_tokenizer(Some(stages));
    if pre == "qwen2" {
        library.with_normalizer(Some(NFC)).map_err(refused)?;
    }
    Ok(())
}

impl GgufVocabulary<'_> {
    /// The tokenizer, without what is put before and after a text.
    pub(crate) fn build(&self) -> Result<Library, TokensError> {
        self.check()?;
        let mut library = match self.model {
            "gpt2" => self.byte_level()?,
            "llama" => self.sentence_piece()?,
            other => return Err(TokensError::Model(other.to_owned())),
        };
        let of_kind = |kinds: &[i32], special: bool| -> Vec<AddedToken> {
            let ids =
                (0..self.kinds.len()).filter(|&id| kinds.contains(&self.kinds[id]) && !self.tokens[id].is_empty());
            ids.map(|id| AddedToken::from(self.tokens[id].to_string(), special).normalized(false)).collect()
        };
        library.add_special_tokens(of_kind(&[2, 3], true)).map_err(refused)?;
        library.add_tokens(of_kind(&[4], false)).map_err(refused)?;
        Ok(library)
    }

    /// The tokens put before and after every text.
    pub(crate) fn added(&self) -> Result<(Option<TokenId>, Option<TokenId>), TokensError> {
        let by_default = self.model == "llama" || self.pre == Some("llama-bpe");
        let token = |id: Option<u32>, key: &str| match id {
            Some(id) if (id as usize) < self.tokens.len() => Ok(TokenId(id)),
            Some(id) => {
                Err(TokensError::Vocabulary(format!("{key} is {id}, but there are {} tokens", self.tokens.len())))
            }
            None => Err(TokensError::Vocabulary(format!("a token is to be added, but {key} is missing"))),
        };
        let before = match self.add_bos {
            Some(true) => Some(token(self.bos, "bos_token_id")?),
            None if by_default && self.bos.is_some() => Some(token(self.bos, "bos_token_id")?),
            _ => None,
        };
        let after = if self.add_eos == Some(true) { Some(token(self.eos, "eos_token_id")?) } else { None };
        Ok((before, after))
    }

    fn check(&self) -> Result<(), TokensError> {
        let count = self.tokens.len();
        let wrong = |what: &str, n: usize| Err(TokensError::Vocabulary(format!("{n} {what} for {count} tokens")));
        if count == 0 {
            return Err(TokensError::Vocabulary("no tokens".to_owned()));
        }
        if !self.scores.is_empty() && self.scores.len() != count {
            return wrong("scores", self.scores.len());
        }
        if !self.kinds.is_empty() && self.kinds.len() != count {
            return wrong("token types", self.kinds.len());
        }
        Ok(())
    }

    fn ids(&self) -> Ids<'_> {
        // Of equal texts the first id stands.
        self.tokens.iter().enumerate().rev().map(|(id, token)| (token.as_ref(), id as u32)).collect()
    }

    /// The ids as the library wants them.
    fn vocab(&self) -> Vocab {
        self.tokens.iter().enumerate().rev().map(|(id, token)| (token.to_string(), id as u32)).collect()
    }

    fn byte_level(&self) -> Result<Library, TokensError> {
        let pre = self.pre.unwrap_or("gpt-2");
        let merges = self.merges.iter().map(|merge| {
            let (left, right) = merge.split_once(' ').ok_or_else(|| {
                TokensError::Vocabulary(format!("the merge {merge:?} is not two tokens with a space between"))
            })?;
            Ok((left.to_owned(), right.to_owned()))
        });
        let merges = merges.collect::<Result<Vec<_>, _>>()?;
        let model = BPE::builder().vocab_and_merges(self.vocab(), merges).ignore_merges(pre == "llama-bpe");
        let model = model.build().map_err(|error| self.wrong_merge().unwrap_or_else(|| refused(error)))?;
        let mut library = Library::new(model);
        split_as(pre, &mut library)?;
        library.with_decoder(Some(ByteLevel::new(false, false, true)));
        Ok(library)
    }

    /// The first of `merges` with a part, or a whole, that is no token. The library refuses it too, but does not say
    /// which it is.
    fn wrong_merge(&self) -> Option<TokensError> {
        let ids = self.ids();
        self.merges.iter().find_map(|merge| {
            let (left, right) = merge.split_once(' ')?;
            let whole = [left, right].concat();
            let part = [left, right, &whole].into_iter().find(|part| !ids.contains_key(part))?;
            Some(TokensError::Vocabulary(format!("the merge {merge:?} names {part:?}, which is no token")))
        })
    }

    fn sentence_piece(&self) -> Result<Library, TokensError> {
        if self.scores.is_empty() {
            return Err(TokensError::Vocabulary("a SentencePiece vocabulary needs scores".to_owned()));
        }
        let ids = self.ids();
        let merges = self.merges_by_score(&ids);
        let mut model = BPE::builder().vocab_and_merges(self.vocab(), merges).byte_fallback(true).fuse_unk(true);
        if let Some(unknown) = self.kinds.iter().position(|&kind| kind == 2) {
            model = model.unk_token(self.tokens[unknown].to_string());
        }
        let model = model.build().map_err(refused)?;
        let to_mark = Replace::new(" ", SPACE).map_err(refused)?;
        let from_mark = Replace::new(SPACE, " ").map_err(refused)?;
        let prefix = self.add_space_prefix.unwrap_or(true);
        let mut normalizers: Vec<tokenizers::NormalizerWrapper> = Vec::new();
        let mut decoders = vec![from_mark.into(), ByteFallback::new().into(), Fuse::new().into()];
        if prefix {
            normalizers.push(Prepend::new(SPACE.to_owned()).into());
            decoders.push(Strip::new(' ', 1, 0).into());
        }
        normalizers.push(to_mark.into());
        let mut library = Library::new(model);
        library.with_decoder(Some(Decoders::new(decoders)));
        library.with_normalizer(Some(Normalizers::new(normalizers))).map_err(refused)?;
        Ok(library)
    }

    /// Every way to make a token from two others, the best scored token first; among equals the longer left part.
    fn merges_by_score(&self, ids: &Ids<'_>) -> Vec<(String, String)> {
        let mut merges = Vec::new();
        for (id, token) in self.tokens.iter().enumerate() {
            for (at, _) in token.char_indices().skip(1) {
                let (left, right) = token.split_at(at);
                if ids.contains_key(left) && ids.contains_key(right) {
                    merges.push((self.scores[id], left, right));
                }
            }
        }
        let length = |s: &str| s.chars().count();
        merges.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| length(b.1).cmp(&length(a.1))));
        merges.into_iter().map(|(_, left, right)| (left.to_owned(), right.to_owned())).collect()
    }
}
