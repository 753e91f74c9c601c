//! Pictures, comparisons, pages and reports from outside: what is written, and how wrong wishes are refused.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

const KINDS: [&str; 11] = [
    "next",
    "heat",
    "temperature",
    "histogram",
    "cumulative",
    "beams",
    "surprisal",
    "embeddings",
    "attention",
    "compare",
    "sweep",
];

fn tiny(name: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/checkpoints")).join(name);
    path.to_str().unwrap().to_owned()
}

fn beamline(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1");
    command
}

/// Standard output of a command that must succeed.
fn out(args: &[&str]) -> String {
    let output = beamline(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&out(args)).unwrap()
}

/// The one line of an error, for a command that must fail with `code`.
fn error(args: &[&str], code: i32) -> String {
    let output = beamline(args).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{args:?}: {message}");
    message
}

/// The path of a file in a folder, as an argument.
fn at(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn plotted(kind: &str, prompt: &str, extra: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (picture, data) = (at(folder.path(), "a.svg"), at(folder.path(), "a.json"));
    out(&[&["plot", kind, prompt, "-o", &picture, "--data", &data], extra].concat());
    assert!(std::fs::read_to_string(picture).unwrap().starts_with("<svg"));
    serde_json::from_str(&std::fs::read_to_string(data).unwrap()).unwrap()
}

#[test]
fn every_kind_works_with_a_prompt_and_a_file_alone() {
    for model in ["tiny-gpt2", "tiny-llama"] {
        let folder = tempfile::tempdir().unwrap();
        for kind in KINDS {
            for (ending, begin) in [("svg", &b"<svg"[..]), ("png", b"\x89PNG"), ("html", b"<!doctype html>")] {
                let file = at(folder.path(), &format!("{kind}.{ending}"));
                let printed = out(&["plot", kind, "안녕 and", "-o", &file, "--model", &tiny(model)]);
                assert!(printed.is_empty());
                let bytes = std::fs::read(&file).unwrap();
                assert!(bytes.starts_with(begin) && bytes.len() > 2500, "{model} {file}");
            }
        }
    }
}

#[test]
fn next_draws_the_numbers_of_inspect() {
    let options = ["--do-sample", "--top-k", "5", "--seed", "3", "--model", &tiny("tiny-gpt2")];
    let data = plotted("next", "The", &options);
    let step = &data[0]["steps"][0];
    let inspected = json(&[&["inspect", "The", "--steps", "1", "--top", "600", "--json"], &options[..]].concat());
    let expected = &inspected["steps"][0];
    assert_eq!(step["chosen"], expected["chosen"]);
    for candidate in step["candidates"].as_array().unwrap() {
        let same = |other: &&Value| other["id"] == candidate["id"];
        let other = expected["candidates"].as_array().unwrap().iter().find(same).unwrap();
        for field in ["text", "bytes", "logprob", "prob", "prob_processed", "rank", "removed_by"] {
            assert_eq!(candidate[field], other[field], "{field}");
        }
    }
}

#[test]
fn temperature_histogram_and_cumulative_draw_the_vocabulary_of_inspect() {
    let model = tiny("tiny-gpt2");
    let inspected = json(&["inspect", "The", "--steps", "1", "--top", "600", "--json", "--model", &model]);
    let expected = inspected["steps"][0]["candidates"].as_array().unwrap();
    let close = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-12;
    let data = plotted("temperature", "The", &["--temperatures", "1", "--model", &model]);
    for (token, candidate) in data["tokens"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(token["id"], candidate["id"]);
        assert!(close(&token["probs"][0], &candidate["prob"]));
    }
    let histogram = plotted("histogram", "The", &["--model", &model]);
    for bin in histogram["bins"].as_array().unwrap() {
        let within = |p: f64| bin["from"].as_f64().unwrap() <= p && p < bin["to"].as_f64().unwrap();
        let count = expected.iter().filter(|c| within(c["prob"].as_f64().unwrap())).count() as u64;
        assert_eq!(bin["tokens"], count);
    }
    let curve = plotted("cumulative", "The", &["--top-k", "3", "--top-p", "0.5", "--model", &model]);
    let three: f64 = expected[..3].iter().map(|c| c["prob"].as_f64().unwrap()).sum();
    assert!((curve["cumulative"][2].as_f64().unwrap() - three).abs() < 1e-12);
    assert!((curve["cuts"][0]["outside"].as_f64().unwrap() - (1.0 - three)).abs() < 1e-12);
    let all = plotted("cumulative", "The", &["--top-k", "0", "--model", &model]);
    assert!(all["cuts"][0]["outside"].as_f64().unwrap() < 1e-9, "0 keeps every token");
}

#[test]
fn surprisal_draws_the_numbers_of_score() {
    let model = tiny("tiny-qwen2");
    let data = plotted("surprisal", "The", &["--max-new-tokens", "6", "--model", &model]);
    let ids: Vec<String> = data["score"]["token_ids"].as_array().unwrap().iter().map(Value::to_string).collect();
    let scored = json(&["score", "--ids", &ids.join(","), "--json", "--model", &model]);
    assert_eq!(data["score"]["tokens"], scored["tokens"]);
    let generated = json(&["generate", "The", "--max-new-tokens", "6", "--json", "--model", &model]);
    let new: Vec<String> =
        generated["sequences"][0]["token_ids"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(ids[data["continues_at"].as_u64().unwrap() as usize..], new);
}

#[test]
fn heat_draws_the_numbers_of_inspect_for_each_method() {
    let model = tiny("tiny-gpt2");
    let runs = ["--run", "cold: do_sample=true,temperature=0.5,top_k=0", "--run", "three: do_sample=true,top_k=3"];
    let data = plotted("heat", "The", &[&runs[..], &["--top", "4", "--seed", "1", "--model", &model]].concat());
    assert_eq!(data["rows"], serde_json::json!(["raw model", "cold", "three"]));
    for (row, options) in
        [(1, &["--temperature", "0.5", "--top-k", "0"]), (2, &["--temperature", "1.0", "--top-k", "3"])]
    {
        let args = [
            "inspect",
            "The",
            "--steps",
            "1",
            "--top",
            "600",
            "--json",
            "--do-sample",
            "--seed",
            "1",
            "--model",
            &model,
        ];
        let expected = json(&[&args[..], &options[..]].concat());
        for (token, percent) in data["tokens"].as_array().unwrap().iter().zip(data["percent"][row].as_array().unwrap())
        {
            let same = |c: &&Value| c["id"] == token["id"];
            let candidate = expected["steps"][0]["candidates"].as_array().unwrap().iter().find(same).unwrap();
            match percent.as_f64() {
                Some(percent) => {
                    assert!((percent / 100.0 - candidate["prob_processed"].as_f64().unwrap()).abs() < 1e-12);
                }
                None => assert!(candidate["removed_by"].is_string()),
            }
        }
    }
}

#[test]
fn beams_says_how_it_searched_and_scores_as_generate_does() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, model) = (at(folder.path(), "a.svg"), tiny("tiny-llama"));
    let text = |extra: &[&str]| {
        out(&[&["plot", "beams", "The", "-o", &picture, "--model", &model], extra].concat());
        std::fs::read_to_string(&picture).unwrap()
    };
    assert!(text(&[]).contains("beam search with 3 beams"));
    let options = ["--num-beams", "4", "--max-new-tokens", "5", "--length-penalty", "0.5"];
    let found = json(&[&["generate", "The", "--json", "--model", &model], &options[..]].concat());
    let score = format!("score {:.3}", found["sequences"][0]["score"].as_f64().unwrap());
    let svg = text(&options);
    assert!(svg.contains(&score) && svg.contains("length^0.5"), "{score}");
    assert!(text(&["--bits"]).contains("in bits"));
}

#[test]
fn beams_draws_what_generate_found() {
    let options = ["--num-beams", "3", "--max-new-tokens", "5", "--model", &tiny("tiny-llama")];
    let data = plotted("beams", "The", &options);
    let found = json(&[&["generate", "The", "--json"], &options[..]].concat());
    let winner =
        data["winner"].as_array().unwrap().iter().map(|i| &data["candidates"][i.as_u64().unwrap() as usize]["id"]);
    assert_eq!(Value::Array(winner.cloned().collect()), found["sequences"][0]["token_ids"]);
}

#[test]
fn wrong_wishes_are_refused_before_a_model_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| at(folder.path(), name);
    let none = "--model=/no/such/model";
    let refused = |args: &[&str]| error(&[args, &[none]].concat(), 2);
    assert!(refused(&["plot", "pie", "The", "-o", &file("a.svg")]).contains("pie"));
    assert!(refused(&["plot", "next", "The", "-o", &file("a.gif")]).contains(".svg, .png or .html"));
    assert!(refused(&["plot", "next", "The", "-o", &file("no/a.svg")]).contains("can be written"));
    assert!(refused(&["plot", "next", "The", "-o", folder.path().to_str().unwrap()]).contains("folder"));
    assert!(
        refused(&["plot", "next", "The", "-o", &file("a.svg"), "--data", &file("a.txt")]).contains(".csv or .json")
    );
    assert!(refused(&["plot", "next", "The", "-o", &file("a.svg"), "--head", "1"]).contains("attention"));
    assert!(refused(&["plot", "histogram", "The", "-o", &file("a.svg"), "--top-k", "5"]).contains("raw model"));
    assert!(refused(&["plot", "next", "The", "-o", &file("a.svg"), "--width", "9"]).contains("320"));
    assert!(refused(&["plot", "temperature", "The", "-o", &file("a.svg"), "--temperatures", "0"]).contains("above 0"));
    assert!(refused(&["plot", "next", "The", "-o", "-"]).contains("standard output"));
    assert!(refused(&["plot", "heat", "The", "-o", &file("a.svg"), "--free-scales"]).contains("belongs to plot next"));
    assert!(
        refused(&["plot", "beams", "The", "-o", &file("a.svg"), "--linear"]).contains("temperature and cumulative")
    );
    assert!(refused(&["plot", "next", "The", "-o", &file("a.svg"), "--bits"]).contains("surprisal"));
    assert!(refused(&["compare", "The", "-o", &file("a.svg")]).contains(".html"));
    assert!(refused(&["compare", "The", "--run", "five"]).contains("name=value"));
    assert!(refused(&["report", "The", "-o", &file("a.pdf")]).contains(".html"));
    assert!(refused(&["report", "The", "-o", &file("a.html"), "--max-time", "1"]).contains("cannot be replayed"));
    assert!(refused(&["compare", "The", "--run", ""]).contains("sets no option"));
    assert!(refused(&["plot", "sweep", "The", "-o", &file("a.svg"), "--values", "1,,2"]).contains("parted by commas"));
    assert!(refused(&["explain", "top_q"]).contains("no page on"));
    assert!(refused(&["replay", &file("none.html")]).contains("none.html"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_head_or_a_layer_that_does_not_exist_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = at(folder.path(), "a.svg");
    let plot = |extra: [&str; 2]| {
        error(&[&["plot", "attention", "The", "-o", &file, "--model", &tiny("tiny-gpt2")], &extra[..]].concat(), 2)
    };
    assert!(plot(["--head", "99"]).contains("head must be in 0..="));
    assert!(plot(["--layer", "99"]).contains("layer must be in 0..="));
    assert!(!Path::new(&file).exists());
}

#[test]
fn a_file_that_is_there_keeps_its_content_until_the_new_one_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = at(folder.path(), "a.svg");
    std::fs::write(&file, "old").unwrap();
    error(&["plot", "next", "The", "-o", &file, "--model", "/no/such/model"], 3);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    out(&["plot", "next", "The", "-o", &file, "--model", &tiny("tiny-gpt2")]);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<svg"));
}

#[test]
fn data_come_as_csv_too() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, data) = (at(folder.path(), "a.svg"), at(folder.path(), "a.csv"));
    out(&["plot", "cumulative", "The", "-o", &picture, "--data", &data, "--model", &tiny("tiny-gpt2")]);
    let text = std::fs::read_to_string(data).unwrap();
    assert!(text.starts_with("rank,id,token,prob,cumulative\r\n1,"));
    // A token may hold a line end, inside quotes; ranks begin the other lines.
    assert!(text.contains("\r\n512,"));
}

#[test]
fn compare_shows_each_way_and_json_has_all_numbers() {
    let model = tiny("tiny-gpt2");
    let args = ["compare", "The", "--max-new-tokens", "8", "--model", &model];
    let text = out(&args);
    for name in ["greedy", "beam 5", "beam 5, no-repeat 2", "T 0.7", "T 2.0", "top-k 50", "top-p 0.9"] {
        assert!(text.lines().any(|line| line == name), "{name}");
    }
    assert!(!text.contains('\u{1b}'), "a pipe gets no colours");
    let both = ["--run", "num_beams=1", "--run", "mine: do_sample=true,top_k=5", "--seeds", "3", "--json"];
    let report = json(&[&args[..], &both].concat());
    let runs = report["runs"].as_array().unwrap();
    assert_eq!((runs.len(), runs[1]["name"].as_str()), (2, Some("mine")));
    assert_eq!(runs[1]["texts"].as_array().unwrap().len(), 3);
    assert!(
        runs[0]["spread"].is_null() && runs[1]["spread"]["mean_logprob"].is_f64() && runs[1]["similarity"].is_f64()
    );
    for field in [
        "sum_logprob",
        "mean_logprob",
        "perplexity",
        "distinct_1",
        "distinct_2",
        "distinct_3",
        "repeated_4",
        "longest_repeat",
        "length",
    ] {
        assert!(runs[0]["mean"][field].is_f64(), "{field}");
    }
    let text = &runs[0]["texts"][0];
    let generated = json(&["generate", "The", "--max-new-tokens", "8", "--json", "--model", &model]);
    assert_eq!(text["tokens"], generated["sequences"][0]["tokens"]);
    // What is common is common to all texts of all ways.
    let drawn = json(&[&args[..], &["--run", "do_sample=true", "--seeds", "3", "--json"]].concat());
    let texts = drawn["runs"][0]["texts"].as_array().unwrap();
    let first = texts.iter().filter_map(|text| text["differs_at"].as_u64()).min().unwrap();
    assert_eq!(drawn["common"], first);
    let folder = tempfile::tempdir().unwrap();
    let page = at(folder.path(), "a.html");
    out(&[&args[..], &["-o", &page]].concat());
    assert!(std::fs::read_to_string(page).unwrap().contains("beam 5, no-repeat 2"));
}

#[test]
fn every_topic_has_a_page_with_an_example_of_its_own() {
    let index = out(&["explain"]);
    let names: Vec<&str> = index.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(names.len() > 40 && names.contains(&"choosing"));
    for name in names.iter().filter(|name| **name != "choosing") {
        let page = json(&["explain", name, "--json", "--model", &tiny("tiny-gpt2")]);
        assert!(!page["page"]["What it does"].as_str().unwrap().is_empty(), "{name}");
        assert!(!page["example"].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(out(&["explain", "top-p"]), out(&["explain", "top_p"]));
    let choosing = out(&["explain", "choosing"]);
    assert!(choosing.contains("nats a token") && choosing.contains("beam 5, no-repeat 2"));
}

#[test]
fn a_report_is_replayed_token_by_token() {
    let folder = tempfile::tempdir().unwrap();
    let page = at(folder.path(), "a.html");
    let model = tiny("tiny-llama");
    out(&[
        "report",
        "</script>안녕",
        "-o",
        &page,
        "--model",
        &model,
        "--do-sample",
        "--seed",
        "5",
        "--max-new-tokens",
        "9",
    ]);
    let text = std::fs::read_to_string(&page).unwrap();
    let links = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!links.contains("http") && !links.contains("src="), "nothing is fetched");
    assert!(text.contains("&lt;/script&gt;") && text.matches("</script>").count() == 1);
    assert!(out(&["replay", &page]).starts_with("the same: 9 tokens"));
    let verdict = json(&["replay", &page, "--json"]);
    assert_eq!((verdict["same"].as_bool(), verdict["tokens"].as_u64()), (Some(true), Some(9)));
    // The same model, another seed: another text.
    let changed = text.replace("\"seed\":5", "\"seed\":6");
    assert_ne!(changed, text);
    std::fs::write(&page, changed).unwrap();
    let output = beamline(&["replay", &page]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("not the same: sequence 1.1, token"));
    // As it was loaded, so it is loaded again; and the environment's model is not the report's.
    let quantised = ["--dtype", "q8_0", "--activations", "f32"];
    for extra in [&quantised[..2], &quantised[..]] {
        out(&[&["report", "The", "-o", &page, "--model", &model, "--max-new-tokens", "5"], extra].concat());
        let mut again = beamline(&["replay", &page]);
        let output = again.env("BEAMLINE_MODEL", tiny("tiny-gpt2")).output().unwrap();
        assert!(
            output.stdout.starts_with(b"the same: 5 tokens"),
            "{extra:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::write(&page, "nothing").unwrap();
    assert!(error(&["replay", &page], 2).contains("not a bundle"));
}

#[test]
fn generate_shows_numbers_in_a_table_and_in_colour() {
    let model = tiny("tiny-gpt2");
    let drawn = ["--do-sample", "--temperature", "3", "--seed", "1"];
    let args = [&["generate", "The", "--max-new-tokens", "5", "--model", &model], &drawn[..]].concat();
    let report = json(&[&args[..], &["--json"]].concat());
    let table = out(&[&args[..], &["--table"]].concat());
    for token in report["sequences"][0]["tokens"].as_array().unwrap() {
        assert!(table.contains(&format!("{:.6}", token["logprob"].as_f64().unwrap())), "{table}");
    }
    assert!(table.contains("sum of log-probabilities"));
    for number in ["prob", "rank", "entropy"] {
        let plain = out(&[&args[..], &["--show", number]].concat());
        assert_eq!(plain, out(&args), "a pipe gets the text");
        let coloured =
            beamline(&[&args[..], &["--show", number]].concat()).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(String::from_utf8_lossy(&coloured.stdout).contains("\u{1b}["), "{number}");
    }
}

#[test]
fn score_against_says_where_the_difference_lies() {
    let model = tiny("tiny-gpt2");
    let args = ["score", " cat sat", "--prefix", "The", "--against", " cat ran off", "--model", &model];
    let report = json(&[&args[..], &["--json"]].concat());
    let one =
        |text| json(&["score", text, "--prefix", "The", "--json", "--model", &model])["sum_logprob"].as_f64().unwrap();
    let difference = one(" cat sat") - one(" cat ran off");
    assert!((report["difference"].as_f64().unwrap() - difference).abs() < 1e-12);
    let steps = report["steps"].as_array().unwrap();
    assert!((steps.last().unwrap()["cumulative"].as_f64().unwrap() - difference).abs() < 1e-9);
    assert!(report["common"].as_u64().unwrap() >= 1 && steps[0]["difference"] == 0.0);
    assert!(out(&args).contains("is the more probable"));
    assert!(out(&["score", "cat", "--against", "cat", "--model", &model]).contains("equally probable"));
    assert!(error(&["score", "cat", "--against", "The", "--model", &model], 2).contains("give a prefix"));
    assert!(error(&["score", "cat", "--against", "", "--model", &model], 2).contains("give two texts"));
}

#[test]
fn inspect_marks_what_was_removed_and_shows_stages() {
    let model = tiny("tiny-gpt2");
    let args = [
        "inspect",
        "The",
        "--steps",
        "1",
        "--top",
        "4",
        "--do-sample",
        "--top-k",
        "2",
        "--seed",
        "1",
        "--model",
        &model,
    ];
    let table = out(&args);
    assert_eq!(table.matches("% raw, top_k)").count(), 2, "{table}");
    assert!(table.contains("✗ removed") && table.starts_with("text so far | 1st (p)"), "{table}");
    let stages = out(&[&args[..], &["--stages"]].concat());
    assert!(stages.contains("raw") && stages.contains("top_k (2 left)"), "{stages}");
    let report = json(&[&args[..], &["--stages", "--json"]].concat());
    assert_eq!(report["steps"][0]["stages"][0]["kept"], 2);
    let coloured = beamline(&args).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&coloured.stdout).contains("\u{1b}["));
    let plain = beamline(&args).env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8_lossy(&plain.stdout).contains('\u{1b}'));
}
