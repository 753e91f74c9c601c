//! `beamline generate`: text as it comes, or JSON with every token's numbers.

use crate::args::{Generate, ModelArgs};
use crate::failure::Failure;
use crate::interrupt::{self, OnInterrupt};
use crate::output::{json, note, paint, print};
use crate::tokens::{Shown, coloured, table};
use crate::{model, prompts};
use beamline::{
    Beginning, Completion, Engine, HoldBack, Observer, OptionValue, Origin, Proof, RawStats, Session, Settings,
    Special, Step, Trace,
};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::path::Path;

pub(crate) fn run(args: &Generate, given: &Settings) -> Result<(), Failure> {
    let prompts = prompts::gather(&args.prompts)?;
    // Found before a model is opened.
    let trace = args.trace.as_deref().map(create).transpose()?;
    let mut engine = model::open(&args.model, given)?;
    take_assistant(&mut engine, &args.model, given)?;
    let engine = engine;
    let numbers = args.json || args.table || args.show.is_some();
    let settings = engine.settings(given)?;
    announce(&settings);
    let mut sessions = engine.sessions(&prompts, &settings)?;
    if !numbers && given.get("best_of").is_none() {
        // Nobody will see the raw model's numbers.
        for session in &mut sessions {
            session.raw_stats(RawStats::Off);
        }
    }
    let alone = sessions.len() == 1 && sessions[0].results().len() == 1 && sessions[0].streams();
    let mut run = Run { engine: &engine, sessions, timings: engine.timings() };
    interrupt::set(if args.json { OnInterrupt::AtOnce } else { OnInterrupt::EndLine });
    let streamed = alone && !numbers;
    let ended = match trace {
        Some(file) => {
            let mut trace = Trace::begin(file, &engine, &settings, &run.sessions);
            let ended = run.all(streamed, &settings, &mut trace)?;
            let path = args.trace.as_deref().unwrap_or(Path::new("")).display();
            let failed = |error| Failure {
                code: 1,
                message: Some(format!("{path}: the trace could not be written: {error}; give --trace another file")),
            };
            trace.end(&run.sessions).map_err(failed)?;
            ended
        }
        None => run.all(streamed, &settings, &mut ())?,
    };
    let completion = engine.completion(&prompts, &settings, &run.sessions, run.timings);
    if args.json {
        json(&completion)?;
    } else if numbers {
        paint(&with_numbers(&completion, args))?;
    } else if !streamed {
        print(&all(&completion))?;
    }
    if !args.json {
        completion.prompts.iter().filter_map(|prompt| prompt.certificate).for_each(certify);
    }
    if ended { Ok(()) } else { Err(Failure::interrupted()) }
}

/// Coloured texts, tables of tokens, or both.
fn with_numbers(completion: &Completion, args: &Generate) -> String {
    let mut out = String::new();
    for sequence in &completion.sequences {
        if completion.sequences.len() > 1 {
            let _ = write!(out, "[{}.{}]", sequence.prompt + 1, sequence.rank + 1);
        }
        let shown = |token: &'_ beamline::GeneratedToken| (token.logprob, token.rank, token.entropy);
        match args.show {
            Some(show) => {
                let all = sequence.tokens.iter().map(|t| Shown { bytes: &t.bytes, numbers: Some(shown(t)) });
                out += &(coloured(all, show) + "\n");
            }
            None => out += &(sequence.text.clone() + "\n"),
        }
        if args.table {
            out += &table(&sequence.tokens, sequence.sum_logprob);
        }
    }
    if let Some(show) = args.show.filter(|_| std::io::stderr().is_terminal()) {
        note(show.legend());
    }
    out
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    if path.as_os_str() == "-" {
        return Err(Failure::usage("--trace - would mix with the text; give it a file"));
    }
    let wrong = |error| Failure::usage(format!("{}: {error}; give --trace a file that can be written", path.display()));
    File::create(path).map(BufWriter::new).map_err(wrong)
}

/// Loads the model that guesses ahead, where one is asked for.
pub(crate) fn take_assistant(engine: &mut Engine, args: &ModelArgs, given: &Settings) -> Result<(), Failure> {
    let Some(OptionValue::Text(name)) = given.get("assistant").map(|setting| &setting.value) else { return Ok(()) };
    let assistant = model::open(&ModelArgs { model: name.clone(), ..args.clone() }, &Settings::default())?;
    Ok(engine.assist(&assistant)?)
}

/// Says which seed was chosen, so that a text that pleases can be had again.
fn announce(settings: &Settings) {
    let drawn = settings.get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
    let chosen = settings.get("seed").filter(|setting| drawn && setting.origin == Origin::Default);
    if let Some(seed) = chosen.filter(|_| std::io::stderr().is_terminal()) {
        note(&format!("seed {}", seed.value.json()));
    }
}

/// Says what an exact search proved.
fn certify(proof: Proof) {
    let Proof { is_mode, best, bound, beam, nodes } = proof;
    let beam = beam.map_or(String::new(), |beam| format!("; beam search found {beam:.4}"));
    if is_mode {
        note(&format!(
            "this is the mode: no text is more probable than {best:.4}{beam} ({nodes} beginnings looked at)"
        ));
    } else {
        note(&format!(
            "no text is more probable than {bound:.4}; the best found has {best:.4}{beam} ({nodes} beginnings looked at; raise node_budget to know more)"
        ));
    }
}

/// Sessions on their way.
struct Run<'a> {
    engine: &'a Engine,
    sessions: Vec<Session>,
    timings: beamline::Timings,
}

impl Run<'_> {
    /// Steps to the end; false if it was interrupted.
    fn all(&mut self, streamed: bool, settings: &Settings, observer: &mut dyn Observer) -> Result<bool, Failure> {
        if streamed { self.stream(settings, observer) } else { self.finish(observer, |_| Ok(())) }
    }

    /// Steps until nothing is left; false if it was interrupted. `after` sees the sessions after each step.
    fn finish(
        &mut self,
        observer: &mut dyn Observer,
        mut after: impl FnMut(&[Session]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        while !interrupt::pressed() {
            let step: Step = self.engine.step(&mut self.sessions, observer)?;
            // There is something to keep now, and steps are short.
            interrupt::set(OnInterrupt::AfterStep);
            self.timings.add(&step);
            after(&self.sessions)?;
            if !step.more {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for one sequence, printing its text as it comes, up to a stop string if that is to be left out.
    fn stream(&mut self, settings: &Settings, observer: &mut dyn Observer) -> Result<bool, Failure> {
        let engine = self.engine;
        let mut text = engine.tokenizer().stream(Special::Drop, Beginning::Continuation);
        let prompt = engine.tokenizer().decode(self.sessions[0].prompt(), Special::Write, Beginning::Text);
        // What is certain is printed at once; where exactly a stop string cuts is known at the end.
        let mut hold = HoldBack::new(&settings.stops_to_cut()).after(&prompt);
        let mut printed = String::new();
        let mut shown = 0;
        let ended = self.finish(observer, |sessions| {
            let path = sessions[0].tree().path(sessions[0].results()[0].node);
            for &token in &path[shown..] {
                let certain = hold.push(text.push(token));
                print(&certain)?;
                printed += &certain;
            }
            shown = path.len();
            Ok(())
        })?;
        let whole = engine.text(&self.sessions[0], self.sessions[0].results()[0].node, settings);
        print(whole.strip_prefix(&printed).unwrap_or_default())?;
        print("\n")?;
        Ok(ended)
    }
}

/// One sequence by itself, or several, each under a heading.
fn all(completion: &Completion) -> String {
    if let [only] = completion.sequences.as_slice() {
        return format!("{}\n", only.text);
    }
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
