//! Folders with tokenizers of every class and shape of files, against what transformers makes of them
//! (`goldens/make/tokenizer_classes.py`).
#![allow(clippy::unwrap_used)] // tests may

use beamline_tokens::{Beginning, FieldUse, FolderFiles, Special, TOKENIZER_FIELDS, Tokenizer, TokensError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static GOLDENS: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/expected/tokenizers.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
});

/// The bytes of base64.
fn bytes(text: &str) -> Vec<u8> {
    let sextet = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|&c| c != b'=').map(sextet).collect();
    let whole = |four: &[u8]| {
        let bits = four.iter().fold(0u32, |bits, &six| bits << 6 | u32::from(six)) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    letters.chunks(4).flat_map(whole).collect()
}

/// The files of a case, some of them changed: a value of null takes a file away.
fn files(case: &str, changes: &[(&str, Option<&str>)]) -> FolderFiles {
    let mut files = FolderFiles::default();
    for (name, key) in GOLDENS["cases"][case]["files"].as_object().unwrap() {
        let content = &GOLDENS["files"][key.as_str().unwrap()];
        let content =
            content.as_str().map_or_else(|| bytes(content["base64"].as_str().unwrap()), |t| t.as_bytes().to_vec());
        if !changes.iter().any(|(changed, _)| changed == name) {
            files.take(name, content);
        }
    }
    for (name, content) in changes {
        if let Some(content) = content {
            files.take(name, content.as_bytes().to_vec());
        }
    }
    files
}

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.ids(text).unwrap().iter().map(|id| id.0).collect()
}

fn expected(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// What transformers gives, but for what is otherwise here on purpose: DECISIONS.md has the reasons.
fn as_here(case: &str, got: &[u32], mut ids: Vec<u32>) -> Vec<u32> {
    if ["t5", "rinna"].contains(&case) {
        // No end token after a prompt.
        ids.pop();
    }
    if case == "rinna" {
        // The unknown token is the file's, not whatever has the id 2.
        ids.iter_mut().zip(got).filter(|(theirs, got)| (**theirs, **got) == (2, 0)).for_each(|(theirs, _)| *theirs = 0);
    }
    ids
}

#[test]
fn ids_and_texts_are_those_of_transformers() {
    let texts: Vec<&str> = GOLDENS["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let mut wrong = Vec::new();
    for (name, case) in GOLDENS["cases"].as_object().unwrap() {
        let tokenizer = match Tokenizer::from_folder(&files(name, &[])) {
            Ok(tokenizer) => tokenizer,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        for (text, row) in texts.iter().zip(case["expected"].as_array().unwrap()) {
            let theirs = expected(&row[0]);
            let got = ids(&tokenizer, text);
            let right = as_here(name, &got, theirs.clone());
            if got != right {
                wrong.push(format!("{name} {text:?}: {got:?}, but {right:?}"));
                continue;
            }
            let whole: Vec<_> = theirs.iter().map(|&id| beamline_tokens::TokenId(id)).collect();
            for (special, text_of) in [(Special::Write, &row[1]), (Special::Drop, &row[2])] {
                let got = tokenizer.decode(&whole, special, Beginning::Text);
                // The library writes U+FFFD for each byte that is none of a character's, and reads added tokens as bytes.
                let right = text_of.as_str().unwrap();
                if got != right && !right.contains('\u{fffd}') {
                    wrong.push(format!("{name} {text:?} {special:?}: {got:?}, but {right:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_field_and_every_class_of_transformers_is_known() {
    let known: BTreeSet<&str> = TOKENIZER_FIELDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(known.len(), TOKENIZER_FIELDS.len());
    for field in GOLDENS["fields"].as_array().unwrap() {
        assert!(known.contains(field.as_str().unwrap()), "{field}");
    }
    for class in GOLDENS["classes"].as_array().unwrap() {
        let config = json!({"tokenizer_class": class}).to_string();
        let changes = [("tokenizer_config.json", Some(config.as_str())), ("config.json", Some("{}"))];
        let made = Tokenizer::from_folder(&files("llama-metaspace-backend", &changes));
        // A class is built, gives way with a word, or is refused by name.
        match made {
            Ok(_) => {}
            Err(error) => assert!(error.to_string().contains(class.as_str().unwrap()), "{class}: {error}"),
        }
    }
}

#[test]
fn fields_that_would_change_the_result_are_refused_by_name() {
    for (name, becomes) in TOKENIZER_FIELDS {
        let config = json!({name: {"a": 1}}).to_string();
        let made = Tokenizer::from_folder(&files("gpt2-by-type", &[("tokenizer_config.json", Some(&config))]));
        if becomes == FieldUse::RefusedUnlessEmpty {
            assert!(made.unwrap_err().to_string().contains(name), "{name}");
        }
        let config = json!({name: null}).to_string();
        Tokenizer::from_folder(&files("gpt2-by-type", &[("tokenizer_config.json", Some(&config))])).unwrap();
    }
}

#[test]
fn merges_are_never_left_out_at_random() {
    for config in ["{}", r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#] {
        let tokenizer =
            Tokenizer::from_folder(&files("gpt2-dropout", &[("tokenizer_config.json", Some(config))])).unwrap();
        let first = ids(&tokenizer, "extra text here tomorrow");
        for _ in 0..20 {
            assert_eq!(ids(&tokenizer.clone(), "extra text here tomorrow"), first);
        }
    }
}

#[test]
fn a_class_that_cannot_have_the_vocabulary_gives_way() {
    let config = r#"{"model_type": "gpt2"}"#;
    let changes = [("config.json", Some(config)), ("tokenizer_config.json", None)];
    let tokenizer = Tokenizer::from_folder(&files("llama-metaspace-backend", &changes)).unwrap();
    let as_it_is = Tokenizer::from_folder(&files("llama-metaspace-backend", &[])).unwrap();
    assert_eq!(ids(&tokenizer, "안녕하세요"), ids(&as_it_is, "안녕하세요"));
    assert!(tokenizer.warnings()[0].contains("taken as it is"), "{:?}", tokenizer.warnings());
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let error = |case: &str, changes: &[(&str, Option<&str>)]| {
        Tokenizer::from_folder(&files(case, changes)).unwrap_err().to_string()
    };
    assert!(error("gpt2-files", &[("merges.txt", None)]).contains("no vocab.json and merges.txt"));
    assert!(error("gpt2-files", &[("merges.txt", Some("a b\n\nc d"))]).contains("merges.txt"));
    assert!(error("gpt2-files", &[("merges.txt", Some("zz zz"))]).contains("zz"));
    assert!(error("gpt2-files", &[("vocab.json", Some("{\"a\": -1}"))]).contains("vocab.json: the id of \"a\" is -1"));
    assert!(error("t5", &[("tokenizer_config.json", None)]).contains("spiece.model would be read"));
    assert!(error("llama-model", &[("tokenizer.model", Some("\u{a}z"))]).contains("tokenizer.model: it is damaged"));
    assert!(error("t5", &[("spiece.model", None)]).contains("spiece.model"));
    assert!(
        error("bert", &[("tokenizer_config.json", Some("[]"))]).contains("tokenizer_config.json: not a JSON object")
    );
    let decoder = r#"{"added_tokens_decoder": {"x": {"content": "y"}}}"#;
    assert!(error("gpt2-by-type", &[("tokenizer_config.json", Some(decoder))]).contains("added_tokens_decoder"));
    assert!(
        error("gpt2-by-type", &[("tokenizer_config.json", Some(r#"{"bos_token": 5}"#))]).contains("bos_token is 5")
    );
    assert!(error("added-tokens-json", &[("added_tokens.json", Some(r#"{"a": "b"}"#))]).contains("added_tokens.json"));
    let unigram = error(
        "rinna",
        &[
            ("tokenizer_config.json", Some(r#"{"tokenizer_class": "LlamaTokenizer"}"#)),
            ("tokenizer.model", Some("\u{a}\u{3}\u{a}\u{1}a")),
        ],
    );
    assert!(unigram.contains("Unigram"), "{unigram}");
}

#[test]
fn files_cut_anywhere_are_errors_or_tokenizers() {
    for (case, file) in [
        ("llama-model", "tokenizer.model"),
        ("rinna", "spiece.model"),
        ("gpt2-files", "vocab.json"),
        ("gpt2-files", "merges.txt"),
        ("bert", "vocab.txt"),
    ] {
        let key = GOLDENS["cases"][case]["files"][file].as_str().unwrap();
        let content = &GOLDENS["files"][key];
        let content =
            content.as_str().map_or_else(|| bytes(content["base64"].as_str().unwrap()), |t| t.as_bytes().to_vec());
        let step = content.len() / 40 + 1;
        for cut in (0..content.len()).step_by(step) {
            let mut damaged = files(case, &[(file, None)]);
            damaged.take(file, content[..cut].to_vec());
            let made = Tokenizer::from_folder(&damaged);
            let _ = made.map(|tokenizer| tokenizer.ids("the time 안녕").is_ok());
            let mut damaged = files(case, &[(file, None)]);
            let mut bytes = content.clone();
            bytes[cut] ^= 0x41;
            damaged.take(file, bytes);
            let _ = Tokenizer::from_folder(&damaged).map(|tokenizer| tokenizer.ids("the time 안녕").is_ok());
        }
    }
}

#[test]
fn a_begin_token_that_is_there_already_is_noticed() {
    let tokenizer = Tokenizer::from_folder(&files("llama-model", &[])).unwrap();
    assert_eq!(tokenizer.begins_twice("<s>the time").map(|id| id.0), Some(1));
    assert_eq!((tokenizer.begins_twice("the <s>"), ids(&tokenizer, "<s>the")[..2].to_vec()), (None, vec![1, 1]));
    let none = Tokenizer::from_folder(&files("llama-model-plain", &[])).unwrap();
    assert_eq!(none.begins_twice("<s>the time"), None);
}

#[test]
fn a_name_for_splitting_is_forced_on_bytes_alone() {
    let tokenizer = Tokenizer::from_folder(&files("gpt2-by-type", &[])).unwrap();
    assert!(ids(&tokenizer, "12345").len() <= ids(&tokenizer.clone().split_as("qwen2").unwrap(), "12345").len());
    let pieces = Tokenizer::from_folder(&files("llama-model", &[])).unwrap();
    assert!(matches!(pieces.clone().split_as("qwen2"), Err(TokensError::NoSplit(_))));
    assert!(matches!(pieces.split_as("qwen"), Err(TokensError::Pre(_))));
}

/// A part that is another kind of value than it should be is an error like any other.
#[test]
fn parts_of_another_kind_are_errors() {
    let cases: Vec<&String> = GOLDENS["cases"].as_object().unwrap().keys().collect();
    let with_json =
        cases.iter().filter(|case| GOLDENS["cases"][case.as_str()]["files"].get("tokenizer.json").is_some());
    let mut tried = 0;
    for case in with_json.step_by(4) {
        let key = GOLDENS["cases"][case.as_str()]["files"]["tokenizer.json"].as_str().unwrap();
        let whole: Value = serde_json::from_str(GOLDENS["files"][key].as_str().unwrap()).unwrap();
        for part in ["model", "normalizer", "pre_tokenizer", "post_processor", "decoder", "added_tokens"] {
            for odd in [json!(true), json!("x"), json!([1]), json!(-1), json!({}), Value::Null] {
                let mut changed = whole.clone();
                changed[part] = odd;
                let read = Tokenizer::from_folder(&files(case, &[("tokenizer.json", Some(&changed.to_string()))]));
                tried += usize::from(read.is_err_and(|error| !error.to_string().contains('\n')));
            }
        }
    }
    assert!(tried > 50, "{tried}");
}
