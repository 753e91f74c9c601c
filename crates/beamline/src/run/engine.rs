//! The loop: sessions in, one pass over the weights, sessions a step further.

use crate::error::Error;
use crate::open::Defaults;
use crate::options::recipe::{self, Common, Means, Recipe};
use crate::options::{Origin, Settings};
use crate::run::session::{Prompt, Session};
use beamline_kernels::{Compute, Encoding, RowSums, row_sums};
use beamline_model::{Description, Loaded, Model};
use beamline_search::Measure;
use beamline_shape::OptionValue;
use beamline_tokens::{TokenId, Tokenizer};
use std::sync::Arc;

/// A model with its tokenizer, ready to generate.
pub struct Engine {
    name: String,
    model: Arc<dyn Model>,
    description: Description,
    tokenizer: Tokenizer,
    defaults: Defaults,
    pub(crate) compute: Arc<Compute>,
    load_seconds: f64,
    assistant: Option<Arc<dyn Model>>,
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
        let Loaded { model, description, .. } = loaded;
        Self { name, model, description, tokenizer, defaults, compute, load_seconds, assistant: None }
    }

    /// An engine on a model of your own: whatever turns tokens into logits.
    ///
    /// ```
    /// use beamline::{Engine, Prompt, Settings, TableModel, TokenId, Tokenizer};
    /// let tokenizer = Tokenizer::from_json(br#"{"version": "1.0", "added_tokens": [], "normalizer": null,
    ///     "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
    ///     "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "a"}}"#)?;
    /// let table = TableModel::new(vec![vec![0.1, 0.9], vec![0.8, 0.2]], 100)?;
    /// let engine = Engine::with_model("coin", std::sync::Arc::new(table), tokenizer);
    /// let mut settings = Settings::default();
    /// settings.set("max_new_tokens", "4")?;
    /// let completion = engine.generate(&[Prompt::Ids(vec![TokenId(0)])], &settings)?;
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
        Self::new(name.to_owned(), loaded, tokenizer, Defaults::default(), compute, 0.0)
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

    /// Takes a smaller model along, to guess ahead for this one (the option `assistant`).
    ///
    /// # Errors
    /// When its vocabulary is another: tokens must mean the same to both.
    pub fn assist(&mut self, assistant: &Self) -> Result<(), Error> {
        let (own, other) = (self.model.geometry().vocab, assistant.model.geometry().vocab);
        let bytes = |engine: &Self, id: u32| engine.tokenizer.vocabulary().bytes(TokenId(id)).to_vec();
        let alike = own == other && (0..own as u32).all(|id| bytes(self, id) == bytes(assistant, id));
        if !alike {
            return Err(Error::Option(format!(
                "the assistant {:?} has another vocabulary than {:?}; it must have the same tokens under the same ids",
                assistant.name, self.name
            )));
        }
        self.assistant = Some(Arc::clone(&assistant.model));
        Ok(())
    }

    /// Settings over the preset's and the model's defaults, checked against each other. Where tokens are drawn and no seed
    /// is given, one is chosen, and shown among the results.
    ///
    /// # Errors
    /// When an option has no effect under the strategy asked for, or names a token that does not exist.
    pub fn settings(&self, given: &Settings) -> Result<Settings, Error> {
        self.resolve(&given.over(&self.defaults.settings))
    }

    /// Settings over the preset's defaults alone, checked against each other: what a model's own files say about decoding
    /// (`generation_config.json`) does not count. For measurements that must not depend on them.
    ///
    /// ```
    /// use beamline::{Engine, OpenOptions, Settings};
    /// let engine = Engine::open(&"builtin".parse()?, &OpenOptions::default(), &mut ())?;
    /// let settings = engine.settings_without_defaults(&Settings::default())?;
    /// assert!(settings.get("eos_token_id").is_none());
    /// assert!(engine.settings(&Settings::default())?.get("eos_token_id").is_some());
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an option has no effect under the strategy asked for, or names a token that does not exist.
    pub fn settings_without_defaults(&self, given: &Settings) -> Result<Settings, Error> {
        self.resolve(given)
    }

    fn resolve(&self, given: &Settings) -> Result<Settings, Error> {
        let mut all = given.with_preset();
        recipe::reconcile(&mut all, self.model.geometry().vocab);
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
        Ok(self.sessions(std::slice::from_ref(prompt), settings)?.remove(0))
    }

    /// Starts continuing a batch of prompts. With `rng` torch their rows share one stream, so they must be stepped
    /// together; otherwise each is as if alone.
    ///
    /// # Errors
    /// As for [`session`](Self::session).
    pub fn sessions(&self, prompts: &[Prompt], settings: &Settings) -> Result<Vec<Session>, Error> {
        let common = Common::new(settings);
        let session = |prompt: &Prompt| {
            let prompt = self.prompt(prompt)?;
            let means = Means {
                geometry: self.model.geometry(),
                vocabulary: self.tokenizer.vocabulary(),
                assistant: self.assistant.as_ref(),
            };
            let recipe = Recipe::new(&means, settings, &prompt, &common)?;
            Ok(Session::new(prompt, recipe, self.model.geometry()))
        };
        prompts.iter().map(session).collect()
    }

    /// What turns a row into log-probabilities.
    pub(crate) fn sums(&self, row: &[f32]) -> RowSums {
        row_sums(row, self.compute.isa())
    }

    /// What the model itself thinks of a token, given the row of logits that it is chosen from, `[vocab]`: its
    /// log-probability over the whole vocabulary and the row's entropy, in nats, and its rank, from 1.
    ///
    /// These are the numbers of [`GeneratedToken`](crate::GeneratedToken): exponentials are f32 (relative error below
    /// 2e-7 each), their sums f64.
    ///
    /// ```
    /// use beamline::{Engine, KvCache, OpenOptions, Span, TokenId, Want};
    /// let engine = Engine::open(&"builtin".parse()?, &OpenOptions::default(), &mut ())?;
    /// let ids = engine.tokenizer().ids("Once upon")?;
    /// let mut cache = KvCache::new(engine.model().geometry());
    /// let span = Span { tokens: &ids, cache: &mut cache, want: Want::Tail(1) };
    /// let rows = engine.model().forward(&mut [span], &mut ())?;
    /// let next = engine.tokenizer().ids(" a")?;
    /// let measure = engine.measure(rows.row(0), next[0]);
    /// assert!(measure.rank == 1 && measure.logprob < 0.0);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the token is beyond the row.
    pub fn measure(&self, row: &[f32], token: TokenId) -> Measure {
        Self::measured(row, &self.sums(row), token)
    }

    /// The same, where the row's sums are known.
    pub(crate) fn measured(row: &[f32], sums: &RowSums, token: TokenId) -> Measure {
        let value = row[token.index()];
        let (before, after) = row.split_at(token.index());
        // Of equals the lower id comes first.
        let ahead = before.iter().filter(|&&v| v >= value).count() + after.iter().filter(|&&v| v > value).count();
        Measure { logprob: f64::from(value) - sums.log_sum(), rank: 1 + ahead, entropy: sums.entropy() }
    }
}

/// A seed that differs from run to run.
fn chosen_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed again.
    (since.as_nanos() as u64 ^ u64::from(std::process::id()) << 20) % 1_000_000_007
}
