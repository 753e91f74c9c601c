//! Vocabularies of folders without `tokenizer.json`: SentencePiece models, `vocab.json` with `merges.txt`, `vocab.txt`.

use super::added::{Listed, extra_ids, unknown};
use super::class::Class;
use super::rebuild::{self, Parts, part};
use super::{Built, FolderFiles, Settings, json};
use crate::TokensError;
use crate::error::one_line;
use crate::guard::{check, unless_it_panics};
use crate::pieces::{Ids, joints, parts};
use crate::sentencepiece::{Kind, Model, base64};
use serde_json::{Value, json};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::models::unigram::Unigram;
use tokenizers::{ModelWrapper, Tokenizer as Library};

/// Makes the tokenizer of the files that a class reads.
pub(super) fn build(files: &FolderFiles, settings: &Settings, listed: &Listed) -> Result<Built, TokensError> {
    match settings.class {
        Class::Gpt2 | Class::GptNeoX | Class::Qwen2 | Class::Qwen35 | Class::Cohere => {
            let (Some(vocab), Some(merges)) = (files.bytes("vocab.json"), files.bytes("merges.txt")) else {
                return Err(missing(files, "vocab.json and merges.txt"));
            };
            merged(vocab, merges, settings, listed)
        }
        Class::Llama | Class::CodeLlama | Class::Gemma | Class::Backend => {
            let model = files.bytes("tokenizer.model").ok_or_else(|| missing(files, "tokenizer.model"))?;
            pieces("tokenizer.model", model, settings, listed)
        }
        Class::T5 => {
            let model = files.bytes("spiece.model").ok_or_else(|| missing(files, "spiece.model"))?;
            pieces("spiece.model", model, settings, listed)
        }
        Class::Bert => {
            let words = files.bytes("vocab.txt").ok_or_else(|| missing(files, "vocab.txt"))?;
            words_of(words, listed)
        }
    }
}

/// The vocabulary is not there under the names that the class reads.
fn missing(files: &FolderFiles, wanted: &str) -> TokensError {
    let there: Vec<&str> = FolderFiles::VOCABULARIES.into_iter().filter(|name| files.bytes(name).is_some()).collect();
    let hint = if there.is_empty() {
        String::new()
    } else {
        format!(
            "; {} would be read if tokenizer_config.json had the tokenizer_class that they are of",
            there.join(" and ")
        )
    };
    TokensError::Missing(format!(
        "no tokenizer.json, and no {wanted}, of which this folder's class of tokenizers is made{hint}"
    ))
}

/// Byte-level BPE of two files.
fn merged(vocab: &[u8], merges: &[u8], settings: &Settings, listed: &Listed) -> Result<Built, TokensError> {
    let mut ids = Vocab::default();
    for (token, id) in json::fields("vocab.json", vocab)? {
        let number = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let wrong = || {
            TokensError::file("vocab.json", format!("the id of {token:?} is {id}; expected a whole number below 2^32"))
        };
        let number = number.ok_or_else(wrong)?;
        ids.insert(token, number);
    }
    let text = std::str::from_utf8(merges).map_err(|_| TokensError::file("merges.txt", "it is no UTF-8"))?;
    let mut pairs = Vec::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.starts_with("#version")) {
        let parts = line.split_once(' ').filter(|(_, right)| !right.contains(' '));
        let wrong = || {
            TokensError::file(
                "merges.txt",
                format!("line {number} is {line:?}; expected two tokens with a space between"),
            )
        };
        let (left, right) = parts.ok_or_else(wrong)?;
        let whole = [left, right].concat();
        if let Some(part) = [left, right, &whole].into_iter().find(|part| !ids.contains_key(*part)) {
            return Err(TokensError::file(
                "merges.txt",
                format!("line {number} ({line:?}) names {part:?}, which is not in vocab.json"),
            ));
        }
        pairs.push((left.to_owned(), right.to_owned()));
    }
    let model = built(|| BPE::builder().vocab_and_merges(ids, pairs).build().map(ModelWrapper::from))?;
    Ok(Built::from(Parts::of(settings.class, &listed.fields, None).around(model)?))
}

/// A call of the library that makes a vocabulary.
fn built<T>(make: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, TokensError> {
    unless_it_panics(make)
        .ok_or_else(|| TokensError::Vocabulary("it contradicts itself".to_owned()))?
        .map_err(|e| TokensError::Vocabulary(one_line(&e.to_string())))
}

/// The pieces of a SentencePiece model.
fn pieces(file: &'static str, bytes: &[u8], settings: &Settings, listed: &Listed) -> Result<Built, TokensError> {
    let model = Model::read(bytes).map_err(|reason| TokensError::file(file, reason))?;
    let class = settings.class;
    let wanted = match class {
        Class::Backend => model.kind,
        Class::T5 => Kind::Unigram,
        _ => Kind::Bpe,
    };
    if wanted != model.kind {
        return Err(TokensError::file(
            file,
            format!("its pieces are {:?}, but the folder's class of tokenizers is made of {wanted:?}", model.kind),
        ));
    }
    let table = (!model.charsmap.is_empty()).then(|| Value::String(base64(model.charsmap)));
    if let Some(table) = &table {
        check(&json!({"precompiled_charsmap": table}))?;
    }
    let vocabulary = match model.kind {
        Kind::Bpe => merging(&model, settings, listed)?,
        Kind::Unigram => unigram(&model, settings, listed)?,
    };
    let parts = match class {
        Class::Backend => rebuild::of_pieces(table, model.byte_fallback),
        class => Parts::of(class, &listed.fields, table),
    };
    let mut built = Built::from(parts.around(vocabulary)?);
    built.marked =
        model.pieces.iter().filter(|p| [3, 4].contains(&p.kind)).map(|p| (p.text.to_owned(), p.kind == 3)).collect();
    if class == Class::Backend {
        let names = ["bos_token", "eos_token", "unk_token"].into_iter().zip(model.names);
        built.names = names.filter_map(|(name, text)| Some((name, text?.to_owned()))).collect();
    }
    Ok(built)
}

/// BPE over pieces: of two ways to make a token the one with the shorter first part goes first.
fn merging(model: &Model<'_>, settings: &Settings, listed: &Listed) -> Result<ModelWrapper, TokensError> {
    let class = settings.class;
    let texts: Vec<&str> = model.pieces.iter().map(|piece| piece.text).collect();
    // Of equal texts the last id stands.
    let ids: Ids<'_> = texts.iter().zip(0..).map(|(text, id)| (*text, id)).collect();
    let mut found = joints(&texts, &ids)?;
    found.retain(|joint| ids.get(texts[joint.whole as usize]) == Some(&joint.whole));
    let rest = |joint: &crate::pieces::Joint| texts[joint.whole as usize][joint.at as usize..].chars().count();
    found.sort_by_cached_key(|joint| (joint.whole, joint.characters, rest(joint), joint.left, joint.right));
    let merges: Vec<_> = found.iter().map(|joint| parts(joint, &texts)).collect();
    let own = model.names[2].map(str::to_owned);
    let (unknown, fallback) = match class {
        Class::Backend => (own, model.byte_fallback),
        class => (rebuild::unknown_of_merges(class, &listed.fields), true),
    };
    let vocab: Vocab = ids.iter().map(|(text, id)| ((*text).to_owned(), *id)).collect();
    let mut builder = BPE::builder().vocab_and_merges(vocab, merges).fuse_unk(true).byte_fallback(fallback);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown);
    }
    built(|| builder.build().map(ModelWrapper::from))
}

fn unigram(model: &Model<'_>, settings: &Settings, listed: &Listed) -> Result<ModelWrapper, TokensError> {
    let mut vocab: Vec<(String, f64)> =
        model.pieces.iter().map(|piece| (piece.text.to_owned(), f64::from(piece.score))).collect();
    let mut place = model.unknown;
    if settings.class == Class::T5 {
        vocab.extend(extra_ids(&listed.fields).map(|text| (text, 0.0)));
        let unknown = unknown(settings.class, &listed.fields);
        place = vocab.iter().position(|(text, _)| Some(text) == unknown.as_ref()).unwrap_or(place);
    }
    let fallback = settings.class == Class::Backend && model.byte_fallback;
    built(|| Unigram::from(vocab, Some(place), fallback).map(ModelWrapper::from))
}

/// WordPiece of a list of words, a line each.
fn words_of(words: &[u8], listed: &Listed) -> Result<Built, TokensError> {
    let text = std::str::from_utf8(words).map_err(|_| TokensError::file("vocab.txt", "it is no UTF-8"))?;
    let vocab: serde_json::Map<String, Value> =
        text.lines().zip(0u32..).map(|(word, id)| (word.trim_end().to_owned(), id.into())).collect();
    let unknown = unknown(Class::Bert, &listed.fields);
    let model: ModelWrapper = part(json!({
        "type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": vocab,
    }))?;
    let library: Library = Parts::of(Class::Bert, &listed.fields, None).around(model)?;
    Ok(Built::from(library))
}
