//! A plan made into a strategy, a pipeline and rules to stop, for one prompt.

use super::draft::{Assistant, Drafter, Lookup, Schedule};
use super::finished::AtGrammarEnd;
use super::turns::Turns;
use crate::error::{Error, OptionError};
use crate::options::{self, Options, Place, Plan, Room, SearchMethod, applies, order, phrases};
use beamline_model::{Geometry, Model};
use beamline_search::{
    Arithmetic, Beam, BeamOptions, BestOf, Coins, ConstrainedBeam, ConstrainedOptions, Contrastive, DiverseBeam,
    DiverseOptions, EarlyStopping, Exact, ExactOptions, Greedy, Randomness, RankBy, Sample, StochasticBeam, Stop,
    StopStrings, Strategy, TorchStream,
};
use beamline_shape::{Brief, OptionValue, Pipeline, Processor};
use beamline_tokens::{TokenId, Vocabulary};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a prompt is to be continued with.
pub(crate) struct SearchSetup {
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) pipeline: Pipeline,
    pub(crate) coins: Coins,
    pub(crate) drafter: Option<Box<dyn Drafter>>,
    pub(crate) max_new_tokens: usize,
    /// Whether a text of that many tokens fills the model's context, and more were asked for.
    pub(crate) fills_context: bool,
    /// When to stop, whatever there is.
    pub(crate) deadline: Option<Instant>,
    /// The prompt to move away from, where guidance is on.
    pub(crate) negative: Option<Vec<TokenId>>,
    pub(crate) turns: Turns,
}

/// What an engine has for its searches.
pub(crate) struct Resources<'a> {
    pub(crate) geometry: Geometry,
    pub(crate) vocabulary: &'a Arc<Vocabulary>,
    /// The smaller model that guesses ahead, if there is one.
    pub(crate) assistant: Option<&'a Arc<dyn Model>>,
}

/// What the prompts of a batch share.
#[derive(Clone)]
pub(crate) struct BatchShared {
    coins: Coins,
    randomness: Randomness,
    deadline: Option<Instant>,
}

impl BatchShared {
    pub(crate) fn new(settings: &Options) -> Self {
        let seed = settings.count("seed").unwrap_or_default();
        let coins = Coins::new(seed);
        let randomness = match settings.text("rng") {
            Some("torch") => Randomness::Torch(TorchStream::new(seed)),
            _ => Randomness::Counter(coins),
        };
        let seconds = settings.number("max_time");
        let deadline = seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs_f64(seconds)));
        Self { coins, randomness, deadline }
    }

    /// Whether all rows draw from one stream, in turn.
    pub(crate) fn one_stream(&self) -> bool {
        matches!(self.randomness, Randomness::Torch(_))
    }
}

impl SearchSetup {
    /// What a plan means for one prompt.
    pub(crate) fn new(
        resources: &Resources<'_>,
        plan: &Plan,
        prompt: &[TokenId],
        shared: &BatchShared,
    ) -> Result<Self, Error> {
        let settings = plan.options();
        let Resources { geometry, vocabulary, .. } = *resources;
        let guided = settings.is_on("guidance_scale", geometry.vocab);
        let negative = settings.get("negative_prompt_ids").and_then(|s| s.value.ids()).filter(|_| guided);
        let Room { tokens: room, fills_context } =
            options::room(settings, prompt.len(), negative.map_or(0, <[u32]>::len), geometry.context)?;
        let stops = plan.stop_strings();
        let strings = (!stops.is_empty()).then(|| StopStrings::new(stops, Arc::clone(vocabulary), prompt));
        let eos = settings.end_tokens();
        let brief = Brief {
            value: &|name| value(settings, name),
            vocab: geometry.vocab,
            vocabulary,
            eos: &eos,
            prompt,
            max_length: prompt.len() + room,
            // So that a beam can go on where end tokens are among the best.
            keep: if settings.size("num_beams") > 1 { (eos.len() + 1).max(2) } else { 1 },
        };
        let mut pipeline = pipeline(plan, &brief)?;
        let guided = guided && pipeline.names().contains(&"guidance_scale");
        let negative = guided.then(|| match negative {
            Some(ids) => ids.iter().copied().map(TokenId).collect(),
            None => prompt[prompt.len() - 1..].to_vec(),
        });
        fits(settings, room)?;
        let mut rules = plan.rules().to_vec();
        let mut judges = pipeline.judges();
        if eos.is_empty() && judges.is_complete().is_some() {
            rules.push(Arc::new(AtGrammarEnd::new(judges)));
        }
        let stop = Stop { eos, max_new_tokens: room, strings, deadline: shared.deadline, rules };
        let strategy = match plan.own_strategy() {
            Some(make) => make(stop, prompt),
            None => strategy(settings, stop, shared, prompt),
        };
        let drafter = drafter(resources, settings, shared)?;
        let wants = strategy.wants();
        // Those who draw from one stream do so in turn; hidden states and old nodes are not kept from one turn to the next.
        let apart = wants.independent && !wants.hidden && !wants.revisits && !shared.one_stream();
        let rows = 1 + usize::from(negative.is_some());
        let turns = if apart { Turns::apart(geometry.vocab.saturating_mul(rows)) } else { Turns::together() };
        Ok(Self {
            strategy,
            pipeline,
            coins: shared.coins,
            drafter,
            max_new_tokens: room,
            fills_context,
            deadline: shared.deadline,
            negative,
            turns,
        })
    }
}

/// The processors that the options ask for, and the program's own between them.
fn pipeline(plan: &Plan, brief: &Brief<'_>) -> Result<Pipeline, Error> {
    let settings = plan.options();
    let mut all: Vec<Box<dyn Processor>> = plan.own_processors(Place::First).collect();
    for name in order(settings)? {
        if applies(settings, name) {
            all.extend(Pipeline::build(&[name], brief)?.into_processors());
        }
        all.extend(plan.own_processors(Place::After(name)));
    }
    all.extend(plan.own_processors(Place::Last));
    Ok(Pipeline::new(all))
}

/// Whether there is room for the phrases that a text must have.
fn fits(settings: &Options, room: usize) -> Result<(), Error> {
    let Some(OptionValue::Phrases(phrases)) = settings.get("force_words_ids").map(|setting| &setting.value) else {
        return Ok(());
    };
    let least: usize = phrases.iter().map(|words| words.iter().map(Vec::len).min().unwrap_or(0)).sum();
    if settings.is_on("num_beams", usize::MAX) && least > room {
        return Err(OptionError::NoRoomForPhrases { least, room }.into());
    }
    Ok(())
}

/// What processors are told that an option has.
fn value(settings: &Options, name: &str) -> Option<OptionValue> {
    if overruled(settings, name) {
        None
    } else if name == "renormalize_logits" && settings.flag("exact_search") {
        // Only then is a text never more probable than its beginning.
        Some(OptionValue::Flag(true))
    } else {
        settings.effective_value(name)
    }
}

/// Whether an option gives way to another: `min_new_tokens` wins over a `min_length` that is no nearer to the user.
fn overruled(settings: &Options, name: &str) -> bool {
    let origin = |name: &str| settings.get(name).map(|setting| setting.origin);
    name == "min_length" && origin("min_new_tokens").is_some() && origin("min_new_tokens") >= origin("min_length")
}

/// The search that settings ask for. That they go together has been checked.
fn strategy(settings: &Options, stop: Stop, shared: &BatchShared, prompt: &[TokenId]) -> Box<dyn Strategy> {
    let returned = settings.size("num_return_sequences");
    let randomness = shared.randomness.clone();
    match SearchMethod::of(settings) {
        SearchMethod::ExactSearch => {
            let (beams, budget) = (settings.size("num_beams"), settings.size("node_budget"));
            Box::new(Exact::new(ExactOptions { returned, beams, budget }, stop))
        }
        SearchMethod::ContrastiveSearch => {
            let alpha = settings.number("penalty_alpha").unwrap_or_default();
            Box::new(Contrastive::new(alpha, settings.size("top_k").max(1), stop))
        }
        SearchMethod::Greedy => Box::new(Greedy::new(stop)),
        SearchMethod::BestOf => {
            let rank_by = if settings.text("rank_by") == Some("mbr") { RankBy::Mbr } else { RankBy::LogProb };
            Box::new(BestOf::new(settings.size("best_of"), returned, rank_by, randomness, stop))
        }
        SearchMethod::ArithmeticSampling => Box::new(Arithmetic::new(returned, shared.coins, stop)),
        SearchMethod::Sampling => Box::new(Sample::new(returned, randomness, stop)),
        kind => beam_search(kind, settings, stop, shared, prompt),
    }
}

/// The kind of beam search that settings ask for.
fn beam_search(
    kind: SearchMethod,
    settings: &Options,
    stop: Stop,
    shared: &BatchShared,
    prompt: &[TokenId],
) -> Box<dyn Strategy> {
    let beams = settings.size("num_beams");
    let returned = settings.size("num_return_sequences").min(beams);
    let length_penalty = settings.number("length_penalty").unwrap_or_default();
    let early_stopping = match settings.text("early_stopping") {
        Some("true") => EarlyStopping::True,
        Some("never") => EarlyStopping::Never,
        _ => EarlyStopping::False,
    };
    let plain = |randomness| {
        let options = BeamOptions { beams, returned, length_penalty, early_stopping, randomness };
        Box::new(Beam::new(options, stop.clone()))
    };
    match (kind, settings.get("force_words_ids").map(|setting| &setting.value)) {
        (SearchMethod::StochasticBeamSearch, _) => Box::new(StochasticBeam::new(beams, returned, shared.coins, stop)),
        (SearchMethod::DiverseBeamSearch, _) => {
            let groups = settings.size("num_beam_groups");
            // A model's own number of groups that does not divide the beams is passed over.
            if !beams.is_multiple_of(groups) {
                return plain(None);
            }
            let options = DiverseOptions { groups, beams: beams / groups, returned, length_penalty, early_stopping };
            Box::new(DiverseBeam::new(options, stop))
        }
        (SearchMethod::ConstrainedBeamSearch, Some(OptionValue::Phrases(ids))) => match phrases(ids) {
            Some(phrases) => {
                let options = ConstrainedOptions { beams, returned, length_penalty, early_stopping, phrases };
                Box::new(ConstrainedBeam::new(options, stop, prompt))
            }
            None => plain(None),
        },
        (SearchMethod::BeamSampling, _) => plain(Some(shared.randomness.clone())),
        _ => plain(None),
    }
}

/// What guesses ahead, if anything does.
fn drafter(
    resources: &Resources<'_>,
    settings: &Options,
    shared: &BatchShared,
) -> Result<Option<Box<dyn Drafter>>, Error> {
    if let Some(tokens) = settings.count("prompt_lookup_num_tokens") {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        return Ok(Some(Box::new(Lookup::new(tokens, settings.size("max_matching_ngram_size")))));
    }
    let Some(name) = settings.text("assistant") else { return Ok(None) };
    let assistant = resources.assistant.ok_or_else(|| OptionError::NoAssistant { name: name.to_owned() })?;
    let schedule = match settings.text("num_assistant_tokens_schedule") {
        Some("heuristic") => Schedule::Heuristic,
        _ => Schedule::Constant,
    };
    let coins = settings.flag("do_sample").then_some(shared.coins);
    let confidence = settings.number("assistant_confidence_threshold").unwrap_or_default();
    let tokens = settings.size("num_assistant_tokens");
    Ok(Some(Box::new(Assistant::new(
        Arc::clone(assistant),
        resources.geometry.vocab,
        coins,
        tokens,
        schedule,
        confidence,
    ))))
}
