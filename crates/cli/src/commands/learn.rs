//! `beamline learn`: a walk through the chapter, scene by scene.

mod markdown;

use crate::args::{self, Learn};
use crate::failure::Failure;
use crate::interrupt::{self, OnInterrupt};
use crate::output::{paint, print};
use crate::paint::{FAINT, HEADING, styled, width};
use crate::{page, prose};
use beamline_chapter::{Lang, Scene, scenes, words};
use std::ffi::OsString;
use std::fmt::Write;
use std::io::{IsTerminal, stdin, stdout};

/// The columns of a page that no terminal limits, and the most of running text.
const COLUMNS: usize = 100;

pub(crate) fn run(args: &Learn) -> Result<(), Failure> {
    let chosen = args.scene.as_deref().map(choose).transpose()?;
    let walk = Walk { lang: args.lang.unwrap_or_else(of_locale), args };
    match chosen {
        _ if args.markdown => markdown::print_all(&walk, args.scene.as_deref() == Some("all"), chosen),
        None => walk.list(),
        Some(chosen) => {
            for (i, scene) in chosen.iter().enumerate() {
                if i > 0 {
                    wait(walk.lang.messages().enter_for_next)?;
                    print("\n")?;
                }
                walk.show(scene)?;
            }
            walk.next(chosen.last())
        }
    }
}

/// The scenes that a word on the command line means.
fn choose(word: &str) -> Result<&'static [Scene], Failure> {
    let (all, number) = (scenes(), word.parse::<usize>().unwrap_or(0));
    if word == "all" {
        return Ok(all);
    }
    all.get(number.wrapping_sub(1)..number).ok_or_else(|| {
        Failure::usage(format!("there is no scene {word:?}; give a number from 1 to {}, or all", all.len()))
    })
}

/// The language of the locale: the first of these variables that is set decides, as for other programs.
fn of_locale() -> Lang {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    locale.and_then(|locale| Lang::from_locale(&locale)).unwrap_or_default()
}

/// How the chapter is walked through.
struct Walk<'a> {
    lang: Lang,
    args: &'a Learn,
}

impl Walk<'_> {
    /// The scenes, a line each, and how to see them.
    fn list(&self) -> Result<(), Failure> {
        let (messages, columns) = (self.lang.messages(), columns());
        let mut out = format!("{}\n\n{}\n", styled(messages.title, HEADING), prose::lines(messages.about, columns));
        for scene in scenes() {
            let _ = writeln!(out, "{:3}  {}", scene.number(), scene.text(self.lang).title);
        }
        let _ = writeln!(out, "\n{} {}", messages.how, self.command(1));
        for lang in Lang::ALL.into_iter().filter(|lang| *lang != self.lang) {
            let _ = writeln!(out, "{}: beamline learn --lang {lang}", lang.messages().language);
        }
        paint(&out)
    }

    /// One scene: what it says, its commands and what they print, its question and the answer.
    fn show(&self, scene: &Scene) -> Result<(), Failure> {
        let (text, messages, columns) = (scene.text(self.lang), self.lang.messages(), columns());
        let mut out = format!("{}\n", styled(&format!("{}. {}", scene.number(), text.title), HEADING));
        for paragraph in &text.paragraphs {
            let _ = write!(out, "\n{}", prose::lines(paragraph, columns));
        }
        if self.is_other_model() {
            let _ = write!(out, "\n{}", styled(&prose::lines(messages.other_model, columns), FAINT));
        }
        let _ = writeln!(out, "\n{}", styled(messages.try_it, HEADING));
        paint(&out)?;
        for line in scene.commands() {
            let line = self.typed(line);
            paint(&format!("\n{}\n", styled(&format!("$ {line}"), HEADING)))?;
            wait(messages.enter_to_run)?;
            print("\n")?;
            perform(&line, width().unwrap_or(COLUMNS), false)?;
        }
        paint(&format!("\n{}\n{}", styled(messages.question, HEADING), prose::lines(&text.question, columns)))?;
        wait(messages.enter_for_answer)?;
        paint(&format!("\n{}\n{}", styled(messages.answer, HEADING), prose::lines(&text.answer, columns)))
    }

    /// How to go on, after this scene.
    fn next(&self, last: Option<&Scene>) -> Result<(), Failure> {
        match last.map(Scene::number).filter(|number| *number < scenes().len()) {
            Some(number) => {
                let line = format!("{} {}", self.lang.messages().next, self.command(number + 1));
                paint(&format!("\n{}\n", styled(&line, FAINT)))
            }
            None => Ok(()),
        }
    }

    /// The command line that shows a scene as this one is shown.
    fn command(&self, number: usize) -> String {
        let lang = self.args.lang.map_or(String::new(), |lang| format!(" --lang {lang}"));
        self.typed(&format!("beamline learn {number}{lang}"))
    }

    /// A command line with the model that was asked for.
    fn typed(&self, line: &str) -> String {
        match &self.args.model {
            Some(model) if model.contains([' ', '\t']) => format!("{line} --model \"{model}\""),
            Some(model) => format!("{line} --model {model}"),
            None => line.to_owned(),
        }
    }

    fn is_other_model(&self) -> bool {
        let model = self.args.model.clone().or_else(|| std::env::var("BEAMLINE_MODEL").ok()).unwrap_or_default();
        !["", "builtin"].contains(&model.as_str())
    }
}

/// Waits for Enter where a person can press it.
fn wait(message: &str) -> Result<(), Failure> {
    if stdin().is_terminal() && stdout().is_terminal() {
        paint(&styled(&format!("[{message}] "), FAINT))?;
        stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

/// The columns that running text is given.
fn columns() -> usize {
    width().unwrap_or(COLUMNS).min(COLUMNS)
}

/// Runs a command line as if it had been typed, on a page of so many columns.
fn perform(line: &str, columns: usize, with_notes: bool) -> Result<(), Failure> {
    let words: Vec<OsString> = words(line).into_iter().map(Into::into).collect();
    let command = args::read(&words)?;
    page::open(columns, with_notes);
    let ended = super::run(command);
    // A command may have asked for another answer to Ctrl-C.
    interrupt::set(OnInterrupt::AtOnce);
    let rest = page::close();
    paint(&rest)?;
    ended
}
