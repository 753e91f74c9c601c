//! Help pages as a student meets them, completions in a real shell, and manual pages.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use std::path::Path;
use std::process;

fn beamline(columns: &str, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).env_remove("BEAMLINE_MODEL").env("COLUMNS", columns);
    command
}

fn out(columns: &str, args: &[&str]) -> String {
    let output = beamline(columns, args).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

const COMMANDS: [&[&str]; 23] = [
    &["batch"],
    &["chat"],
    &["learn"],
    &["models", "random"],
    &["generate"],
    &["inspect"],
    &["score"],
    &["serve"],
    &["lab"],
    &["compare"],
    &["explain"],
    &["report"],
    &["replay"],
    &["plot"],
    &["tokenize"],
    &["models"],
    &["models", "info"],
    &["models", "pull"],
    &["models", "list"],
    &["bench"],
    &["completions"],
    &["man"],
    &["help"],
];

#[test]
fn pages_fit_terminals_of_60_80_and_120_columns() {
    for columns in ["60", "80", "120"] {
        insta::assert_snapshot!(format!("beamline-{columns}"), out(columns, &["--help"]));
        insta::assert_snapshot!(format!("generate-{columns}"), out(columns, &["generate", "-h"]));
        insta::assert_snapshot!(format!("plot-{columns}"), out(columns, &["plot", "-h"]));
        insta::assert_snapshot!(format!("options-{columns}"), out(columns, &["help", "options"]));
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        for command in COMMANDS {
            for page in [&["--help"][..], &["--help", "all"]] {
                let text = out(columns, &[command, page].concat());
                assert!(widest(&text) <= columns.parse().unwrap(), "{command:?}: {text}");
            }
        }
    }
}

#[test]
fn the_first_page_is_short_and_says_where_the_rest_is() {
    let page = out("80", &["generate", "-h"]);
    assert!(page.lines().count() <= 30, "{page}");
    assert_eq!(page, out("80", &["generate", "--help"]));
    assert_eq!(page, out("80", &["help", "generate"]));
    for shown in [
        "max-new-tokens",
        "num-beams",
        "no-repeat-ngram-size",
        "repetition-penalty",
        "do-sample",
        "temperature",
        "top-k",
        "top-p",
        "seed",
        "model",
        "json",
        "table",
        "default: 20",
        "--help all",
        "help options",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("mirostat"));
    // Nobody is taught a default that is none.
    assert!(!out("80", &["help", "options"]).contains("null"));
}

#[test]
fn all_of_it_is_a_word_away() {
    let all = out("80", &["generate", "--help", "all"]);
    assert_eq!(all, out("80", &["help", "generate", "all"]));
    let options = out("80", &["help", "options"]);
    for option in beamline::options() {
        let flag = format!("--{}", option.name.replace('_', "-"));
        assert!(all.contains(&flag) && options.contains(&flag), "{flag}");
    }
    // What is used most comes first.
    assert!(options.find("--max-new-tokens") < options.find("--mirostat"));
}

#[test]
fn without_a_command_the_commands_are_named() {
    let output = beamline("80", &[]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error.starts_with("error: no command was given; beamline has generate, chat, inspect")
            && error.lines().count() == 1
    );
    let wrong = beamline("80", &["help", "genrate"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("a similar one is 'generate'"));
}

/// What bash offers for a line whose last word is not whole yet.
fn offered(script: &Path, words: &[&str]) -> Option<Vec<String>> {
    const ASK: &str = r#"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        _beamline beamline "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; echo "${COMPREPLY[@]}""#;
    let answer = process::Command::new("bash").args(["--norc", "-c", ASK]).arg(script).args(words).output().ok()?;
    assert!(answer.stderr.is_empty(), "{}", String::from_utf8_lossy(&answer.stderr));
    Some(String::from_utf8(answer.stdout).unwrap().split_whitespace().map(str::to_owned).collect())
}

#[test]
fn a_shell_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("beamline.bash");
    std::fs::write(&script, out("80", &["completions", "bash"])).unwrap();
    for (words, expected) in [
        (&["beamline", "gen"][..], "generate"),
        (&["beamline", "generate", "--no-rep"], "--no-repeat-ngram-size"),
        (&["beamline", "generate", "--mirostat-t"], "--mirostat-tau"),
        (&["beamline", "plot", "cum"], "cumulative"),
        (&["beamline", "generate", "--show", "ent"], "entropy"),
        (&["beamline", "models", "li"], "list"),
    ] {
        // Where there is no bash there is nothing to try.
        let Some(offered) = offered(&script, words) else { return };
        assert_eq!(offered, [expected], "{words:?}");
    }
    for shell in ["zsh", "fish", "powershell"] {
        let script = out("80", &["completions", shell]);
        assert!(script.contains("no-repeat-ngram-size") && script.contains("mirostat-tau"), "{shell}");
    }
}

#[test]
fn manual_pages_have_every_command_and_option() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    assert!(out("80", &["man", pages.to_str().unwrap()]).is_empty());
    let all = out("80", &["man"]);
    assert_eq!(all.matches(".TH ").count(), COMMANDS.len() + 1);
    let generate = std::fs::read_to_string(pages.join("beamline-generate.1")).unwrap();
    for option in beamline::options() {
        assert!(generate.contains(&option.name.replace('_', "\\-")), "{}", option.name);
    }
    for command in COMMANDS {
        let page = pages.join(format!("beamline-{}.1", command.join("-")));
        assert!(page.is_file(), "{command:?}");
        // Where there is no groff, nothing looks for its mistakes.
        let Ok(checked) = process::Command::new("groff").args(["-man", "-ww", "-z", "-Tutf8"]).arg(&page).output()
        else {
            continue;
        };
        assert!(checked.stderr.is_empty(), "{command:?}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    let taken = folder.path().join("file");
    let wrong = beamline("80", &["man", taken.to_str().unwrap()]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
