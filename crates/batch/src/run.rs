//! Files in, files out: a run that goes on where it was, and whose output appears whole or not at all.

mod asked;
mod feed;
mod prepared;
mod sink;
mod watch;

pub use prepared::Prepared;
pub use watch::{Progress, Summary, Watch};

use crate::columns::Columns;
use crate::error::BatchError;
use crate::files::beside;
use crate::format::Format;
use crate::journal::Journal;
use crate::read::Records;
use crate::shard::Shard;
use crate::survey::Survey;
use feed::Feed;
use prepared::{Files, Known};
use sink::Sink;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Where rows come from.
pub enum Input {
    /// A file. One that is no regular file (a pipe) is read as a stream.
    File(PathBuf),
    /// A stream, which can be read once: standard input.
    Stream(Box<dyn Read + Send>),
}

/// Where completed rows go.
pub enum Output {
    /// A file, which appears when it is whole. What is no regular file (a pipe, a device) is written as a stream.
    File(PathBuf),
    /// A stream: standard output.
    Stream(Box<dyn Write + Send>),
}

/// Where finished rows are kept until the output is whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Journaling {
    /// In a file beside the output, called as it with `.journal` behind; nowhere where input or output is a stream.
    #[default]
    Beside,
    /// In this file.
    At(PathBuf),
    /// Nowhere: a run that is killed begins anew.
    Off,
}

/// A run over files.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_batch::{BatchRun, Settings};
/// use std::sync::Arc;
/// # let folder = std::env::temp_dir().join(format!("beamline-batch-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// std::fs::write(folder.join("in.csv"), "id,text\n1,Once upon a time\n2,It was\n").unwrap();
/// let mut run = BatchRun::new(folder.join("in.csv"), folder.join("out.jsonl"));
/// run.columns.prompt = Some("{text}".parse().unwrap());
/// let engine = Arc::new(Engine::open("builtin").unwrap());
/// let settings = Settings { options: Options::new().max_new_tokens(5), ..Settings::default() };
/// let summary = run.prepare()?.run(&engine, &settings, &mut ())?;
/// assert_eq!((summary.rows, summary.errors), (2, 0));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), beamline_batch::BatchError>(())
/// ```
pub struct BatchRun {
    /// Where rows come from.
    pub input: Input,
    /// How they lie there; what the file's ending says, or else JSONL, where it is not said.
    pub input_format: Option<Format>,
    /// Where completed rows go.
    pub output: Output,
    /// How they are to lie there; the same.
    pub output_format: Option<Format>,
    /// Which columns say what.
    pub columns: Columns,
    /// Whether the date in [`Columns::talk`] is only today's: a journal's own goes before it.
    pub today: bool,
    /// The part of the input that is meant.
    pub shard: Option<Shard>,
    /// Where finished rows are kept.
    pub journaling: Journaling,
    /// Whether the journal stays when the output is whole.
    pub keep_journal: bool,
    /// Whether to go on with what is whole of a damaged journal.
    pub salvage: bool,
}

impl BatchRun {
    /// A run from file to file.
    pub fn new(input: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self::between(Input::File(input.into()), Output::File(output.into()))
    }

    /// A run between files or streams.
    pub fn between(input: Input, output: Output) -> Self {
        Self {
            input,
            input_format: None,
            output,
            output_format: None,
            columns: Columns::default(),
            today: false,
            shard: None,
            journaling: Journaling::Beside,
            keep_journal: false,
            salvage: false,
        }
    }

    /// Opens all files: what can be wrong without a model is found here. An input that is to have a journal, or of which a part is
    /// meant, is read once.
    ///
    /// # Errors
    /// When a file cannot be read or written, another run writes it, or what is asked for does not go together.
    pub fn prepare(self) -> Result<Prepared, BatchError> {
        let usage = |reason: &str| BatchError::Usage { reason: reason.to_owned() };
        let formats = self.formats()?;
        let (input_format, _) = formats;
        let path = match &self.input {
            Input::File(path) if path.is_file() || !path.exists() => Some(path.clone()),
            _ => None,
        };
        let journal = self.journal(path.is_some())?;
        self.three_files(journal.as_deref())?;
        let name = match &self.input {
            Input::File(path) => path.display().to_string(),
            Input::Stream(_) => "standard input".to_owned(),
        };
        if path.is_none() && self.shard.is_some() {
            return Err(usage("a shard is a part of a file: a stream has no end to divide it by; give --input a file"));
        }
        let survey = match &path {
            Some(path) if journal.is_some() || self.shard.is_some() => Some(Survey::of(path, &name, input_format)?),
            _ => None,
        };
        let from: Box<dyn Read + Send> = match self.input {
            Input::Stream(stream) => stream,
            Input::File(path) => Box::new(File::open(&path).map_err(|error| BatchError::read(&name, error))?),
        };
        let rows = match (&survey, self.shard) {
            (Some(survey), Some(shard)) => shard.rows(survey.rows),
            (Some(survey), None) => 0..survey.rows,
            (None, _) => 0..u64::MAX,
        };
        let feed = Feed::begin(Records::new(input_format, &name, from)?, rows.clone())?;
        let asking = match input_format {
            Format::OpenAi => None,
            _ => Some(self.columns.settle(feed.columns(), input_format.delimiter().is_some())?),
        };
        let sink = Sink::begin(self.output, journal.as_deref())?;
        let journal = journal.map(|path| Journal::open(&path, rows.start, self.salvage)).transpose()?;
        Ok(Prepared {
            feed,
            sink,
            journal,
            files: Files { path, survey, keep_journal: self.keep_journal },
            known: Known { asking, columns: self.columns, today: self.today, formats, shard: self.shard, rows },
        })
    }

    /// The formats, as given or by the endings of names.
    fn formats(&self) -> Result<(Format, Format), BatchError> {
        let usage = |reason: String| BatchError::Usage { reason };
        let of = |given: Option<Format>, path: Option<&Path>| given.or_else(|| path.and_then(Format::of));
        let (input, output) = (
            match &self.input {
                Input::File(path) => Some(path.as_path()),
                Input::Stream(_) => None,
            },
            match &self.output {
                Output::File(path) => Some(path.as_path()),
                Output::Stream(_) => None,
            },
        );
        let input = of(self.input_format, input).unwrap_or(Format::Jsonl);
        let output = match input {
            Format::OpenAi => self.output_format.unwrap_or(input),
            _ => of(self.output_format, output).unwrap_or(input),
        };
        if (input == Format::OpenAi) != (output == Format::OpenAi) {
            return Err(usage("OpenAI's batch files go with each other alone: give both files that format".to_owned()));
        }
        if input == Format::OpenAi && self.columns.says() {
            return Err(usage("requests of OpenAI's say themselves what is asked and what they are called; leave columns, templates of prompts and messages out".to_owned()));
        }
        if output.delimiter().is_some() && input.delimiter().is_none() {
            return Err(usage(format!(
                "rows of {} have columns of their own each, and {} needs them all at its beginning; write .jsonl, or give a table to read",
                input.name(),
                output.name()
            )));
        }
        Ok((input, output))
    }

    /// Input, output and journal must be files of their own: the one would be written over the other.
    fn three_files(&self, journal: Option<&Path>) -> Result<(), BatchError> {
        let input = match &self.input {
            Input::File(path) => Some(("the input", path.as_path())),
            Input::Stream(_) => None,
        };
        let output = match &self.output {
            Output::File(path) => Some(("the output", path.as_path())),
            Output::Stream(_) => None,
        };
        let all: Vec<(&str, &Path)> =
            input.into_iter().chain(output).chain(journal.map(|path| ("the journal", path))).collect();
        let same = |one: &Path, other: &Path| {
            one == other
                || std::fs::canonicalize(one)
                    .is_ok_and(|one| std::fs::canonicalize(other).is_ok_and(|other| one == other))
        };
        for (i, (what, path)) in all.iter().enumerate() {
            if let Some((other, _)) = all[..i].iter().find(|(_, other)| path.is_file() && same(path, other)) {
                let reason =
                    format!("{what} and {other} are one file, {}; give each a file of its own", path.display());
                return Err(BatchError::Usage { reason });
            }
        }
        Ok(())
    }

    /// Where the journal is to be.
    fn journal(&self, again: bool) -> Result<Option<PathBuf>, BatchError> {
        let path = match (&self.journaling, &self.output) {
            (Journaling::At(path), _) => path.clone(),
            (Journaling::Beside, Output::File(path)) if again && (path.is_file() || !path.exists()) => {
                beside(path, ".journal")
            }
            (Journaling::Off | Journaling::Beside, _) => return Ok(None),
        };
        if again {
            return Ok(Some(path));
        }
        let reason =
            "a journal needs an input that can be read again when the run goes on; save the stream to a file first";
        Err(BatchError::Usage { reason: reason.to_owned() })
    }
}

impl std::fmt::Debug for BatchRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchRun").field("columns", &self.columns).field("shard", &self.shard).finish_non_exhaustive()
    }
}

/// Reads what may be rows: how many are passed over, and how many are read, each of them looked into. For tests that give it anything.
#[doc(hidden)]
pub fn probe_rows(format: Format, bytes: &[u8], columns: &Columns) -> Option<(u64, u64)> {
    let records = || Records::new(format, "rows", Box::new(std::io::Cursor::new(bytes.to_vec()))).ok();
    let (mut passed, mut all) = (0, records()?);
    while all.skip().ok()? {
        passed += 1;
    }
    let feed = Feed::begin(records()?, 0..u64::MAX).ok()?;
    let asking = columns.settle(feed.columns(), format.delimiter().is_some()).ok()?;
    let (mut feed, mut read) = (feed, 0);
    while feed.next(asked::Asked::Columns(&asking)).ok()?.is_some() {
        read += 1;
    }
    Some((passed, read))
}
