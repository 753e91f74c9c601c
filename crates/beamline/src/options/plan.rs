//! Options that were checked and completed: what generates takes nothing else.

use super::nearest::nearest;
use super::order::order;
use super::settings::{Options, Origin, Setting};
use crate::error::{Error, OptionError};
use beamline_search::{FinishReason, Stop, StopRule, Strategy};
use beamline_shape::{OptionValue, Processor};
use beamline_tokens::TokenId;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Makes a search for one prompt, given the rules by which its sequences end and the prompt's tokens.
pub(crate) type StrategyFactory = Arc<dyn Fn(Stop, &[TokenId]) -> Box<dyn Strategy> + Send + Sync>;

/// Where a processor of one's own stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    First,
    After(&'static str),
    Last,
}

/// Options over a model's own defaults and a preset's, checked against each other and against the vocabulary, with a seed
/// where tokens are drawn; and what a program adds of its own. Made by [`Engine::plan`](crate::Engine::plan) alone.
///
/// Cloning costs a pointer. A plan belongs to the model that made it: its defaults and its vocabulary are in it.
///
/// ```
/// use beamline::{Engine, Options};
/// let engine = Engine::open("builtin")?;
/// let plan = engine.plan(&Options::new().do_sample(true).max_new_tokens(5))?;
/// assert!(plan.options().get("seed").is_some());
/// # Ok::<(), beamline::Error>(())
/// ```
#[doc(alias = "GenerationConfig")]
#[doc(alias = "SamplingParams")]
#[derive(Clone)]
pub struct Plan(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    engine: u64,
    settings: Options,
    processors: Vec<(Place, Arc<dyn Processor + Sync>)>,
    strategy: Option<StrategyFactory>,
    rules: Vec<Arc<dyn StopRule>>,
}

impl Plan {
    /// Options that have been checked, for the engine of this number.
    pub(crate) fn new(engine: u64, settings: Options) -> Self {
        Self(Arc::new(Parts { engine, settings, processors: Vec::new(), strategy: None, rules: Vec::new() }))
    }

    /// The number of the engine that made it.
    pub(crate) fn engine(&self) -> u64 {
        self.0.engine
    }

    /// Every option that is set, with its origin: the user's, the model's and the preset's.
    pub fn options(&self) -> &Options {
        &self.0.settings
    }

    /// Every option there is with its value and where it came from, as `effective_config` in JSON.
    pub fn effective_config(&self) -> Value {
        self.0.settings.effective()
    }

    /// The same plan with another seed, for prompts that are to have draws of their own. Costs far less than to check all options
    /// again.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let plan = engine.plan(&Options::new().do_sample(true).seed(1))?.seeded(2);
    /// assert_eq!(plan.effective_config()["seed"]["value"], 2);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        Arc::make_mut(&mut self.0).settings.put("seed", OptionValue::Count(seed), Origin::Flag);
        self
    }

    /// The stop strings, whether or not texts are cut before them.
    pub fn stop_strings(&self) -> &[String] {
        match self.0.settings.get("stop_strings") {
            Some(Setting { value: OptionValue::Texts(texts), .. }) => texts,
            _ => &[],
        }
    }

    /// The stop string by which a sequence ended, if one did it.
    pub(crate) fn stop_string(&self, reason: FinishReason) -> Option<&str> {
        match reason {
            FinishReason::Stop(i) => self.stop_strings().get(i).map(String::as_str),
            _ => None,
        }
    }

    /// The stop strings before which a text is to be cut; none where texts keep them, as transformers' do.
    pub fn stops_to_cut(&self) -> &[String] {
        if self.0.settings.cuts_stop_strings() { self.stop_strings() } else { &[] }
    }

    /// Adds a processor of one's own before all others: it sees the model's logits, or their log-probabilities where the
    /// search wants those.
    #[must_use]
    pub fn processor_first(self, processor: impl Processor + Sync + 'static) -> Self {
        self.with_processor(Place::First, Arc::new(processor))
    }

    /// Adds a processor of one's own after all others.
    #[must_use]
    pub fn processor_last(self, processor: impl Processor + Sync + 'static) -> Self {
        self.with_processor(Place::Last, Arc::new(processor))
    }

    /// Adds a processor of one's own right after the place of a named one, whether or not that one is on.
    ///
    /// Each session begins with a [`fork`](Processor::fork) of it. It is held to the same promise as all others: `apply`
    /// may be called twice for a row, and only `accept` moves its state.
    ///
    /// ```
    /// use beamline::{Context, Engine, Logits, Options, Processor};
    /// /// Halves every score.
    /// #[derive(Clone)]
    /// struct Half;
    /// impl Processor for Half {
    ///     fn name(&self) -> &str { "half" }
    ///     fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) { logits.map(|value| value / 2.0); }
    ///     fn fork(&self) -> Box<dyn Processor> { Box::new(self.clone()) }
    /// }
    /// let engine = Engine::open("builtin")?;
    /// let plan = engine.plan(&Options::new().max_new_tokens(5))?.processor_after("temperature", Half)?;
    /// assert_eq!(engine.complete("Once upon a time", &plan)?.sequences[0].token_ids.len(), 5);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When no processor of that name is among those of the plan's order.
    pub fn processor_after(self, name: &str, processor: impl Processor + Sync + 'static) -> Result<Self, Error> {
        let names = order(&self.0.settings)?;
        let alike = name.replace('-', "_");
        let place = names.iter().find(|known| **known == alike).ok_or_else(|| {
            let near = nearest(name, names.iter().copied());
            OptionError::UnknownProcessor { name: name.to_owned(), near, known: names.clone() }
        })?;
        Ok(self.with_processor(Place::After(place), Arc::new(processor)))
    }

    fn with_processor(mut self, place: Place, processor: Arc<dyn Processor + Sync>) -> Self {
        Arc::make_mut(&mut self.0).processors.push((place, processor));
        self
    }

    /// Searches by a strategy of one's own. It is made anew for each prompt, from the rules by which sequences end (the
    /// plan's lengths, end tokens, stop strings and rules) and the prompt's tokens.
    #[must_use]
    pub fn strategy<S: Strategy + 'static>(
        mut self,
        make: impl Fn(Stop, &[TokenId]) -> S + Send + Sync + 'static,
    ) -> Self {
        let make: StrategyFactory = Arc::new(move |stop, prompt| Box::new(make(stop, prompt)));
        Arc::make_mut(&mut self.0).strategy = Some(make);
        self
    }

    /// Ends sequences also where a rule of one's own says so; their reason to finish is then
    /// [`FinishReason::Rule`](crate::FinishReason::Rule).
    #[doc(alias = "StoppingCriteria")]
    #[must_use]
    pub fn stop_rule(mut self, rule: impl StopRule + 'static) -> Self {
        Arc::make_mut(&mut self.0).rules.push(Arc::new(rule));
        self
    }

    pub(crate) fn own_strategy(&self) -> Option<&StrategyFactory> {
        self.0.strategy.as_ref()
    }

    pub(crate) fn rules(&self) -> &[Arc<dyn StopRule>] {
        &self.0.rules
    }

    /// Processors of one's own that stand at a place, in the order in which they were added.
    pub(crate) fn own_processors(&self, place: Place) -> impl Iterator<Item = Box<dyn Processor>> {
        self.0.processors.iter().filter(move |(at, _)| *at == place).map(|(_, processor)| processor.fork())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processors: Vec<(Place, &str)> = self.0.processors.iter().map(|(place, p)| (*place, p.name())).collect();
        f.debug_struct("Plan")
            .field("options", &self.0.settings)
            .field("processors", &processors)
            .field("strategy", &self.0.strategy.is_some())
            .field("stop_rules", &self.0.rules.len())
            .finish_non_exhaustive()
    }
}
