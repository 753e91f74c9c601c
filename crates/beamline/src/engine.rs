//! The loop: sessions in, one pass over the weights, sessions a step further.

use crate::defaults::Defaults;
use crate::error::Error;
use crate::recipe::{self, Recipe};
use crate::session::{Branch, Observer, Prompt, Session, Step};
use crate::settings::{Origin, Settings};
use beamline_kernels::{Compute, row_sums};
use beamline_model::{Description, KvCache, Loaded, Model, Rows, Span, Want};
use beamline_search::{Measure, NodeId, Outlook};
use beamline_shape::{Context, OptionValue};
use beamline_tokens::{TokenId, Tokenizer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Tokens of a prompt that go through the model together: enough to use it well, few enough to bound memory. Chunks do
/// not change results.
const CHUNK: usize = 512;

/// Tokens of all sequences together in one pass.
const PASS: usize = 2048;

/// A model with its tokenizer, ready to generate.
pub struct Engine {
    name: String,
    model: Arc<dyn Model>,
    description: Description,
    tokenizer: Tokenizer,
    defaults: Defaults,
    pub(crate) compute: Arc<Compute>,
    load_seconds: f64,
}

/// One pending node of one session, taken out for a step.
struct Job {
    session: usize,
    node: NodeId,
    branch: Branch,
    feed: Vec<TokenId>,
}

impl Engine {
    pub(crate) fn new(
        name: String,
        loaded: Loaded,
        tokenizer: Tokenizer,
        defaults: Defaults,
        compute: Arc<Compute>,
        load_seconds: f64,
    ) -> Self {
        let Loaded { model, description } = loaded;
        Self { name, model, description, tokenizer, defaults, compute, load_seconds }
    }

    /// The model's name, as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was loaded.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The threads and instructions used.
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// Seconds that opening and loading took.
    pub fn load_seconds(&self) -> f64 {
        self.load_seconds
    }

    /// The model's own defaults.
    pub fn defaults(&self) -> &Settings {
        &self.defaults.settings
    }

    /// What a user should hear about the model's files.
    pub fn warnings(&self) -> &[String] {
        &self.defaults.warnings
    }

    /// Settings over the model's defaults, checked against each other. Where tokens are drawn and no seed is given, one
    /// is chosen, and shown among the results.
    ///
    /// # Errors
    /// When an option has no effect under the strategy asked for, or names a token that does not exist.
    pub fn settings(&self, given: &Settings) -> Result<Settings, Error> {
        let mut all = given.over(&self.defaults.settings);
        recipe::check(&all, self.model.geometry().vocab)?;
        if all.flag("do_sample") && all.get("seed").is_none() {
            all.put("seed", OptionValue::Count(chosen_seed()), Origin::Default);
        }
        Ok(all)
    }

    /// The tokens of a prompt. An empty one becomes the model's begin token.
    ///
    /// # Errors
    /// When it is empty and the model has no begin token, or holds an id beyond the vocabulary.
    pub fn prompt(&self, prompt: &Prompt) -> Result<Vec<TokenId>, Error> {
        let mut ids = match prompt {
            Prompt::Text(text) => self.tokenizer.ids(text)?,
            Prompt::Ids(ids) => ids.clone(),
        };
        if ids.is_empty() {
            let begin = self.tokenizer.begin().or(self.defaults.begin);
            ids.push(begin.ok_or_else(|| {
                Error::Prompt("the prompt is empty, and this model has no begin token; give some text".to_owned())
            })?);
        }
        let vocab = self.model.geometry().vocab;
        match ids.iter().find(|id| id.index() >= vocab) {
            Some(id) => {
                Err(Error::Prompt(format!("token id {id} is beyond the vocabulary; ids must be in 0..={}", vocab - 1)))
            }
            None => Ok(ids),
        }
    }

    /// Starts continuing a prompt. `settings` come from [`settings`](Self::settings).
    ///
    /// # Errors
    /// When the prompt cannot be used, or leaves no room.
    pub fn session(&self, prompt: &Prompt, settings: &Settings) -> Result<Session, Error> {
        let geometry = self.model.geometry();
        let prompt = self.prompt(prompt)?;
        let recipe = Recipe::new(settings, prompt.len(), geometry.context)?;
        Ok(Session::new(prompt, recipe, geometry, true))
    }

    /// Carries every session one step on, with a single pass over the weights (long prompts in chunks before it).
    ///
    /// # Errors
    /// When the model overflows, or processors leave no token.
    pub fn step(&self, sessions: &mut [Session], observer: &mut dyn Observer) -> Result<Step, Error> {
        let mut jobs = Vec::new();
        for (session, s) in sessions.iter_mut().enumerate() {
            jobs.extend(s.take_branches().into_iter().map(|(node, branch, feed)| Job { session, node, branch, feed }));
        }
        if jobs.is_empty() {
            return Ok(Step::default());
        }
        let started = Instant::now();
        let rows = self.forward(&mut jobs)?;
        let forward = started.elapsed();
        let started = Instant::now();
        self.choose(sessions, jobs, &rows, observer)?;
        let more = sessions.iter().any(|session| !session.is_done());
        Ok(Step { more, forward, choose: started.elapsed() })
    }

    /// The next row of every job.
    fn forward(&self, jobs: &mut [Job]) -> Result<Rows, Error> {
        for job in jobs.iter_mut() {
            self.feed_all_but(CHUNK, &mut job.branch.cache, &mut job.feed)?;
        }
        // Memory is bounded by the tokens that go through together, not by the batch.
        let mut all = Rows::new(Vec::new(), self.model.geometry().vocab)?;
        let mut rest = jobs;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fits = |job: &&mut Job| {
                tokens += job.feed.len();
                tokens <= PASS
            };
            let count = rest.iter_mut().take_while(fits).count().max(1);
            let (group, later) = rest.split_at_mut(count);
            let spans = group.iter_mut();
            let mut spans: Vec<Span<'_>> =
                spans.map(|job| Span { tokens: &job.feed, cache: &mut job.branch.cache, want: Want::Last }).collect();
            all.append(self.model.forward(&mut spans, &mut ())?);
            rest = later;
        }
        Ok(all)
    }

    /// Runs the beginning of a long prompt, so that at most `rest` tokens are left.
    pub(crate) fn feed_all_but(&self, rest: usize, cache: &mut KvCache, feed: &mut Vec<TokenId>) -> Result<(), Error> {
        while feed.len() > rest {
            let later = feed.split_off(CHUNK.min(feed.len() - 1));
            self.model.forward(&mut [Span { tokens: feed, cache, want: Want::Nothing }], &mut ())?;
            *feed = later;
        }
        Ok(())
    }

    /// Shapes every row and lets the strategies choose.
    fn choose(
        &self,
        sessions: &mut [Session],
        jobs: Vec<Job>,
        rows: &Rows,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        // For each session its branches, and the row of each.
        let mut taken: Vec<BTreeMap<NodeId, (usize, Branch)>> = sessions.iter().map(|_| BTreeMap::new()).collect();
        for (row, mut job) in jobs.into_iter().enumerate() {
            let Branch { cache, pipeline, scores } = &mut job.branch;
            scores.load(rows.row(row));
            let context = Context { tokens: cache.tokens(), prompt_len: sessions[job.session].prompt().len() };
            pipeline.shape(scores, &context, &mut |_, _| {})?;
            taken[job.session].insert(job.node, (row, job.branch));
        }
        for (s, (session, taken)) in sessions.iter_mut().zip(taken).enumerate() {
            let outlook = |&node: &NodeId| {
                taken.get(&node).map(|(row, branch)| Outlook { node, raw: rows.row(*row), scores: &branch.scores })
            };
            let outlooks: Vec<Outlook<'_>> = session.pending.iter().filter_map(outlook).collect();
            if outlooks.is_empty() {
                continue;
            }
            for outlook in &outlooks {
                observer.outlook(s, taken[&outlook.node].1.cache.tokens(), outlook);
            }
            session.grow(&outlooks, |tree, node| {
                let grown = tree.node(node);
                if let Some((row, _)) = grown.parent.and_then(|parent| taken.get(&parent)) {
                    let measure = self.measure(rows.row(*row), grown.token);
                    tree.set_raw(node, measure);
                }
            });
            session.hand_down(taken.into_iter().map(|(node, (_, branch))| (node, branch)).collect());
        }
        Ok(())
    }

    /// What the model itself thinks of a token, given its row.
    pub(crate) fn measure(&self, row: &[f32], token: TokenId) -> Measure {
        let sums = row_sums(row, self.compute.isa());
        let value = row[token.index()];
        let before = |(i, v): (usize, &f32)| *v > value || (*v == value && i < token.index());
        let rank = 1 + row.iter().enumerate().filter(|&x| before(x)).count();
        Measure { logprob: f64::from(value) - sums.log_sum(), rank, entropy: sums.entropy() }
    }
}

/// A seed that differs from run to run.
fn chosen_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed again.
    (since.as_nanos() as u64 ^ u64::from(std::process::id()) << 20) % 1_000_000_007
}
