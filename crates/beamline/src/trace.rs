//! A search written down: what it considered, line by line.
//!
//! A trace is a text of JSON objects, one a line, each with a field `event`. `begin` names the model, the options and
//! the prompts. While the search runs come `stage` (what a processor did to a row), `draw` (a number drawn and where it
//! fell), `candidate` (a token considered, with its fate), `pool` (the finished sequences) and `over` (why the search
//! ended). `end` lists the sequences found by their last nodes. Nodes are numbered as they grew; 0 is the prompt.

mod replay;

pub use replay::{Replayed, replay};

use crate::observe::{Event, EventKind, Interest, Observer};
use crate::options::Plan;
use crate::run::Completion;
use crate::run::Engine;
use crate::run::Session;
use beamline_search::{SearchEvent, State};
use beamline_tokens::{TokenId, Vocabulary};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::Arc;

/// Writes a trace while searches run.
///
/// ```
/// use beamline::{Engine, Options, Trace, replay};
///
/// let engine = Engine::open("builtin")?;
/// let plan = engine.plan(&Options::new().num_beams(3).max_new_tokens(4))?;
/// let mut sessions = engine.sessions(&["Once".into()], &plan)?;
/// let mut trace = Trace::begin(Vec::new(), &engine, &plan, &sessions);
/// engine.run(&mut sessions, &mut trace)?;
/// let written = trace.end(&sessions).expect("memory can be written to");
/// let replayed = replay(std::str::from_utf8(&written).expect("JSON is text"))?;
/// assert_eq!(replayed[0].token_ids.len(), 4);
/// # Ok::<(), beamline::Error>(())
/// ```
pub struct Trace<W: Write> {
    out: W,
    vocabulary: Arc<Vocabulary>,
    /// The first error of writing; nothing is written after it.
    failed: Option<io::Error>,
}

impl<W: Write> Trace<W> {
    /// Begins a trace of these sessions.
    pub fn begin(out: W, engine: &Engine, plan: &Plan, sessions: &[Session]) -> Self {
        let vocabulary = Arc::clone(engine.tokenizer().vocabulary());
        let mut trace = Self { out, vocabulary, failed: None };
        let ids = |session: &Session| session.prompt().iter().map(|token| token.0).collect::<Vec<_>>();
        trace.line(&json!({
            "event": "begin",
            "schema": 1,
            "model": engine.info(),
            "effective_config": plan.effective_config(),
            "prompts": sessions.iter().map(|session| json!({"token_ids": ids(session)})).collect::<Vec<_>>(),
        }));
        trace
    }

    /// What has been written to: lines may be taken out of it between events, by who passes them on as they come.
    ///
    /// ```
    /// use beamline::{Engine, Options, Trace};
    /// let engine = Engine::open("builtin")?;
    /// let plan = engine.plan(&Options::new().max_new_tokens(2))?;
    /// let mut trace = Trace::begin(Vec::new(), &engine, &plan, &[]);
    /// assert!(std::mem::take(trace.written()).starts_with(b"{\"event\":\"begin\""));
    /// assert!(trace.written().is_empty());
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn written(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends a trace with the sequences found, and gives back what it was written to.
    ///
    /// # Errors
    /// The first error of writing.
    pub fn end(mut self, sessions: &[Session]) -> io::Result<W> {
        let mut sequences = Vec::new();
        for (prompt, session) in sessions.iter().enumerate() {
            for (rank, found) in session.results().into_iter().enumerate() {
                let finish_reason = match session.state(found.node) {
                    State::Finished(reason) => Some(reason.name()),
                    State::Open => None,
                };
                sequences.push(json!({
                    "prompt": prompt,
                    "rank": rank,
                    "node": found.node.index(),
                    "score": found.score,
                    "finish_reason": finish_reason,
                }));
            }
        }
        self.line(&json!({"event": "end", "sequences": sequences}));
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }

    fn line(&mut self, value: &Value) {
        if self.failed.is_none() {
            self.failed = writeln!(self.out, "{value}").err();
        }
    }

    fn token(&self, token: TokenId) -> Value {
        json!({"id": token.0, "text": self.vocabulary.text(token)})
    }

    /// What happened, as fields of a line.
    fn fields(&self, kind: &EventKind<'_>) -> Option<Value> {
        Some(match kind {
            EventKind::Row { .. } => return None,
            EventKind::Stage { stage, .. } => json!({
                "event": "stage",
                "parent": stage.tip.node.index(),
                "sequence": stage.tip.sequence,
                "processor": stage.processor,
                "kept": stage.kept,
                "removed": stage.removed,
                "removed_prob": stage.removed_probability,
            }),
            EventKind::Search { event: SearchEvent::Candidate(c), raw_logprob } => json!({
                "event": "candidate",
                "parent": c.parent.index(),
                "sequence": c.sequence,
                "token": self.token(c.token),
                "node": c.node.map(beamline_search::NodeId::index),
                "logprob_raw": raw_logprob,
                "logprob": number(c.logprob),
                "score": number(c.score),
                "normalised": c.normalised.and_then(number),
                "rank": c.rank,
                "fate": c.fate.name(),
            }),
            EventKind::Search { event: SearchEvent::Draw(draw), raw_logprob } => json!({
                "event": "draw",
                "parent": draw.parent.index(),
                "sequence": draw.sequence,
                "coin": draw.coin,
                "from": draw.interval.0,
                "to": draw.interval.1,
                "token": self.token(draw.token),
                "logprob_raw": raw_logprob,
            }),
            EventKind::Search { event: SearchEvent::Pool(entries), .. } => {
                let entry =
                    |(node, score): &(beamline_search::NodeId, f64)| json!({"node": node.index(), "score": score});
                json!({"event": "pool", "sequences": entries.iter().map(entry).collect::<Vec<_>>()})
            }
            EventKind::Search { event: SearchEvent::Over(why), .. } => json!({"event": "over", "why": why}),
        })
    }
}

/// JSON has no infinity.
fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl<W: Write> Observer for Trace<W> {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        self.failed.is_none() && interest != Interest::Rows
    }

    fn event(&mut self, event: &Event<'_>) {
        let Some(Value::Object(fields)) = self.fields(&event.kind) else { return };
        let mut line = serde_json::Map::new();
        for (name, value) in fields {
            line.insert(name.clone(), value);
            if name == "event" {
                line.insert("prompt".to_owned(), json!(event.session));
                line.insert("step".to_owned(), json!(event.step));
            }
        }
        self.line(&Value::Object(line));
    }
}

impl Completion {
    /// Whether a replayed trace tells of the same sequences, with scores equal to rounding.
    pub fn agrees_with(&self, replayed: &[Replayed]) -> bool {
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1.0),
            (None, _) => true,
            (Some(_), None) => false,
        };
        self.sequences.len() == replayed.len()
            && self.sequences.iter().zip(replayed).all(|(sequence, replayed)| {
                sequence.prompt == replayed.prompt
                    && sequence.token_ids == replayed.token_ids
                    && close(sequence.score, replayed.score)
            })
    }
}
