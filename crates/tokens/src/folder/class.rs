//! Which class a folder's tokenizer has in transformers 5.23: the one that `tokenizer_config.json` names, unless it is known to be
//! wrong for the type of the model.

use super::Fields;
use crate::TokensError;
use serde_json::Value;

/// The classes that are followed. All but the first are built anew from the vocabulary and the merges: what else
/// `tokenizer.json` says of splitting and decoding does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// `TokenizersBackend`, alias `PreTrainedTokenizerFast`: `tokenizer.json` as it is.
    Backend,
    /// `GPT2Tokenizer` and `CodeGenTokenizer`.
    Gpt2,
    GptNeoX,
    Llama,
    CodeLlama,
    Qwen2,
    Qwen35,
    Gemma,
    Cohere,
    T5,
    Bert,
}

impl Class {
    /// By its name in transformers, without `Fast`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "TokenizersBackend" | "PreTrainedTokenizer" | "PythonBackend" | "BloomTokenizer" => Self::Backend,
            "GPT2Tokenizer" | "CodeGenTokenizer" => Self::Gpt2,
            "GPTNeoXTokenizer" => Self::GptNeoX,
            "LlamaTokenizer" => Self::Llama,
            "CodeLlamaTokenizer" => Self::CodeLlama,
            "Qwen2Tokenizer" => Self::Qwen2,
            "Qwen3_5Tokenizer" => Self::Qwen35,
            "GemmaTokenizer" => Self::Gemma,
            "CohereTokenizer" => Self::Cohere,
            "T5Tokenizer" => Self::T5,
            "BertTokenizer"
            | "DistilBertTokenizer"
            | "LxmertTokenizer"
            | "MobileBertTokenizer"
            | "SqueezeBertTokenizer" => Self::Bert,
            _ => return None,
        })
    }

    /// What the vocabulary must be for this class to be built of it; none where any will do.
    pub(super) fn model(self) -> Option<&'static str> {
        match self {
            Self::Backend => None,
            Self::T5 => Some("Unigram"),
            Self::Bert => Some("WordPiece"),
            _ => Some("BPE"),
        }
    }

    /// Whether its vocabulary is of bytes, written as [`byte_alphabet`](crate::byte_alphabet) does.
    pub(super) fn is_byte_level(self) -> bool {
        matches!(self, Self::Gpt2 | Self::GptNeoX | Self::Qwen2 | Self::Qwen35 | Self::Cohere)
    }
}

/// Classes of transformers 5.23 that are built in ways of their own, and that no language model here has: taking their
/// `tokenizer.json` as it is could give other tokens than there.
const OTHERS: &[&str] = &[
    "AlbertTokenizer",
    "BarthezTokenizer",
    "BartphoTokenizer",
    "BartTokenizer",
    "BertGenerationTokenizer",
    "BertJapaneseTokenizer",
    "BertTokenizerLegacy",
    "BertweetTokenizer",
    "BigBirdTokenizer",
    "BioGptTokenizer",
    "BlenderbotSmallTokenizer",
    "BlenderbotTokenizer",
    "ByT5Tokenizer",
    "CamembertTokenizer",
    "CanineTokenizer",
    "CLIPTokenizer",
    "ClvpTokenizer",
    "ConvBertTokenizer",
    "CpmAntTokenizer",
    "CpmTokenizer",
    "CTRLTokenizer",
    "DebertaTokenizer",
    "DebertaV2Tokenizer",
    "DiaTokenizer",
    "DPRContextEncoderTokenizer",
    "DPRQuestionEncoderTokenizer",
    "DPRReaderTokenizer",
    "EsmcTokenizer",
    "EsmTokenizer",
    "FastSpeech2ConformerTokenizer",
    "FlaubertTokenizer",
    "FNetTokenizer",
    "FSMTTokenizer",
    "FunnelTokenizer",
    "GPTNeoXJapaneseTokenizer",
    "GPTSw3Tokenizer",
    "HerbertTokenizer",
    "LasrTokenizer",
    "LayoutLMv2Tokenizer",
    "LayoutLMv3Tokenizer",
    "LayoutXLMTokenizer",
    "LEDTokenizer",
    "LukeTokenizer",
    "M2M100Tokenizer",
    "MarianTokenizer",
    "MarkupLMTokenizer",
    "MBart50Tokenizer",
    "MBartTokenizer",
    "MgpstrTokenizer",
    "MLukeTokenizer",
    "MPNetTokenizer",
    "MvpTokenizer",
    "MyT5Tokenizer",
    "NllbTokenizer",
    "NougatTokenizer",
    "OpenAIGPTTokenizer",
    "ParakeetTokenizer",
    "PegasusTokenizer",
    "PerceiverTokenizer",
    "PhobertTokenizer",
    "PLBartTokenizer",
    "Pop2PianoTokenizer",
    "ProphetNetTokenizer",
    "RagTokenizer",
    "ReformerTokenizer",
    "RemBertTokenizer",
    "RobertaTokenizer",
    "RoCBertTokenizer",
    "RoFormerTokenizer",
    "SeamlessM4TTokenizer",
    "Siglip2Tokenizer",
    "SiglipTokenizer",
    "Speech2TextTokenizer",
    "SpeechT5Tokenizer",
    "SplinterTokenizer",
    "TapasTokenizer",
    "Tipsv2Tokenizer",
    "UdopTokenizer",
    "VideoPrismTokenizer",
    "VitsTokenizer",
    "Wav2Vec2CTCTokenizer",
    "Wav2Vec2PhonemeCTCTokenizer",
    "WhisperTokenizer",
    "XGLMTokenizer",
    "XLMRobertaTokenizer",
    "XLMTokenizer",
    "XLNetTokenizer",
];

/// The class that transformers has for a type of model. Where it is `TokenizersBackend`, no class that a file names counts.
fn registered(model_type: &str) -> Option<Class> {
    Some(match model_type {
        "gpt2" | "gpt_neo" | "gptj" | "opt" | "phi" | "codegen" | "starcoder2" | "dbrx" | "jais2" | "emu3" => {
            Class::Gpt2
        }
        "gpt_neox" | "olmo" | "olmoe" | "mpt" | "mamba" | "mamba2" | "falcon_mamba" | "rwkv" | "xlstm" => {
            Class::GptNeoX
        }
        "code_llama" => Class::CodeLlama,
        "gemma" | "gemma2" | "gemma3" | "gemma3_text" | "gemma3n" | "gemma3n_text" | "recurrent_gemma"
        | "diffusion_gemma" | "zaya" => Class::Gemma,
        "qwen2" | "qwen2_moe" | "qwen2_vl" | "qwen2_5_vl" | "qwen3" | "qwen3_moe" | "qwen3_next" | "qwen3_vl"
        | "qwen3_vl_moe" => Class::Qwen2,
        "qwen3_5" | "qwen3_5_text" | "qwen3_5_moe" | "qwen3_5_moe_text" | "qwen4_exp" => Class::Qwen35,
        "cohere" | "cohere2" | "aya_vision" => Class::Cohere,
        "stablelm" | "granite" | "granitemoe" | "granitemoehybrid" | "granitemoeshared" | "glm" | "glm4"
        | "glm4_moe" | "glm4_moe_lite" | "gpt_bigcode" | "olmo2" | "olmo3" | "olmo_hybrid" | "flex_olmo"
        | "kimi_linear" | "kimi_k25" | "persimmon" | "mimo_v2_flash" | "phi3" | "phi3_v" | "phimoe" | "ernie4_5"
        | "ernie4_5_moe" | "minicpm3" | "internlm2" | "internlm3" | "hyperclovax" | "nemotron" | "arctic" | "jamba"
        | "minimax_m2" | "fuyu" | "iquestcoder" => Class::Backend,
        mistral if is_mistral(mistral) => Class::Backend,
        _ => return None,
    })
}

/// Types for which transformers would ask Mistral's own library first.
fn is_mistral(model_type: &str) -> bool {
    ["mistral", "mistral3", "mistral_large4", "ministral", "ministral3", "mixtral", "pixtral"].contains(&model_type)
}

/// Types whose folders are known to name a wrong class: the registered one counts.
const WRONGLY_NAMED: [&str; 22] = [
    "arctic",
    "ernie4_5",
    "ernie4_5_moe",
    "fuyu",
    "hyperclovax",
    "internlm2",
    "internlm3",
    "iquestcoder",
    "jamba",
    "minicpm3",
    "minimax_m2",
    "nemotron",
    "phi3",
    "phi3_v",
    "phimoe",
    "qwen2",
    "qwen3_5",
    "qwen3_5_moe",
    "qwen3_5_moe_text",
    "qwen4_exp",
    "chatlm",
    "h2ovl_chat",
];

/// Which class a name stands for; none where transformers has no such class, and takes `tokenizer.json` as it is.
fn known(name: &str) -> Result<Option<Class>, TokensError> {
    if let Some(class) = Class::named(name) {
        return Ok(Some(class));
    }
    if OTHERS.contains(&name) {
        return Err(TokensError::file(
            "tokenizer_config.json",
            format!(
                "tokenizer_class is {name:?}, which is not supported; a tokenizer.json that needs nothing of it is taken as it is under \"PreTrainedTokenizerFast\""
            ),
        ));
    }
    Ok(None)
}

/// The class that the files name, as transformers decides.
fn declared(config: &Fields, fields: &Fields, byte_level: bool) -> Result<Class, TokensError> {
    let text = |fields: &Fields, name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let model_type = text(config, "model_type").unwrap_or_default();
    let registered = registered(&model_type);
    // An empty name is no class that transformers knows, and stands in the way of the one that the type has.
    let named = text(fields, "tokenizer_class").or_else(|| text(config, "tokenizer_class"));
    let named = named.as_deref().map(|name| name.strip_suffix("Fast").unwrap_or(name));
    let by_code = fields.get("auto_map").is_some_and(|map| !map.is_null());
    let wrong = WRONGLY_NAMED.contains(&model_type.as_str());
    let Some(name) = named else { return Ok(registered.unwrap_or(Class::Backend)) };
    if name.is_empty() {
        return Ok(Class::Backend);
    }
    if !by_code && name == "LlamaTokenizer" && !is_mistral(&model_type) && !wrong && byte_level {
        return Ok(Class::Backend);
    }
    match registered {
        // Whatever the file names, and whether or not it is known.
        Some(Class::Backend) if !by_code => Ok(Class::Backend),
        Some(registered) if wrong && !by_code => Ok(registered),
        _ => Ok(known(name)?.unwrap_or(Class::Backend)),
    }
}

/// Refuses a class that is no name.
pub(super) fn is_named(file: &'static str, fields: &Fields) -> Result<(), TokensError> {
    match fields.get("tokenizer_class") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(other) => Err(TokensError::file(file, format!("tokenizer_class is {other}; it must be a name, or null"))),
    }
}

/// The class of a folder's tokenizer. A class that cannot be built of the vocabulary that is there gives way to
/// `tokenizer.json` as it is, with a warning.
pub(super) fn of(
    config: &Fields,
    fields: &Fields,
    json: Option<&Value>,
    warnings: &mut Vec<String>,
) -> Result<Class, TokensError> {
    let Some(json) = json else { return declared(config, fields, false) };
    let class = declared(config, fields, names_byte_level(json))?;
    let kind = json["model"]["type"].as_str();
    let suits = class.model().is_none() || kind.is_none() || kind == class.model();
    let in_bytes = !class.is_byte_level() || names_byte_level(json) || has_byte_alphabet(&json["model"]["vocab"]);
    if suits && in_bytes {
        return Ok(class);
    }
    let why = if suits { "its vocabulary is not one of bytes" } else { "its vocabulary is of another kind" };
    warnings.push(format!(
        "tokenizer.json is taken as it is: the folder's class of tokenizers is not the file's, since {why}"
    ));
    Ok(Class::Backend)
}

/// Whether a pre-tokenizer or a decoder is `ByteLevel`.
fn names_byte_level(json: &Value) -> bool {
    fn within(part: &Value) -> bool {
        match part {
            Value::Object(fields) => fields.values().any(within) || part["type"] == "ByteLevel",
            Value::Array(parts) => parts.iter().any(within),
            _ => false,
        }
    }
    ["normalizer", "pre_tokenizer", "post_processor", "decoder"].iter().any(|part| within(&json[part]))
}

/// Whether a vocabulary has the bytes that every text needs; a few may be missing.
fn has_byte_alphabet(vocabulary: &Value) -> bool {
    let alphabet = crate::byte_alphabet();
    let mut name = [0; 4];
    let there = alphabet.iter().filter(|byte| vocabulary.get(&*byte.encode_utf8(&mut name)).is_some());
    there.count() > alphabet.len() / 2
}
