//! docs/json.md against what the commands print: every field of real output is on the page, under its type, and every field
//! on the page is in real output.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn out(args: &[&str]) -> String {
    let mut command = Command::cargo_bin("beamline").unwrap();
    let output = command.args(args).env_remove("BEAMLINE_MODEL").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Types by path, of the tables under a heading.
fn section(heading: &str) -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md")).unwrap();
    let begin = format!("\n## {heading}\n");
    let rest = page.split_once(&begin).unwrap_or_else(|| panic!("no section {heading}")).1;
    let part = rest.split("\n## ").next().unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let path = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
        Some((path.to_owned(), cells[2].to_owned()))
    };
    part.lines().filter_map(row).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Whether a row tells of a path: `*` stands for any name, and at its end for all below too.
fn covers(row: &str, path: &str) -> bool {
    if row.strip_suffix(".*") == Some(path) {
        return true; // null in its place
    }
    let (row, path): (Vec<&str>, Vec<&str>) = (row.split('.').collect(), path.split('.').collect());
    let alike = row.iter().zip(&path).all(|(a, b)| *a == "*" || a == b);
    alike && (row.len() == path.len() || row.last() == Some(&"*") && path.len() > row.len())
}

/// Looks a value's fields up among the rows; notes which rows had their use.
fn held(path: &str, value: &Value, rows: &BTreeMap<String, String>, used: &mut BTreeSet<String>) {
    // A row of its own wins, then rows for what lies below, then a row for many.
    let below = format!("{path}.");
    let parted = !value.is_null() && rows.keys().any(|row| row.strip_prefix(&below).is_some_and(|rest| rest != "*"));
    let many = || rows.iter().find(|(row, _)| !parted && covers(row, path));
    let row = rows.get_key_value(path).or_else(many);
    if let Some((row, typed)) = row {
        used.insert(row.clone());
        let is = |word: &str| word == kind(value) || (word == "number" && kind(value) == "integer");
        let fits = row.contains('*') || typed.split(" or ").any(is);
        assert!(fits, "{path} is {} and the page says {typed}", kind(value));
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                held(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, rows, used);
            }
        }
        Value::Array(list) => {
            assert!(
                rows.keys().any(|row| row.starts_with(&format!("{path}[]"))),
                "docs/json.md does not tell of {path}"
            );
            for value in list {
                held(&format!("{path}[]"), value, rows, used);
            }
        }
        _ => panic!("docs/json.md does not tell of {path}"),
    }
}

/// Holds several outputs of a command to its section.
fn check(heading: &str, outputs: &[Value]) {
    let (rows, mut used) = (section(heading), BTreeSet::new());
    for value in outputs {
        held("", value, &rows, &mut used);
    }
    let idle: Vec<&String> = rows.keys().filter(|row| !used.contains(*row)).collect();
    assert!(idle.is_empty(), "{heading}: the page tells of what was not printed: {idle:?}");
}

fn parsed(args: &[&str]) -> Value {
    serde_json::from_str(&out(args)).unwrap()
}

#[test]
fn every_field_of_json_is_on_the_page_and_every_row_is_a_field() {
    let few = ["--max-new-tokens", "3", "--json"];
    let generate = |extra: &[&str]| parsed(&[&["generate", "Once"], extra, &few].concat());
    let beams = generate(&["--num-beams", "2"]);
    let exact = generate(&["--exact-search", "--num-beams", "2"]);
    check("generate", &[beams, exact, generate(&["--regex", "a+"]), generate(&["--stop-strings", " "])]);
    check(
        "inspect",
        &[parsed(&[
            "inspect",
            "Once",
            "--steps",
            "1",
            "--do-sample",
            "--top-k",
            "2",
            "--seed",
            "1",
            "--stages",
            "--json",
        ])],
    );
    check("score", &[parsed(&["score", "Once upon", "--json"])]);
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.txt");
    std::fs::write(&texts, "Once upon a time\nOnce upon a day\n").unwrap();
    check("score --file", &[parsed(&["score", "--file", texts.to_str().unwrap(), "--json"])]);
    check(
        "score --against",
        &[parsed(&["score", " a time", "--against", " a day, then", "--prefix", "Once upon", "--json"])],
    );
    check("tokenize", &[parsed(&["tokenize", "Once", "--json"])]);
    assert_eq!(
        parsed(&["tokenize", "--decode", "5", "--json"]).as_object().unwrap().keys().collect::<Vec<_>>(),
        ["text"]
    );
    check(
        "compare",
        &[parsed(&[
            "compare",
            "Once",
            "--run",
            "greedy",
            "--run",
            "hot",
            "--seeds",
            "2",
            "--max-new-tokens",
            "6",
            "--json",
        ])],
    );
    check("explain", &[parsed(&["explain", "top-p", "--json"])]);
    check("models info", &[parsed(&["models", "info", "--json"])]);
    check("bench", &[parsed(&["bench", "--prompt-len", "2", "--new-tokens", "2", "--repeat", "1", "--json"])]);
}

#[test]
fn replays_and_traces_are_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    out(&["report", "Once", "--max-new-tokens", "2", "-o", &at("report.html")]);
    check("replay", &[parsed(&["replay", &at("report.html"), "--json"])]);
    let mut lines = Vec::new();
    for options in [&["--num-beams", "2"][..], &["--do-sample", "--top-k", "3", "--seed", "1"]] {
        out(&[&["generate", "Once", "--max-new-tokens", "12", "--trace", &at("trace")], options].concat());
        let trace = std::fs::read_to_string(at("trace")).unwrap();
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap();
            json!({value["event"].as_str().unwrap(): value})
        };
        lines.extend(trace.lines().map(line));
    }
    check("generate --trace", &lines);
}
