//! The step table: what the model could have said, and what it said.

use crate::error::StudyError;
use beamline::{
    Beginning, Distribution, Engine, Event, EventKind, Interest, NodeId, Observer, Options, Outlook, Plan, Prompt,
    RowSums, SearchEvent, Session, Special, TokenId, Tokenizer, Vocabulary,
};
use serde::Serialize;
use serde_json::json;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A search, step by step. Serialised, it is the JSON of `inspect`.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The version of this layout.
    pub schema: u32,
    /// The prompt's tokens.
    pub prompt_token_ids: Vec<u32>,
    /// A row for each step.
    pub steps: Vec<StepRow>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct StepRow {
    /// The text so far.
    pub input: String,
    /// The token chosen.
    pub chosen: Chosen,
    /// The entropy of the raw distribution, in nats.
    pub entropy: f64,
    /// Tokens that the processors left.
    pub kept: usize,
    /// The tokens that are among the best before the processors or after them, and the one chosen: by falling
    /// `prob_processed`, then falling `prob`, then id. So what a processor removed is there, at the end, with its name.
    pub candidates: Vec<Candidate>,
    /// The tokens that are not listed.
    pub rest: Rest,
    /// What each processor left, in order; there where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageColumn>,
}

/// A row after one processor.
#[derive(Clone, Debug, Serialize)]
pub struct StageColumn {
    /// The processor's name.
    pub processor: String,
    /// Tokens that it left.
    pub kept: usize,
    /// The probability of each candidate listed, in their order; 0 where it is gone.
    pub probs: Vec<f64>,
}

/// A chosen token.
#[derive(Clone, Debug, Serialize)]
pub struct Chosen {
    /// Its id.
    pub id: u32,
    /// Its text.
    pub text: String,
}

/// A token that might have been chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// Its id.
    pub id: u32,
    /// Its bytes as text.
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The raw model's logit.
    pub logit: f32,
    /// The raw model's log-probability over the whole vocabulary, in nats.
    pub logprob: f64,
    /// The raw model's probability.
    pub prob: f64,
    /// Its probability after the processors; 0 where they removed it.
    pub prob_processed: f64,
    /// Its place in the raw distribution, from 1.
    pub rank: usize,
    /// The processor that removed it; null where it is still in play.
    pub removed_by: Option<String>,
}

/// How much of each step to show.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Steps to take.
    pub steps: usize,
    /// How many of the best to list, before the processors and after them; [`usize::MAX`] for the whole vocabulary. With no
    /// processor on both are the same tokens.
    pub top: usize,
    /// Whether to list what each processor left.
    pub stages: bool,
}

/// Tokens that are not listed, together.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rest {
    /// How many.
    pub count: usize,
    /// Their raw probability.
    pub prob: f64,
}

/// The raw distribution, summed in f64 throughout: what is listed of a vocabulary must sum to 1. Log-probabilities and entropies are
/// not of this sum but of [`Engine::sums`], as everywhere else: one number for one thing, to the bit.
struct Raw {
    max: f64,
    sum: f64,
}

impl Raw {
    fn new(row: &[f32]) -> Self {
        let max = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        Self { max, sum: row.iter().map(|&v| libm::exp(f64::from(v) - max)).sum() }
    }

    fn prob(&self, logit: f32) -> f64 {
        libm::exp(f64::from(logit) - self.max) / self.sum
    }
}

/// [`Engine::summing`].
type Sums = Box<dyn Fn(&[f32]) -> RowSums + Send + Sync>;

/// A row whose tokens have not been chosen yet.
struct Pending {
    step: usize,
    input: String,
    /// The model's logits, `[vocab]`.
    raw: Vec<f32>,
    /// Probabilities after the processors, `[vocab]`.
    after: Vec<f64>,
    stages: Vec<(String, Distribution)>,
    /// Tokens by which the search went on.
    grown: BTreeSet<usize>,
}

/// A row with the tokens that may be listed.
struct Seen {
    input: String,
    entropy: f64,
    vocab: usize,
    kept: usize,
    /// Processors, and how many tokens each left.
    stages: Vec<(String, usize)>,
    listed: Vec<Listed>,
}

/// A token that may be listed.
struct Listed {
    candidate: Candidate,
    /// Its probability after each processor.
    probs: Vec<f64>,
    /// Whether it is among the best, before or after the processors; else it is listed only if it is the one chosen.
    is_best: bool,
}

/// The rows of a search, collected while it runs: an [`Observer`] of one session, stepped by whoever likes. [`inspect`] is
/// this with a loop of its own.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_study::{Depth, Inspecting, inspect};
/// let engine = Engine::open("builtin")?;
/// let depth = Depth { steps: 2, top: 3, stages: false };
/// let mut sessions = [engine.session("Once upon a", &Inspecting::plan(&engine, &Options::new(), depth)?)?];
/// let mut rows = Inspecting::new(&engine, depth);
/// engine.run(&mut sessions, &mut rows)?;
/// let inspection = rows.inspection(&sessions[0]);
/// let same = inspect(&engine, &"Once upon a".into(), &Options::new(), depth)?;
/// assert_eq!(inspection.steps[1].candidates[0].logprob, same.steps[1].candidates[0].logprob);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
pub struct Inspecting {
    tokenizer: Arc<Tokenizer>,
    sums: Sums,
    depth: Depth,
    /// What processors left of the row that is being shaped, by the node that it follows.
    stages: BTreeMap<NodeId, Vec<(String, Distribution)>>,
    /// Rows of this step, by the node that each follows.
    pending: BTreeMap<NodeId, Pending>,
    /// Rows of earlier steps.
    seen: BTreeMap<NodeId, Seen>,
}

impl std::fmt::Debug for Inspecting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspecting").field("depth", &self.depth).field("rows", &self.seen.len()).finish_non_exhaustive()
    }
}

impl Observer for Inspecting {
    fn wants(&self, _: usize, _: Interest) -> bool {
        true
    }

    fn event(&mut self, event: &Event<'_>) {
        match &event.kind {
            EventKind::Row { tokens, outlook } => self.row(event.step, tokens, outlook),
            EventKind::Stage { stage, row } => {
                self.stages.entry(stage.tip.node).or_default().push((stage.processor.to_owned(), row.distribution()));
            }
            EventKind::Search { event: SearchEvent::Candidate(candidate), .. } if candidate.node.is_some() => {
                if let Some(pending) = self.pending.get_mut(&candidate.parent) {
                    pending.grown.insert(candidate.token.index());
                }
            }
            EventKind::Search { .. } => {}
        }
    }
}

impl Inspecting {
    /// What is inspected under these options: so many steps, greedy unless they ask for another search (a model's own wishes do
    /// not count here), and one sequence.
    ///
    /// # Errors
    /// As for [`Engine::plan`].
    pub fn plan(engine: &Engine, given: &Options, depth: Depth) -> Result<Plan, StudyError> {
        let mut given = given.clone();
        given.set("max_new_tokens", &depth.steps.to_string())?;
        let drawn = given.get("preset").is_some();
        for (option, neutral) in [("do_sample", json!(false)), ("num_beams", json!(1)), ("penalty_alpha", json!(0.0))] {
            if given.get(option).is_none() && !(drawn && option == "do_sample") {
                given.config(&json!({option: neutral}))?;
            }
        }
        engine.plan(&given)?; // what is asked for must make sense before one sequence of it is taken
        given.set("num_return_sequences", "1")?;
        Ok(engine.plan(&given)?)
    }

    /// Begins to collect rows of a session on this engine that has not taken a step.
    pub fn new(engine: &Engine, depth: Depth) -> Self {
        let (stages, pending, seen) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            tokenizer: Arc::clone(engine.tokenizer()),
            sums: Box::new(engine.summing()),
            depth,
            stages,
            pending,
            seen,
        }
    }

    /// The step table, along the best sequence that the session has come to.
    pub fn inspection(mut self, session: &Session) -> Inspection {
        self.settle();
        let tree = session.tree();
        let mut rows = Vec::new();
        for id in session.results().first().map(|found| tree.branch(found.node)).unwrap_or_default() {
            let node = tree.node(id);
            if let Some(seen) = node.parent.and_then(|parent| self.seen.get(&parent)) {
                let chosen = Chosen { id: node.token.0, text: self.tokenizer.vocabulary().text(node.token) };
                rows.push(seen.row(chosen, self.depth.stages));
            }
        }
        let prompt_token_ids = session.prompt().iter().map(|token| token.0).collect();
        Inspection { schema: 1, prompt_token_ids, steps: rows }
    }

    fn row(&mut self, step: usize, tokens: &[TokenId], outlook: &Outlook<'_>) {
        if self.pending.values().any(|pending| pending.step < step) {
            self.settle();
        }
        let mut after = vec![0.0; outlook.raw.len()];
        outlook.scores.distribution().iter().for_each(|(id, p)| after[id.index()] = p);
        let pending = Pending {
            step,
            input: self.tokenizer.decode(tokens, Special::Write, Beginning::Text),
            raw: outlook.raw.to_vec(),
            after,
            stages: self.stages.remove(&outlook.tip.node).unwrap_or_default(),
            grown: BTreeSet::new(),
        };
        self.pending.insert(outlook.tip.node, pending);
    }

    /// Keeps of this step's rows what may be listed: a row of a whole vocabulary is too large to keep for every step.
    fn settle(&mut self) {
        let vocabulary = self.tokenizer.vocabulary();
        for (node, pending) in std::mem::take(&mut self.pending) {
            self.seen.insert(node, pending.seen(self.depth.top, vocabulary, &*self.sums));
        }
    }
}

impl Pending {
    fn seen(&self, top: usize, vocabulary: &Vocabulary, sums: &dyn Fn(&[f32]) -> RowSums) -> Seen {
        let Self { raw: row, after, stages, .. } = self;
        let (raw, sums) = (Raw::new(row), sums(row));
        let mut by_rank: Vec<usize> = (0..row.len()).collect();
        by_rank.sort_unstable_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap_or(Ordering::Equal).then(a.cmp(&b)));
        let mut rank = vec![0; row.len()];
        by_rank.iter().enumerate().for_each(|(place, &id)| rank[id] = place + 1);
        // Raw order decides between tokens of one processed probability, so a stable sort by the latter is enough.
        let mut order = by_rank;
        order.sort_by(|&a, &b| after[b].total_cmp(&after[a]));
        let best = |(place, i): (usize, usize)| {
            let is_best = place < top || rank[i] <= top;
            (is_best || self.grown.contains(&i)).then_some((i, is_best))
        };
        let listed = order.into_iter().enumerate().filter_map(best).map(|(i, is_best)| {
            let id = TokenId(i as u32);
            let candidate = Candidate {
                id: id.0,
                text: vocabulary.text(id),
                bytes: vocabulary.bytes(id).to_vec(),
                logit: row[i],
                logprob: f64::from(row[i]) - sums.log_sum(),
                prob: raw.prob(row[i]),
                prob_processed: after[i],
                rank: rank[i],
                removed_by: stages.iter().find(|(_, left)| left.of(id) == 0.0).map(|(name, _)| name.clone()),
            };
            Listed { candidate, probs: stages.iter().map(|(_, left)| left.of(id)).collect(), is_best }
        });
        let live = |left: &Distribution| left.iter().filter(|(_, p)| *p > 0.0).count();
        Seen {
            input: self.input.clone(),
            entropy: sums.entropy(),
            vocab: row.len(),
            kept: after.iter().filter(|p| **p > 0.0).count(),
            listed: listed.collect(),
            stages: stages.iter().map(|(name, left)| (name.clone(), live(left))).collect(),
        }
    }
}

impl Seen {
    /// The row with the token that was chosen after it.
    fn row(&self, chosen: Chosen, stages: bool) -> StepRow {
        let listed = || self.listed.iter().filter(|listed| listed.is_best || listed.candidate.id == chosen.id);
        let candidates: Vec<Candidate> = listed().map(|listed| listed.candidate.clone()).collect();
        let together: f64 = candidates.iter().map(|candidate| candidate.prob).sum();
        let count = self.vocab - candidates.len();
        let column = |(i, (processor, kept)): (usize, &(String, usize))| StageColumn {
            processor: processor.clone(),
            kept: *kept,
            probs: listed().map(|listed| listed.probs[i]).collect(),
        };
        StepRow {
            input: self.input.clone(),
            entropy: self.entropy,
            kept: self.kept,
            rest: Rest { count, prob: if count == 0 { 0.0 } else { (1.0 - together).max(0.0) } },
            stages: if stages { self.stages.iter().enumerate().map(column).collect() } else { Vec::new() },
            chosen,
            candidates,
        }
    }
}

/// Runs some steps and lists the best tokens of each, along the best sequence found. Greedy, unless
/// `given` itself asks for another search; a model's own wishes do not count here.
///
/// ```
/// use beamline::{Engine, Prompt, Options};
/// use beamline_study::{Depth, inspect};
/// let engine = Engine::open("builtin")?;
/// let depth = Depth { steps: 1, top: 5, stages: false };
/// let inspection = inspect(&engine, &Prompt::Text("Once upon a".into()), &Options::default(), depth)?;
/// let step = &inspection.steps[0];
/// assert_eq!((step.candidates[0].text.as_str(), step.candidates[0].rank), (" time", 1));
/// assert_eq!(step.chosen.id, step.candidates[0].id);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`Engine::generate`].
pub fn inspect(engine: &Engine, prompt: &Prompt, given: &Options, depth: Depth) -> Result<Inspection, StudyError> {
    let plan = Inspecting::plan(engine, given, depth)?;
    let mut sessions = [engine.session(prompt, &plan)?];
    let mut rows = Inspecting::new(engine, depth);
    engine.run(&mut sessions, &mut rows)?;
    Ok(rows.inspection(&sessions[0]))
}
