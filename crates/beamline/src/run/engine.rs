//! The loop: sessions in, one pass over the weights, sessions a step further.

use super::cached_text::CachedText;
use super::files::Files;
use super::prompt::Prompt;
use super::session::{Session, SharedDraws, Start};
use super::setup::{BatchShared, Resources, SearchSetup};
use crate::chat::ChatTemplates;
use crate::error::Error;
use crate::observe::SessionId;
use crate::options::{self, Defaults, Options, Origin, Plan};
use beamline_chat::TokenTexts;
use beamline_kernels::{Compute, Encoding, RowSums, row_sums};
use beamline_model::{Description, Geometry, KvCache, Loaded, Model, ModelId};
use beamline_search::{StopStrings, TokenStats};
use beamline_shape::OptionValue;
use beamline_tokens::{TokenId, Tokenizer};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A model with its tokenizer, ready to generate. It may be used from several threads at once: they share the threads
/// of its [`Compute`], and whoever finds them at work computes on its own thread meanwhile.
#[doc(alias = "pipeline")]
#[doc(alias = "LLM")]
pub struct Engine {
    /// Its number in this process: plans belong to the engine that made them.
    number: u64,
    name: String,
    model: Arc<dyn Model>,
    model_id: ModelId,
    description: Description,
    tokenizer: Arc<Tokenizer>,
    defaults: Defaults,
    pub(super) chat: ChatTemplates,
    compute: Arc<Compute>,
    load_seconds: f64,
    assistant: Option<Arc<dyn Model>>,
    sessions: AtomicU64,
    interrupt: Option<Interrupt>,
    files: Files,
}

/// Says whether nobody waits for what is computed any more.
type Interrupt = Box<dyn Fn() -> bool + Send + Sync>;

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.name)
            .field("description", &self.description)
            .field("threads", &self.compute.threads())
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(
        name: String,
        loaded: Loaded,
        tokenizer: Tokenizer,
        (defaults, chat): (Defaults, ChatTemplates),
        compute: Arc<Compute>,
        load_seconds: f64,
    ) -> Self {
        static ENGINES: AtomicU64 = AtomicU64::new(0);
        let model_id = loaded.id();
        let Loaded { model, description, .. } = loaded;
        Self {
            number: ENGINES.fetch_add(1, Ordering::Relaxed),
            name,
            model,
            model_id,
            description,
            tokenizer: Arc::new(tokenizer),
            defaults,
            chat,
            compute,
            load_seconds,
            assistant: None,
            sessions: AtomicU64::new(0),
            interrupt: None,
            files: Files::None,
        }
    }

    /// An engine on a model of your own: whatever turns tokens into logits.
    ///
    /// ```
    /// use beamline::{Engine, Options, Prompt, TableModel, TokenId, Tokenizer};
    /// let tokenizer = Tokenizer::from_json(br#"{"version": "1.0", "added_tokens": [], "normalizer": null,
    ///     "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
    ///     "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "a"}}"#)?;
    /// let table = TableModel::new(vec![vec![0.1, 0.9], vec![0.8, 0.2]], 100)?;
    /// let engine = Engine::with_model("coin", std::sync::Arc::new(table), tokenizer);
    /// let plan = engine.plan(&Options::new().max_new_tokens(4))?;
    /// let completion = engine.complete(Prompt::Ids(vec![TokenId(0)]), &plan)?;
    /// assert_eq!(completion.sequences[0].token_ids, [1, 0, 1, 0]);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the environment asks for threads or instructions that cannot be had.
    pub fn with_model(name: &str, model: Arc<dyn Model>, tokenizer: Tokenizer) -> Self {
        let description = Description {
            architecture: "custom".to_owned(),
            parameters: 0,
            dtype: Encoding::F32,
            weight_bytes: 0,
            step_bytes: 0,
        };
        let compute = Arc::new(Compute::from_env(Some(1)).expect("one thread can be had"));
        let loaded = Loaded::new(model, description);
        Self::new(
            name.to_owned(),
            loaded,
            tokenizer,
            (Defaults::default(), ChatTemplates::of(name, TokenTexts::new())),
            compute,
            0.0,
        )
    }

    /// The model's name, as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was loaded.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The same, of a model that came from these files.
    #[must_use]
    pub(crate) fn of_files(mut self, files: Files) -> Self {
        self.files = files;
        self
    }

    /// Where the model came from.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// The model's id: keys and values are its own, whatever engine it runs in.
    pub(crate) fn model_id(&self) -> ModelId {
        self.model_id
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
    pub fn defaults(&self) -> &Options {
        &self.defaults.settings
    }

    /// What a user should hear about the model's files.
    pub fn warnings(&self) -> &[String] {
        &self.defaults.warnings
    }

    /// Takes a smaller model along, to guess ahead for this one (the option `assistant`).
    ///
    /// # Errors
    /// When its vocabulary is another: tokens must mean the same to both. Ids beyond all tokens, by which a vocabulary is
    /// padded, may be more or fewer.
    pub fn assist(&mut self, assistant: &Self) -> Result<(), Error> {
        let (own, other) = (self.model.geometry().vocab, assistant.model.geometry().vocab);
        let bytes = |engine: &Self, id: u32| engine.tokenizer.vocabulary().bytes(TokenId(id)).to_vec();
        let (least, most) = (own.min(other) as u32, own.max(other) as u32);
        let padding = |id: u32| id < least || bytes(self, id).is_empty();
        let alike = (0..most).all(|id| bytes(self, id) == bytes(assistant, id) && padding(id));
        if !alike {
            return Err(Error::AssistantVocabulary { assistant: assistant.name.clone(), model: self.name.clone() });
        }
        self.assistant = Some(Arc::clone(&assistant.model));
        Ok(())
    }

    /// Has every step, and every pass over texts to be scored, ask first whether anybody still waits for it. Where `asked`
    /// says true the step is not taken, and its error is [`Error::Interrupted`]: for faces whose users can interrupt a call
    /// (a notebook), whatever is being computed.
    ///
    /// ```
    /// use beamline::{Engine, Error, Options};
    /// let mut engine = Engine::open("builtin")?;
    /// engine.interruptible(|| true);
    /// let plan = engine.plan(&Options::new().max_new_tokens(5))?;
    /// assert!(matches!(engine.complete("Once", &plan), Err(Error::Interrupted)));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn interruptible(&mut self, asked: impl Fn() -> bool + Send + Sync + 'static) {
        self.interrupt = Some(Box::new(asked));
    }

    /// Whether somebody still waits.
    pub(crate) fn is_wanted(&self) -> Result<(), Error> {
        if self.interrupt.as_ref().is_some_and(|asked| asked()) { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Checks options and completes them: over the preset's and the model's own defaults, checked against each other and
    /// the vocabulary. Where tokens are drawn and no seed is given, one is drawn from the clock, and shown among the results.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let plan = engine.plan(&Options::new().num_beams(4))?;
    /// assert_eq!(plan.effective_config()["num_beams"]["value"], 4);
    /// let wrong = engine.plan(&Options::new().temperature(0.5)).unwrap_err();
    /// assert!(wrong.to_string().contains("temperature has no effect on greedy search"));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a value is out of its range, an option has no effect under the search asked for, two shut each other out, or
    /// one names a token that does not exist.
    pub fn plan(&self, options: &Options) -> Result<Plan, Error> {
        options.check_ranges()?;
        self.resolve(&options.over(&self.defaults.settings))
    }

    /// Checks options and completes them over the preset's defaults alone: what a model's own files say about decoding
    /// (`generation_config.json`) does not count. For measurements that must not depend on them.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// assert!(engine.plan_without_defaults(&Options::new())?.options().get("eos_token_id").is_none());
    /// assert!(engine.plan(&Options::new())?.options().get("eos_token_id").is_some());
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`plan`](Self::plan).
    pub fn plan_without_defaults(&self, options: &Options) -> Result<Plan, Error> {
        options.check_ranges()?;
        self.resolve(options)
    }

    fn resolve(&self, given: &Options) -> Result<Plan, Error> {
        let mut all = given.with_preset();
        let vocab = self.model.geometry().vocab;
        options::reconcile(&mut all, vocab);
        options::check(&all, vocab)?;
        if all.flag("do_sample") && all.get("seed").is_none() {
            all.put("seed", OptionValue::Count(chosen_seed()), Origin::Default);
        }
        Ok(Plan::new(self.number, all))
    }

    /// The tokens of a prompt. An empty one becomes the model's begin token.
    ///
    /// # Errors
    /// When it is empty and the model has no begin token, or holds an id beyond the vocabulary.
    pub fn encode_prompt(&self, prompt: &Prompt) -> Result<Vec<TokenId>, Error> {
        let mut ids = match prompt {
            Prompt::Text(text) => self.tokens_of(text)?,
            Prompt::Ids(ids) => ids.clone(),
        };
        if ids.is_empty() {
            let begin = self.tokenizer.begin().or(self.defaults.begin);
            ids.push(begin.ok_or_else(|| Error::EmptyPrompt)?);
        }
        let vocab = self.model.geometry().vocab;
        match ids.iter().find(|id| id.index() >= vocab) {
            Some(id) => Err(Error::UnknownToken { id: id.0, vocab }),
            None => Ok(ids),
        }
    }

    /// The tokens of a text, all of which the model has. One far beyond its context is not tokenized to its end: that would
    /// take hundreds of times its size in memory, for nothing.
    fn tokens_of(&self, text: &str) -> Result<Vec<TokenId>, Error> {
        let Geometry { context, vocab, .. } = self.model.geometry();
        // A beginning may have a few tokens more than the same piece of the whole.
        let enough = context.saturating_mul(2).saturating_add(1024);
        let mut length = enough.saturating_mul(4);
        while length < text.len() {
            let end = (0..=length).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let tokens = self.tokenizer.ids(&text[..end])?.len();
            if tokens > enough {
                return Err(Error::PromptFarTooLong { tokens, context });
            }
            length = length.saturating_mul(4);
        }
        let ids = self.tokenizer.ids(text)?;
        match ids.iter().find(|id| id.index() >= vocab) {
            Some(id) => Err(Error::TokenizerTooLarge { id: id.0, vocab }),
            None => Ok(ids),
        }
    }

    /// Starts continuing a prompt.
    ///
    /// # Errors
    /// When the prompt cannot be used or leaves no room, or the plan is another engine's.
    pub fn session(&self, prompt: impl Into<Prompt>, plan: &Plan) -> Result<Session, Error> {
        let (shared, prompt) = (self.shared(plan)?, prompt.into());
        let ids = self.encode_prompt(&prompt)?;
        self.start((prompt, ids), plan, &shared, None, None)
    }

    /// Starts continuing a prompt from keys and values that another session left, as far as both begin with the same
    /// tokens. Results are those of a session that begins with nothing, bit for bit. (A contrastive search does begin with
    /// nothing: it compares hidden states, which are not kept.)
    ///
    /// # Errors
    /// As for [`session`](Self::session), and when the keys and values are another model's.
    pub fn resume(&self, prompt: impl Into<Prompt>, plan: &Plan, from: CachedText) -> Result<Session, Error> {
        let prompt = prompt.into();
        let ids = self.encode_prompt(&prompt)?;
        self.start((prompt, ids), plan, &self.shared(plan)?, Some(from), None)
    }

    /// Starts continuing a batch of prompts. With `rng` torch their rows share one stream of random numbers, so they must be
    /// stepped together and in this order; otherwise each is as if alone.
    ///
    /// # Errors
    /// As for [`session`](Self::session).
    pub fn sessions(&self, prompts: &[Prompt], plan: &Plan) -> Result<Vec<Session>, Error> {
        let shared = self.shared(plan)?;
        let rows = prompts.len();
        let mut batch = None;
        let mut all = Vec::with_capacity(rows);
        for (row, prompt) in prompts.iter().enumerate() {
            let draws = shared.one_stream().then_some((batch, row, rows));
            let session = self.start((prompt.clone(), self.encode_prompt(prompt)?), plan, &shared, None, draws)?;
            batch.get_or_insert(session.id());
            all.push(session);
        }
        Ok(all)
    }

    /// What the prompts of a batch share.
    fn shared(&self, plan: &Plan) -> Result<BatchShared, Error> {
        if plan.engine() == self.number { Ok(BatchShared::new(plan.options())) } else { Err(Error::ForeignPlan) }
    }

    fn start(
        &self,
        (given, prompt): (Prompt, Vec<TokenId>),
        plan: &Plan,
        shared: &BatchShared,
        from: Option<CachedText>,
        draws: Option<(Option<SessionId>, usize, usize)>,
    ) -> Result<Session, Error> {
        let (geometry, vocabulary) = (self.model.geometry(), self.tokenizer.vocabulary());
        let resources = Resources { geometry, vocabulary, assistant: self.assistant.as_ref() };
        let setup = SearchSetup::new(&resources, plan, &prompt, shared)?;
        let stops = plan.stops_to_cut();
        let cut = (!stops.is_empty()).then(|| StopStrings::new(stops, Arc::clone(vocabulary), &prompt));
        let cache = match from {
            Some(from) => from.beginning_of(&prompt, self.model_id)?,
            None => KvCache::new(geometry),
        };
        let id = SessionId(self.sessions.fetch_add(1, Ordering::Relaxed));
        let shared_draws = draws.map(|(batch, row, rows)| SharedDraws { batch: batch.unwrap_or(id), row, rows });
        let plan = plan.clone();
        let load_seconds = self.load_seconds;
        Ok(Session::new(Start { id, plan, given, prompt, setup, geometry, cache, shared_draws, cut, load_seconds }))
    }

    /// What turns a row of logits `[vocab]` into log-probabilities (the log-sum-exp, summed in f64).
    pub fn sums(&self, row: &[f32]) -> RowSums {
        row_sums(row, self.compute.isa())
    }

    /// [`sums`](Self::sums) for who looks at rows where the engine is not at hand: the same, bit for bit.
    ///
    /// ```
    /// use beamline::Engine;
    /// let engine = Engine::open("builtin")?;
    /// let (row, sums) = ([0.5, -1.0, 2.0], engine.summing());
    /// assert_eq!(sums(&row).entropy().to_bits(), engine.sums(&row).entropy().to_bits());
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn summing(&self) -> impl Fn(&[f32]) -> RowSums + Send + Sync + use<> {
        let isa = self.compute.isa();
        move |row| row_sums(row, isa)
    }

    /// What the model itself thinks of a token, given the row of logits that it is chosen from, `[vocab]`: its
    /// log-probability over the whole vocabulary and the row's entropy, in nats, and its rank, from 1.
    ///
    /// These are the numbers of [`GeneratedToken`](crate::GeneratedToken): exponentials are f32 (relative error below
    /// 2e-7 each), their sums f64.
    ///
    /// ```
    /// use beamline::{Engine, KvCache, Span, Want};
    /// let engine = Engine::open("builtin")?;
    /// let ids = engine.tokenizer().ids("Once upon")?;
    /// let mut cache = KvCache::new(engine.model().geometry());
    /// let span = Span { tokens: &ids, cache: &mut cache, want: Want::Tail(1) };
    /// let rows = engine.model().forward(&mut [span], &mut ())?;
    /// let next = engine.tokenizer().ids(" a")?;
    /// let stats = engine.token_stats(rows.row(0), next[0]);
    /// assert!(stats.rank == 1 && stats.logprob < 0.0);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the token is beyond the row.
    pub fn token_stats(&self, row: &[f32], token: TokenId) -> TokenStats {
        Self::token_stats_of(row, &self.sums(row), token)
    }

    /// What the model itself thinks of a token, where the sums of the row are known.
    pub(crate) fn token_stats_of(row: &[f32], sums: &RowSums, token: TokenId) -> TokenStats {
        let value = row[token.index()];
        let (before, after) = row.split_at(token.index());
        // Of equals the lower id comes first.
        let ahead = before.iter().filter(|&&v| v >= value).count() + after.iter().filter(|&&v| v > value).count();
        TokenStats { logprob: f64::from(value) - sums.log_sum(), rank: 1 + ahead, entropy: sums.entropy() }
    }
}

/// A seed that differs from run to run, below 1 000 000 007: where none is given.
///
/// ```
/// let options = beamline::Options::new().do_sample(true).seed(beamline::chosen_seed());
/// assert!(options.get("seed").is_some());
/// ```
pub fn chosen_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed again.
    (since.as_nanos() as u64 ^ u64::from(std::process::id()) << 20) % 1_000_000_007
}
