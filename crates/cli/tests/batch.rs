//! `beamline batch` as a command: exit codes, lines on standard error, and runs that are killed.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{read, read_to_string, write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

fn beamline(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("beamline"));
    command.arg("batch").args(args).current_dir(folder).env_remove("BEAMLINE_MODEL").stdin(Stdio::null());
    command
}

fn ran(folder: &Path, args: &[&str]) -> Output {
    beamline(folder, args).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const DRAWN: [&str; 8] =
    ["--input", "in.jsonl", "--output", "out.jsonl", "--do-sample", "--seed=7", "--max-new-tokens=5", "--keep-journal"];

fn rows(count: usize) -> String {
    (0..count).map(|number| json!({"prompt": format!("On day {number} she")}).to_string() + "\n").collect()
}

/// How often each row stands in a journal.
fn recorded(journal: &[u8]) -> BTreeMap<u64, usize> {
    let (mut counts, mut at) =
        (BTreeMap::new(), journal.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1));
    let mut is_head = true;
    while let Some(frame) = journal.get(at..at + 18) {
        let length = usize::from_str_radix(std::str::from_utf8(&frame[..8]).unwrap(), 16).unwrap();
        let Some(payload) = journal.get(at + 18..at + 18 + length) else { break };
        if !is_head {
            let number: String = payload.iter().take_while(|byte| **byte != b' ').map(|&byte| byte as char).collect();
            *counts.entry(number.parse().unwrap()).or_default() += 1;
        }
        (is_head, at) = (false, at + 18 + length + 1);
    }
    counts
}

/// `BEAMLINE_KILLS` kills, 6 where nobody says; `scripts/batch-kills` has a hundred of them.
#[test]
fn a_run_that_is_killed_anywhere_goes_on_to_the_same_bytes() {
    let kills: usize = std::env::var("BEAMLINE_KILLS").map_or(6, |text| text.parse().unwrap());
    let count = kills * 50;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("in.jsonl"), rows(count)).unwrap();
    let begun = std::time::Instant::now();
    let whole = ran(folder.path(), &DRAWN);
    let took = begun.elapsed().as_secs_f64();
    assert!(whole.status.success(), "{}", errors(&whole));
    let expected = read(folder.path().join("out.jsonl")).unwrap();
    let journal = folder.path().join("out.jsonl.journal");
    for name in ["out.jsonl", "out.jsonl.journal"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let (mut random, mut killed, mut before) = (0x2545_F491_4F6C_DD1D_u64, 0, BTreeMap::new());
    while killed < kills {
        let mut child = beamline(folder.path(), &DRAWN).stderr(Stdio::null()).spawn().unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // At any moment, while files are opened, while the model is, while rows are computed, while the output is written.
        sleep(Duration::from_secs_f64(took * (random % 1000) as f64 / 1000.0 * 0.4));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        killed += usize::from(ended.is_none());
        let now = read(&journal).map(|bytes| recorded(&bytes)).unwrap_or_default();
        assert!(before.keys().all(|number| now.contains_key(number)), "a finished row was lost");
        assert!(now.values().all(|&times| times == 1), "a row was computed twice");
        before = now;
        if ended.is_some_and(|status| status.success()) {
            assert_eq!(read(folder.path().join("out.jsonl")).unwrap(), expected);
            std::fs::remove_file(&journal).unwrap();
            before.clear();
        }
    }
    let last = ran(folder.path(), &DRAWN);
    assert!(last.status.success(), "{}", errors(&last));
    assert_eq!(read(folder.path().join("out.jsonl")).unwrap(), expected);
    let counts = recorded(&read(&journal).unwrap());
    assert!(counts.len() == count && counts.values().all(|&times| times == 1));
}

#[test]
fn the_last_line_and_the_exit_code_say_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path().join("in.jsonl"),
        "{\"prompt\": \"a\"}\n{\"prompt\": 3}\n{\"prompt\": \"b\", \"top_k\": 0}\nx\n",
    )
    .unwrap();
    let output = ran(folder.path(), &["--input", "in.jsonl", "--output", "out.jsonl", "--max-new-tokens", "3"]);
    assert!(output.status.success() && output.stdout.is_empty());
    let said = errors(&output);
    assert!(said.lines().last().unwrap().starts_with("4 rows, 2 with an error; 6 new tokens in"), "{said}");
    let args = ["-i", "in.jsonl", "-o", "-", "--max-new-tokens=3", "--fail-on-errors", "--progress", "json"];
    let output = ran(folder.path(), &args);
    assert_eq!(output.status.code(), Some(1));
    let last: Value = serde_json::from_str(errors(&output).lines().last().unwrap()).unwrap();
    assert_eq!((&last["rows"], &last["errors"], &last["done"]), (&json!(4), &json!(2), &json!(true)));
    assert_eq!(output.stdout, read(folder.path().join("out.jsonl")).unwrap());
}

#[test]
fn what_is_wrong_is_one_line_before_a_model_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("in.csv"), "글,b\n1,2\n").unwrap();
    let refused = |args: &[&str], words: &str| {
        let args = [&["--model", "no-such-folder/x.gguf"], args].concat();
        let output = ran(folder.path(), &args);
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.lines().count() == 1 && said.starts_with("error: ") && said.contains(words), "{args:?}: {said}");
    };
    let io: &[&str] = &["--input", "in.csv", "--output", "out.csv"];
    refused(io, "there is no column \"prompt\"; columns are 글, b");
    refused(&[io, &["--prompt", "{gl}"]].concat(), "columns are 글, b");
    refused(&[io, &["--prompt", "{글"]].concat(), "not closed");
    refused(&[io, &["--prompt", "{글}", "--shard", "3/2"]].concat(), "such as 1/4 to 4/4");
    refused(&[io, &["--prompt", "{글}", "--temperature", "-1"]].concat(), "temperature must be");
    refused(&[io, &["--prompt", "{글}", "--system", "x"]].concat(), "--system has no effect");
    refused(&["--input", "none.csv", "--output", "out.csv"], "none.csv: No such file");
    refused(
        &["--input", "in.csv", "--output", "no/out.csv", "--prompt", "{b}"],
        "give --output a file that can be written",
    );
    refused(
        &["--input", "in.csv", "--output", "out.parquet", "--format", "openai", "--prompt", "{b}"],
        "say themselves",
    );
    refused(
        &["--input", "-", "--output", "out.jsonl", "--journal", "j"],
        "a journal needs an input that can be read again",
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

/// Ctrl-C: within a step, with what is finished in the journal, and how to go on.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("in.jsonl"), rows(400)).unwrap();
    let child = beamline(folder.path(), &DRAWN).stderr(Stdio::piped()).spawn().unwrap();
    let journal = folder.path().join("out.jsonl.journal");
    while std::fs::metadata(&journal).map_or(0, |about| about.len()) < 3000 {
        sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted after") && said.contains("run the same command again to go on"), "{said}");
    assert!(!folder.path().join("out.jsonl").exists());
    let output = ran(folder.path(), &DRAWN);
    assert!(errors(&output).contains("going on where it was"), "{}", errors(&output));
    assert_eq!(read_to_string(folder.path().join("out.jsonl")).unwrap().lines().count(), 400);
}

/// OpenAI's files by their own rules: an answer for each request, found by `custom_id`, errors among them.
#[test]
fn requests_of_openais_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let request =
        |id: &str, url: &str, body: Value| json!({"custom_id": id, "method": "POST", "url": url, "body": body});
    let (completions, chat) = ("/v1/completions", "/v1/chat/completions");
    let requests = [
        request(
            "greedy",
            completions,
            json!({"model": "gpt-4o", "prompt": "Once upon a time", "max_tokens": 4, "temperature": 0}),
        ),
        request(
            "drawn",
            completions,
            json!({"prompt": "Once", "max_tokens": 6, "n": 2, "seed": 5, "stop": "zzz", "user": "me"}),
        ),
        request(
            "chat",
            chat,
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "max_completion_tokens": 3}),
        ),
        request("stream", completions, json!({"prompt": "a", "stream": true})),
        request("logprobs", completions, json!({"prompt": "a", "logprobs": 3})),
        request("unknown", completions, json!({"prompt": "a", "num_beens": 3})),
        request("url", "/v1/embeddings", json!({"input": "a"})),
        request("greedy", completions, json!({"prompt": "a"})),
    ];
    let lines: String = requests.iter().map(|request| request.to_string() + "\n").collect();
    write(folder.path().join("in.jsonl"), lines + "{\n").unwrap();
    write(
        folder.path().join("t.jinja"),
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:",
    )
    .unwrap();
    let args = ["--format", "openai", "-i", "in.jsonl", "-o", "out.jsonl", "--seed", "1", "--chat-template", "t.jinja"];
    let output = ran(folder.path(), &args);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(
        errors(&output).contains("requests for the model \"gpt-4o\" are answered by builtin"),
        "{}",
        errors(&output)
    );
    let answers: Vec<Value> = read_to_string(folder.path().join("out.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 9);
    for (answer, id) in
        answers.iter().zip(["greedy", "drawn", "chat", "stream", "logprobs", "unknown", "url", "greedy"])
    {
        assert_eq!(answer["custom_id"], id);
        assert!(answer["id"].is_string() && answer["response"]["request_id"].is_string() && answer["error"].is_null());
        let ok = ["greedy", "drawn", "chat"].contains(&id) && answer != &answers[7];
        assert_eq!(answer["response"]["status_code"], if ok { 200 } else { 400 }, "{answer}");
        assert_eq!(answer["response"]["body"]["error"]["message"].is_string(), !ok);
    }
    assert!(answers[8]["custom_id"].is_null() && answers[8]["response"]["status_code"] == 400);
    let message = |at: usize| answers[at]["response"]["body"]["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message(5).contains("num_beens") && message(6).contains("url must be") && message(7).contains("earlier row")
    );
    let greedy = &answers[0]["response"]["body"];
    let generate = Command::new(cargo_bin("beamline"))
        .args(["generate", "Once upon a time", "--max-new-tokens", "4"])
        .env_remove("BEAMLINE_MODEL")
        .output()
        .unwrap();
    assert_eq!(
        greedy["choices"][0]["text"].as_str().unwrap(),
        String::from_utf8(generate.stdout).unwrap().trim_end_matches('\n')
    );
    assert_eq!(
        (&greedy["object"], &greedy["choices"][0]["finish_reason"]),
        (&json!("text_completion"), &json!("length"))
    );
    assert_eq!(greedy["usage"]["completion_tokens"], 4);
    assert_eq!(answers[1]["response"]["body"]["choices"].as_array().unwrap().len(), 2);
    let spoken = &answers[2]["response"]["body"]["choices"][0];
    assert!(spoken["message"]["role"] == "assistant" && spoken["message"]["content"].is_string(), "{spoken}");
    // A flag for all rows would be passed over by requests, which say all themselves.
    let output =
        ran(folder.path(), &["--format", "openai", "-i", "in.jsonl", "-o", "out.jsonl", "--max-new-tokens", "5"]);
    assert!(output.status.code() == Some(2) && errors(&output).contains("max_new_tokens of all rows has no effect"));
}
