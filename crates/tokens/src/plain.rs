//! From a size or a list of words to the `tokenizer.json` of a vocabulary that nobody trained.

use crate::vocabulary::byte_alphabet;
use serde_json::{Map, Value, json};

/// The fewest tokens with which every byte has one, and the end token too.
const LEAST_BYTE_VOCABULARY: usize = 257;

/// The `tokenizer.json` of a vocabulary of bytes: ids 0 to 255 are the bytes, 256 is the end token `<|endoftext|>`, and the rest
/// are `<unused257>` and so on, which no text has. None where there is no room for the bytes.
///
/// ```
/// use beamline_tokens::{TokenId, Tokenizer, byte_tokenizer_json};
/// let json = byte_tokenizer_json(300).expect("300 are enough");
/// let tokenizer = Tokenizer::from_json(json.as_bytes())?;
/// assert_eq!((tokenizer.vocabulary().len(), tokenizer.ids("é")?), (300, vec![TokenId(0xc3), TokenId(0xa9)]));
/// assert!(byte_tokenizer_json(256).is_none());
/// # Ok::<(), beamline_tokens::TokensError>(())
/// ```
pub fn byte_tokenizer_json(vocab: usize) -> Option<String> {
    let others = vocab.checked_sub(LEAST_BYTE_VOCABULARY)?;
    let bytes = byte_alphabet().into_iter().map(String::from);
    let unused = (0..others).map(|i| format!("<unused{}>", LEAST_BYTE_VOCABULARY + i));
    let all = bytes.chain(["<|endoftext|>".to_owned()]).chain(unused);
    let vocabulary: Map<String, Value> = all.zip(0..).map(|(token, id): (String, usize)| (token, json!(id))).collect();
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let end = json!({
        "id": 256, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    });
    let json = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [end], "normalizer": null,
        "pre_tokenizer": byte_level, "post_processor": null, "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": vocabulary, "merges": [],
        },
    });
    Some(json.to_string())
}

/// The `tokenizer.json` of a vocabulary of whole words, parted by spaces; their places are their ids. A text with a word that is
/// not among them has no tokens, which is an error.
///
/// ```
/// use beamline_tokens::{TokenId, Tokenizer, word_tokenizer_json};
/// let words = ["hello", "world"].map(str::to_owned);
/// let tokenizer = Tokenizer::from_json(word_tokenizer_json(&words).as_bytes())?;
/// assert_eq!(tokenizer.ids("world hello")?, [TokenId(1), TokenId(0)]);
/// assert!(tokenizer.ids("hello zebra").is_err());
/// # Ok::<(), beamline_tokens::TokensError>(())
/// ```
pub fn word_tokenizer_json(words: &[String]) -> String {
    let vocabulary: Map<String, Value> =
        words.iter().zip(0..).map(|(word, id)| (format!("▁{word}"), json!(id))).collect();
    // A space belongs to the word after it, as in vocabularies that were trained.
    let metaspace = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
    let json = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unknown>"},
    });
    json.to_string()
}
