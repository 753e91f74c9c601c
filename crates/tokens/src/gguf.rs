//! The vocabulary of a GGUF file, made into a tokenizer.
//!
//! How text is split before byte-level BPE is said in [`pre`](crate::pre).

use crate::pieces::{Ids, joints, parts};
use crate::pre::way;
use crate::{TokenId, TokensError, error::one_line};
use std::borrow::Cow;
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
use tokenizers::{AddedToken, PreTokenizerWrapper, Tokenizer as Library};

/// SentencePiece's mark for a space.
const SPACE: &str = "\u{2581}";

/// The keys `tokenizer.ggml.*` of a GGUF file.
#[derive(Clone, Debug, Default)]
pub struct GgufVocabulary<'a> {
    /// `model`: `gpt2` (byte-level BPE) or `llama` (SentencePiece).
    pub model: &'a str,
    /// `pre`: how text is split first, one of [`pre_tokenizers`](crate::pre_tokenizers); none counts as `gpt-2`.
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
    /// `add_bos_token`; none means yes for SentencePiece, `llama-bpe` and `tekken`, else no.
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

/// Refuses a vocabulary without tokens for some bytes.
fn lacking(missing: &[u8], why: &str) -> Result<(), TokensError> {
    let Some(first) = missing.first() else { return Ok(()) };
    let count = missing.len();
    Err(TokensError::Vocabulary(format!("{count} of the 256 bytes have no token (0x{first:02X} is the first), {why}")))
}

/// Splits text before byte-level BPE as the family named does.
pub(crate) fn split_as(pre: &str, library: &mut Library) -> Result<(), TokensError> {
    let Some(way) = way(pre) else { return Err(TokensError::Pre(pre.to_owned())) };
    let split = |pattern: std::borrow::Cow<'_, str>| {
        Split::new(SplitPattern::Regex(pattern.into_owned()), SplitDelimiterBehavior::Isolated, false).map_err(refused)
    };
    let mut stages: Vec<PreTokenizerWrapper> = Vec::new();
    for pattern in way.stages() {
        stages.push(split(pattern)?.into());
    }
    stages.push(ByteLevel::new(false, false, way.as_gpt2).into());
    library.with_pre_tokenizer(Some(PreTokenizers::new(stages)));
    if way.composed {
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
        let by_default = self.model == "llama" || self.pre.and_then(way).is_some_and(|way| way.begins);
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
        if let Some(score) = self.scores.iter().find(|score| score.is_nan()) {
            return Err(TokensError::Vocabulary(format!("a score is {score}")));
        }
        match self.model {
            "gpt2" => self.check_bytes(),
            "llama" => self.check_pieces(),
            _ => Ok(()),
        }
    }

    /// The kind of a token; normal where the file does not say.
    fn kind(&self, id: usize) -> i32 {
        self.kinds.get(id).copied().unwrap_or(1)
    }

    /// Byte-level BPE: every byte that text can have is a token, and longer tokens are merged from others.
    fn check_bytes(&self) -> Result<(), TokensError> {
        let longer = (0..self.tokens.len()).find(|&id| self.kind(id) == 1 && self.tokens[id].chars().count() > 1);
        if let Some(id) = longer.filter(|_| self.merges.is_empty()) {
            return Err(TokensError::Vocabulary(format!(
                "there are no merges (tokenizer.ggml.merges), so that no text could have the token {:?}",
                self.tokens[id]
            )));
        }
        let ids = self.ids();
        let mut name = [0; 4];
        let bytes = crate::byte_alphabet().into_iter().zip(0..=255u8);
        let missing: Vec<u8> = bytes
            .filter(|(letter, _)| !ids.contains_key(&*letter.encode_utf8(&mut name)))
            .map(|(_, byte)| byte)
            .collect();
        // Some in use lack a few bytes that their corpus had not: control characters, and some in no UTF-8.
        let few = missing.len() <= 64 && missing.iter().all(|byte| !matches!(byte, b'\n' | b' '..=b'~'));
        if few { Ok(()) } else { lacking(&missing, "so that text would lose characters") }
    }

    /// SentencePiece: what is in no piece is written in bytes, all of which are there, or is the unknown token.
    fn check_pieces(&self) -> Result<(), TokensError> {
        let ids = self.ids();
        let missing: Vec<u8> =
            (0..=255u8).filter(|byte| !ids.contains_key(format!("<0x{byte:02X}>").as_str())).collect();
        if missing.len() == 256 && self.kinds.contains(&2) {
            return Ok(());
        }
        lacking(&missing, "which stand for what is in no piece")
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
        let model = BPE::builder()
            .vocab_and_merges(self.vocab(), merges)
            .ignore_merges(way(pre).is_some_and(|way| way.whole_words));
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
        let merges = self.merges_by_score(&ids)?;
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
    fn merges_by_score(&self, ids: &Ids<'_>) -> Result<Vec<(String, String)>, TokensError> {
        let mut joints = joints(&self.tokens, ids)?;
        joints.sort_unstable_by(|a, b| {
            let score = |joint: &crate::pieces::Joint| self.scores[joint.whole as usize];
            let better = score(b).total_cmp(&score(a)).then(b.characters.cmp(&a.characters));
            better.then_with(|| (a.whole, a.at).cmp(&(b.whole, b.at)))
        });
        Ok(joints.iter().map(|joint| parts(joint, &self.tokens)).collect())
    }
}
