//! What each class of tokenizers is built of, in the words of `tokenizer.json`.

use super::added::{Listed, unknown};
use super::class::Class;
use super::{Built, Fields, Settings};
use crate::TokensError;
use crate::error::one_line;
use crate::guard::unless_it_panics;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokenizers::{
    DecoderWrapper, ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer as Library,
};

/// SentencePiece's mark for a space.
const SPACE: &str = "\u{2581}";

/// What is done around a vocabulary.
pub(super) struct Parts {
    pub(super) normalizer: Value,
    pub(super) pre_tokenizer: Value,
    pub(super) decoder: Value,
}

/// Makes a part of the library of its description.
pub(super) fn part<T: DeserializeOwned>(description: Value) -> Result<T, TokensError> {
    unless_it_panics(|| serde_json::from_value(description))
        .ok_or_else(|| TokensError::Json("it contradicts itself".to_owned()))?
        .map_err(|e| TokensError::Json(one_line(&e.to_string())))
}

impl Parts {
    /// Puts the parts around a vocabulary.
    pub(super) fn around(self, model: ModelWrapper) -> Result<Library, TokensError> {
        let mut library = Library::new(model);
        let normalizer: Option<NormalizerWrapper> = part(self.normalizer)?;
        let pre_tokenizer: Option<PreTokenizerWrapper> = part(self.pre_tokenizer)?;
        let decoder: Option<DecoderWrapper> = part(self.decoder)?;
        library.with_normalizer(normalizer).map_err(|e| TokensError::Json(one_line(&e.to_string())))?;
        library.with_pre_tokenizer(pre_tokenizer);
        library.with_decoder(decoder);
        Ok(library)
    }

    /// The parts of a class; `charsmap` is a table of SentencePiece, in base64.
    pub(super) fn of(class: Class, fields: &Fields, charsmap: Option<Value>) -> Self {
        let flag = |name: &str, default: bool| fields.get(name).and_then(Value::as_bool).unwrap_or(default);
        let byte_level = |use_regex: bool| {
            json!({
                "type": "ByteLevel", "add_prefix_space": flag("add_prefix_space", false),
                "trim_offsets": flag("trim_offsets", true), "use_regex": use_regex,
            })
        };
        let split_first = |pre: &str| {
            let pattern = crate::pre::pattern(pre).unwrap_or_default();
            sequence("pretokenizers", vec![split(&pattern), byte_level(false)])
        };
        let nfc = json!({"type": "NFC"});
        let from_bytes = byte_level(true);
        match class {
            Class::Gpt2 | Class::Backend => {
                Self { normalizer: Value::Null, pre_tokenizer: byte_level(true), decoder: from_bytes }
            }
            Class::GptNeoX => Self { normalizer: nfc, pre_tokenizer: byte_level(true), decoder: from_bytes },
            Class::Qwen2 => Self { normalizer: nfc, pre_tokenizer: split_first("qwen2"), decoder: from_bytes },
            Class::Qwen35 => Self { normalizer: nfc, pre_tokenizer: split_first("qwen35"), decoder: from_bytes },
            Class::Cohere => {
                let digits = json!({"type": "Digits", "individual_digits": true});
                let pre_tokenizer = sequence("pretokenizers", vec![digits, byte_level(true)]);
                Self { normalizer: nfc, pre_tokenizer, decoder: from_bytes }
            }
            Class::Llama | Class::CodeLlama => Self::llama(class, fields),
            Class::Gemma => Self {
                normalizer: replace(" ", SPACE),
                pre_tokenizer: json!({
                    "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false,
                }),
                decoder: sequence("decoders", from_pieces()),
            },
            Class::T5 => {
                let words =
                    json!({"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": true});
                let parts = vec![json!({"type": "WhitespaceSplit"}), words.clone()];
                let table = |table| json!({"type": "Precompiled", "precompiled_charsmap": table});
                let normalizer = charsmap.map_or(Value::Null, table);
                Self { normalizer, pre_tokenizer: sequence("pretokenizers", parts), decoder: words }
            }
            Class::Bert => Self {
                normalizer: json!({
                    "type": "BertNormalizer", "clean_text": true,
                    "handle_chinese_chars": flag("tokenize_chinese_chars", true),
                    "strip_accents": fields.get("strip_accents").and_then(Value::as_bool),
                    "lowercase": flag("do_lower_case", true),
                }),
                pre_tokenizer: json!({"type": "BertPreTokenizer"}),
                decoder: json!({"type": "WordPiece", "prefix": "##", "cleanup": true}),
            },
        }
    }

    /// Words begin with a mark; the first one of a text gets one where it has no space before it.
    fn llama(class: Class, fields: &Fields) -> Self {
        let flag = |name: &str| fields.get(name).and_then(Value::as_bool);
        let prefix = flag("add_prefix_space").unwrap_or(true);
        let older = class == Class::Llama && flag("legacy").unwrap_or(false);
        let scheme = match (prefix, older) {
            (false, _) => "never",
            (true, true) => "always",
            (true, false) => "first",
        };
        let mut decoders = from_pieces();
        if prefix || class == Class::CodeLlama {
            decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
        }
        Self {
            normalizer: Value::Null,
            pre_tokenizer: json!({
                "type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": false,
            }),
            decoder: sequence("decoders", decoders),
        }
    }
}

#[allow(clippy::needless_pass_by_value)] // made for it
fn sequence(name: &str, parts: Vec<Value>) -> Value {
    json!({"type": "Sequence", name: parts})
}

/// A stage that parts a text where a pattern says.
fn split(pattern: &str) -> Value {
    json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false})
}

pub(super) fn replace(from: &str, to: &str) -> Value {
    json!({"type": "Replace", "pattern": {"String": from}, "content": to})
}

/// Pieces with marks and bytes, made into text.
fn from_pieces() -> Vec<Value> {
    vec![replace(SPACE, " "), json!({"type": "ByteFallback"}), json!({"type": "Fuse"})]
}

/// What is done around the pieces of a SentencePiece file that no class claims.
pub(super) fn of_pieces(charsmap: Option<Value>, byte_fallback: bool) -> Parts {
    let mut normalizers = vec![replace(" ", SPACE)];
    if let Some(table) = charsmap {
        normalizers.insert(0, json!({"type": "Precompiled", "precompiled_charsmap": table}));
    }
    let decoders = if byte_fallback { from_pieces() } else { vec![replace(SPACE, " ")] };
    Parts {
        normalizer: sequence("normalizers", normalizers),
        pre_tokenizer: Value::Null,
        decoder: sequence("decoders", decoders),
    }
}

/// Whether a class makes what is in no token of bytes: then the vocabulary needs no unknown token.
pub(super) fn falls_back(class: Class) -> bool {
    matches!(class, Class::Llama | Class::CodeLlama | Class::Gemma)
}

/// The unknown token that a class of merged pieces hands to its vocabulary.
pub(super) fn unknown_of_merges(class: Class, fields: &Fields) -> Option<String> {
    matches!(class, Class::CodeLlama | Class::Gemma).then(|| unknown(class, fields)).flatten()
}

/// Why a `tokenizer.json` is not built by its class: what is in none of its tokens would be neither bytes nor unknown.
pub(super) fn unfit(json: &Value, settings: &Settings, listed: &Listed) -> Option<String> {
    let unknown = unknown_of_merges(settings.class, &listed.fields)?;
    let vocabulary = json["model"]["vocab"].as_object()?;
    let has_bytes = vocabulary.contains_key("<0x0A>");
    (!has_bytes && !vocabulary.contains_key(&unknown)).then(|| {
        format!(
            "tokenizer.json is taken as it is: the folder's class of tokenizers is not the file's, since neither its unknown \
             token {unknown:?} nor bytes are in the vocabulary"
        )
    })
}

/// Makes the tokenizer of a `tokenizer.json`: as it is, or as its class builds it from the vocabulary.
pub(super) fn from_json(mut json: Value, settings: &Settings, listed: &Listed) -> Result<Built, TokensError> {
    if let Some(model) = json["model"].as_object_mut() {
        // Merges left out at random are for training; a text has one reading.
        if model.contains_key("dropout") {
            model.insert("dropout".to_owned(), Value::Null);
        }
    }
    if settings.class == Class::Backend {
        return Ok(Built::from(part::<Library>(json)?));
    }
    let charsmap = charsmap(&json["normalizer"]);
    let post: Option<PostProcessorWrapper> = part(taken(&mut json, "post_processor"))?;
    let model = model(taken(&mut json, "model"), settings.class, &listed.fields);
    drop(json);
    let mut library = Parts::of(settings.class, &listed.fields, charsmap).around(part(model)?)?;
    library.with_post_processor(post);
    Ok(Built::from(library))
}

/// The table of SentencePiece in a normalizer.
fn charsmap(normalizer: &Value) -> Option<Value> {
    let parts = normalizer["normalizers"].as_array().map_or(std::slice::from_ref(normalizer), Vec::as_slice);
    parts.iter().find(|part| part["type"] == "Precompiled").map(|part| part["precompiled_charsmap"].clone())
}

/// A field's value, taken out; null where there is no such field, or nothing that has fields.
fn taken(value: &mut Value, field: &str) -> Value {
    value.get_mut(field).map(Value::take).unwrap_or_default()
}

/// A vocabulary's description with the settings of a class.
fn model(mut model: Value, class: Class, fields: &Fields) -> Value {
    let vocab = taken(&mut model, "vocab");
    match class {
        Class::T5 => {
            let unknown = unknown(class, fields);
            let place =
                vocab.as_array().and_then(|list| list.iter().position(|entry| entry[0].as_str() == unknown.as_deref()));
            json!({"type": "Unigram", "unk_id": place.unwrap_or(2), "vocab": vocab, "byte_fallback": false})
        }
        Class::Bert => json!({
            "type": "WordPiece", "unk_token": unknown(class, fields), "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab,
        }),
        _ => json!({
            "type": "BPE", "dropout": null, "unk_token": unknown_of_merges(class, fields),
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": falls_back(class),
            "byte_fallback": falls_back(class), "ignore_merges": false, "vocab": vocab, "merges": taken(&mut model, "merges"),
        }),
    }
}

/// Splits as Mistral's own library does, where a folder asks for it: some of its files were written with a pattern that does not.
pub(super) fn mend_mistral(library: &mut Library, config: &Fields) -> Result<(), TokensError> {
    const TYPES: [&str; 5] = ["mistral", "mistral3", "voxtral", "ministral", "pixtral"];
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let newer =
        text("transformers_version").and_then(|v| v.split('.').next()?.parse::<u32>().ok()).is_some_and(|v| v >= 5);
    let other = text("model_type").is_some_and(|kind| !TYPES.contains(&kind));
    let Some(now) = library.get_pre_tokenizer().filter(|_| library.get_vocab_size(true) > 100_000) else {
        return Ok(());
    };
    if newer || other {
        return Ok(());
    }
    let first = split(&crate::pre::pattern("tekken").unwrap_or_default());
    let mut now = serde_json::to_value(now).unwrap_or_default();
    if let Some(stages) = now["pretokenizers"].as_array_mut().filter(|stages| !stages.is_empty()) {
        stages[0] = first;
    } else {
        if now["type"] == "Metaspace" {
            now = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
        }
        now = sequence("pretokenizers", vec![first, now]);
    }
    library.with_pre_tokenizer(part::<Option<PreTokenizerWrapper>>(now)?);
    Ok(())
}
