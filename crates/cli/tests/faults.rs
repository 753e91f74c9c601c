//! Files that people have and inputs that are odd, on which other results came once: one test for each kind of fault.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;

const PROMPT: [&str; 3] = ["generate", "--prompt-ids", "40,50,60,70,80,90,100,110,120,130,140,150"];

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints/tiny-gpt2")
}

fn run(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1").output().unwrap()
}

/// A small model with these fields in its config.json, and this generation_config.json, if one.
fn model(config: &Value, generation: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["model.safetensors", "tokenizer.json"] {
        std::fs::copy(tiny().join(file), folder.path().join(file)).unwrap();
    }
    let mut all: Value = serde_json::from_slice(&std::fs::read(tiny().join("config.json")).unwrap()).unwrap();
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    std::fs::write(folder.path().join("config.json"), all.to_string()).unwrap();
    if let Some(generation) = generation {
        std::fs::write(folder.path().join("generation_config.json"), generation).unwrap();
    }
    folder
}

/// The new tokens and the words on stderr.
fn tokens(folder: &Path, more: &[&str]) -> (Vec<u64>, String) {
    let args = [&PROMPT[..], &["--json", "--model", folder.to_str().unwrap()], more].concat();
    let output = run(&args);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{more:?}: {words}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = json["sequences"][0]["token_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap());
    (ids.collect(), words)
}

/// What a refused command says: one line, and this code.
fn refused(args: &[&str], code: i32) -> String {
    let output = run(args);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {words}");
    assert!(words.starts_with("error: ") && words.lines().count() == 1 && words.len() < 600, "{words}");
    words
}

#[test]
fn what_python_calls_numbers_loses_no_file() {
    let odd = r#"{"repetition_penalty": 1.5, "unused": NaN, "max_time": Infinity, "eos_token_id": 0}"#;
    let (expected, _) = tokens(&tiny(), &["--repetition-penalty", "1.5"]);
    let (ids, words) = tokens(model(&json!({}), Some(odd)).path(), &[]);
    assert_eq!(ids, expected);
    assert!(words.contains("unused") && words.contains("max_time"), "{words}");
    // The same in config.json: of a field that nobody reads here, and of one that somebody does.
    let with = |field: &str, word: &str| {
        let folder = model(&json!({field: word}), None);
        let path = folder.path().join("config.json");
        let text = std::fs::read_to_string(&path).unwrap().replace(&format!("\"{word}\""), word);
        std::fs::write(&path, text).unwrap();
        folder
    };
    assert_eq!(tokens(with("initializer_range", "NaN").path(), &[]).0, tokens(&tiny(), &[]).0);
    let folder = with("layer_norm_epsilon", "-Infinity");
    let words = refused(&[&PROMPT[..], &["--model", folder.path().to_str().unwrap()]].concat(), 3);
    assert!(words.contains("layer_norm_epsilon") && words.contains("-Infinity"), "{words}");
}

#[test]
fn generation_options_in_config_json_count_where_there_is_no_other_file() {
    let options = json!({"num_beams": 4, "no_repeat_ngram_size": 2, "max_length": 20});
    let flags = ["--num-beams", "4", "--no-repeat-ngram-size", "2", "--max-length", "20"];
    let expected = tokens(&tiny(), &flags).0;
    assert_eq!(expected.len(), 8);
    assert_eq!(tokens(model(&options, None).path(), &[]).0, expected);
    assert_eq!(tokens(model(&options, Some("{")).path(), &[]).0, expected, "a file that is no JSON is none");
    assert_eq!(tokens(model(&options, Some(r#"{"eos_token_id": 0}"#)).path(), &[]).0, tokens(&tiny(), &[]).0);
}

#[test]
fn bad_entries_of_a_list_lose_only_themselves() {
    let plain = tokens(&tiny(), &["--eos-token-id", ""]).0;
    let (first, end) = (plain[0], plain[3]);
    let with = |generation: Value| tokens(model(&json!({}), Some(&generation.to_string())).path(), &[]);
    let until = plain.iter().position(|&id| id == end).unwrap() + 1;
    let (ids, words) = with(json!({"eos_token_id": [-1, end, "x", 70000]}));
    assert_eq!(ids, plain[..until]);
    assert!(words.contains("-1") && words.contains("70000"), "{words}");
    let (ids, _) = with(json!({"eos_token_id": 0, "suppress_tokens": [-1, first, 70000]}));
    assert_eq!(ids, tokens(&tiny(), &["--suppress-tokens", &first.to_string()]).0);
}

#[test]
fn a_model_that_asks_for_draws_at_temperature_zero_is_refused_unless_told_otherwise() {
    let folder = model(&json!({}), Some(r#"{"do_sample": true, "temperature": 0.0, "eos_token_id": 0}"#));
    let args = [&PROMPT[..], &["--model", folder.path().to_str().unwrap()]].concat();
    let words = refused(&args, 2);
    assert!(words.contains("temperature") && words.contains("--do-sample=false"), "{words}");
    assert_eq!(tokens(folder.path(), &["--do-sample=false"]).0, tokens(&tiny(), &[]).0);
    assert!(!tokens(folder.path(), &["--temperature", "0.7", "--seed", "1"]).0.is_empty());
    // Where nothing is drawn it has no effect.
    let greedy = model(&json!({}), Some(r#"{"temperature": 0.0, "eos_token_id": 0}"#));
    assert_eq!(tokens(greedy.path(), &[]).0, tokens(&tiny(), &[]).0);
}

/// A chain of so many definitions, each of which holds the next.
fn chain(length: usize) -> Value {
    let next =
        |i: usize| json!({"type": "object", "properties": {"x": {"$ref": format!("#/$defs/a{i}")}}, "required": ["x"]});
    let mut all: serde_json::Map<String, Value> = (0..length).map(|i| (format!("a{i}"), next(i + 1))).collect();
    all.insert(format!("a{length}"), json!({"type": "integer"}));
    json!({"json_schema": {"$ref": "#/$defs/a0", "$defs": all}})
}

fn rules(length: usize, name: &str) -> Value {
    let lines: Vec<String> = (0..length).map(|i| format!("{name}{i}: \"a\" {name}{} \"b\"", i + 1)).collect();
    json!({"lark": format!("start: {name}0\n{}\n{name}{length}: \"c\"\n", lines.join("\n"))})
}

#[test]
fn deep_grammars_are_followed_or_refused_in_a_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let args = ["generate", "A", "--max-new-tokens", "3", "--config", file.path().to_str().unwrap()];
    let write = |grammar: &Value| std::fs::write(file.path(), grammar.to_string()).unwrap();
    for grammar in [chain(1200), rules(4000, "r"), rules(1500, "T"), chain(4000)] {
        write(&grammar);
        let output = run(&args);
        let words = String::from_utf8(output.stderr).unwrap();
        assert!([Some(0), Some(2)].contains(&output.status.code()) && words.len() < 600, "{words}");
    }
    for grammar in [
        chain(5000),
        rules(9000, "r"),
        json!({"regex": "(".repeat(5000)}),
        json!({"lark": format!("start: {}", "(".repeat(9000))}),
    ] {
        write(&grammar);
        refused(&args, 2);
    }
}

#[test]
fn a_grammar_that_is_done_ends_the_text_without_an_end_token() {
    for more in [
        &[][..],
        &["--do-sample", "--seed", "3"],
        &["--num-beams", "3"],
        &["--lark", "start: \"a\" \"bc\""],
        &["--json-schema", r#"{"const": "abc"}"#],
    ] {
        let grammar: &[&str] = if more.iter().any(|arg| arg.starts_with("--lark") || arg.starts_with("--json-schema")) {
            &[]
        } else {
            &["--regex", "abc"]
        };
        let args = [&["generate", "Once", "--eos-token-id", "", "--json"], grammar, more].concat();
        let output = run(&args);
        assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sequence = &json["sequences"][0];
        assert_eq!(sequence["text"].as_str().unwrap().trim_matches('"'), "abc", "{more:?}");
        assert_eq!(sequence["finish_reason"], "stop", "{more:?}");
    }
}

#[test]
fn a_model_is_never_guessed_from_an_empty_or_misspelt_name() {
    assert!(refused(&["generate", "a", "--model", ""], 3).contains("needs a name"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("mine/gpt-small")).unwrap();
    std::fs::write(folder.path().join("mine/gpt-small/config.json"), "{}").unwrap();
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(["generate", "a", "--model", "mines/gpt-smal"]).env("HF_HUB_OFFLINE", "1").current_dir(folder.path());
    let words = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(words.contains("did you mean mine/gpt-small?"), "{words}");
    let mut command = Command::cargo_bin("beamline").unwrap();
    assert!(command.args(["tokenize", "a"]).env("BEAMLINE_MODEL", "").output().unwrap().status.success());
}

#[test]
fn no_character_of_a_prompt_spoils_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (prompt, picture) = (folder.path().join("prompt.txt"), folder.path().join("t.svg"));
    let odd = "Once \u{1}\u{8}\u{b}\u{c}\u{1b}\u{fffe}\u{ffff}\u{9f} \u{1fffe} <&\"'> upon";
    std::fs::write(&prompt, odd).unwrap();
    for kind in ["beams", "next", "surprisal"] {
        let args = [
            "plot",
            kind,
            "--prompt-file",
            prompt.to_str().unwrap(),
            "--max-new-tokens",
            "3",
            "-o",
            picture.to_str().unwrap(),
        ];
        let output = run(&args);
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        let svg = std::fs::read_to_string(&picture).unwrap();
        let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert!(svg.chars().all(fits), "{kind}");
    }
}

#[test]
fn ids_without_a_token_stand_for_no_text() {
    let folder = model(&json!({}), None);
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    // The last token of the vocabulary, and what is merged to it, goes.
    let vocab = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    let (last, id) =
        vocab.iter().max_by_key(|(_, id)| id.as_u64()).map(|(token, id)| (token.clone(), id.clone())).unwrap();
    vocab.remove(&last);
    let joined = |merge: &Value| {
        merge.as_array().map_or_else(
            || merge.as_str().unwrap().replace(' ', ""),
            |parts| parts.iter().map(|part| part.as_str().unwrap()).collect(),
        )
    };
    tokenizer["model"]["merges"].as_array_mut().unwrap().retain(|merge| joined(merge) != last);
    std::fs::write(&path, tokenizer.to_string()).unwrap();
    let decode = |ids: &str| run(&["tokenize", "--decode", ids, "--model", folder.path().to_str().unwrap()]);
    let output = decode(&format!("40,{id},41"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, decode("40,41").stdout);
    assert_eq!(decode("40,512").status.code(), Some(2), "beyond the model's own");
}
