//! Tells of a generation while it runs: tokens with their numbers, and lines of a trace.

use super::told::Teller;
use crate::ranking::best;
use crate::scheduler::{Ended, Listener};
use beamline::{
    Engine, Event, EventKind, FinishReason, GeneratedToken, Interest, Logits, NodeId, Observer, Outlook, SearchEvent,
    Session, TextDelta, TextDeltas, TokenId, Trace,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What can be told, besides how it begins and ends.
pub(super) const KINDS: [&str; 6] = ["token", "stage", "draw", "candidate", "pool", "over"];

/// A new token of a sequence.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenEvent {
    /// The prompt's number.
    prompt: usize,
    /// The sequence's place among the prompt's.
    sequence: usize,
    /// The token's number in the search's tree, as `candidate` and `pool` name it.
    node: usize,
    /// The token with its numbers.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    token: GeneratedToken,
    /// The text that has become certain with it: parts of characters, and what may begin a stop string, are held back. Of tokens that
    /// come together the last one has it.
    new_text: String,
    /// Why the sequence ended, with its last token.
    finish_reason: Option<&'static str>,
    /// The stop string that ended it.
    stop_string: Option<String>,
    /// The best tokens of its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<Vec<TopToken>>,
}

/// Text that came without a token: what was held back when a sequence ended.
#[derive(Debug, Serialize, ToSchema)]
struct TextEvent {
    prompt: usize,
    sequence: usize,
    new_text: String,
    finish_reason: Option<&'static str>,
    stop_string: Option<String>,
}

/// One of the best tokens of a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TopToken {
    id: u32,
    text: String,
    bytes: Vec<u8>,
    /// The raw model's log-probability, in nats.
    logprob: f64,
    /// That after the processors; null where they removed it.
    logprob_processed: Option<f64>,
    /// Its place in the raw distribution, from 1.
    rank: usize,
    /// The processor that removed it; null where it is still in play, and where no `stage` events are asked for.
    removed_by: Option<String>,
}

/// A token of a row.
struct Best {
    id: TokenId,
    logprob: f64,
    logprob_processed: Option<f64>,
    removed_by: Option<String>,
}

/// What the processors made of a row so far: each one's name, and what it left.
type Left = Vec<(String, Logits)>;

/// Listens to the sessions of one request.
pub(super) struct Telling {
    teller: Teller,
    engine: Arc<Engine>,
    /// Which of [`KINDS`] are wanted.
    kinds: Vec<&'static str>,
    trace: Trace<Vec<u8>>,
    deltas: Vec<TextDeltas>,
    top: usize,
    /// By a session's place and the node that the row follows.
    rows: BTreeMap<(usize, NodeId), Vec<Best>>,
    /// The same, of rows that are being shaped.
    left: BTreeMap<(usize, NodeId), Left>,
}

impl Telling {
    /// Begins, and says so: with the options, and the tokens of the prompts.
    pub(super) fn new(
        engine: &Arc<Engine>,
        sessions: &[Session],
        teller: Teller,
        kinds: Vec<&'static str>,
        top: usize,
    ) -> Self {
        let plan = sessions[0].plan(); // a request has one at least
        let trace = Trace::begin(Vec::new(), engine, plan, sessions);
        let deltas = sessions.iter().map(|session| TextDeltas::new(engine, session)).collect();
        let (engine, rows, left) = (Arc::clone(engine), BTreeMap::new(), BTreeMap::new());
        let mut telling = Self { teller, engine, kinds, trace, deltas, top, rows, left };
        telling.told("begin");
        telling
    }

    fn has(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }

    /// Tells what the trace has just written.
    fn told(&mut self, kind: &'static str) {
        line(&self.teller, kind, std::mem::take(self.trace.written()));
    }

    fn row(&self, outlook: &Outlook<'_>, left: &Left) -> Vec<Best> {
        let sums = self.engine.sums(outlook.raw);
        let processed = outlook.scores.sums().log_sum();
        let after = |id: TokenId| outlook.scores.get(id).map(|value| f64::from(value) - processed);
        let best = best(outlook.raw, &sums, self.top).into_iter();
        best.map(|(id, logprob)| {
            let remover = left.iter().find(|(_, left)| left.get(id).is_none());
            let removed_by = remover.map(|(processor, _)| processor.clone());
            Best { id, logprob, logprob_processed: after(id), removed_by }
        })
        .collect()
    }

    /// The best tokens that a node was chosen from.
    fn top(&self, place: usize, session: &Session, node: NodeId) -> Option<Vec<TopToken>> {
        let parent = session.tree().node(node).parent?;
        let row = self.rows.get(&(place, parent))?;
        let vocabulary = self.engine.tokenizer().vocabulary();
        let named = |(at, best): (usize, &Best)| TopToken {
            id: best.id.0,
            text: vocabulary.text(best.id),
            bytes: vocabulary.bytes(best.id).to_vec(),
            logprob: best.logprob,
            logprob_processed: best.logprob_processed,
            rank: at + 1,
            removed_by: best.removed_by.clone(),
        };
        Some(row.iter().enumerate().map(named).collect())
    }

    fn tokens(&self, prompt: usize, session: &Session, news: Vec<TextDelta>) {
        for TextDelta { sequence, text, token_ids, node, finish, stop_string } in news {
            let finish_reason = finish.map(FinishReason::name);
            if token_ids.is_empty() {
                let text = TextEvent { prompt, sequence, new_text: text, finish_reason, stop_string };
                self.teller.tell("text", &text);
                continue;
            }
            let branch = session.tree().branch(node);
            let new = &branch[branch.len() - token_ids.len()..];
            let mut last = Some((text, finish_reason, stop_string));
            for (at, &node) in new.iter().enumerate() {
                let is_last = at + 1 == new.len();
                let (new_text, finish_reason, stop_string) =
                    last.take_if(|_| is_last).unwrap_or((String::new(), None, None));
                let token = self.engine.generated_token(session, node);
                let (node, top) = (node.index(), self.top(prompt, session, node));
                let event = TokenEvent { prompt, sequence, node, token, new_text, finish_reason, stop_string, top };
                self.teller.tell("token", &event);
            }
        }
    }
}

/// A line of a trace.
fn line(teller: &Teller, kind: &'static str, written: Vec<u8>) {
    if let Ok(json) = String::from_utf8(written) {
        teller.tell_json(kind, json.trim_end().to_owned());
    }
}

/// The name of what happened, as a trace has it.
fn kind(event: &EventKind<'_>) -> &'static str {
    match event {
        EventKind::Row { .. } => "row",
        EventKind::Stage { .. } => "stage",
        EventKind::Search { event: SearchEvent::Candidate(_), .. } => "candidate",
        EventKind::Search { event: SearchEvent::Draw(_), .. } => "draw",
        EventKind::Search { event: SearchEvent::Pool(_), .. } => "pool",
        EventKind::Search { event: SearchEvent::Over(_), .. } => "over",
    }
}

impl Observer for Telling {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        match interest {
            Interest::Rows => self.top > 0,
            Interest::Stages => self.has("stage"),
            Interest::Search => ["draw", "candidate", "pool", "over"].iter().any(|kind| self.has(kind)),
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Row { outlook, .. } = &event.kind {
            let key = (event.session, outlook.tip.node);
            let left = self.left.remove(&key).unwrap_or_default();
            if self.top > 0 && !self.rows.contains_key(&key) {
                let row = self.row(outlook, &left);
                self.rows.insert(key, row);
            }
            return;
        }
        if let EventKind::Stage { stage, row } = &event.kind
            && self.top > 0
        {
            let left = self.left.entry((event.session, stage.tip.node)).or_default();
            left.push((stage.processor.to_owned(), (*row).clone()));
        }
        let kind = kind(&event.kind);
        if self.has(kind) {
            self.trace.event(event);
            self.told(kind);
        }
    }
}

impl Listener for Telling {
    fn is_gone(&self) -> bool {
        self.teller.is_gone()
    }

    fn is_behind(&self) -> bool {
        self.teller.is_behind()
    }

    fn stepped(&mut self, _: &Engine, place: usize, session: &Session) {
        if !self.has("token") {
            return;
        }
        let news = self.deltas[place].take(session);
        let told = news.iter().map(|delta| delta.node).min();
        self.tokens(place, session, news);
        if let Some(told) = told.filter(|_| session.streams()) {
            // What has grown has been told, and nothing else grows from the rows before. Those behind are of steps to come: a search may
            // look ahead.
            self.rows.retain(|(of, node), _| *of != place || *node >= told);
        }
    }

    fn ended(mut self: Box<Self>, _: &Engine, sessions: Vec<Session>, ended: Ended) {
        let tokens = self.has("token");
        for (place, session) in sessions.iter().enumerate().filter(|_| tokens) {
            let news = if session.error().is_some() {
                self.deltas[place].finish(session)
            } else {
                self.deltas[place].take(session)
            };
            self.tokens(place, session, news);
        }
        let Self { teller, trace, .. } = *self;
        if let Ok(written) = trace.end(&sessions) {
            line(&teller, "end", written);
        }
        teller.end(sessions, ended);
    }
}
