//! What `tokenizer_config.json` may hold, and what becomes of each field.

use super::Fields;
use crate::TokensError;
use serde_json::Value;
use tokenizers::{ModelWrapper, Tokenizer as Library};

/// What becomes of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldUse {
    /// It counts.
    Honoured,
    /// Only these values are taken, the others are refused by name: absent, null, false or empty.
    RefusedUnlessEmpty,
    /// It changes neither the tokens of a text nor the text of tokens.
    Harmless,
}

use FieldUse::{Harmless, Honoured, RefusedUnlessEmpty};

/// Every field that transformers 5.23 knows in `tokenizer_config.json`, for the classes that are followed here, and what becomes of
/// it. Any other whose name ends in `_token` is a special token; what else there is, transformers passes over too.
pub const TOKENIZER_FIELDS: [(&str, FieldUse); 71] = [
    ("add_bos_token", Honoured),
    ("add_eos_token", Honoured),
    ("add_prefix_space", Honoured),
    ("added_tokens_decoder", Honoured),
    ("additional_special_tokens", Honoured),
    ("auto_map", Honoured), // as far as it says which class counts; no code is run
    ("backend", Harmless),
    ("bos_token", Honoured),
    ("chat_control_tokens", Harmless),
    ("chat_template", Harmless), // read by what makes prompts of conversations
    ("clean_up_tokenization_spaces", Honoured),
    ("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", Honoured),
    ("cls_token", Honoured),
    ("do_lower_case", Honoured),
    ("eos_token", Honoured),
    ("eot_token", Honoured),
    ("errors", Harmless), // for tokenizers written in Python
    ("extra_ids", Honoured),
    ("extra_special_tokens", Honoured),
    ("fast_tokenizer_files", RefusedUnlessEmpty),
    ("files_loaded", Harmless),
    ("fill_token", Honoured),
    ("fix_mistral_regex", Honoured),
    ("gguf_file", RefusedUnlessEmpty),
    ("grounded_generation_template", Harmless),
    ("init_inputs", RefusedUnlessEmpty),
    ("is_local", Harmless),
    ("legacy", Honoured),
    ("local_files_only", Harmless),
    ("mask_token", Honoured),
    ("max_len", Harmless),
    ("max_length", Harmless), // for texts that are cut; a prompt is taken whole
    ("merges", RefusedUnlessEmpty),
    ("merges_file", Harmless), // the folder's own files count, as there
    ("middle_token", Honoured),
    ("model_input_names", Harmless),
    ("model_max_length", Harmless),
    ("model_specific_special_tokens", RefusedUnlessEmpty),
    ("name_or_path", Harmless),
    ("pad_to_multiple_of", Harmless),
    ("pad_token", Honoured),
    ("pad_token_type_id", Harmless),
    ("padding_side", Harmless),
    ("post_processor", RefusedUnlessEmpty),
    ("prefix_token", Honoured),
    ("processor_class", Harmless),
    ("response_schema", Harmless),
    ("response_template", Harmless),
    ("return_token_type_ids", Harmless),
    ("sep_token", Honoured),
    ("split_special_tokens", Honoured),
    ("stride", Harmless),
    ("strip_accents", Honoured),
    ("suffix_token", Honoured),
    ("tokenize_chinese_chars", Honoured),
    ("tokenizer", Harmless),
    ("tokenizer_class", Honoured),
    ("tokenizer_file", Harmless),
    ("tokenizer_object", RefusedUnlessEmpty),
    ("tokenizer_padding", Harmless),
    ("tokenizer_truncation", Harmless),
    ("tool_use_template", Harmless),
    ("trim_offsets", Honoured),
    ("truncation_side", Harmless),
    ("truncation_strategy", Harmless),
    ("unk_id", Harmless),
    ("unk_token", Honoured),
    ("use_default_system_prompt", Harmless),
    ("verbose", Harmless),
    ("vocab", RefusedUnlessEmpty),
    ("vocab_file", Harmless),
];

/// Refuses the fields that would change the result and are not followed.
pub(super) fn check(fields: &Fields) -> Result<(), TokensError> {
    let refused = TOKENIZER_FIELDS.iter().filter(|(_, becomes)| *becomes == RefusedUnlessEmpty);
    for (name, _) in refused {
        let value = fields.get(*name);
        let plain = *name == "fast_tokenizer_files" && value == Some(&serde_json::json!(["tokenizer.json"]));
        if value.is_some_and(|value| !is_empty(value)) && !plain {
            let reason = format!("{name} is set, which is not supported; save the tokenizer anew without it");
            return Err(TokensError::file("tokenizer_config.json", reason));
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Whether spaces before punctuation are taken out of decoded text: never for BPE, unless a field with a long name insists.
pub(super) fn cleans(fields: &Fields, library: &Library) -> bool {
    let on = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    let insists = on("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output");
    on("clean_up_tokenization_spaces") && (insists || !matches!(library.get_model(), ModelWrapper::BPE(_)))
}
