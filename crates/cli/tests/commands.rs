//! The commands from outside: what they print, where, and how they exit.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use serde_json::Value;
use std::path::PathBuf;

fn golden(name: &str) -> String {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens")).join(name).to_str().unwrap().to_owned()
}

fn beamline(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1");
    command
}

/// Standard output of a command that must succeed and say nothing else.
fn out(args: &[&str]) -> String {
    let output = beamline(args).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && error.is_empty(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    let text = out(args);
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The one line of an error, for a command that must fail with `code` and print nothing.
fn error(args: &[&str], code: i32) -> String {
    let output = beamline(args).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
    assert!(output.stdout.is_empty(), "{args:?}");
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{args:?}: {message}");
    message
}

#[test]
fn generate_prints_the_text_and_a_newline() {
    let text = out(&["generate", "Once upon a time", "--max-new-tokens", "12"]);
    assert!(text.ends_with('\n') && text.trim_end().len() > 10, "{text:?}");
    let report = json(&["generate", "Once upon a time", "--max-new-tokens", "12", "--json"]);
    assert_eq!(format!("{}\n", report["sequences"][0]["text"].as_str().unwrap()), text);
}

#[test]
fn generate_json_has_every_field_of_the_contract() {
    let report = json(&["generate", "a", "--prompt", "The", "--prompt-ids", "5,6", "--max-new-tokens", "3", "--json"]);
    for field in ["schema", "model", "effective_config", "prompts", "sequences", "usage", "timings"] {
        assert!(report.get(field).is_some(), "{field}");
    }
    assert_eq!(report["schema"], 1);
    assert_eq!(report["model"]["name"], "builtin");
    assert_eq!(report["effective_config"]["max_new_tokens"], serde_json::json!({"value": 3, "origin": "flag"}));
    assert_eq!(report["effective_config"]["eos_token_id"]["origin"], "model");
    assert_eq!(report["effective_config"]["top_k"], serde_json::json!({"value": 50, "origin": "default"}));
    let sequences = report["sequences"].as_array().unwrap();
    assert_eq!(sequences.len(), 3);
    for (i, sequence) in sequences.iter().enumerate() {
        assert_eq!((sequence["prompt"].as_u64(), sequence["rank"].as_u64()), (Some(i as u64), Some(0)));
        assert_eq!(sequence["finish_reason"], "length");
        assert!(sequence["stop_string"].is_null() && sequence["score"].is_null());
        let tokens = sequence["tokens"].as_array().unwrap();
        let sum: f64 = tokens.iter().map(|t| t["logprob"].as_f64().unwrap()).sum();
        assert!((sum - sequence["sum_logprob"].as_f64().unwrap()).abs() < 1e-9);
        for field in ["id", "text", "bytes", "logprob", "logprob_processed", "rank", "entropy"] {
            assert!(!tokens[0][field].is_null(), "{field}");
        }
    }
    assert_eq!(report["prompts"][2]["token_ids"], serde_json::json!([5, 6]));
    assert_eq!(report["usage"]["new_tokens"], 9);
    assert!(report["timings"]["decode_tokens_per_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_same_seed_gives_the_same_text_alone_in_a_batch_and_on_any_threads() {
    let ids = |report: &Value, i: usize| report["sequences"][i]["token_ids"].clone();
    let sampling =
        ["--do-sample", "--temperature", "0.9", "--top-p=0.95", "--seed", "7", "--max-new-tokens", "20", "--json"];
    let run = |extra: &[&str]| json(&[&["generate"], extra, &sampling].concat());
    let alone = run(&["--prompt", "Once upon a time", "--threads", "1"]);
    let batch = run(&["--prompt", "It was", "--prompt", "Once upon a time", "--threads", "2"]);
    assert_eq!(ids(&alone, 0), ids(&batch, 1));
    let several = run(&["--prompt", "Once upon a time", "--num-return-sequences", "3"]);
    assert_eq!(ids(&alone, 0), ids(&several, 0));
    assert_ne!(ids(&several, 0), ids(&several, 1));
    let other =
        json(&["generate", "Once upon a time", "--do-sample", "--seed", "8", "--max-new-tokens", "20", "--json"]);
    assert_ne!(ids(&alone, 0), ids(&other, 0));
}

#[test]
fn prompts_come_from_everywhere_and_are_taken_as_they_are() {
    let prompt = |report: &Value| report["prompts"][0]["text"].as_str().unwrap().to_owned();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), " from a file\n").unwrap();
    let short = ["--max-new-tokens", "1", "--json"];
    let run = |args: &[&str]| json(&[&["generate"], args, &short].concat());
    assert_eq!(prompt(&run(&["--prompt-file", file.path().to_str().unwrap()])), " from a file\n");
    assert_eq!(prompt(&run(&["--prompt", "--odd"])), "--odd");
    assert_eq!(prompt(&json(&["generate", "--max-new-tokens", "1", "--json", "--", "-x"])), "-x");
    let piped = beamline(&["generate", "-", "--max-new-tokens", "1", "--json"]).write_stdin("piped ").output().unwrap();
    assert_eq!(prompt(&serde_json::from_slice(&piped.stdout).unwrap()), "piped ");
    // An empty prompt is the begin token.
    assert_eq!(run(&[""])["prompts"][0]["token_ids"], serde_json::json!([0]));
}

#[test]
fn config_files_flags_and_defaults_are_told_apart() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let write = |text: &str| std::fs::write(file.path(), text).unwrap();
    write(
        r#"{"do_sample": true, "top_k": 5, "seed": 3, "temperature": null, "use_cache": true, "output_scores": 1, "_x": 2, "max_new_tokens": 4}"#,
    );
    let report = json(&["generate", "a", "--config", path, "--top-k", "9", "--json"]);
    let config = &report["effective_config"];
    assert_eq!(config["top_k"], serde_json::json!({"value": 9, "origin": "flag"}));
    assert_eq!(config["seed"], serde_json::json!({"value": 3, "origin": "config"}));
    assert_eq!(config["temperature"]["origin"], "default");
    write(r#"{"eos_token_id": []}"#);
    assert_eq!(
        json(&["generate", "a", "--config", path, "--json"])["effective_config"]["eos_token_id"]["value"],
        serde_json::json!([])
    );
    for (bad, expected) in [
        (r#"{"topk": 5}"#, "unknown option topk"),
        (r#"{"top_k": -1}"#, "top_k must be an integer, 0 or more, got -1"),
        (r#"{"top_p": "x"}"#, "top_p must be in [0, 1]"),
        ("[1]", "must be a JSON object"),
        ("{", "not valid JSON"),
    ] {
        write(bad);
        assert!(error(&["generate", "a", "--config", path], 2).contains(expected), "{bad}");
    }
    assert!(error(&["generate", "a", "--config", "/nowhere.json"], 2).contains("/nowhere.json"));
}

#[test]
fn wrong_values_and_uses_exit_with_2_and_one_line() {
    let long = "word ".repeat(600);
    for (args, expected) in [
        (&["generate", "a", "--top-p", "1.5", "--do-sample"][..], "top_p must be in [0, 1], got 1.5"),
        (
            &["generate", "a", "--temperature", "0", "--do-sample"],
            "temperature must be greater than 0 and at most 3.4e38, got 0",
        ),
        (&["generate", "a", "--temperature", "-1", "--do-sample"], "at most 3.4e38, got -1"),
        (&["generate", "a", "--temperature", "nan", "--do-sample"], "temperature must be greater than 0"),
        (&["generate", "a", "--temperature", "0.5"], "temperature has no effect on greedy search"),
        (&["generate", "a", "--num-return-sequences", "2"], "num_return_sequences has no effect on greedy search"),
        (&["generate", "a", "--max-new-tokens", "0"], "max_new_tokens must be an integer, 1 or more"),
        (&["generate", "a", "--max-length", "1"], "max_length is 1, but the prompt alone has 1 tokens"),
        (&["generate", "a", "--eos-token-id", "8192"], "beyond the vocabulary; ids must be in 0..=8191"),
        (&["generate", "a", "--bogus"], "unexpected argument '--bogus'"),
        (&["generate"], "no prompt was given"),
        (&["generate", "--prompt-ids", "8192"], "token id 8192 is beyond the vocabulary; ids must be in 0..=8191"),
        (&["generate", "--prompt-ids", "1,x"], "got \"x\""),
        (&["generate", &long], "leaves room for a prompt of at most 511"),
        (&["generate", "a", "--threads", "0"], "0 is not in 1..=1024"),
        (&["generate", "a", "--dtype", "q9"], "unknown weight format"),
        (&["generate", "a", "--dtype", "q6_k"], "cannot convert"),
        (&["generate", "--prompt-file", "/nowhere.txt"], "/nowhere.txt"),
        (&["inspect", "a", "--steps", "0"], "0 is not in 1.."),
        (&["score"], "required"),
        (&["score", "a", "--ids", "1"], "cannot be used with"),
        (&["score", "--ids", "99999"], "beyond the vocabulary"),
        (&["tokenize", "--decode", "8192"], "beyond the vocabulary"),
        (&["bench", "--prompt-len", "400", "--new-tokens", "200"], "do not fit into the model's context of 512"),
        (&["bench", "--batch", "0"], "batch must be in 1.."),
        (&["bench", "--run", "top_k"], "name=value"),
        (&["bench", "--run", "top_k=3"], "top_k"),
        (&["bench", "--activations", "i4"], "f32, i16 or i8"),
        (&["bench", "--activations", "i24"], "f32, i16 or i8"),
        (&["nonsense"], "unrecognized subcommand"),
        (&[], "no command was given"),
    ] {
        let message = error(args, 2);
        assert!(message.contains(expected), "{args:?}: {message}");
    }
}

#[test]
fn neutral_values_are_never_a_mistake() {
    out(&["generate", "a", "--temperature", "1.0", "--top-p", "1", "--top-k", "100000", "--num-return-sequences", "1"]);
    out(&["generate", "a", "--do-sample=false", "--top-k=0"]);
}

/// Plain floats are looked at by the first pass: the command fails as if loading had.
#[test]
fn weights_that_are_no_numbers_exit_with_3() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(golden("checkpoints/tiny-gpt2")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join("model.safetensors");
    let mut file = std::fs::read(&path).unwrap();
    let end = file.len();
    file[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, file).unwrap();
    let model = folder.path().to_str().unwrap();
    for args in [&["generate", "--prompt-ids", "1,2"][..], &["score", "--ids", "1,2"], &["bench", "--new-tokens", "2"]]
    {
        let message = error(&[args, &["--model", model]].concat(), 3);
        assert!(message.contains("model.safetensors: tensor ") && message.contains("NaN or infinity"), "{message}");
    }
}

#[test]
fn models_that_cannot_be_had_exit_with_3() {
    for (model, expected) in [
        ("/nowhere/model.gguf", "no such file"),
        ("./nowhere", "no such file or folder"),
        ("org/not-in-the-cache", "org/not-in-the-cache"),
        ("what is this", "no such file or folder, and no name on the hub"),
        (&golden("expected/generate.seed7.json"), "the first four bytes are not \"GGUF\""),
        (&golden("variants/gpt2-inner"), "tokenizer.json"),
    ] {
        let message = error(&["generate", "a", "--model", model], 3);
        assert!(message.contains(expected), "{model}: {message}");
    }
    // Values are looked at before the model is.
    assert!(error(&["generate", "a", "--model", "/nowhere.gguf", "--top-p", "7"], 2).contains("top_p"));
}

#[test]
fn inspect_lists_candidates_in_order() {
    let report = json(&["inspect", "Once upon a time", "--steps", "3", "--top", "4", "--json"]);
    assert_eq!(report["steps"].as_array().unwrap().len(), 3);
    for step in report["steps"].as_array().unwrap() {
        let candidates = step["candidates"].as_array().unwrap();
        assert_eq!((candidates.len(), &candidates[0]["id"]), (4, &step["chosen"]["id"]));
        assert!(candidates.windows(2).all(|pair| pair[0]["prob"].as_f64() >= pair[1]["prob"].as_f64()));
        let listed: f64 = candidates.iter().map(|c| c["prob"].as_f64().unwrap()).sum();
        assert!((listed + step["rest"]["prob"].as_f64().unwrap() - 1.0).abs() < 1e-6);
        assert_eq!((step["rest"]["count"].as_u64(), step["kept"].as_u64()), (Some(8188), Some(8192)));
    }
    let shaped = json(&["inspect", "Once", "--steps", "1", "--do-sample", "--top-k", "3", "--seed", "1", "--json"]);
    assert_eq!(shaped["steps"][0]["kept"], 3);
    assert_eq!(shaped["steps"][0]["candidates"][3]["prob_processed"], 0.0);
    let table = out(&["inspect", "今天", "--model", &golden("checkpoints/tiny-gpt2"), "--steps", "4", "--top", "3"]);
    assert_eq!(table.lines().count(), 5); // a heading, and a row a step
    let table = table.split_once('\n').unwrap().1;
    assert!(table.lines().all(|line| line.split(" | ").count() == 4 && line.contains("%)")), "{table}");
}

#[test]
fn score_sums_the_text_and_not_the_prefix() {
    let whole = json(&["score", "Once upon a time", "--json"]);
    assert!(whole["tokens"][0]["logprob"].is_null());
    let part = json(&["score", " a time", "--prefix", "Once upon", "--json"]);
    assert_eq!(part["token_ids"], whole["token_ids"]);
    let of = |report: &Value, from: usize| -> f64 {
        report["tokens"].as_array().unwrap()[from..].iter().filter_map(|t| t["logprob"].as_f64()).sum()
    };
    let prefix = part["prefix_tokens"].as_u64().unwrap() as usize;
    assert!((part["sum_logprob"].as_f64().unwrap() - of(&whole, prefix)).abs() < 1e-9);
    let mean = part["mean_logprob"].as_f64().unwrap();
    assert!((part["perplexity"].as_f64().unwrap() - (-mean).exp()).abs() < 1e-9);
    let single = json(&["score", "--ids", "5", "--json"]);
    assert_eq!(single["sum_logprob"], 0.0);
    assert!(single["mean_logprob"].is_null() && single["perplexity"].is_null() && single["bits_per_byte"].is_null());
}

#[test]
fn score_takes_a_file_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let lines = at("texts.txt", "Once upon a time\n\nOnce upon a \"day\", then\n");
    let report = json(&["score", "--file", &lines, "--json"]);
    assert_eq!(report["rows"].as_array().unwrap().len(), 2);
    let alone = json(&["score", "Once upon a time", "--json"]);
    assert_eq!(report["rows"][0]["sum_logprob"], alone["sum_logprob"]);
    let csv = out(&["score", "--file", &lines, "--csv"]);
    assert!(csv.starts_with("text,tokens,sum_logprob") && csv.contains("\"Once upon a \"\"day\"\", then\""), "{csv}");
    let objects = at("texts.jsonl", "{\"prefix\": \"Once upon\", \"text\": \" a time\"}\n\"Once\"\n");
    let report = json(&["score", "--file", &objects, "--json"]);
    let alone = json(&["score", " a time", "--prefix", "Once upon", "--json"]);
    assert_eq!(report["rows"][0]["sum_logprob"], alone["sum_logprob"]);
    assert!(
        error(&["score", "--file", &at("odd.jsonl", "{\"text\": 1}"), "--json"], 2).contains("line 1: text must be")
    );
    assert!(error(&["score", "--file", &at("empty.txt", "\n"), "--json"], 2).contains("there is no text"));
    let number = |args: &[&str]| -> f64 {
        let table = out(args);
        let line = table.lines().find(|line| line.starts_with("sum of")).unwrap().to_owned();
        line.split(' ').nth(3).unwrap().parse().unwrap()
    };
    let nats = number(&["score", "Once upon a time"]);
    assert!((number(&["score", "Once upon a time", "--bits"]) * std::f64::consts::LN_2 - nats).abs() < 1e-4);
}

#[test]
fn tokenize_goes_both_ways() {
    let report = json(&["tokenize", "안녕 <|endoftext|>a", "--json"]);
    let ids: Vec<String> = report["token_ids"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert!(ids.contains(&"0".to_owned()));
    assert_eq!(json(&["tokenize", "--decode", &ids.join(","), "--json"])["text"], "안녕 <|endoftext|>a");
    let last = &report["tokens"][ids.len() - 1];
    assert_eq!(
        (last["start"].as_u64(), last["end"].as_u64(), &last["bytes"]),
        (Some(20), Some(21), &serde_json::json!([97]))
    );
    assert_eq!(json(&["tokenize", "", "--json"])["token_ids"], serde_json::json!([]));
}

#[test]
fn models_info_and_bench_tell_their_facts() {
    let info = json(&["models", "info", "--json"]);
    assert_eq!(
        (info["architecture"].as_str(), info["context"].as_u64(), info["dtype"].as_str()),
        (Some("gpt2"), Some(512), Some("q8_0"))
    );
    let bench = json(&["bench", "--prompt-len", "8", "--new-tokens", "4", "--batch", "2", "--repeat", "1", "--json"]);
    for field in
        ["model", "threads", "total_tokens_per_s", "sampling_share", "load_s", "weight_bytes", "memory_bandwidth_gb_s"]
    {
        assert!(!bench[field].is_null(), "{field}");
    }
    assert!(
        bench["prefill"]["tokens_per_s"].as_f64().unwrap() > 0.0
            && bench["decode"]["ms_per_step"].as_f64().unwrap() > 0.0
    );
    let drawn = "do_sample=true,top_k=50,top_p=0.9,temperature=0.8,repetition_penalty=1.2,num_return_sequences=3";
    let three = json(&["bench", "--prompt-len", "8", "--new-tokens", "4", "--repeat", "1", "--run", drawn, "--json"]);
    let [rate, step] = ["tokens_per_s", "ms_per_step"].map(|field| three["decode"][field].as_f64().unwrap());
    assert!((rate * step / 3000.0 - 1.0).abs() < 1e-9, "three sequences a step: {three}");
    let one = json(&["bench", "--prompt-len", "8", "--new-tokens", "1", "--repeat", "1", "--json"]);
    assert!(one["decode"]["tokens_per_s"].is_null() && one["bandwidth_share"].is_null());
}

#[test]
fn a_model_of_random_weights_is_written_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let shape = ["--width", "32", "--layers", "2", "--heads", "4", "--context", "10"];
    let random = |name: &str, seed: &str, more: &[&str]| {
        out(&[&["models", "random", "-o", &at(name), "--seed", seed], &shape[..], more].concat());
        std::fs::read(folder.path().join(name).join("model.safetensors")).unwrap()
    };
    let words = "hello world this is a model of ten words only";
    let gpt2 = random("gpt2", "1", &["--words", words]);
    assert_eq!(gpt2, random("again", "1", &["--words", words]));
    assert_ne!(gpt2, random("other", "2", &["--words", words]));
    let text = out(&["generate", "hello world this is", "--model", &at("gpt2"), "--max-new-tokens", "1"]);
    assert!(words.split(' ').any(|word| text.trim_end() == format!(" {word}")), "{text:?}");
    assert!(error(&["tokenize", "hello zebra", "--model", &at("gpt2")], 2).contains("could not be tokenized"));
    random("llama", "1", &["--architecture", "llama", "--vocab", "300"]);
    let report = json(&["generate", "안녕", "--model", &at("llama"), "--max-new-tokens", "2", "--json"]);
    assert_eq!(report["model"]["architecture"], "llama");
    assert_eq!(report["prompts"][0]["token_ids"].as_array().unwrap().len(), 6); // bytes
    assert!(error(&["models", "random", "-o", &at("gpt2")], 2).contains("there are files in it"));
    let uneven = ["models", "random", "-o", &at("new"), "--width", "30", "--heads", "4"];
    assert!(error(&uneven, 2).contains("width is 30; it must be a multiple of 4"));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("beamline"))
        .args(["generate", "a", "--max-new-tokens", "200"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn help_and_version_are_results() {
    let help = out(&["generate", "--help"]);
    assert!(help.contains("--top-p") && help.contains("--max-new-tokens") && help.contains("[0, 1]"));
    assert!(out(&["--version"]).starts_with("beamline "));
}

/// A copy of a tiny checkpoint whose generation config says something else.
fn with_generation_config(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(golden("checkpoints/tiny-llama") + "/" + file, folder.path().join(file)).unwrap();
    }
    std::fs::write(folder.path().join("generation_config.json"), text).unwrap();
    folder
}

#[test]
fn what_a_model_brings_is_never_the_users_mistake() {
    for (text, tokens) in [
        (r#"{"eos_token_id": 600, "max_length": 1}"#, 20),
        (r#"{"eos_token_id": [], "max_new_tokens": 7, "top_p": 9, "temperature": 0.5}"#, 7),
    ] {
        let folder = with_generation_config(text);
        let output =
            beamline(&["generate", "hello", "--json", "--model", folder.path().to_str().unwrap()]).output().unwrap();
        let warnings = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && warnings.lines().all(|line| line.starts_with("warning: ")), "{warnings}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["usage"]["new_tokens"], tokens, "{text}");
    }
    // A flag is stronger than the model's other way of saying a length.
    let folder = with_generation_config(r#"{"max_new_tokens": 50, "eos_token_id": []}"#);
    let report = json(&[
        "generate",
        "--prompt-ids",
        "5,6",
        "--max-length",
        "6",
        "--json",
        "--model",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(report["usage"]["new_tokens"], 4);
}

#[test]
fn lists_of_ids_may_be_empty_or_in_brackets() {
    let value = |ids: &str| {
        json(&["generate", "a", "--max-new-tokens", "1", "--eos-token-id", ids, "--json"])["effective_config"]["eos_token_id"]["value"].clone()
    };
    assert_eq!(value("[]"), serde_json::json!([]));
    assert_eq!(value(""), serde_json::json!([]));
    assert_eq!(value("[1, 2]"), serde_json::json!([1, 2]));
    assert_eq!(
        json(&["generate", "--prompt-ids", "", "--max-new-tokens", "1", "--json"])["prompts"][0]["token_ids"],
        serde_json::json!([0])
    );
}

#[test]
fn contradictions_are_found_before_the_model_is() {
    for args in [
        &["generate", "x", "--model", "./nope", "--do-sample=false", "--temperature", "0.5"][..],
        &["tokenize", "--model", "./nope", "--decode", "abc"],
        &["generate", "--prompt", "-", "--prompt-file", "-", "--model", "./nope"],
    ] {
        error(args, 2);
    }
    let output = beamline(&["generate", "x", "--model", "./nope"]).env("BEAMLINE_ISA", "zz").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn control_c_ends_with_130() {
    use std::process::{Command, Stdio};
    // Waiting for standard input; then while text streams.
    for args in [&["score", "-"][..], &["generate", "a", "--max-new-tokens", "250", "--threads", "1"]] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("beamline"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        let stdin = child.stdin.take(); // kept open: it must not be the end of input that ends it
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        let text = String::from_utf8(output.stdout).unwrap();
        // A fast machine may have written all of it before.
        assert!(
            output.status.code() == Some(130) || (args[0] == "generate" && output.status.success()),
            "{args:?}: {output:?}",
            output = output.status
        );
        assert!(args[0] == "score" || text.ends_with('\n'), "{text:?}");
    }
}
