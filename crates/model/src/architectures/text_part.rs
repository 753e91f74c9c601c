//! Models of text and more, such as images: what their `config.json` nests, and of which of them the text part is read.

use crate::error::Defect;
use serde_json::{Map, Value, json};

/// The text part of a model.
pub(super) struct TextPart {
    /// What a `config.json` of the text part alone would hold.
    pub(super) config: Map<String, Value>,
    /// What stands before its tensors' names where `model.` would stand: as the hub has them, and as newer files do.
    pub(super) prefixes: &'static [&'static str],
}

/// The one family so far: Gemma 3 from 4B on, whose text part is the network of its smaller sisters.
const GEMMA: &str = "gemma3";
const GEMMA_TEXT: &str = "gemma3_text";
const PREFIXES: &[&str] = &["language_model.model.", "model.language_model."];

/// Where configs keep what they say of their parts.
const NESTED: [&str; 5] = ["text_config", "llm_config", "language_config", "vision_config", "audio_config"];

/// The text part of a config, if it is a model of text and more whose text part is read.
///
/// # Errors
/// For other models of text and more, by name: `known` says which names are of models of text alone.
pub(super) fn of(config: &Map<String, Value>, known: impl Fn(&str) -> bool) -> Result<Option<TextPart>, Defect> {
    let Some(kind) = config.get("model_type").and_then(Value::as_str).filter(|kind| !known(kind)) else {
        return Ok(None);
    };
    if kind == GEMMA {
        return gemma(config).map(Some);
    }
    if NESTED.iter().any(|name| config.get(*name).is_some_and(Value::is_object)) {
        let what = format!("{kind}, a model of text and more,");
        let ways = format!("{GEMMA} among such; take a GGUF file of its text part (--model FILE.gguf)");
        return Err(Defect::unsupported("model_type", what, &ways));
    }
    Ok(None)
}

/// Gemma 3's: what its config leaves out is as transformers has it, sizes too.
fn gemma(config: &Map<String, Value>) -> Result<TextPart, Defect> {
    let wrong = |value: &Value| Defect::value("text_config", value, "an object");
    let text = match config.get("text_config") {
        None | Some(Value::Null) => Map::new(),
        Some(text) => text.as_object().ok_or_else(|| wrong(text))?.clone(),
    };
    if let Some(kind) = text.get("model_type").filter(|kind| !kind.is_null() && *kind != GEMMA_TEXT) {
        return Err(Defect::unsupported("text_config.model_type", kind, GEMMA_TEXT));
    }
    let defaults = json!({"vocab_size": 262_208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
        "num_attention_heads": 8});
    let mut whole = defaults.as_object().cloned().unwrap_or_default();
    whole.extend(text);
    whole.insert("model_type".to_owned(), GEMMA_TEXT.into());
    // What holds for the whole model is said outside.
    for name in ["tie_word_embeddings", "quantization_config", "is_encoder_decoder"] {
        if let Some(value) = config.get(name) {
            whole.insert(name.to_owned(), value.clone());
        }
    }
    Ok(TextPart { config: whole, prefixes: PREFIXES })
}

#[cfg(test)]
mod tests {
    use super::super::from_json;
    use serde_json::{Value, json};

    fn refused(config: &Value) -> String {
        from_json(config.to_string().as_bytes()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_the_config_leaves_out_is_as_transformers_has_it() {
        let small = json!({"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "model_type": "gemma3_text",
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024});
        let config = json!({"model_type": "gemma3", "text_config": small, "vision_config": {}});
        let read = from_json(config.to_string().as_bytes()).unwrap();
        let geometry = read.network.geometry();
        assert_eq!((geometry.vocab, geometry.layers, geometry.kv_heads, geometry.head), (262_208, 34, 4, 256));
        assert_eq!((read.name.as_str(), read.is_text_part), ("gemma3_text", true));
        assert_eq!(read.network.width_and_heads(), (2560, 8));
    }

    #[test]
    fn other_models_of_text_and_more_are_refused_by_name_with_the_way_out() {
        for (config, expected) in [
            (
                json!({"model_type": "llava", "text_config": {"model_type": "llama"}}),
                "model_type is llava, a model of text and more",
            ),
            (json!({"model_type": "internvl_chat", "llm_config": {}}), "internvl_chat"),
            (json!({"model_type": "gemma3", "text_config": 7}), "text_config is 7"),
            (json!({"model_type": "gemma3", "text_config": {"model_type": "llama"}}), "text_config.model_type is"),
            (json!({"model_type": "gemma3", "quantization_config": {"quant_method": "awq"}}), "awq"),
        ] {
            let message = refused(&config);
            assert!(message.contains(expected) && !message.contains('\n'), "{message}");
        }
        assert!(refused(&json!({"model_type": "llava", "text_config": {}})).contains("--model FILE.gguf"));
    }
}
