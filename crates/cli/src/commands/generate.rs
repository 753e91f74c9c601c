//! `beamline generate`: text as it comes, or JSON with every token's numbers.

use crate::args::Generate;
use crate::failure::Failure;
use crate::interrupt::{self, Manner};
use crate::output::{json, note, print};
use crate::{model, prompts};
use beamline::{Beginning, Completion, Engine, Session, Settings, Special, Step};
use std::io::IsTerminal;

pub(crate) fn run(args: &Generate, given: &Settings) -> Result<(), Failure> {
    let prompts = prompts::gather(&args.prompts)?;
    let engine = model::open(&args.model, given)?;
    let settings = engine.settings(given)?;
    announce(&settings);
    let sessions = engine.sessions(&prompts, &settings)?;
    let mut run = Run { engine: &engine, sessions, timings: engine.timings() };
    let alone = run.sessions.len() == 1 && run.sessions[0].results().len() == 1;
    interrupt::set(if args.json { Manner::AtOnce } else { Manner::EndLine });
    let ended = if alone && !args.json { run.stream()? } else { run.finish(|_| Ok(()))? };
    let completion = engine.completion(&prompts, &settings, &run.sessions, run.timings);
    if args.json {
        json(&completion)?;
    } else if !alone {
        print(&all(&completion))?;
    }
    if ended { Ok(()) } else { Err(Failure::interrupted()) }
}

/// Says which seed was chosen, so that a text that pleases can be had again.
fn announce(settings: &Settings) {
    let drawn = settings.get("do_sample").is_some_and(|setting| setting.value == beamline::OptionValue::Flag(true));
    let chosen = settings.get("seed").filter(|setting| drawn && setting.origin == beamline::Origin::Default);
    if let Some(seed) = chosen.filter(|_| std::io::stderr().is_terminal()) {
        note(&format!("seed {}", seed.value.json()));
    }
}

/// Sessions on their way.
struct Run<'a> {
    engine: &'a Engine,
    sessions: Vec<Session>,
    timings: beamline::Timings,
}

impl Run<'_> {
    /// Steps until nothing is left; false if it was interrupted. `after` sees the sessions after each step.
    fn finish(&mut self, mut after: impl FnMut(&[Session]) -> Result<(), Failure>) -> Result<bool, Failure> {
        while !interrupt::pressed() {
            let step: Step = self.engine.step(&mut self.sessions, &mut ())?;
            // There is something to keep now, and steps are short.
            interrupt::set(Manner::AfterStep);
            self.timings.add(&step, &self.sessions);
            after(&self.sessions)?;
            if !step.more {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for one sequence, printing its text as it comes.
    fn stream(&mut self) -> Result<bool, Failure> {
        let engine = self.engine;
        let mut text = engine.tokenizer().stream(Special::Drop, Beginning::Continuation);
        let mut shown = 0;
        let ended = self.finish(|sessions| {
            let path = sessions[0].tree().path(sessions[0].results()[0].node);
            for &token in &path[shown..] {
                print(text.push(token))?;
            }
            shown = path.len();
            Ok(())
        })?;
        print(text.finish())?;
        print("\n")?;
        Ok(ended)
    }
}

/// Several sequences, each under a heading.
fn all(completion: &Completion) -> String {
    let several = completion.sequences.iter().any(|sequence| sequence.rank > 0);
    let part = |sequence: &beamline::Sequence| {
        let number = if several {
            format!("{}.{}", sequence.prompt + 1, sequence.rank + 1)
        } else {
            (sequence.prompt + 1).to_string()
        };
        format!("[{number}]{}\n", sequence.text)
    };
    completion.sequences.iter().map(part).collect()
}
