//! What a slip on the command line is answered with: one line that says what to write instead.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use std::path::PathBuf;

fn golden(name: &str) -> String {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens")).join(name).to_str().unwrap().to_owned()
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The one line of an error: it says what is to be said and is no list.
fn refused(args: &[&str], code: i32, expected: &str) {
    let (status, out, error) = run(args);
    assert_eq!(status, Some(code), "{args:?}: {error}");
    assert!(out.is_empty() && error.starts_with("error: ") && error.lines().count() == 1, "{args:?}: {error}");
    assert!(error.contains(expected), "{args:?}: {error}");
    assert!(error.len() < 400, "{args:?}: {error}");
    assert!(!error.contains("tip:") && !error.contains("found a "), "{args:?}: {error}");
}

fn config(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_slip_is_answered_with_what_was_meant_and_where_to_look() {
    for (args, expected) in [
        (
            &["inspect", "x", "--stags"][..],
            "unexpected argument '--stags'; a similar one is '--stages'; see 'beamline inspect --help'",
        ),
        (
            &["inspect", "x", "--table"],
            "unexpected argument '--table'; it belongs to generate; see 'beamline inspect --help'",
        ),
        (&["generate", "x", "--num_beams", "3"], "a similar one is '--num-beams'"),
        (&["generate", "x", "--num-beans", "3"], "a similar one is '--num-beams'"),
        (&["generate", "x", "--nucleus", "0.9"], "a similar one is '--top-p'"),
        (&["generate", "x", "--max-tokens", "9"], "a similar one is '--max-new-tokens'"),
        (&["generate", "x", "--pad-token-id", "3"], "there is no padding; leave it out"),
        (&["generate", "x", "--use-cache"], "leave it out"),
        (&["generate", "x", "--dola-layers", "low"], "not supported here"),
        (&["generate", "Once", "upon", "a", "time"], "stands in quotes: beamline generate \"Once upon a time\""),
        (&["generate", "--seed", "7", "Once", "upon", "--json"], "beamline generate \"Once upon\""),
        (&["plot", "next", "Once", "upon", "-o", "x.svg"], "in quotes: beamline plot"),
        (&["tokenize", "Hello", "world"], "beamline tokenize \"Hello world\""),
        (&["generate", "- item"], "a text that begins with - goes after --"),
        (&["generate", "x", "--do-sample", "false"], "write --do-sample=false"),
        (&["generate", "--do-sample", "True"], "write --do-sample=true"),
        (&["generate", "x", "--do-sample=no"], "do_sample must be true or false"),
        (&["generat", "x"], "a similar one is 'generate'; see 'beamline --help'"),
        (&["models", "lst"], "a similar one is 'list'; see 'beamline models --help'"),
        (&["models"], "beamline models has info, pull, list"),
        (&["plot", "nxt", "x", "-o", "x.svg"], "a similar one is 'next'"),
        (&["generate", "x", "--show", "colour"], "possible values: prob, rank, entropy; see"),
        (&["generate", "x", "--processors", "top_k,topp"], "did you mean top_p?; 'beamline explain' lists them"),
        (&["bench", "--run", "topk=3"], "unknown option topk; did you mean top_k?; see 'beamline help options'"),
        (&["compare", "x", "--run", "greddy"], "did you mean greedy?"),
        (
            &["compare", "x", "--run", "T=0.8: do_sample=true,temprature=0.8"],
            "unknown option temprature; did you mean temperature?",
        ),
        (&["generate", "x", "--eos-token", "not one"], "must be one; to end at a text give --stop-strings"),
        (&["generate", "x", "--bad-words", ""], "--bad-words must be a text, got an empty one"),
        (&["generate", "x", "--echo", "--json"], "cannot be used with"),
    ] {
        refused(args, 2, expected);
    }
}

#[test]
fn what_looks_like_a_path_is_not_looked_for_on_the_hub() {
    for (model, expected) in [
        ("models/SmolLM2", "no such file or folder"),
        ("./SmolLM2", "no such file or folder"),
        ("~/SmolLM2", "no such file or folder"),
        ("src/SmolLM2", "no such file or folder"), // a folder where the tests run
        ("SmolLM2.gguf", "no such file or folder"),
        ("Builtin", "is called builtin"),
        ("gpt2", "on the hub it is openai-community/gpt2"),
        ("SmolLM2", "has its owner before it"),
    ] {
        refused(&["generate", "x", "--model", model], 3, expected);
    }
    refused(&["generate", "x", "--model", "org/name"], 3, "org/name");
}

#[test]
fn a_config_that_transformers_wrote_is_taken_as_it_is() {
    for name in ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"] {
        let folder = golden(&format!("checkpoints/{name}"));
        let file = format!("{folder}/generation_config.json");
        let with = ["generate", "hello", "--model", &folder, "--max-new-tokens", "5", "--config", &file];
        // The model's own file says the same.
        assert_eq!(run(&with), run(&with[..6]), "{name}");
        assert_eq!(run(&with).0, Some(0), "{name}");
    }
    // All fields of a GenerationConfig, as to_dict() gives them.
    let whole = config(
        r#"{"max_length": 20, "max_new_tokens": 4, "min_length": 0, "min_new_tokens": null, "early_stopping": false,
        "max_time": null, "stop_strings": null, "do_sample": false, "num_beams": 1, "use_cache": true, "cache_implementation": null,
        "cache_config": null, "temperature": 1.0, "top_k": 50, "top_p": 1.0, "min_p": null, "top_h": null, "typical_p": 1.0,
        "epsilon_cutoff": 0.0, "eta_cutoff": 0.0, "repetition_penalty": 1.0, "encoder_repetition_penalty": 1.0, "length_penalty": 1.0,
        "no_repeat_ngram_size": 0, "bad_words_ids": null, "renormalize_logits": false, "forced_bos_token_id": null,
        "forced_eos_token_id": null, "remove_invalid_values": false, "exponential_decay_length_penalty": null,
        "suppress_tokens": null, "begin_suppress_tokens": null, "sequence_bias": null, "token_healing": false, "guidance_scale": null,
        "watermarking_config": null, "num_return_sequences": 1, "output_attentions": false, "output_logits": null,
        "return_dict_in_generate": false, "pad_token_id": null, "bos_token_id": null, "encoder_no_repeat_ngram_size": 0,
        "decoder_start_token_id": null, "is_assistant": false, "num_assistant_tokens": 20,
        "num_assistant_tokens_schedule": "constant", "assistant_confidence_threshold": 0.4, "prompt_lookup_num_tokens": null,
        "max_matching_ngram_size": null, "assistant_early_exit": null, "assistant_lookbehind": 10, "target_lookbehind": 10,
        "compile_config": null, "disable_compile": false, "low_memory": null, "penalty_alpha": null, "num_beam_groups": 1,
        "diversity_penalty": 0.0, "dola_layers": null, "constraints": null, "force_words_ids": null, "prefill_chunk_size": null,
        "generation_kwargs": {}, "transformers_version": "4.51.0", "_from_model_config": true}"#,
    );
    let path = whole.path().to_str().unwrap();
    assert_eq!(run(&["generate", "hello", "--config", path]), run(&["generate", "hello", "--max-new-tokens", "4"]));
    // What would change the text is never passed over.
    for field in ["watermarking_config", "dola_layers", "constraints", "token_healing", "forced_decoder_ids"] {
        let file = config(&format!(r#"{{"{field}": [[1, 2]]}}"#));
        refused(
            &["generate", "x", "--config", file.path().to_str().unwrap()],
            2,
            &format!("{field} is an option of transformers that is not supported here"),
        );
    }
    let file = config(r#"{"tempratur": 0.5}"#);
    refused(
        &["generate", "x", "--config", file.path().to_str().unwrap()],
        2,
        "did you mean temperature?; see 'beamline help options'",
    );
}

#[test]
fn the_full_context_is_said() {
    let (code, text, note) = run(&["generate", "Hello there", "--max-new-tokens", "600"]);
    assert!(code == Some(0) && text.len() > 500);
    assert_eq!(note, "note: the context of 512 tokens is full, prompt and text together; the text ends here\n");
    let (_, _, note) = run(&["generate", "Hello there", "--max-new-tokens", "5"]);
    assert!(note.is_empty(), "{note}");
    let (_, json, note) = run(&["generate", "Hello there", "--max-new-tokens", "600", "--json"]);
    assert!(note.is_empty() && json.contains(r#""context_full":true"#));
}

#[test]
fn json_that_was_cut_is_said_to_be() {
    let schema = r#"{"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}"#;
    let (code, _, note) = run(&["generate", "A cat:", "--json-schema", schema]);
    assert_eq!(code, Some(0));
    assert_eq!(note, "note: the text was cut at 20 tokens before the JSON was complete; raise --max-new-tokens\n");
    let (_, _, note) = run(&["generate", "A cat:", "--regex", "[a-z]{80}", "--max-new-tokens", "4"]);
    assert_eq!(note, "note: the text was cut at 4 tokens before it matched the grammar; raise --max-new-tokens\n");
    let (_, text, note) = run(&["generate", "A cat:", "--regex", "(yes|no)"]);
    assert!(note.is_empty() && ["yes\n", "no\n"].contains(&text.as_str()), "{text}{note}");
    let (_, json, _) = run(&["generate", "A cat:", "--json-schema", schema, "--json"]);
    assert!(json.contains(r#""grammar_complete":false"#), "{json}");
}

#[test]
fn a_prompt_is_echoed_before_its_text() {
    let text = |args: &[&str]| {
        let (code, out, error) = run(args);
        assert!(code == Some(0) && error.is_empty(), "{error}");
        out
    };
    let plain = text(&["generate", "Once upon a", "--max-new-tokens", "4"]);
    let echoed = format!("Once upon a{plain}");
    assert_eq!(text(&["generate", "Once upon a", "--max-new-tokens", "4", "--echo"]), echoed);
    let table = text(&["generate", "Once upon a", "--max-new-tokens", "4", "--echo", "--table"]);
    assert!(table.starts_with(&echoed), "{table}");
    let several = text(&[
        "generate",
        "Once",
        "--num-beams",
        "2",
        "--num-return-sequences",
        "2",
        "--echo",
        "--max-new-tokens",
        "2",
    ]);
    assert!(several.lines().all(|line| line.contains("] Once")), "{several}");
}

#[test]
fn tokens_may_be_given_as_texts() {
    let json = |args: &[&str]| -> serde_json::Value { serde_json::from_str(&run(args).1).unwrap() };
    let ended = json(&["generate", "Once upon a", "--eos-token", " time", "--json"]);
    assert_eq!(ended["sequences"][0]["finish_reason"], "eos");
    assert_eq!(ended["effective_config"]["eos_token_id"]["origin"], "flag");
    let ids = &ended["effective_config"]["eos_token_id"]["value"];
    assert_eq!(ids, &ended["sequences"][0]["token_ids"]);
    let banned = json(&["generate", "Once upon a", "--bad-words", "time", "--json"]);
    assert!(!banned["sequences"][0]["text"].as_str().unwrap().starts_with(" time"));
    assert_eq!(banned["effective_config"]["bad_words_ids"]["value"].as_array().unwrap().len(), 2);
    let forced = json(&[
        "generate",
        "Once upon a",
        "--force-words",
        "cat",
        "--num-beams",
        "4",
        "--max-new-tokens",
        "6",
        "--json",
    ]);
    assert!(forced["sequences"][0]["text"].as_str().unwrap().contains("cat"));
}

#[test]
fn python_spells_switches_with_a_capital_letter() {
    assert_eq!(run(&["generate", "x", "--do-sample=False"]), run(&["generate", "x"]));
    assert_eq!(
        run(&["generate", "x", "--do-sample=True", "--seed", "1"]),
        run(&["generate", "x", "--do-sample", "--seed", "1"])
    );
}

#[test]
fn an_empty_cache_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let list = |extra: &[&str]| {
        let mut command = Command::cargo_bin("beamline").unwrap();
        let output = command.args(["models", "list"]).args(extra).env("HF_HUB_CACHE", folder.path()).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (out, note) = list(&[]);
    assert!(out.is_empty() && note.contains("no model of the hub is in the cache"), "{note}");
    assert_eq!(list(&["--json"]), ("{\"models\":[]}\n".to_owned(), String::new()));
}
