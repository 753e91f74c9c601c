//! How much longer a text may become on its way through a tokenizer's parts. Each may make it longer, as real ones do by a mark
//! for a space; a chain of them multiplies, and nobody's file may ask for any memory that way.

use crate::TokensError;
use serde_json::Value;

/// The most parts of one kind in a chain.
const MOST_PARTS: usize = 48;

/// The most times that a text may become longer; the tokenizers in use come to about three.
const MOST_GROWTH: u64 = 1 << 16;

/// Times that are not looked at where a text is encoded.
const USUAL_GROWTH: u64 = 16;

/// The most bytes that a text may become where it grows by more than is usual, and the tokens that are added to the
/// vocabulary, all together.
const MOST_BYTES: u64 = 16 << 20;

/// The most tokens that are put around a text.
const MOST_AROUND: u64 = 4096;

/// The longest prefix or suffix of parts of words, and the longest word that is looked for in parts, in characters.
const MOST_AFFIX: usize = 64;
const MOST_WORD: u64 = 1000;

fn wrong(what: String) -> TokensError {
    TokensError::Json(what)
}

/// Refuses a `tokenizer.json` that could take memory or time by far beyond what it and a text have.
pub(crate) fn check(json: &Value) -> Result<(), TokensError> {
    let added = json["added_tokens"].as_array().map_or(0, |tokens| {
        tokens.iter().filter_map(|token| token["content"].as_str()).fold(0, |sum, text| sum + text.len() as u64)
    });
    let growth = bounded("normalizer", &json["normalizer"])?;
    if growth > USUAL_GROWTH && added.saturating_mul(growth) > MOST_BYTES {
        return Err(wrong(format!("its normalizer could make its added tokens {growth} times longer")));
    }
    bounded("pre_tokenizer", &json["pre_tokenizer"])?;
    bounded("decoder", &json["decoder"])?;
    around(&json["post_processor"])?;
    let model = &json["model"];
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
        let length = model[name].as_str().map_or(0, |affix| affix.chars().count());
        if length > MOST_AFFIX {
            return Err(wrong(format!("its {name} has {length} characters; at most {MOST_AFFIX} are read")));
        }
    }
    match model["max_input_chars_per_word"].as_u64().filter(|&most| most > MOST_WORD) {
        Some(most) => Err(wrong(format!("max_input_chars_per_word is {most}; at most {MOST_WORD} are read"))),
        None => Ok(()),
    }
}

/// How many times longer a chain of parts may make a text, within the bounds.
fn bounded(name: &str, chain: &Value) -> Result<u64, TokensError> {
    let parts = parts(chain);
    if parts.len() > MOST_PARTS {
        return Err(wrong(format!("its {name} has {} parts; at most {MOST_PARTS} are read", parts.len())));
    }
    let growth = parts.iter().fold(1u64, |growth, part| growth.saturating_mul(of_part(part)));
    if growth > MOST_GROWTH {
        return Err(wrong(format!("its {name} could make a text more than {MOST_GROWTH} times longer")));
    }
    Ok(growth)
}

/// How many times longer a tokenizer may make a text before it is parted into tokens.
pub(crate) fn of_text(normalizer: &Value, pre_tokenizer: &Value) -> u64 {
    [normalizer, pre_tokenizer]
        .iter()
        .flat_map(|chain| parts(chain))
        .fold(1, |growth, part| growth.saturating_mul(of_part(part)))
}

/// Whether a text of `length` bytes is beyond what is encoded, where it may grow by so much.
pub(crate) fn too_long(length: usize, growth: u64) -> Option<String> {
    let most = MOST_BYTES / growth.max(1);
    (growth > USUAL_GROWTH && length as u64 > most)
        .then(|| format!("the tokenizer may make it {growth} times longer, so that it can have at most {most} bytes, and it has {length}"))
}

/// The parts of a chain, those of chains inside it among them.
fn parts(chain: &Value) -> Vec<&Value> {
    let (mut parts, mut left) = (Vec::new(), vec![chain]);
    while let Some(part) = left.pop() {
        let inner =
            ["normalizers", "pretokenizers", "decoders", "processors"].iter().find_map(|name| part[*name].as_array());
        match inner {
            Some(inner) if parts.len() + left.len() <= MOST_PARTS => left.extend(inner),
            // More than enough to be refused.
            Some(inner) => parts.extend(inner),
            None if part.is_null() => {}
            None => parts.push(part),
        }
    }
    parts
}

/// How many times longer a part may make a text.
fn of_part(part: &Value) -> u64 {
    let length = |name: &str| part[name].as_str().map_or(0, str::len) as u64;
    let times = |new: u64, old: u64| new.div_ceil(old.max(1)).max(1);
    match part["type"].as_str() {
        Some("Replace") => match part["pattern"]["String"].as_str() {
            Some(old) if !old.is_empty() => times(length("content"), old.len() as u64),
            // Nothing may match too, between any two bytes.
            _ => 1 + length("content"),
        },
        // A text of one byte becomes so long.
        Some("Prepend") => 1 + length("prepend"),
        Some("Metaspace") => 1 + length("replacement"),
        Some("Precompiled") => longest_entry(part["precompiled_charsmap"].as_str().unwrap_or_default()),
        // A byte may become a character of two; a character of three bytes gets a space on both sides; words get spaces between.
        Some("ByteLevel" | "BertNormalizer" | "WordPiece" | "CTC" | "BPEDecoder") => 2,
        _ => 1,
    }
}

/// The longest text that SentencePiece's table puts in the place of others: the texts lie behind the tree, each with a zero.
fn longest_entry(base64: &str) -> u64 {
    let bytes = crate::guard::from_base64(base64);
    let Some((tree, rest)) = bytes.split_at_checked(4) else { return 1 };
    let tree = u32::from_le_bytes(tree.try_into().unwrap_or_default()) as usize;
    let texts = rest.get(tree..).unwrap_or_default();
    texts.split(|&byte| byte == 0).map(<[u8]>::len).max().unwrap_or(0).max(1) as u64
}

/// Refuses more tokens around a text than any has, and a text put in several times over.
fn around(post_processor: &Value) -> Result<(), TokensError> {
    let all = parts(post_processor);
    let (mut added, mut copies) = (0u64, 1u64);
    for part in &all {
        for form in ["single", "pair"] {
            let (mut texts, pieces) = (0u64, part[form].as_array().map_or(&[][..], Vec::as_slice));
            for piece in pieces {
                let id = piece["SpecialToken"]["id"].as_str();
                let ids = id.and_then(|id| part["special_tokens"][id]["ids"].as_array()).map_or(1, Vec::len);
                added = added.saturating_add(if id.is_some() { ids as u64 } else { 0 });
                texts += u64::from(id.is_none());
            }
            copies = copies.saturating_mul(texts.max(1));
        }
    }
    if all.len() > MOST_PARTS || added > MOST_AROUND || copies > USUAL_GROWTH {
        return Err(wrong(format!(
            "its post_processor puts {added} tokens around a text, which it has {copies} times over; at most {MOST_AROUND} and {USUAL_GROWTH} are read"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tokenizer;
    use serde_json::json;

    fn read(change: impl Fn(&mut Value)) -> Result<Tokenizer, String> {
        let mut json: Value = serde_json::from_str(&crate::byte_tokenizer_json(300).unwrap()).unwrap();
        change(&mut json);
        Tokenizer::from_json(json.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    fn replace(from: &str, to: &str) -> Value {
        json!({"type": "Replace", "pattern": {"String": from}, "content": to})
    }

    fn refused(change: impl Fn(&mut Value), says: &str) {
        let said = read(change).map(|_| ()).unwrap_err();
        assert!(said.contains(says), "{said}");
    }

    #[test]
    fn what_multiplies_is_refused() {
        let chain = |kind: &str, parts: Vec<Value>| json!({"type": "Sequence", kind: parts});
        let thousands = || vec![replace("x", &"x".repeat(3000)); 3];
        refused(
            |json| json["normalizer"] = chain("normalizers", thousands()),
            "normalizer could make a text more than",
        );
        refused(|json| json["decoder"] = chain("decoders", thousands()), "decoder could make a text more than");
        refused(|json| json["decoder"] = chain("decoders", vec![replace("", "ab"); 40]), "decoder could make");
        let inside = || chain("normalizers", vec![chain("normalizers", thousands())]);
        refused(|json| json["normalizer"] = inside(), "normalizer could make a text more than");
        let prepend = json!({"type": "Prepend", "prepend": "a"});
        refused(|json| json["normalizer"] = chain("normalizers", vec![prepend.clone(); 20_000]), "parts; at most 48");
        refused(|json| json["normalizer"] = chain("normalizers", vec![prepend.clone(); 20]), "more than 65536 times");
        let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
        refused(
            |json| json["pre_tokenizer"] = chain("pretokenizers", vec![bytes.clone(); 30]),
            "pre_tokenizer could make",
        );
        // A table whose one entry is long: a tree of no bytes, then the text.
        let table = crate::sentencepiece::base64(&[vec![0; 4], vec![b'a'; 1 << 17]].concat());
        refused(
            |json| json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": table}),
            "65536 times",
        );
        refused(|json| json["model"]["continuing_subword_prefix"] = "#".repeat(100).into(), "has 100 characters");
        refused(
            |json| json["model"]["max_input_chars_per_word"] = 100_000.into(),
            "max_input_chars_per_word is 100000",
        );
    }

    #[test]
    fn what_is_put_around_a_text_is_bounded() {
        let ids = vec![1; 20_000];
        let special = json!({"x": {"id": "x", "ids": ids, "tokens": vec!["x"; 20_000]}});
        let x = json!({"SpecialToken": {"id": "x", "type_id": 0}});
        let text = json!({"Sequence": {"id": "A", "type_id": 0}});
        let template = |single: Vec<Value>| json!({"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": special});
        refused(|json| json["post_processor"] = template(vec![x.clone(); 100]), "puts 2000000 tokens around");
        let twice = || vec![template(vec![text.clone(), text.clone()]); 30];
        refused(|json| json["post_processor"] = json!({"type": "Sequence", "processors": twice()}), "times over");
    }

    #[test]
    fn texts_that_grow_much_are_bounded_where_they_are_encoded() {
        let grows = read(|json| json["normalizer"] = replace("x", &"x".repeat(1000))).unwrap();
        assert_eq!(grows.encode(&"x".repeat(10)).unwrap().len(), 10_000);
        let said = grows.encode(&"x".repeat(1 << 20)).unwrap_err().to_string();
        assert!(said.contains("at most"), "{said}");
        let added = json!([{"id": 300, "content": "x".repeat(100_000), "special": false, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false}]);
        refused(
            |json| (json["normalizer"], json["added_tokens"]) = (replace("x", &"x".repeat(1000)), added.clone()),
            "added tokens",
        );
        // What those in use have.
        let usual = read(|json| json["normalizer"] = replace(" ", "\u{2581}")).unwrap();
        assert_eq!(usual.encode(&"a".repeat(1 << 20)).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_token_is_no_longer_than_is_read() {
        let chain =
            |to: usize| json!({"type": "Sequence", "decoders": [replace("a", &"a".repeat(to)), {"type": "Fuse"}]});
        assert!(read(|json| json["decoder"] = chain(1000)).is_ok());
        let tokens = json!({"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "aaa": 1}});
        refused(|json| (json["decoder"], json["model"]) = (chain(40_000), tokens.clone()), "a token of 120000 bytes");
        let long = json!({"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "b".repeat(70_000): 1}});
        refused(|json| json["model"] = long.clone(), "a token of 70000 bytes");
    }
}
