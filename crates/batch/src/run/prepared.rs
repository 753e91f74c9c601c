//! A run whose files are open: rows through the queue, into the journal, into the output.

use super::asked::{Asked, Carried};
use super::feed::Feed;
use super::sink::Sink;
use super::watch::{Progress, Summary, Watch};
use crate::columns::{Asking, Columns, OPTIONS};
use crate::error::BatchError;
use crate::format::Format;
use crate::journal::{Entry, Found, Head, Journal};
use crate::queue::Queue;
use crate::settings::Settings;
use crate::shard::Shard;
use crate::survey::Survey;
use crate::write::Layout;
use beamline::{Engine, ModelDigest};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// How far finished rows may be ahead of the oldest unfinished one where a journal keeps them: nothing of them is in memory.
const WINDOW: usize = 1 << 16;

/// Rows that are handed in between two looks at what is done, at least.
const HANDED: usize = 256;

/// A run whose files are open.
pub struct Prepared {
    pub(super) feed: Feed,
    pub(super) sink: Sink,
    pub(super) journal: Option<(Journal, Found)>,
    pub(super) files: Files,
    pub(super) known: Known,
}

/// What becomes of files.
pub(super) struct Files {
    /// The input, where it can be read twice, and what it was the first time.
    pub(super) path: Option<PathBuf>,
    pub(super) survey: Option<Survey>,
    pub(super) keep_journal: bool,
}

/// What rows depend on, but for the model and its options.
pub(super) struct Known {
    /// Which columns say what; none where requests say it themselves.
    pub(super) asking: Option<Asking>,
    pub(super) columns: Columns,
    pub(super) today: bool,
    pub(super) formats: (Format, Format),
    pub(super) shard: Option<Shard>,
    pub(super) rows: Range<u64>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("rows", &self.known.rows).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Rows that the run has, where the input can be read twice, and how many of them are finished.
    pub fn rows(&self) -> (Option<u64>, u64) {
        let finished = self.journal.as_ref().map_or(0, |(_, found)| found.kept.rows);
        (self.files.survey.as_ref().map(|_| self.known.rows.end - self.known.rows.start), finished)
    }

    /// Computes all rows that the journal does not have, and writes the output.
    ///
    /// # Errors
    /// When the options of all rows are wrong, the journal is another run's, a file cannot be written, `watch` would not go on, or
    /// the model is broken. What is finished is kept in the journal.
    pub fn run(
        mut self,
        engine: &Arc<Engine>,
        settings: &Settings,
        watch: &mut dyn Watch,
    ) -> Result<Summary, BatchError> {
        let mut settings = settings.clone();
        self.take_over(&mut settings);
        if self.known.asking.is_none()
            && let Some((name, _)) = settings.options.iter().find(|(name, _)| *name != "seed")
        {
            let reason = format!(
                "{name} of all rows has no effect on requests of OpenAI's, which say all themselves; leave it out"
            );
            return Err(BatchError::Usage { reason });
        }
        if self.journal.is_some() {
            settings.bounds.window = settings.bounds.window.max(WINDOW);
        }
        let mut queue = Queue::new(Arc::clone(engine), &settings)?;
        let mut progress = Progress::of(self.rows().0);
        let mut summary = Summary::default();
        if let Some((journal, found)) = &mut self.journal {
            let model = engine.digest()?;
            journal
                .begin(found, &self.known.head(engine, &model, &settings, queue.seed(), self.files.survey.as_ref()))?;
            if let Some(line) = found.lost(journal.path()) {
                watch.note(&line);
            }
            progress.resume(&found.kept);
            summary = Summary::resumed(&found.kept);
            self.feed.finished(found.kept.finished.clone());
        } else if queue.draws() && settings.options.get("seed").is_none() {
            watch.note(&format!("note: seed {}", queue.seed()));
        }
        let layout = self.layout(&queue);
        let computed = self.compute((&mut queue, &settings), &layout, &mut progress, watch);
        if let Some((journal, _)) = &mut self.journal {
            // Whatever ended it, what is finished is kept.
            let kept = journal.write().and_then(|()| journal.sync());
            computed.and(kept)?;
        } else {
            computed?;
        }
        if self.known.today
            && let Some(day) = self.known.columns.talk.date.filter(|_| queue.is_dated())
        {
            watch.note(&format!(
                "note: the template writes today's date; --chat-date {day} gives these prompts on other days too"
            ));
        }
        self.end(&layout)?;
        summary.add(queue.counts());
        Ok(summary)
    }

    /// Takes over what was chosen when the journal was begun, and is not said now.
    fn take_over(&mut self, settings: &mut Settings) {
        let Some((_, Found { head: Some((_, before)), .. })) = &self.journal else { return };
        if settings.options.get("seed").is_none()
            && let Some(seed) = before.config.get("seed").and_then(Value::as_u64)
        {
            settings.options = std::mem::take(&mut settings.options).seed(seed);
        }
        let day = before.config.get("chat date").and_then(Value::as_str).and_then(|day| day.parse().ok());
        if self.known.today && day.is_some() {
            self.known.columns.talk.date = day;
            if let Some(asking) = &mut self.known.asking {
                asking.date(day);
            }
        }
    }

    fn layout(&self, queue: &Queue) -> Layout {
        let columns = self.feed.table().unwrap_or_default();
        let names = ["num_return_sequences", OPTIONS];
        let own = self.known.columns.options && columns.iter().any(|column| names.contains(&column.as_str()));
        Layout::new(self.known.formats.1, columns, own || queue.returned() > 1)
    }

    /// Carries all rows to their ends.
    fn compute(
        &mut self,
        (queue, settings): (&mut Queue, &Settings),
        layout: &Layout,
        progress: &mut Progress,
        watch: &mut dyn Watch,
    ) -> Result<(), BatchError> {
        let mut carried: BTreeMap<u64, Carried> = BTreeMap::new();
        let engine = Arc::clone(queue.engine());
        let mut ended = false;
        let resumed = *progress;
        if self.journal.is_none() {
            self.sink.write(&layout.head())?;
        }
        loop {
            // Rows that fail at once are done at once: they are written before more are read.
            let mut handed = 0;
            while !ended && handed < HANDED.max(settings.bounds.sessions) && queue.wants() {
                handed += 1;
                let asked = match &self.known.asking {
                    Some(asking) => Asked::Columns(asking),
                    None => Asked::OpenAi { engine: &engine, settings, date: self.known.columns.talk.date },
                };
                let Some((number, (kept, row))) = self.feed.next(asked)? else {
                    ended = true;
                    break;
                };
                carried.insert(number, kept);
                match row {
                    Ok(row) => queue.push(row),
                    Err((key, error)) => queue.refuse(number, key, error),
                }
            }
            self.feed.notes().iter().for_each(|line| watch.note(line));
            while let Some(row) = if self.journal.is_some() { queue.pop_any() } else { queue.pop() } {
                let kept = carried.remove(&row.number).unwrap_or(Carried::Columns(serde_json::Map::new()));
                let output = kept.line(engine.name(), layout, &row);
                match &mut self.journal {
                    Some((journal, _)) => journal.add(&Entry {
                        number: row.number,
                        prompt_tokens: row.prompt_tokens as u64,
                        new_tokens: row.new_tokens() as u64,
                        failed: row.outcome.is_err(),
                        output: &output,
                    }),
                    None => self.sink.write(&output)?,
                }
            }
            match &mut self.journal {
                Some((journal, _)) => journal.write()?,
                None => self.sink.show()?,
            }
            *progress = resumed.and(queue.counts(), queue.running());
            watch.progress(progress);
            if ended && queue.is_empty() {
                return Ok(());
            }
            if !watch.goes_on() {
                let journal = self.journal.as_ref().map(|(journal, _)| journal.path().to_owned());
                return Err(BatchError::Interrupted { rows: progress.rows, journal });
            }
            queue.step()?;
        }
    }

    /// Writes the output, and takes the journal away.
    fn end(self, layout: &Layout) -> Result<(), BatchError> {
        let Self { mut sink, journal, files, known, .. } = self;
        if let (Some(survey), Some(path)) = (&files.survey, &files.path)
            && !survey.holds(path)
        {
            let journal = journal.as_ref().map(|(journal, _)| journal.path().to_owned());
            return Err(BatchError::Changed { name: path.display().to_string(), journal });
        }
        let Some((journal, _)) = journal else { return sink.finish() };
        sink.write(&layout.head())?;
        journal.in_order(known.rows.start, known.rows.end, |bytes| sink.write(bytes))?;
        sink.finish()?;
        if files.keep_journal { Ok(()) } else { journal.remove() }
    }
}

impl Known {
    /// What the run is known by.
    fn head(
        &self,
        engine: &Engine,
        model: &ModelDigest,
        settings: &Settings,
        seed: u64,
        survey: Option<&Survey>,
    ) -> Head {
        let model = [("name", json!(engine.name())), ("files", json!(model.files)), ("numbers", json!(model.numbers))];
        let mut config = self.columns.json();
        let mut put = |name: &str, value: Value| config.insert(name.to_owned(), value);
        put("input format", json!(self.formats.0.name()));
        put("output format", json!(self.formats.1.name()));
        put("shard", json!(self.shard.map(|shard| shard.to_string())));
        let template = settings.template.as_ref().map(|template| sum(template.source()));
        put("chat template", json!(template));
        for (name, setting) in settings.options.iter() {
            put(name, setting.value.json());
        }
        put("seed", json!(seed));
        Head {
            model: model.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>(),
            input: survey.map(Survey::json).unwrap_or_default(),
            config,
        }
    }
}

/// A text's SHA-256.
fn sum(text: &str) -> String {
    beamline::hexadecimal(&Sha256::digest(text))
}
