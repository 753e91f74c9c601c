//! Decoding options from outside: strategies, contradictions, stop strings, grammars, traces.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::PathBuf;

fn tiny(name: &str) -> String {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/checkpoints"))
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

fn run(args: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1").output().unwrap()
}

fn report(args: &[&str]) -> Value {
    let output = run(&[&["generate"], args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one line of an error that is found before any text is printed.
fn refused(args: &[&str], code: i32) -> String {
    let output = run(&[&["generate", "Once"], args].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(code), true), "{args:?}: {message}");
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{args:?}: {message}");
    message
}

/// A file with a JSON object of options.
fn config(fields: &Value) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), fields.to_string()).unwrap();
    file
}

#[test]
fn an_option_without_effect_says_what_would_use_it() {
    for (args, needed) in [
        (&["--temperature", "0.7"][..], "needs do_sample"),
        (&["--length-penalty", "2"], "needs num_beams"),
        (&["--early-stopping", "never"], "needs num_beams"),
        (&["--top-p", "0.9", "--num-beams", "3"], "has no effect on beam search; it needs do_sample"),
        (&["--top-k", "4"], "needs do_sample or penalty_alpha"),
        (&["--num-return-sequences", "2"], "needs do_sample or num_beams or exact_search"),
        (&["--diversity-penalty", "1", "--num-beams", "4"], "needs num_beam_groups"),
        (&["--dry-base", "2"], "needs dry_multiplier"),
        (&["--mirostat-tau", "3", "--do-sample"], "needs mirostat"),
        (&["--node-budget", "9"], "needs exact_search"),
        (&["--num-assistant-tokens", "3"], "needs assistant"),
    ] {
        let message = refused(args, 2);
        assert!(message.contains(needed), "{args:?}: {message}");
    }
    // Neutral values never are a mistake.
    let neutral =
        ["--temperature", "1.0", "--top-p", "1", "--top-k", "100000", "--length-penalty", "1", "--num-beams", "1"];
    report(&[&["Once", "--max-new-tokens", "2"], &neutral[..]].concat());
}

#[test]
fn contradictions_are_errors_that_name_both_sides() {
    for (args, part) in [
        (
            &["--num-beams", "3", "--num-return-sequences", "4"][..],
            "num_return_sequences must be at most num_beams, which is 3, got 4",
        ),
        (&["--forced-eos-token-id", "5", "--suppress-tokens", "4,5"], "name the same token 5"),
        (&["--penalty-alpha", "0.6", "--do-sample"], "penalty_alpha and do_sample do not go together"),
        (&["--exact-search", "--do-sample"], "exact_search and do_sample do not go together"),
        (
            &["--num-beams", "5", "--num-beam-groups", "2", "--diversity-penalty", "1"],
            "num_beam_groups must divide num_beams, which is 5, got 2",
        ),
        (&["--num-beams", "4", "--num-beam-groups", "2"], "without a diversity_penalty"),
        (&["--prompt-lookup-num-tokens", "4", "--num-beams", "2"], "do not go together"),
        (
            &["--do-sample", "--processors", "top_p", "--temperature", "0.5"],
            "temperature has no effect: processors does not list it",
        ),
        (&["--processors", "top_q"], "got \"top_q\""),
        (&["--do-sample", "--processors", "top_k,top_k"], "lists top_k twice"),
        (&["--do-sample", "--best-of", "2", "--num-return-sequences", "3"], "at most best_of, which is 2, got 3"),
        (&["--json-schema", "{}", "--regex", "a"], "one grammar at a time"),
        (
            &["--regex", "a+", "--processors", "no_repeat_ngram_size"],
            "regex has no effect: processors does not list it",
        ),
        (
            &["--guidance-scale", "1.5", "--processors", "top_k"],
            "guidance_scale has no effect: processors does not list it",
        ),
    ] {
        let message = refused(args, 2);
        assert!(message.contains(part), "{args:?}: {message}");
    }
}

#[test]
fn values_out_of_range_name_the_range_and_the_way_out() {
    for (args, part) in [
        (&["--num-beams", "0"][..], "num_beams must be an integer in 1..=1024, got 0"),
        (&["--do-sample", "--min-p", "1.5"], "min_p must be in [0, 1], got 1.5; leave it out, or give 0"),
        (&["--do-sample", "--typical-p", "0"], "typical_p must be in (0, 1], got 0"),
        (&["--early-stopping", "maybe"], "early_stopping must be true, false or never, got maybe"),
        (&["--do-sample", "--rng", "dice"], "rng must be counter or torch, got dice"),
        (&["--sequence-bias", "[[[1]]]"], "sequence_bias must be pairs of token ids and a number"),
        (&["--bad-words-ids", "[[]]"], "bad_words_ids must be lists of token ids, none empty"),
        (&["--num-beams", "2", "--force-words-ids", "[[[1],[1,2]]]"], "force_words_ids must be phrases"),
        (&["--max-time", "0"], "max_time must be seconds, greater than 0 and at most 1e9, got 0"),
        (&["--stop-strings", ""], "stop_strings must be one or more texts, none empty"),
        (&["--suppress-tokens", "99999999"], "suppress_tokens 99999999 is beyond the vocabulary; ids must be in 0..="),
        (&["--regex", "("], "regex: "),
        (&["--trace", "/no/such/folder/t.jsonl"], "give --trace a file that can be written"),
    ] {
        let message = refused(args, 2);
        assert!(message.contains(part), "{args:?}: {message}");
    }
}

#[test]
fn processors_that_leave_nothing_are_named() {
    let all: Vec<String> = (0..512).map(|id| id.to_string()).collect();
    let message = refused(&["--model", &tiny("tiny-gpt2"), "--suppress-tokens", &all.join(",")], 1);
    assert!(message.contains("suppress_tokens removed every token"), "{message}");
}

#[test]
fn presets_bring_an_order_and_defaults_that_flags_win_over() {
    let report = report(&["Once", "--preset", "llama.cpp", "--seed", "1", "--max-new-tokens", "3", "--top-k", "20"]);
    let of = |name: &str| report["effective_config"][name].clone();
    assert_eq!(of("do_sample"), json!({"value": true, "origin": "default"}));
    assert_eq!(of("temperature"), json!({"value": 0.8, "origin": "default"}));
    assert_eq!(of("top_k"), json!({"value": 20, "origin": "flag"}));
    assert_eq!(of("repeat_last_n"), json!({"value": 64, "origin": "default"}));
    // What a preset switches on gives way.
    for search in [&["--penalty-alpha", "0.6", "--top-k", "4"][..], &["--exact-search"]] {
        self::report(&[&["Once", "--preset", "llama.cpp", "--max-new-tokens", "2"], search].concat());
    }
}

#[test]
fn options_by_flag_and_by_file_are_one() {
    let fields = json!({
        "num_beams": 3, "num_return_sequences": 2, "early_stopping": "never", "length_penalty": 0.5, "max_new_tokens": 6,
        "bad_words_ids": [[5], [7, 8]], "sequence_bias": [[[9], 2.5]], "suppress_tokens": [11, 12], "eos_token_id": [0, 3],
        "exponential_decay_length_penalty": [2, 1.5], "pad_token_id": 1, "use_cache": true
    });
    let file = config(&fields);
    let model = tiny("tiny-gpt2");
    let by_file = report(&["Once", "--model", &model, "--config", file.path().to_str().unwrap()]);
    let by_flag = report(&[
        "Once",
        "--model",
        &model,
        "--num-beams",
        "3",
        "--num-return-sequences",
        "2",
        "--early-stopping",
        "never",
        "--length-penalty",
        "0.5",
        "--max-new-tokens",
        "6",
        "--bad-words-ids",
        "[[5],[7,8]]",
        "--sequence-bias",
        "[[[9],2.5]]",
        "--suppress-tokens",
        "11,12",
        "--eos-token-id",
        "0,3",
        "--exponential-decay-length-penalty",
        "[2,1.5]",
    ]);
    assert_eq!(by_file["sequences"], by_flag["sequences"]);
    assert_eq!(by_file["effective_config"]["early_stopping"], json!({"value": "never", "origin": "config"}));
}

#[test]
fn beams_have_scores_that_are_their_tokens_sums() {
    let model = tiny("tiny-llama");
    let report = report(&[
        "Once upon",
        "--model",
        &model,
        "--num-beams",
        "4",
        "--num-return-sequences",
        "4",
        "--length-penalty",
        "0.5",
        "--max-new-tokens",
        "9",
    ]);
    for sequence in report["sequences"].as_array().unwrap() {
        let tokens = sequence["tokens"].as_array().unwrap();
        let sum: f64 = tokens.iter().map(|token| token["logprob_processed"].as_f64().unwrap()).sum();
        let score = sum / (tokens.len() as f64).sqrt();
        assert!((score - sequence["score"].as_f64().unwrap()).abs() < 1e-4);
    }
}

#[test]
fn stop_strings_are_kept_or_cut_across_tokens() {
    let model = tiny("tiny-gpt2");
    let base = ["Once upon a time", "--model", &model, "--max-new-tokens", "20", "--eos-token-id", ""];
    let whole = report(&base)["sequences"][0]["text"].as_str().unwrap().to_owned();
    // Two characters in the middle, whichever tokens they come from.
    let chars: Vec<char> = whole.chars().collect();
    let pair = chars[4..].windows(2).find(|pair| !pair.contains(&'\u{fffd}')).unwrap();
    let stop: String = pair.iter().collect();
    let place = whole.find(&stop).unwrap();
    let kept = report(&[&base[..], &["--stop-strings", &stop]].concat());
    let sequence = &kept["sequences"][0];
    assert_eq!(
        (sequence["finish_reason"].as_str(), sequence["stop_string"].as_str()),
        (Some("stop"), Some(stop.as_str()))
    );
    assert!(sequence["text"].as_str().unwrap().starts_with(&whole[..place + stop.len()]));
    let cut = [&base[..], &["--stop-strings", &stop, "--include-stop-str-in-output=false"]].concat();
    assert_eq!(report(&cut)["sequences"][0]["text"], whole[..place]);
    // And so it streams.
    let streamed = run(&[&["generate"], &cut[..]].concat());
    assert_eq!(String::from_utf8(streamed.stdout).unwrap(), format!("{}\n", &whole[..place]));
}

#[test]
fn grammars_hold_greedy_search_sampling_and_beams() {
    let schema = r#"{"type": "object", "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9}, "b": {"enum": ["x", "y"]}}, "required": ["a", "b"], "additionalProperties": false}"#;
    for more in [&[][..], &["--do-sample", "--seed", "4", "--temperature", "2"], &["--num-beams", "3"]] {
        let report = report(&[&["Data:", "--json-schema", schema, "--max-new-tokens", "60"], more].concat());
        let sequence = &report["sequences"][0];
        let data: Value = serde_json::from_str(sequence["text"].as_str().unwrap().trim()).unwrap();
        assert!(data["a"].as_u64().unwrap() <= 9 && ["x", "y"].contains(&data["b"].as_str().unwrap()), "{data}");
        assert_eq!(sequence["finish_reason"], "eos");
    }
    let date = report(&["On ", "--regex", "[0-9]{4}-[0-9]{2}", "--max-new-tokens", "30"]);
    let text = date["sequences"][0]["text"].as_str().unwrap();
    assert!(text.len() == 7 && text.as_bytes()[4] == b'-', "{text:?}");
    let list = report(&["On ", "--lark", "start: \"a\" (\",\" \"a\")* \".\"", "--max-new-tokens", "30"]);
    assert!(list["sequences"][0]["text"].as_str().unwrap().starts_with('a'));
}

#[test]
fn phrases_that_cannot_be_said_are_refused() {
    let model = tiny("tiny-llama");
    let base = ["--model", &model, "--num-beams", "4", "--max-new-tokens", "3"];
    for (args, part) in [
        (&["--force-words-ids", "[[5,6],[7,8]]"][..], "needs 4 tokens at the least, but only 3 may come"),
        (&["--force-words-ids", "[[5]]", "--suppress-tokens", "5"], "of which suppress_tokens allows nothing"),
    ] {
        let message = refused(&[&base[..], args].concat(), 2);
        assert!(message.contains(part), "{message}");
    }
    // A stop string that begins in the prompt leaves nothing, streamed or not.
    let stop = ["Once upon", "--model", &model, "--max-new-tokens", "8", "--eos-token-id", ""];
    let text = report(&stop)["sequences"][0]["text"].as_str().unwrap().to_owned();
    let across = format!("upon{}", text.chars().next().unwrap());
    let cut = [&stop[..], &["--stop-strings", &across, "--include-stop-str-in-output=false"]].concat();
    assert_eq!(report(&cut)["sequences"][0]["text"], "");
    assert_eq!(String::from_utf8(run(&[&["generate"], &cut[..]].concat()).stdout).unwrap(), "\n");
}

#[test]
fn exact_search_proves_what_it_found() {
    let model = tiny("tiny-gpt2");
    let report =
        report(&["Once", "--model", &model, "--exact-search", "--max-new-tokens", "2", "--num-return-sequences", "2"]);
    let proof = &report["prompts"][0]["certificate"];
    assert_eq!(
        (proof["is_mode"].as_bool(), proof["best"].as_f64()),
        (Some(true), report["sequences"][0]["score"].as_f64())
    );
    let output = run(&["generate", "Once", "--model", &model, "--exact-search", "--max-new-tokens", "2"]);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.starts_with("this is the mode: no text is more probable than -"), "{note}");
}

/// Time cuts a search short, and its proof with it.
#[test]
fn an_exact_search_without_time_proves_less() {
    let report = report(&["Once", "--exact-search", "--max-time", "0.001", "--max-new-tokens", "10"]);
    let (proof, sequence) = (&report["prompts"][0]["certificate"], &report["sequences"][0]);
    assert!(sequence["finish_reason"] != "time" && proof["bound"].as_f64() >= proof["best"].as_f64());
    assert_eq!(proof["is_mode"], json!(proof["bound"] == proof["best"]));
    // Its tokens have all their numbers.
    let sum: f64 = sequence["tokens"].as_array().unwrap().iter().map(|token| token["logprob"].as_f64().unwrap()).sum();
    assert!((sum - sequence["sum_logprob"].as_f64().unwrap()).abs() < 1e-9);
    assert!(sequence["tokens"].as_array().unwrap().iter().all(|token| token["rank"].as_u64().unwrap() >= 1));
}

#[test]
fn a_grammar_without_end_tokens_ends_its_text() {
    let model = tiny("tiny-gpt2");
    let args = [
        "generate",
        "Once",
        "--model",
        &model,
        "--regex",
        "[0-9]{3}",
        "--eos-token-id",
        "",
        "--do-sample",
        "--top-k",
        "0",
        "--temperature",
        "3",
    ];
    for seed in ["1", "2", "3"] {
        let output = run(&[&args[..], &["--seed", seed]].concat());
        // There is nothing that may follow, and no end token: the text is finished.
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.trim_end();
        assert!(text.chars().all(|c| c.is_ascii_digit()) && text.len() == 3, "{text:?}");
        assert!(output.status.success() && output.stderr.is_empty(), "{:?}", String::from_utf8(output.stderr));
    }
}

#[test]
fn a_step_table_follows_the_best_sequence_of_any_search() {
    let model = tiny("tiny-gpt2");
    for more in [
        &["--num-beams", "3"][..],
        &["--penalty-alpha", "0.6", "--top-k", "4"],
        &["--do-sample", "--best-of", "3", "--seed", "1"],
        &["--exact-search"],
    ] {
        let output = run(&[&["inspect", "Once", "--model", &model, "--steps", "3", "--json"], more].concat());
        assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        let table: Value = serde_json::from_slice(&output.stdout).unwrap();
        let generated = report(&[&["Once", "--model", &model, "--max-new-tokens", "3"], more].concat());
        let chosen: Vec<&Value> = table["steps"].as_array().unwrap().iter().map(|step| &step["chosen"]["id"]).collect();
        let ids: Vec<&Value> = generated["sequences"][0]["token_ids"].as_array().unwrap().iter().collect();
        assert_eq!(chosen, ids, "{more:?}");
    }
}

#[test]
fn the_same_seed_of_torch_gives_transformers_text() {
    // A golden of goldens/expected/generate.seed7.json, through the flags.
    let report = report(&[
        "\n\n",
        "--model",
        &tiny("tiny-gpt2"),
        "--do-sample",
        "--rng",
        "torch",
        "--seed",
        "125729",
        "--max-new-tokens",
        "16",
        "--temperature",
        "1.3",
        "--min-p",
        "0.05",
        "--top-k",
        "0",
        "--repetition-penalty",
        "1.2",
    ]);
    let expected = json!([203, 127, 358, 134, 467, 451, 113, 177, 364, 328, 437, 440, 370, 437, 113, 437]);
    assert_eq!(report["sequences"][0]["token_ids"], expected);
}

#[test]
fn an_assistant_changes_nothing_but_must_have_the_same_tokens() {
    let (model, other) = (tiny("tiny-llama"), tiny("tiny-gpt2"));
    let base = ["Once upon a time", "--model", &model, "--max-new-tokens", "12"];
    let plain = report(&base);
    assert_eq!(report(&[&base[..], &["--assistant", &other]].concat())["sequences"], plain["sequences"]);
    let message = refused(&["--model", &model, "--assistant", "builtin"], 2);
    assert!(message.contains("has another vocabulary"), "{message}");
}

#[test]
fn a_trace_lies_beside_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let report = report(&[
        "Once",
        "--model",
        &tiny("tiny-gpt2"),
        "--num-beams",
        "2",
        "--max-new-tokens",
        "4",
        "--trace",
        path.to_str().unwrap(),
    ]);
    let replayed = beamline::replay(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["sequences"][0]["token_ids"], json!(replayed[0].token_ids));
}

#[test]
fn time_ends_a_text_and_says_so() {
    let report = report(&["Once", "--max-time", "0.000001", "--max-new-tokens", "50"]);
    assert_eq!(report["sequences"][0]["finish_reason"], "time");
    assert!(report["usage"]["new_tokens"].as_u64().unwrap() < 5);
}

/// What a model's own file says is never a mistake, and gives way to what is asked for.
#[test]
fn a_models_own_settings_are_honoured_and_give_way() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(tiny("tiny-gpt2")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    // Whatever it is, it is no error.
    for odd in [
        json!({"suppress_tokens": [5000]}),
        json!({"forced_bos_token_id": 9999}),
        json!({"num_beams": 4, "num_beam_groups": 2}),
        json!({"suppress_tokens": [5], "forced_eos_token_id": 5}),
        json!({"regex": "a", "lark": "x", "processors": ["x"], "assistant": "x"}),
    ] {
        std::fs::write(folder.path().join("generation_config.json"), odd.to_string()).unwrap();
        report(&["Once", "--model", folder.path().to_str().unwrap(), "--max-new-tokens", "4"]);
    }
    let own = json!({"eos_token_id": 0, "penalty_alpha": 0.6, "top_k": 4, "temperature": 0.3, "num_return_sequences": 3, "length_penalty": 2.0});
    std::fs::write(folder.path().join("generation_config.json"), own.to_string()).unwrap();
    let model = folder.path().to_str().unwrap();
    let contrastive = report(&["Once", "--model", model, "--max-new-tokens", "4"]);
    assert_eq!(contrastive["effective_config"]["penalty_alpha"], json!({"value": 0.6, "origin": "model"}));
    let drawn = report(&["Once", "--model", model, "--max-new-tokens", "4", "--do-sample", "--seed", "1"]);
    assert_eq!(drawn["sequences"].as_array().unwrap().len(), 3);
    assert_eq!(drawn["effective_config"]["penalty_alpha"]["value"], Value::Null);
    let beams = report(&["Once", "--model", model, "--max-new-tokens", "4", "--num-beams", "2"]);
    assert_eq!(beams["sequences"].as_array().unwrap().len(), 2);
    assert_eq!(beams["effective_config"]["length_penalty"]["origin"], "model");
}
