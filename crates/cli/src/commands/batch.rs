//! `beamline batch`: files of rows, each with its completion, by runs that go on after they were ended.

use crate::args::{Batch, ProgressForm, RowFormat, TemplateArgs};
use crate::commands::generate::take_assistant;
use crate::failure::{Failure, told};
use crate::interrupt::{self, OnInterrupt};
use crate::output::note;
use crate::progress::RowBar;
use crate::{messages, model};
use beamline::{Conversation, Engine, Fault, Options};
use beamline_batch::{
    BatchError, BatchRun, Bounds, Columns, Input, Journaling, Output, Progress, Settings, Summary, Talk, Watch,
};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) fn run(args: &Batch, given: &Options) -> Result<(), Failure> {
    given.check()?;
    let prepared = asked(args)?.prepare()?;
    let mut engine = model::open(&args.model, given)?;
    take_assistant(&mut engine, &args.model, given)?;
    let settings = settings(args, given, &engine)?;
    let engine = Arc::new(engine);
    let (total, finished) = prepared.rows();
    if finished > 0 {
        let of = total.map_or(String::new(), |total| format!(" of {total}"));
        note(&format!("note: going on where it was: {finished}{of} rows are finished"));
    }
    let mut shown = Shown::new(args.progress);
    // What is finished is kept from here on, and steps are short.
    interrupt::set(OnInterrupt::AfterStep);
    let ended = prepared.run(&engine, &settings, &mut shown);
    let seconds = shown.end();
    match ended {
        Ok(summary) => shown.summary(&summary, seconds, args.fail_on_errors),
        Err(error @ BatchError::Interrupted { .. }) => {
            note(&error.to_string());
            Err(Failure::interrupted())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is asked for, of files and columns.
fn asked(args: &Batch) -> Result<BatchRun, Failure> {
    let is_stream = |path: &std::path::Path| path.as_os_str() == "-";
    let input =
        if is_stream(&args.input) { Input::Stream(Box::new(io::stdin())) } else { Input::File(args.input.clone()) };
    let output = if is_stream(&args.output) {
        Output::Stream(Box::new(io::stdout()))
    } else {
        Output::File(args.output.clone())
    };
    let format = args.format.map(RowFormat::format);
    let output_format = args.output_format.map(RowFormat::format).or(format);
    let talks = args.chat || args.messages_column.is_some();
    let talk = if talks {
        Talk {
            is_chat: args.chat,
            system: args.template.system.clone(),
            variables: messages::variables(&args.template)?,
            date: Some(messages::day(&args.template)),
        }
    } else {
        // Requests of OpenAI's have messages of their own.
        let own = args.format == Some(RowFormat::Openai);
        let template = args.template.clone();
        let asked = if own { TemplateArgs { chat_template: None, chat_date: None, ..template } } else { template };
        messages::needless(&asked, "--chat, or --messages-column COLUMN")?;
        Talk { date: Some(messages::day(&args.template)), ..Talk::default() }
    };
    Ok(BatchRun {
        input_format: format,
        output_format,
        columns: Columns {
            prompt: args.prompt.clone(),
            prompt_column: args.prompt_column.clone(),
            messages_column: args.messages_column.clone(),
            key: args.key_column.clone(),
            options: !args.no_option_columns,
            talk,
        },
        today: args.template.chat_date.is_none(),
        shard: args.shard,
        journaling: match &args.journal {
            _ if args.no_journal => Journaling::Off,
            Some(path) => Journaling::At(path.clone()),
            None => Journaling::Beside,
        },
        keep_journal: args.keep_journal,
        salvage: args.salvage,
        ..BatchRun::between(input, output)
    })
}

fn settings(args: &Batch, given: &Options, engine: &Engine) -> Result<Settings, Failure> {
    let usual = Bounds::default();
    let bounds =
        Bounds { sessions: args.max_running, cache_bytes: args.cache_memory.unwrap_or(usual.cache_bytes), ..usual };
    let template = match &args.template.chat_template {
        Some(_) => Some(messages::template(&args.template, engine.chat_templates(), &Conversation::new(Vec::new()))?),
        None => None,
    };
    Ok(Settings { options: given.clone(), template, bounds })
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        match &error {
            BatchError::Engine(error) => {
                let code = if error.fault() == Fault::Usage { 2 } else { 3 };
                Self { code: if error.fault() == Fault::Run { 1 } else { code }, message: Some(told(error)) }
            }
            BatchError::Unread => Self::quiet(),
            error if error.fault() == Fault::Usage => Self::usage(error.to_string()),
            error => Self { code: 1, message: Some(error.to_string()) },
        }
    }
}

/// How often a line tells of progress where there is no terminal, and a JSON object.
const LINE: Duration = Duration::from_secs(10);
const OBJECT: Duration = Duration::from_secs(1);

/// Tells how far a run is.
struct Shown {
    form: ProgressForm,
    bar: Option<RowBar>,
    begun: Instant,
    told: Instant,
}

impl Shown {
    fn new(form: ProgressForm) -> Self {
        let bar = (form == ProgressForm::Auto && io::stderr().is_terminal()).then(RowBar::new);
        Self { form, bar, begun: Instant::now(), told: Instant::now() }
    }

    /// Takes the bar away; how long it took, in seconds.
    fn end(&mut self) -> f64 {
        self.bar = None;
        self.begun.elapsed().as_secs_f64()
    }

    /// The last line, and the exit code.
    fn summary(&self, summary: &Summary, seconds: f64, strict: bool) -> Result<(), Failure> {
        if self.form == ProgressForm::Json {
            note(
                &json!({
                    "rows": summary.rows, "errors": summary.errors, "resumed": summary.resumed,
                    "prompt_tokens": summary.prompt_tokens, "new_tokens": summary.new_tokens,
                    "seconds": seconds, "tokens_per_s": rate(summary.here.new_tokens, seconds), "done": true,
                })
                .to_string(),
            );
        } else {
            let resumed = if summary.resumed > 0 {
                format!(", {} of them from the journal", summary.resumed)
            } else {
                String::new()
            };
            note(&format!(
                "{} rows{resumed}, {} with an error; {} new tokens in {seconds:.1} s, {:.0} a second",
                summary.rows,
                summary.errors,
                summary.here.new_tokens,
                rate(summary.here.new_tokens, seconds)
            ));
        }
        if strict && summary.errors > 0 { Err(Failure { code: 1, message: None }) } else { Ok(()) }
    }
}

fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

/// Seconds until all rows are done, at the pace so far.
fn left(progress: &Progress, seconds: f64) -> Option<f64> {
    let to_do = progress.total?.saturating_sub(progress.rows);
    (progress.here.rows > 0).then(|| to_do as f64 * seconds / progress.here.rows as f64)
}

impl Watch for Shown {
    fn note(&mut self, line: &str) {
        note(line);
    }

    fn progress(&mut self, progress: &Progress) {
        let seconds = self.begun.elapsed().as_secs_f64();
        let tokens = rate(progress.here.new_tokens, seconds);
        if let Some(bar) = &mut self.bar {
            let errors =
                if progress.errors > 0 { format!(", {} with an error", progress.errors) } else { String::new() };
            bar.set(progress.rows, progress.total, format!("{tokens:.0} tokens/s{errors}"), left(progress, seconds));
            return;
        }
        let every = match self.form {
            ProgressForm::Auto => LINE,
            ProgressForm::Json => OBJECT,
            ProgressForm::Off => return,
        };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        if self.form == ProgressForm::Json {
            note(&json!({
                "rows": progress.rows, "total": progress.total, "errors": progress.errors, "resumed": progress.resumed,
                "running": progress.running, "prompt_tokens": progress.here.prompt_tokens,
                "new_tokens": progress.here.new_tokens, "seconds": seconds, "tokens_per_s": tokens,
                "seconds_left": left(progress, seconds),
            })
            .to_string());
            return;
        }
        let of = progress.total.map_or(String::new(), |total| format!(" of {total}"));
        let left = left(progress, seconds).map_or(String::new(), |left| format!(", {} left", duration(left)));
        note(&format!("{}{of} rows, {} with an error; {tokens:.0} tokens/s{left}", progress.rows, progress.errors));
    }

    fn goes_on(&mut self) -> bool {
        !interrupt::pressed()
    }
}

/// Seconds in words.
fn duration(seconds: f64) -> String {
    let all = seconds.round() as u64;
    match all {
        0..60 => format!("{all} s"),
        60..3600 => format!("{} min {:02} s", all / 60, all % 60),
        _ => format!("{} h {:02} min", all / 3600, all % 3600 / 60),
    }
}
