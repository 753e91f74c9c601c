//! What strangers' files, full disks, closed pipes and impatient people do to the command: one line, the right exit code, and no
//! file lost.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // tests may

use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(name)
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beamline"));
    command.args(args).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// The one line that a command says which ends with this code.
fn told(output: &Output, code: i32) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1 && said.len() < 700, "{said}");
    said
}

fn refused(args: &[&str], code: i32, says: &str) {
    let said = told(&run(args), code);
    assert!(said.contains(says), "{args:?}: {said}");
}

/// A copy of the small model's folder.
fn model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(golden("checkpoints/tiny-gpt2").join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_command_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, args) in [
        ("t", &["generate", "x", "--max-new-tokens", "2", "--trace"][..]),
        ("p.svg", &["plot", "next", "x", "-o"]),
        ("r.html", &["report", "x", "--max-new-tokens", "2", "-o"]),
    ] {
        fs::write(at(name), "precious").unwrap();
        let path = at(name);
        let output = run(&[args, &[&path, "--model", "/no/such/model"]].concat());
        assert!([Some(2), Some(3)].contains(&output.status.code()));
        assert_eq!(fs::read(&path).unwrap(), b"precious", "{name}");
    }
    refused(&["generate", "x", "--trace", &at("t"), "--top-k", "0.5"], 2, "top_k");
    assert_eq!((fs::read(at("t")).unwrap(), names(folder.path()).len()), (b"precious".to_vec(), 3));
}

#[test]
fn what_is_written_is_put_in_its_place_with_the_rights_and_links_that_were_there() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("p.svg"), folder.path().join("link.svg"));
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("p.svg", &link).unwrap();
    let output = run(&["plot", "next", "x", "-o", link.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    assert!(link.is_symlink() && fs::read_to_string(&path).unwrap().ends_with("</svg>\n"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let new = folder.path().join("new.svg");
    assert!(run(&["plot", "next", "x", "-o", new.to_str().unwrap()]).status.success());
    let usual = File::create(folder.path().join("usual")).unwrap().metadata().unwrap().permissions().mode();
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode(), usual);
    assert_eq!(names(folder.path()), ["link.svg", "new.svg", "p.svg", "usual"]);
}

#[test]
fn places_that_cannot_be_written_are_refused_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    symlink("/no/such/folder/p.svg", at("nowhere.svg")).unwrap();
    symlink("round.svg", at("round.svg")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe.svg")).status().unwrap().success());
    for (name, says) in
        [("nowhere.svg", "No such file"), ("round.svg", "link"), ("pipe.svg", "a pipe that nobody reads")]
    {
        let since = Instant::now();
        refused(&["plot", "next", "x", "-o", &at(name), "--model", "/no/such/model"], 2, says);
        assert!(since.elapsed() < Duration::from_secs(20));
    }
    refused(&["generate", "x", "--max-new-tokens", "1", "--trace", "/dev/full"], 1, "No space left");
    // A pipe that somebody reads gets all of it, larger than what a pipe holds.
    let reader = Command::new("cat").arg(at("pipe.svg")).stdout(Stdio::piped()).spawn().unwrap();
    let args = ["plot", "beams", "Once upon", "--num-beams", "8", "--max-new-tokens", "12", "-o"];
    let mut tries = 0;
    while !run(&[&args[..], &[&at("pipe.svg")]].concat()).status.success() {
        tries += 1;
        assert!(tries < 20, "the pipe's reader never came");
        sleep(Duration::from_millis(100));
    }
    assert!(String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap().ends_with("</svg>\n"));
}

#[test]
fn the_files_of_the_model_are_never_written_over() {
    let folder = model();
    let weights = folder.path().join("model.safetensors");
    let (before, name) = (fs::read(&weights).unwrap(), folder.path().to_str().unwrap());
    let linked = folder.path().join("elsewhere.jsonl");
    fs::hard_link(&weights, &linked).unwrap();
    for path in [&weights, &linked, &folder.path().join("config.json")] {
        let trace = ["generate", "x", "--model", name, "--trace", path.to_str().unwrap()];
        refused(&trace, 2, "one of the model's own files; give --trace a file");
    }
    let gguf = tempfile::NamedTempFile::with_suffix(".gguf").unwrap();
    fs::copy(golden("gguf/tiny-llama.gguf"), gguf.path()).unwrap();
    let path = gguf.path().to_str().unwrap();
    refused(&["generate", "x", "--model", path, "--trace", path], 2, "one of the model's own files");
    assert_eq!(fs::read(&weights).unwrap(), before);
}

/// As often as the environment says, else a few times; with signal 9 nobody has a last word.
#[test]
fn a_command_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let times = std::env::var("BEAMLINE_KILLED").ok().and_then(|times| times.parse().ok()).unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (mut old, mut new) = (0, 0);
    for (name, args, end) in [
        ("t", &["generate", "Once", "--max-new-tokens", "4", "--num-beams", "2", "--trace"][..], "}\n"),
        ("p.svg", &["plot", "next", "Once", "-o"], "</svg>\n"),
        ("p.png", &["plot", "next", "Once", "-o"], ""),
        ("r.html", &["report", "Once", "--max-new-tokens", "2", "-o"], "</html>\n"),
        ("c.html", &["compare", "Once", "--run", "greedy", "-o"], "</html>\n"),
    ] {
        let path = at(name);
        let args = [args, &[&path]].concat();
        let since = Instant::now();
        assert!(run(&args).status.success(), "{args:?}");
        let whole = since.elapsed();
        for i in 0..times {
            fs::write(at(name), "old").unwrap();
            let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Most of them about when it is written.
            sleep(whole.mul_f64(0.5 + 0.6 * f64::from(i) / f64::from(times)));
            let _ = child.kill();
            child.wait().unwrap();
            let bytes = fs::read(at(name)).unwrap();
            if bytes == b"old" {
                old += 1;
                continue;
            }
            new += 1;
            let is_png = name.ends_with("png") && bytes.starts_with(b"\x89PNG") && bytes.ends_with(b"IEND\xaeB`\x82");
            assert!(is_png || !end.is_empty() && bytes.ends_with(end.as_bytes()), "{name}: {} bytes", bytes.len());
        }
    }
    assert_eq!(old + new, 5 * times);
}

#[test]
fn a_standard_output_that_is_closed_is_an_error() {
    for args in ["generate x --max-new-tokens 1", "tokenize x", "tokenize x --json", "models info", "score x --json"] {
        let line = format!("exec '{}' {args} >&-", env!("CARGO_BIN_EXE_beamline"));
        let output = Command::new("sh").args(["-c", &line]).env("HF_HUB_OFFLINE", "1").output().unwrap();
        let said = told(&output, 1);
        assert!(said.contains("standard output: it is closed"), "{args}: {said}");
    }
    // What goes elsewhere needs none, and a device that is meant to swallow is no closed one.
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("p.svg");
    for to in [">&-", ">/dev/null", "<>/dev/null >&0"] {
        let program = env!("CARGO_BIN_EXE_beamline");
        let line = format!("exec '{program}' plot next x -o '{}' {to}", picture.display());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{to}");
    }
    let line = format!("exec '{}' tokenize x <>/dev/null >&0", env!("CARGO_BIN_EXE_beamline"));
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

#[test]
fn to_be_told_to_end_is_to_be_interrupted() {
    // Whoever runs this may have it passed over, and then it is.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    for signal in ["TERM", "HUP", "INT"].into_iter().filter(|signal| *signal != "HUP" || ignored & 1 == 0) {
        let args = ["generate", "Once upon a time", "--max-new-tokens", "500", "--json", "--num-beams", "32"];
        let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(700));
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(130), None), "{signal}");
    }
    // A hangup that was to be passed over is.
    let line = format!("trap '' HUP; exec '{}' generate Once --max-new-tokens 60", env!("CARGO_BIN_EXE_beamline"));
    let mut child = Command::new("sh").args(["-c", &line]).stdout(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_millis(300));
    Command::new("kill").args(["-s", "HUP", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn memory_is_bounded_and_its_end_is_told() {
    let args = ["generate", "Once", "--max-new-tokens", "1", "--do-sample", "--num-return-sequences", "512"];
    refused(&[&args[..], &["--max-memory", "2MB"]].concat(), 1, "more than the 2 MB of memory that it may have");
    assert!(run(&[&args[..], &["--max-memory", "1GB"]].concat()).status.success());
    // Where the system itself has no more.
    for limit in ["120000", "300000"] {
        let line =
            format!("ulimit -v {limit}; ulimit -c 0; exec '{}' {}", env!("CARGO_BIN_EXE_beamline"), args.join(" "));
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0..=2)) && said.lines().count() <= 1, "{limit}: {output:?}");
    }
}

#[test]
fn long_texts_are_tokenized_within_memory_or_refused_early() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all("Once upon a time there was a little girl who lived in a village. ".repeat(16_000).as_bytes())
        .unwrap();
    let (path, text) = (file.path().to_str().unwrap(), fs::read(file.path()).unwrap());
    let since = Instant::now();
    let args = ["generate", "--prompt-file", path, "--max-memory", "150MB"];
    refused(&args, 2, "leaves room for a prompt of at most 511");
    assert!(told(&run(&args), 2).contains("the prompt has more than "));
    assert!(since.elapsed() < Duration::from_secs(60));
    let mut child = command(&["tokenize", "-", "--json", "--max-memory", "300MB"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (ids, tokens) = (all["token_ids"].as_array().unwrap(), all["tokens"].as_array().unwrap());
    assert!(ids.len() > 200_000 && ids.len() == tokens.len());
    assert!(ids.iter().zip(tokens).all(|(id, token)| *id == token["id"]));
}

#[test]
fn devices_and_pipes_are_no_files() {
    for args in [&["generate", "x", "--config"][..], &["generate", "--prompt-file"], &["score", "--file"]] {
        refused(&[args, &["/dev/zero"]].concat(), 2, "it is a device, not a file");
    }
    for file in ["tokenizer.json", "generation_config.json", "tokenizer_config.json", "config.json"] {
        let folder = model();
        let path = folder.path().join(file);
        let name = folder.path().to_str().unwrap();
        let _ = fs::remove_file(&path);
        symlink("/dev/zero", &path).unwrap();
        refused(&["generate", "x", "--model", name], 3, "not a regular file");
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        refused(&["generate", "x", "--model", name], 3, "not a regular file");
    }
    let output = command(&["models", "list"]).env("HF_TOKEN_PATH", "/dev/zero").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a regular file"), "{output:?}");
}

#[test]
fn a_tokenizer_with_more_tokens_than_the_model_is_the_models_fault() {
    let folder = model();
    let path = folder.path().join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let config: Value = serde_json::from_slice(&fs::read(folder.path().join("config.json")).unwrap()).unwrap();
    let added = json!({"id": config["vocab_size"], "content": "<more>", "special": false, "normalized": false,
        "single_word": false, "lstrip": false, "rstrip": false});
    json["added_tokens"].as_array_mut().unwrap().push(added);
    fs::write(&path, json.to_string()).unwrap();
    let name = folder.path().to_str().unwrap();
    refused(&["generate", "a <more>", "--model", name], 3, "its files contradict each other");
    // Ids are the user's own.
    let id = config["vocab_size"].to_string();
    refused(&["generate", "--prompt-ids", &id, "--model", name], 2, "is beyond the vocabulary");
}

#[test]
fn a_grammar_that_is_too_large_says_so_by_flag_and_by_config() {
    let variant = |n: usize| {
        json!({"type": "object", "properties": {"kind": {"const": format!("k{n}")}, "v": {"type": "integer"}},
            "required": ["kind", "v"]})
    };
    let config = tempfile::NamedTempFile::new().unwrap();
    let write = |all: &Value| fs::write(config.path(), all.to_string()).unwrap();
    let args = ["generate", "x", "--config", config.path().to_str().unwrap()];
    write(&json!({"json_schema": {"anyOf": (0..3000).map(variant).collect::<Vec<_>>()}}));
    let output = run(&args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("grammar cannot go on at this step"), "{said}");
    write(&json!({"regex": "a?".repeat(45_000)}));
    refused(&args, 2, "may be left out or repeated");
    refused(&["generate", "x", "--regex", &"a?".repeat(45_000)], 2, "may be left out or repeated");
}

#[test]
fn phrases_with_thousands_of_ways_to_be_said_do_not_hold_a_search_up() {
    let config = tempfile::NamedTempFile::new().unwrap();
    let ways: Vec<Vec<u32>> = (300..2300).map(|id| vec![id, id + 1]).collect();
    fs::write(config.path(), json!({"force_words_ids": [ways, ways, ways]}).to_string()).unwrap();
    let since = Instant::now();
    let path = config.path().to_str().unwrap();
    let output = run(&["generate", "Once", "--num-beams", "4", "--max-new-tokens", "7", "--config", path]);
    assert!(output.status.success(), "{output:?}");
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
}
