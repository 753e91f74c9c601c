//! What the sources say and use, where manifests cannot tell: the head of each crate, and threads.
#![allow(clippy::unwrap_used)] // tests may

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// Where threads may be started, but for tests: the pool of the kernels; the vocabulary, which is made beside the weights; a
/// grammar that is read, and a chat template, which want stacks of their own; the server's engine, and those that talk to clients.
const THREADS: [&str; 6] = [
    "kernels/src/pool",
    "beamline/src/open/load.rs",
    "shape/src/processors/grammar/depth.rs",
    "chat/src/stack.rs",
    "serve/src/scheduler.rs",
    "serve/src/server.rs",
];

/// What a source says that starts threads, or is about to.
const STARTS: [&str; 6] =
    ["thread::spawn", "thread::scope", "thread::Builder", "thread::{", "use std::thread;", "runtime::Builder"];

/// The folder of crates.
fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folders of all crates: those beside this one, and the lab's, which lies with its pages.
fn folders() -> Vec<PathBuf> {
    let beside = read_dir(crates()).unwrap().map(|entry| entry.unwrap().path());
    beside.chain([crates().join("../web")]).collect()
}

/// All Rust files of a folder and those in it.
fn sources(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, to);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            to.push(path);
        }
    }
}

#[test]
fn threads_are_started_in_few_places() {
    let (root, mut started) = (crates(), Vec::new());
    for folder in folders() {
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files);
        for file in files {
            let text = read_to_string(&file).unwrap();
            let code = text.split_once("#[cfg(test)]\nmod tests {").map_or(text.as_str(), |(code, _)| code);
            if STARTS.iter().any(|start| code.contains(start)) {
                started.push(file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    for file in &started {
        assert!(THREADS.iter().any(|place| file.starts_with(place)), "{file} must not start threads");
    }
    for place in THREADS {
        assert!(started.iter().any(|file| file.starts_with(place)), "{place} starts none: take it off the list");
    }
}

/// What a crate is for, read in its first lines: what goes in, what comes out, what it does not know.
#[test]
fn every_crate_begins_by_saying_what_goes_in_what_comes_out_and_what_it_does_not_know() {
    for folder in folders() {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "testkit" {
            continue; // nothing but tests
        }
        let src = folder.join("src");
        let text = read_to_string(src.join("lib.rs")).or_else(|_| read_to_string(src.join("main.rs"))).unwrap();
        let head = text.lines().map_while(|line| line.strip_prefix("//!")).take(30).map(str::trim);
        let head: Vec<&str> = head.collect();
        assert!(head[0].len() > 10 && head[0].ends_with('.') && head[1].is_empty(), "{name} begins with no sentence");
        let head = head.join(" ").to_lowercase();
        let after =
            |words: &str| head.split_once(words).map_or("", |(_, rest)| rest.trim_start_matches([':', ' ', '#']));
        for words in ["what goes in", "what comes out"] {
            assert!(after(words).len() > 20, "{name} does not say {words}");
        }
        let knows = ["knows nothing of", "what it does not know"].into_iter().any(|words| after(words).len() > 5);
        assert!(knows, "{name} does not say what it knows nothing of");
    }
}

/// Every file and folder that ARCHITECTURE.md names is there, and those of other pages are somewhere: their paths may begin where
/// the sentence does.
#[test]
fn files_that_documents_name_exist() {
    let (root, mut files) = (crates(), Vec::new());
    sources(&root, &mut files);
    let code = |text: &str| -> Vec<String> {
        let words = text.split('`').skip(1).step_by(2).filter(|word| !word.contains(char::is_whitespace));
        words
            .filter(|word| Path::new(word).extension().is_some_and(|end| end == "rs") || word.contains("/src"))
            .map(str::to_owned)
            .collect()
    };
    let architecture = code(&read_to_string(root.join("../ARCHITECTURE.md")).unwrap());
    assert!(architecture.len() > 40, "found only {architecture:?}");
    for path in architecture {
        assert!(root.join(&path).exists(), "ARCHITECTURE.md names crates/{path}, which is not there");
    }
    for page in ["CONTRIBUTING.md", "docs/security.md", "docs/performance.md"] {
        for path in code(&read_to_string(root.join("..").join(page)).unwrap()) {
            let there = root.join("..").join(&path).exists() || files.iter().any(|file| file.ends_with(&path));
            assert!(there, "{page} names {path}, which is not there");
        }
    }
}

/// The table of ARCHITECTURE.md has a line for every crate.
#[test]
fn the_architecture_names_every_crate() {
    let text = read_to_string(crates().join("../ARCHITECTURE.md")).unwrap();
    for entry in read_dir(crates()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(text.contains(&format!("\n| `{name}` | ")), "{name} has no line");
    }
}

/// What `docs/security.md` says is held by a test is: each name of its table is a test's, each path a file's.
#[test]
fn tests_that_the_page_on_security_names_are_there() {
    let root = crates().join("..");
    let page = read_to_string(root.join("docs/security.md")).unwrap();
    let (_, table) = page.split_once("## Which test holds what").unwrap();
    let (table, _) = table.split_once("\nNot defended").unwrap();
    let mut files = Vec::new();
    for folder in folders() {
        sources(&folder, &mut files);
    }
    let code: String = files.iter().map(|file| read_to_string(file).unwrap()).collect();
    let mut seen = 0;
    for row in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1) {
        let named: Vec<&str> = row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row} names no test");
        for name in named {
            let is_test = code.contains(&format!("fn {name}("));
            let is_there = if name.contains('/') { root.join(name).exists() } else { is_test };
            assert!(is_there, "{name} of docs/security.md is no test");
            seen += 1;
        }
    }
    assert!(seen > 20);
}
