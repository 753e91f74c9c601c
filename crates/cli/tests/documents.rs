//! Commands in the documents: each is run, and prints what stands under it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // tests may, and say what they skip

use assert_cmd::Command;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// A line's words as a shell would part them, up to a comment: quotes of either kind keep words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Pages whose commands are run: README, the pages of docs, each crate's README. (docs/chapter is written by a test of its own.)
fn pages() -> Vec<PathBuf> {
    let root = root();
    let listed = |folder: &str| read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    let docs: Vec<PathBuf> = listed("docs");
    let crates: Vec<PathBuf> = listed("crates");
    let readmes = crates.into_iter().map(|path| path.join("README.md"));
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md") && path.is_file();
    let mut pages: Vec<PathBuf> =
        [root.join("README.md")].into_iter().chain(docs).chain(readmes).filter(is_page).collect();
    pages.sort();
    pages
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// How far a command of a page can be run here.
enum Runs {
    /// It can.
    Whole(Vec<String>),
    /// Its model would have to be downloaded, or is not here, or it would not end; its flags can still be read.
    Flags(Vec<String>),
}

/// A command's arguments. Models are named from the root of the repository.
fn arguments(line: &str) -> Runs {
    let mut words = words(line);
    words.remove(0);
    // A server does not end by itself; tests/serve.rs and tests/lab.rs start some.
    let mut is_here = !["serve", "lab"].contains(&words[0].as_str());
    for i in 1..words.len() {
        if words[i - 1] == "--input" {
            let path = root().join(&words[i]);
            assert!(path.exists(), "{line}");
            path.to_str().unwrap().clone_into(&mut words[i]);
        }
        if !["--model", "-m", "--assistant"].contains(&words[i - 1].as_str()) || words[i] == "builtin" {
            continue;
        }
        let path = root().join(&words[i]);
        is_here &= path.exists();
        path.to_str().unwrap().clone_into(&mut words[i]);
    }
    if is_here { Runs::Whole(words) } else { Runs::Flags(words) }
}

fn run(arguments: &[String], folder: &Path) -> std::process::Output {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(arguments).current_dir(folder).env_remove("BEAMLINE_MODEL").env("LC_ALL", "C.UTF-8").output().unwrap()
}

/// The commands of a page's blocks of this kind, with what stands under each.
fn commands<'a>(text: &'a str, fence: &str, prompt: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for block in text.split(&format!("```{fence}\n")).skip(1).filter_map(|block| block.split_once("```")) {
        let mut is_open = false;
        for line in block.0.lines() {
            if let Some(command) = line.strip_prefix(prompt).filter(|command| command.starts_with("beamline ")) {
                found.push((command, Vec::new()));
                is_open = true;
            } else if is_open {
                found.last_mut().unwrap().1.push(line);
            }
        }
    }
    found
}

#[test]
fn commands_of_documents_do_what_they_are_there_for() {
    let (mut seen, mut skipped) = (0, 0);
    for page in pages() {
        let text = read_to_string(&page).unwrap();
        // Later commands of a page read what earlier ones wrote.
        let folder = tempfile::tempdir().unwrap();
        for (line, _) in commands(&text, "sh", "") {
            let output = match arguments(line) {
                Runs::Whole(words) => run(&words, folder.path()),
                Runs::Flags(mut words) => {
                    skipped += 1;
                    words.push("--help".to_owned());
                    run(&words, folder.path())
                }
            };
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !error.contains("error:"), "{}: {line}\n{error}", page.display());
            seen += 1;
        }
    }
    assert!(seen >= 35, "only {seen} command lines were found");
    if skipped > 0 {
        println!(
            "SKIPPED: {skipped} commands of documents were read and not run: their models are not here, or they serve"
        );
    }
}

/// With `UPDATE_DOCUMENTS=1` the pages are written anew.
#[test]
fn outputs_in_documents_are_what_the_commands_print() {
    let mut seen = 0;
    for page in pages() {
        let text = read_to_string(&page).unwrap();
        let mut renewed = text.clone();
        let folder = tempfile::tempdir().unwrap();
        for (line, shown) in commands(&text, "console", "$ ") {
            let Runs::Whole(words) = arguments(line) else {
                println!("SKIPPED: {line}, since its model is not here");
                continue;
            };
            let output = run(&words, folder.path());
            let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            let shown: String = shown.iter().flat_map(|line| [*line, "\n"]).collect();
            if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
                renewed = renewed.replacen(&format!("$ {line}\n{shown}"), &format!("$ {line}\n{printed}"), 1);
            } else {
                assert_eq!(printed, shown, "{}: {line}", page.display());
            }
            seen += 1;
        }
        if renewed != text {
            std::fs::write(&page, renewed).unwrap();
        }
    }
    assert!(seen >= 3, "only {seen} outputs were found");
}

#[test]
fn words_are_parted_as_by_a_shell() {
    assert_eq!(words(r#"a "b c" 'd "e"' "" # f"#), ["a", "b c", "d \"e\"", ""]);
}
