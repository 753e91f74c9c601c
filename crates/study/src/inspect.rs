//! The step table: what the model could have said, and what it said.

use crate::error::StudyError;
use beamline::{
    Beginning, Distribution, Engine, Event, EventKind, Interest, NodeId, Observer, Options, Outlook, Prompt, Special,
    TokenId,
};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

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
    /// The best tokens: by falling `prob_processed`, then falling `prob`, then id.
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
    /// The processor.
    pub processor: &'static str,
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
    pub removed_by: Option<&'static str>,
}

/// How much of each step to show.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Steps to take.
    pub steps: usize,
    /// Candidates to list; [`usize::MAX`] for the whole vocabulary.
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

/// The raw distribution, summed in f64 throughout.
///
/// [`Engine::measure`] gives the same log-probabilities to about 1e-7, not to the last digit: it is on the path of every
/// token generated, so its exponentials are f32, many at a time (SIMD). Here all of a vocabulary is listed and what is
/// listed must sum to 1, and the digits of both are a contract (`inspect` and `generate` as JSON); so there are two.
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

    fn logprob(&self, logit: f32) -> f64 {
        f64::from(logit) - self.max - libm::log(self.sum)
    }

    fn entropy(&self, row: &[f32]) -> f64 {
        -row.iter().map(|&v| self.prob(v) * self.logprob(v)).sum::<f64>()
    }
}

/// Collects rows while the search runs.
struct Collector<'a> {
    engine: &'a Engine,
    depth: Depth,
    /// What processors left of the row that is being shaped, by the node that it follows.
    stages: BTreeMap<NodeId, Vec<(&'static str, Distribution)>>,
    /// What has been seen, by the node that it follows.
    rows: BTreeMap<NodeId, StepRow>,
}

impl Observer for Collector<'_> {
    fn wants(&self, interest: Interest) -> bool {
        matches!(interest, Interest::Rows | Interest::Stages)
    }

    fn event(&mut self, event: &Event<'_>) {
        match &event.kind {
            EventKind::Row { tokens, outlook } => self.row(tokens, outlook),
            EventKind::Stage { stage, row } => {
                self.stages.entry(stage.tip.node).or_default().push((stage.processor, row.distribution()));
            }
            EventKind::Search { .. } => {}
        }
    }
}

impl Collector<'_> {
    fn row(&mut self, tokens: &[TokenId], outlook: &Outlook<'_>) {
        let stages = self.stages.remove(&outlook.tip.node).unwrap_or_default();
        let raw = Raw::new(outlook.raw);
        let processed = outlook.scores.distribution();
        let mut after = vec![0.0; outlook.raw.len()];
        processed.iter().for_each(|(id, p)| after[id.index()] = p);
        let mut by_rank: Vec<usize> = (0..after.len()).collect();
        by_rank.sort_unstable_by(|&a, &b| outlook.raw[b].total_cmp(&outlook.raw[a]).then(a.cmp(&b)));
        let mut rank = vec![0; after.len()];
        by_rank.iter().enumerate().for_each(|(place, &id)| rank[id] = place + 1);
        // Raw order decides between tokens of one processed probability, so a stable sort by the latter is enough.
        let mut order = by_rank;
        order.sort_by(|&a, &b| after[b].total_cmp(&after[a]));
        let vocabulary = self.engine.tokenizer().vocabulary();
        let candidates: Vec<Candidate> = order
            .iter()
            .take(self.depth.top)
            .map(|&i| {
                let id = TokenId(i as u32);
                Candidate {
                    id: id.0,
                    text: vocabulary.text(id),
                    bytes: vocabulary.bytes(id).to_vec(),
                    logit: outlook.raw[i],
                    logprob: raw.logprob(outlook.raw[i]),
                    prob: raw.prob(outlook.raw[i]),
                    prob_processed: after[i],
                    rank: rank[i],
                    removed_by: stages.iter().find(|(_, left)| left.of(id) == 0.0).map(|(name, _)| *name),
                }
            })
            .collect();
        let listed: f64 = candidates.iter().map(|candidate| candidate.prob).sum();
        let row = StepRow {
            input: self.engine.tokenizer().decode(tokens, Special::Write, Beginning::Text),
            chosen: Chosen { id: 0, text: String::new() },
            entropy: raw.entropy(outlook.raw),
            kept: processed.iter().filter(|(_, p)| *p > 0.0).count(),
            rest: Rest {
                count: order.len() - candidates.len(),
                prob: if order.len() == candidates.len() { 0.0 } else { (1.0 - listed).max(0.0) },
            },
            stages: if self.depth.stages { columns(&stages, &candidates) } else { Vec::new() },
            candidates,
        };
        self.rows.insert(outlook.tip.node, row);
    }
}

/// What each processor left of the candidates.
fn columns(stages: &[(&'static str, Distribution)], candidates: &[Candidate]) -> Vec<StageColumn> {
    let column = |(processor, left): &(&'static str, Distribution)| StageColumn {
        processor,
        kept: left.iter().filter(|(_, p)| *p > 0.0).count(),
        probs: candidates.iter().map(|candidate| left.of(TokenId(candidate.id))).collect(),
    };
    stages.iter().map(column).collect()
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
    let mut sessions = [engine.session(prompt, &engine.plan(&given)?)?];
    let mut collector = Collector { engine, depth, stages: BTreeMap::new(), rows: BTreeMap::new() };
    engine.run(&mut sessions, &mut collector)?;
    let [session] = &sessions;
    let tree = session.tree();
    let mut rows = Vec::new();
    for id in session.results().first().map(|found| tree.branch(found.node)).unwrap_or_default() {
        let node = tree.node(id);
        if let Some(mut row) = node.parent.and_then(|parent| collector.rows.get(&parent)).cloned() {
            row.chosen = Chosen { id: node.token.0, text: engine.tokenizer().vocabulary().text(node.token) };
            rows.push(row);
        }
    }
    Ok(Inspection { schema: 1, prompt_token_ids: session.prompt().iter().map(|token| token.0).collect(), steps: rows })
}
