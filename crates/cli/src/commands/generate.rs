//! `beamline generate`: text as it comes, or JSON with every token's numbers.

use crate::args::{Generate, ModelArgs};
use crate::commands::score::unit;
use crate::destination::{Destination, Unfinished};
use crate::failure::Failure;
use crate::interrupt::{self, OnInterrupt};
use crate::output::{json, note, paint, print};
use crate::paint::width;
use crate::progress::Count;
use crate::tokens::{Shown, coloured, table};
use crate::{messages, model, prompts};
use beamline::{
    Budget, Completion, Engine, Observer, OptionValue, Options, Origin, Proof, RawStats, Session, TextDeltas, Trace,
};
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

pub(crate) fn run(args: &Generate, given: &Options) -> Result<(), Failure> {
    let asked = messages::asked(&args.chat, &args.prompts)?;
    let mut prompts = if asked.is_some() { Vec::new() } else { prompts::gather(&args.prompts)? };
    // Found before a model is opened.
    let trace = args.trace.as_deref().map(|path| trace_file(path, &args.model.model)).transpose()?;
    let mut engine = model::open(&args.model, given)?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(&prompts));
    take_assistant(&mut engine, &args.model, given)?;
    let engine = engine;
    let numbers = args.json || args.table || args.show.is_some();
    let mut given = given.clone();
    if let Some(conversations) = asked {
        (prompts, given) = messages::prompts(&engine, &args.chat.template, &conversations, &given)?;
    }
    let plan = engine.plan(&given)?;
    announce(plan.options());
    let mut sessions = engine.sessions(&prompts, &plan)?;
    if !numbers && given.get("best_of").is_none() {
        // Nobody will see the raw model's numbers.
        for session in &mut sessions {
            session.raw_stats(RawStats::Off);
        }
    }
    let alone = sessions.len() == 1 && sessions[0].results().len() == 1 && sessions[0].streams();
    let mut run = Run { engine: &engine, sessions, echo: args.echo };
    interrupt::set(if args.json { OnInterrupt::AtOnce } else { OnInterrupt::EndLine });
    let streamed = alone && !numbers;
    let ended = match trace {
        Some(to) => {
            let failed = |error| {
                let message =
                    format!("{}: the trace could not be written: {error}; give --trace another file", to.name());
                Failure { code: 1, message: Some(message) }
            };
            let file = to.begin().map_err(failed)?;
            let mut trace = Trace::begin(file, &engine, &plan, &run.sessions);
            let ended = run.all(streamed, &mut trace)?;
            trace.end(&run.sessions).and_then(Unfinished::finish).map_err(failed)?;
            ended
        }
        None => run.all(streamed, &mut ())?,
    };
    let completion = engine.completion(&run.sessions);
    if args.json {
        json(&completion)?;
    } else if numbers {
        paint(&with_numbers(&completion, args))?;
    } else if !streamed {
        print(&all(&completion, args.echo))?;
    }
    if !args.json {
        tell_of_ends(&completion, plan.options());
    }
    if ended { Ok(()) } else { Err(Failure::interrupted()) }
}

/// Says which texts ended sooner than was asked for, and what an exact search proves.
fn tell_of_ends(completion: &Completion, options: &Options) {
    for line in cut_short(completion, options) {
        note(&line);
    }
    let beams = options.get("num_beams").is_some_and(|beams| beams.value != OptionValue::Count(1));
    let first = if beams { "beam search" } else { "greedy search" };
    completion.prompts.iter().filter_map(|prompt| prompt.certificate).for_each(|proof| certify(proof, first));
}

/// Coloured texts, tables of tokens, or both.
fn with_numbers(completion: &Completion, args: &Generate) -> String {
    let mut out = String::new();
    for sequence in &completion.sequences {
        if completion.sequences.len() > 1 {
            let _ = write!(out, "[{}.{}]", sequence.prompt + 1, sequence.rank + 1);
        }
        if args.echo {
            out += &completion.prompts[sequence.prompt].text;
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
            out += &table(&sequence.tokens, sequence.sum_logprob, unit(args.bits), width());
        }
    }
    if let Some(show) = args.show.filter(|_| std::io::stderr().is_terminal()) {
        if std::io::stdout().is_terminal() {
            note(show.legend());
        } else {
            note(
                "note: standard output is no terminal, so --show leaves the text without colour; --table or --json has the numbers",
            );
        }
    }
    out
}

fn trace_file(path: &Path, model: &str) -> Result<Destination, Failure> {
    if path.as_os_str() == "-" {
        return Err(Failure::usage("--trace - would mix with the text; give it a file"));
    }
    Destination::check(path, model).map_err(|failure| {
        let message = failure.message.map(|message| message.replace("; give a file", "; give --trace a file"));
        Failure { message, ..failure }
    })
}

/// Loads the model that guesses ahead, where one is asked for.
pub(crate) fn take_assistant(engine: &mut Engine, args: &ModelArgs, given: &Options) -> Result<(), Failure> {
    let Some(OptionValue::Text(name)) = given.get("assistant").map(|setting| &setting.value) else { return Ok(()) };
    let assistant = model::open(&ModelArgs { model: name.clone(), ..args.clone() }, &Options::default())?;
    Ok(engine.assist(&assistant)?)
}

/// Says which seed was chosen, so that a text that pleases can be had again.
pub(super) fn announce(settings: &Options) {
    let drawn = settings.get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
    let chosen = settings.get("seed").filter(|setting| drawn && setting.origin == Origin::Default);
    if let Some(seed) = chosen.filter(|_| std::io::stderr().is_terminal()) {
        note(&format!("seed {}", seed.value.json()));
    }
}

/// What a reader may not see: that a text ends for want of room, or before its grammar would let it.
fn cut_short(completion: &Completion, settings: &Options) -> Vec<String> {
    let mut notes = Vec::new();
    let of =
        |sequence: &beamline::Sequence| completion.prompts[sequence.prompt].token_ids.len() + sequence.token_ids.len();
    if let Some(full) = completion.sequences.iter().find(|sequence| sequence.context_full) {
        notes.push(format!(
            "note: the context of {} tokens is full, prompt and text together; the text ends here",
            of(full)
        ));
    }
    let is_cut = |sequence: &&beamline::Sequence| {
        sequence.grammar_complete == Some(false) && ["length", "time"].map(Some).contains(&sequence.finish_reason)
    };
    if let Some(cut) = completion.sequences.iter().find(is_cut) {
        let whole =
            if settings.get("json_schema").is_some() { "the JSON was complete" } else { "it matched the grammar" };
        let remedy = match cut.finish_reason {
            Some("time") => "raise --max-time",
            _ if cut.context_full => "shorten the prompt",
            _ => "raise --max-new-tokens",
        };
        notes.push(format!("note: the text was cut at {} tokens before {whole}; {remedy}", cut.token_ids.len()));
    }
    notes
}

/// Says what an exact search proved, and what the search `first` had found.
fn certify(proof: Proof, first: &str) {
    let Proof { is_mode, best, bound, beam, nodes } = proof;
    let beam = beam.map_or(String::new(), |beam| format!("; {first} found {beam:.4}"));
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
    /// Whether a text that is printed as it comes follows its prompt.
    echo: bool,
}

impl Run<'_> {
    /// Steps to the end; false if it was interrupted. Where `streamed`, prints the first text as it comes.
    fn all(&mut self, streamed: bool, observer: &mut dyn Observer) -> Result<bool, Failure> {
        let mut deltas = TextDeltas::new(self.engine, &self.sessions[0]);
        let mut ended = false;
        let mut counted = Counted::new(!streamed, &self.sessions);
        if streamed && self.echo {
            print(&self.engine.prompt_text(self.sessions[0].given()))?;
        }
        while !ended && !interrupt::pressed() {
            ended = !self.engine.step(&mut self.sessions, Budget::ALL, observer)?.more;
            // There is something to keep now, and steps are short.
            interrupt::set(OnInterrupt::AfterStep);
            if streamed {
                deltas.take(&self.sessions[0]).iter().try_for_each(|news| print(&news.text))?;
            }
            counted.step(&self.sessions);
        }
        drop(counted);
        if streamed {
            deltas.finish(&self.sessions[0]).iter().try_for_each(|news| print(&news.text))?;
            // What failed ends in an error, and its text, which may be empty, stays as it is.
            if self.sessions[0].error().is_none() {
                print("\n")?;
            }
        }
        // A session that failed has ended too.
        if ended {
            self.engine.run(&mut self.sessions, &mut ())?;
        }
        Ok(ended)
    }
}

/// Tokens done of those that may come, on a terminal, for texts that are only shown when they have ended.
struct Counted {
    bar: Option<Count>,
    most: usize,
}

impl Counted {
    fn new(wanted: bool, sessions: &[Session]) -> Self {
        let bar = (wanted && std::io::stderr().is_terminal()).then(|| Count::new("tokens"));
        Self { bar, most: sessions.iter().map(Session::max_new_tokens).max().unwrap_or(0) }
    }

    /// Shows the length of the longest text.
    fn step(&mut self, sessions: &[Session]) {
        if let Some(bar) = &mut self.bar {
            // What grew last is as deep as any.
            let depth = |session: &Session| {
                session.tree().since(session.tree().len() - 1).map(|(id, _)| session.tree().depth(id)).max()
            };
            let longest = sessions.iter().filter_map(depth).max();
            bar.set(longest.unwrap_or(0).min(self.most), self.most);
        }
    }
}

/// One sequence by itself, or several, each under a heading.
fn all(completion: &Completion, echo: bool) -> String {
    let prompt = |sequence: &beamline::Sequence| {
        if echo { completion.prompts[sequence.prompt].text.as_str() } else { "" }
    };
    if let [only] = completion.sequences.as_slice() {
        return format!("{}{}\n", prompt(only), only.text);
    }
    let several = completion.sequences.iter().any(|sequence| sequence.rank > 0);
    let part = |sequence: &beamline::Sequence| {
        let number = if several {
            format!("{}.{}", sequence.prompt + 1, sequence.rank + 1)
        } else {
            (sequence.prompt + 1).to_string()
        };
        let text = format!("{}{}", prompt(sequence), sequence.text);
        let gap = if text.starts_with(char::is_whitespace) { "" } else { " " };
        format!("[{number}]{gap}{text}\n")
    };
    completion.sequences.iter().map(part).collect()
}
