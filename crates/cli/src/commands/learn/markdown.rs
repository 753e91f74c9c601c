//! The chapter as pages of Markdown, with what the commands print.

use super::{COLUMNS, Walk, perform};
use crate::failure::Failure;
use crate::output::print;
use beamline_chapter::{Lang, Scene, scenes};
use std::fmt::Write;

/// Who makes these pages.
const MADE: &str = "<!-- Made by scripts/chapter from crates/chapter and what the built-in model prints. -->";

/// The index of all languages; the page of one, for all scenes; or a scene.
pub(super) fn print_all(walk: &Walk, is_page: bool, chosen: Option<&'static [Scene]>) -> Result<(), Failure> {
    // Pages have no colours, wherever they are written.
    anstream::ColorChoice::Never.write_global();
    let Some(chosen) = chosen else { return print(&index()) };
    if is_page {
        print(&head(walk.lang))?;
    }
    chosen.iter().try_for_each(|scene| section(walk, scene))
}

fn index() -> String {
    let (en, count) = (Lang::En.messages(), scenes().len());
    let mut out = format!(
        "{MADE}\n\n# {}\n\nA chapter in {count} scenes, in four languages: what each method of decoding does, the commands that show it \
         with what the built-in model prints, a question and its answer. `beamline learn` is the same in a terminal.\n\n| |",
        en.title
    );
    for lang in Lang::ALL {
        let _ = write!(out, " [{}]({lang}.md) |", lang.messages().language);
    }
    out += "\n| ---: | --- | --- | --- | --- |\n";
    for scene in scenes() {
        let _ = write!(out, "| {} |", scene.number());
        for lang in Lang::ALL {
            let _ = write!(out, " [{}]({lang}.md#{}) |", scene.text(lang).title, scene.name());
        }
        out.push('\n');
    }
    out
}

fn head(lang: Lang) -> String {
    let messages = lang.messages();
    let name = |other: Lang| match other.messages().language {
        own if other == lang => own.to_owned(),
        language => format!("[{language}]({other}.md)"),
    };
    let languages = Lang::ALL.map(name).join(" · ");
    let mut out = format!("{MADE}\n\n# {}\n\n{languages}\n\n{}\n\n", messages.title, messages.about);
    for scene in scenes() {
        let _ = writeln!(out, "{}. [{}](#{})", scene.number(), scene.text(lang).title, scene.name());
    }
    out + "\n"
}

fn section(walk: &Walk, scene: &Scene) -> Result<(), Failure> {
    let (text, messages) = (scene.text(walk.lang), walk.lang.messages());
    let anchor = scene.name();
    let mut out = format!("<a id=\"{anchor}\"></a>\n\n## {}. {}\n\n", scene.number(), text.title);
    for paragraph in &text.paragraphs {
        let _ = write!(out, "{paragraph}\n\n");
    }
    print(&out)?;
    for line in scene.commands() {
        let line = walk.typed(line);
        print(&format!("```sh\n{line}\n```\n\n```text\n"))?;
        perform(&line, COLUMNS, true)?;
        print("```\n\n")?;
    }
    print(&format!(
        "**{}.** {}\n\n<details><summary>{}</summary>\n\n{}\n\n</details>\n\n",
        messages.question, text.question, messages.answer, text.answer
    ))
}
