//! Files of rows in, the same rows with completions out.

use crate::engine::{Engine, options};
use crate::failure::{of, usage};
use crate::interrupt::Raised;
use crate::json::text;
use beamline::{ChatTemplate, Date};
use beamline_batch::{BatchError, BatchRun, Bounds, Columns, Format, Journaling, Progress, Settings, Shard, Summary};
use beamline_batch::{Talk, Template, Watch};
use pyo3::exceptions::{PyFileNotFoundError, PyOSError, PyPermissionError};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// What is asked, as `python/beamline/files.py` writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each is an argument of Python's
struct Asked {
    input: PathBuf,
    output: PathBuf,
    format: Option<String>,
    output_format: Option<String>,
    prompt: Option<String>,
    prompt_column: Option<String>,
    messages_column: Option<String>,
    key_column: Option<String>,
    option_columns: bool,
    chat: bool,
    system: Option<String>,
    chat_template: Option<String>,
    variables: Map<String, Value>,
    date: Option<String>,
    shard: Option<String>,
    journaling: bool,
    journal: Option<PathBuf>,
    keep_journal: bool,
    salvage: bool,
    together: usize,
    cache_bytes: Option<usize>,
}

/// A value by its text.
fn read<T: FromStr<Err: Display>>(given: Option<&str>) -> PyResult<Option<T>> {
    given.map(str::parse).transpose().map_err(|error: T::Err| usage(error.to_string()))
}

impl Asked {
    fn run(&self) -> PyResult<BatchRun> {
        Ok(BatchRun {
            input_format: read::<Format>(self.format.as_deref())?,
            output_format: read::<Format>(self.output_format.as_deref().or(self.format.as_deref()))?,
            columns: Columns {
                prompt: read::<Template>(self.prompt.as_deref())?,
                prompt_column: self.prompt_column.clone(),
                messages_column: self.messages_column.clone(),
                key: self.key_column.clone(),
                options: self.option_columns,
                talk: Talk {
                    is_chat: self.chat,
                    system: self.system.clone(),
                    variables: self.variables.clone(),
                    date: Some(read::<Date>(self.date.as_deref())?.unwrap_or_else(Date::today)),
                },
            },
            today: self.date.is_none(),
            shard: read::<Shard>(self.shard.as_deref())?,
            journaling: match &self.journal {
                _ if !self.journaling => Journaling::Off,
                Some(path) => Journaling::At(path.clone()),
                None => Journaling::Beside,
            },
            keep_journal: self.keep_journal,
            salvage: self.salvage,
            ..BatchRun::new(&self.input, &self.output)
        })
    }

    fn settings(&self, options_json: &str) -> PyResult<Settings> {
        if self.together == 0 {
            return Err(usage("together must be 1 or more, got 0"));
        }
        let usual = Bounds::default();
        let cache_bytes = self.cache_bytes.unwrap_or(usual.cache_bytes);
        let template = |source: &String| ChatTemplate::new("template", source).map_err(|e| usage(e.to_string()));
        Ok(Settings {
            options: options(options_json)?,
            template: self.chat_template.as_ref().map(template).transpose()?,
            bounds: Bounds { sessions: self.together, cache_bytes, ..usual },
        })
    }
}

/// Completes the rows of a file, and writes them to another: what the command `batch` does, by the same journal, so that either
/// goes on where the other was ended. `watch` is called with a line of JSON: `{"note": ...}`, or how far the run is. What the run came
/// to is given as JSON.
#[pyfunction]
pub(crate) fn run_files(
    py: Python<'_>,
    engine: &Engine,
    asked_json: &str,
    options_json: &str,
    watch: Py<PyAny>,
) -> PyResult<String> {
    let asked: Asked = serde_json::from_str(asked_json).map_err(|error| usage(error.to_string()))?;
    let (run, settings) = (asked.run()?, asked.settings(options_json)?);
    let held = engine.engine()?;
    let mut watching = Watching::new(watch, engine.raised.clone());
    let work = || run.prepare()?.run(&held, &settings, &mut watching);
    let summary = engine.compute(py, work, failed)?;
    if let Some(error) = engine.raised.take() {
        return Err(error); // by the last call of `watch`
    }
    Ok(text(&Done::from(&summary)))
}

/// How far a run is, or what it came to, for Python.
#[derive(Serialize)]
struct Done {
    rows: u64,
    errors: u64,
    resumed: u64,
    prompt_tokens: u64,
    new_tokens: u64,
}

impl From<&Summary> for Done {
    fn from(summary: &Summary) -> Self {
        let Summary { rows, errors, resumed, prompt_tokens, new_tokens, .. } = *summary;
        Self { rows, errors, resumed, prompt_tokens, new_tokens }
    }
}

/// Between two calls of the caller's function for progress: each takes the interpreter, which others may want.
const EVERY: Duration = Duration::from_millis(100);

/// Tells a function of Python's how a run goes on. What it raises ends the run.
struct Watching {
    function: Py<PyAny>,
    raised: Raised,
    told: Option<Instant>,
}

impl Watching {
    fn new(function: Py<PyAny>, raised: Raised) -> Self {
        Self { function, raised, told: None }
    }

    fn tell(&self, line: &str) {
        if let Err(error) = Python::attach(|py| self.function.call1(py, (line,)).map(drop)) {
            self.raised.keep(error);
        }
    }
}

impl Watch for Watching {
    fn note(&mut self, line: &str) {
        self.tell(&serde_json::json!({ "note": by_names(line) }).to_string());
    }

    fn progress(&mut self, progress: &Progress) {
        if self.told.is_some_and(|told| told.elapsed() < EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let Progress { rows, total, resumed, errors, running, here } = progress;
        let line = serde_json::json!({
            "rows": rows, "total": total, "resumed": resumed, "errors": errors, "running": running,
            "prompt_tokens": here.prompt_tokens, "new_tokens": here.new_tokens,
        });
        self.tell(&line.to_string());
    }

    fn goes_on(&mut self) -> bool {
        !self.raised.is_some()
    }
}

/// A line with arguments called as Python has them: `output`, where the command has `--output`.
fn by_names(line: &str) -> String {
    line.split(' ')
        .map(|word| word.strip_prefix("--").map_or_else(|| word.to_owned(), |name| name.replace('-', "_")))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The exception of a run: of a file as Python has them for files.
fn failed(error: &BatchError) -> PyErr {
    let message = by_names(&error.to_string());
    match error {
        BatchError::Read { source, .. }
        | BatchError::Output { source, .. }
        | BatchError::Write { source, .. }
        | BatchError::NoJournal { source, .. }
        | BatchError::Journal { source, .. } => match source.kind() {
            ErrorKind::NotFound => PyFileNotFoundError::new_err(message),
            ErrorKind::PermissionDenied => PyPermissionError::new_err(message),
            _ => PyOSError::new_err(message),
        },
        error => of(error.fault(), &message),
    }
}
