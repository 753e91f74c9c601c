//! The walk through the chapter: every scene in every language, its pages, and that its texts are true of what is printed.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use beamline_chapter::{Lang, Scene, Text, scenes, words};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn beamline(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args);
    for variable in ["BEAMLINE_MODEL", "LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(variable);
    }
    command
}

/// Standard output and standard error of a command that must end well.
fn both(args: &[&str]) -> (String, String) {
    let output = beamline(args).output().unwrap();
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{args:?}: {error}");
    (out, error)
}

/// What the commands of a scene print, as they are typed in a pipe.
fn printed(scene: &Scene) -> Vec<String> {
    let run = |line| {
        let words = words(line);
        let (out, error) = both(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
        out + &error
    };
    scene.commands().map(run).collect()
}

fn scene(name: &str) -> &'static Scene {
    scenes().iter().find(|scene| scene.name() == name).unwrap()
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/chapter")
}

fn parts(text: &Text) -> impl Iterator<Item = &String> {
    text.paragraphs.iter().chain([&text.question, &text.answer])
}

/// Whole numbers and decimals of a text.
fn numbers(text: &str) -> BTreeSet<String> {
    let chars = |c: char| !c.is_ascii_digit() && c != '.';
    text.split(chars).map(|n| n.trim_matches('.').to_owned()).filter(|n| !n.is_empty()).collect()
}

#[test]
fn pages_are_what_the_chapter_prints() {
    for lang in Lang::ALL {
        let made = both(&["learn", "all", "--markdown", "--lang", lang.code()]).0;
        let page = std::fs::read_to_string(pages().join(format!("{lang}.md"))).unwrap_or_default();
        assert!(made == page, "docs/chapter/{lang}.md is not what the chapter prints; run scripts/chapter");
        assert!(!made.contains('\u{1b}'), "{lang} has colours");
        for block in made.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            assert!(block.lines().all(|line| line.chars().count() <= 100), "{lang}: too wide:\n{block}");
        }
    }
    let index = both(&["learn", "--markdown"]).0;
    assert!(index == std::fs::read_to_string(pages().join("README.md")).unwrap_or_default(), "run scripts/chapter");
}

#[test]
fn every_scene_runs_in_every_language_and_waits_for_nobody_in_a_pipe() {
    for lang in Lang::ALL {
        // An input that never ends would be waited for.
        let (out, _) = both(&["learn", "all", "--lang", lang.code()]);
        let messages = lang.messages();
        for message in [messages.enter_to_run, messages.enter_for_answer, messages.enter_for_next] {
            assert!(!out.contains(message), "{lang}");
        }
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let shown = bare(&out);
        for scene in scenes() {
            let text = scene.text(lang);
            assert!(out.contains(&format!("{}. {}\n", scene.number(), text.title)), "{lang}: {}", scene.name());
            for part in parts(&text) {
                assert!(shown.contains(&bare(part)), "{lang}: {part}");
            }
            for line in scene.commands() {
                assert!(out.contains(&format!("$ {line}\n")), "{lang}: {line}");
            }
        }
        for heading in [messages.try_it, messages.question, messages.answer] {
            assert_eq!(out.lines().filter(|line| *line == heading).count(), scenes().len(), "{lang}: {heading}");
        }
    }
}

/// What a scene shows is what its commands print when they are typed.
#[test]
fn a_scene_shows_what_its_commands_print() {
    let (out, error) = both(&["learn", "10"]);
    for block in printed(scene("top-p")) {
        assert!(out.contains(&block), "{block}");
    }
    assert!(error.is_empty(), "{error}");
    let (_, error) = both(&["learn", "15"]);
    assert!(error.starts_with("this is the mode"), "{error}");
}

#[test]
fn the_locale_chooses_the_language_and_lang_wins() {
    let title = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = beamline(&[&["learn"], args].concat());
        command.envs(variables.iter().copied());
        let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
        out.lines().next().unwrap().to_owned()
    };
    let of = |lang: Lang| lang.messages().title;
    assert_eq!(title(&[], &[]), of(Lang::En));
    assert_eq!(title(&[("LANG", "ko_KR.UTF-8")], &[]), of(Lang::Ko));
    assert_eq!(title(&[("LANG", "ko_KR.UTF-8"), ("LC_MESSAGES", "ja_JP.UTF-8")], &[]), of(Lang::Ja));
    assert_eq!(title(&[("LC_MESSAGES", "ja_JP.UTF-8"), ("LC_ALL", "zh_CN.UTF-8")], &[]), of(Lang::Zh));
    assert_eq!(title(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")], &[]), of(Lang::En));
    assert_eq!(title(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "")], &[]), of(Lang::Ko));
    assert_eq!(title(&[("LANG", "de_DE.UTF-8")], &[]), of(Lang::En));
    assert_eq!(title(&[("LANG", "ko_KR.UTF-8")], &["--lang", "zh"]), of(Lang::Zh));
}

#[test]
fn a_scene_that_is_not_there_is_one_line() {
    for word in ["0", "16", "99999999999999999999999", "five", ""] {
        let output = beamline(&["learn", word]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), error.lines().count()), (Some(2), 0, 1), "{error}");
        assert!(error.starts_with("error: ") && error.contains("from 1 to 15, or all"), "{error}");
    }
    let output = beamline(&["learn", "1", "--lang", "fr"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("en, ko, zh, ja"));
    let output = beamline(&["learn", "1", "--model", "/no/such/folder"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn another_model_runs_and_is_said_to_be_another() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/checkpoints/tiny-gpt2");
    let (out, _) = both(&["learn", "1", "--model", model]);
    assert!(out.contains(&format!("--model {model}\n")) && out.contains(Lang::En.messages().other_model), "{out}");
    assert!(!both(&["learn", "1", "--model", "builtin"]).0.contains(Lang::En.messages().other_model));
}

/// A number in a text stands in the scene's commands or in what they print; so does every word of code that is no option.
#[test]
fn numbers_and_words_of_texts_stand_in_what_is_printed() {
    let all_commands: String = scenes().iter().flat_map(Scene::commands).collect();
    for scene in scenes() {
        let printed: String = scene.commands().map(str::to_owned).chain(printed(scene)).collect::<Vec<_>>().join("\n");
        let known = numbers(&printed);
        for lang in Lang::ALL {
            for part in parts(&scene.text(lang)) {
                let told = numbers(part);
                let unknown: Vec<_> =
                    told.iter().filter(|n| !["0", "1"].contains(&n.as_str()) && !known.contains(*n)).collect();
                assert!(unknown.is_empty(), "{} {lang}: {unknown:?}", scene.name());
                for code in part.split('`').skip(1).step_by(2) {
                    let option = code.split(' ').next().unwrap();
                    let is_known = printed.contains(code) || option.starts_with("--") && all_commands.contains(option);
                    assert!(is_known, "{} {lang}: `{code}`", scene.name());
                }
            }
        }
    }
}
