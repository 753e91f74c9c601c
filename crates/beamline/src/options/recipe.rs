//! Settings made into a strategy, a pipeline and rules to stop.

mod check;
mod length;

pub(crate) use check::{check, reconcile};

use crate::error::Error;
use crate::options::phrases;
use crate::options::settings::{Setting, Settings};
use crate::run::{Assistant, Drafter, Lookup, Schedule};
use beamline_model::{Geometry, Model};
use beamline_search::{
    Arithmetic, Beam, BeamOptions, BestOf, Coins, ConstrainedBeam, ConstrainedOptions, Contrastive, EarlyStopping,
    Exact, ExactOptions, Greedy, GroupBeam, GroupOptions, Randomness, RankBy, Sample, StochasticBeam, Stop,
    StopStrings, Strategy, TorchStream,
};
use beamline_shape::{Brief, OptionValue, Pipeline, Preset, REGISTRY};
use beamline_tokens::{TokenId, Vocabulary};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a prompt is to be continued with.
pub(crate) struct Recipe {
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) pipeline: Pipeline,
    pub(crate) coins: Coins,
    pub(crate) drafter: Option<Box<dyn Drafter>>,
    pub(crate) max_new_tokens: usize,
    /// The prompt to move away from, where guidance is on.
    pub(crate) negative: Option<Vec<TokenId>>,
}

/// What an engine has for its recipes.
pub(crate) struct Means<'a> {
    pub(crate) geometry: Geometry,
    pub(crate) vocabulary: &'a Arc<Vocabulary>,
    /// The smaller model that guesses ahead, if there is one.
    pub(crate) assistant: Option<&'a Arc<dyn Model>>,
}

/// What the prompts of a batch have in common.
#[derive(Clone)]
pub(crate) struct Common {
    coins: Coins,
    randomness: Randomness,
    deadline: Option<Instant>,
}

impl Common {
    pub(crate) fn new(settings: &Settings) -> Self {
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
}

impl Recipe {
    /// Makes the recipe for one prompt. Settings have been checked.
    pub(crate) fn new(
        means: &Means<'_>,
        settings: &Settings,
        prompt: &[TokenId],
        common: &Common,
    ) -> Result<Self, Error> {
        let Means { geometry, vocabulary, .. } = *means;
        let guided = settings.is_on("guidance_scale", geometry.vocab);
        let negative = settings.get("negative_prompt_ids").and_then(|s| s.value.ids()).filter(|_| guided);
        let room = length::room(settings, prompt.len(), negative.map_or(0, <[u32]>::len), geometry.context)?;
        let strings = match settings.get("stop_strings") {
            Some(Setting { value: OptionValue::Texts(texts), .. }) if !texts.is_empty() => {
                Some(StopStrings::new(texts, Arc::clone(vocabulary), prompt))
            }
            _ => None,
        };
        let eos = end_tokens(settings);
        let beams = settings.size("num_beams", 1);
        let brief = Brief {
            value: &|name| value(settings, name),
            vocab: geometry.vocab,
            vocabulary,
            eos: &eos,
            prompt,
            max_length: prompt.len() + room,
            // So that a beam can go on where end tokens are among the best.
            keep: if beams > 1 { (eos.len() + 1).max(2) } else { 1 },
        };
        let pipeline = Pipeline::build(&order(settings)?, &brief)?;
        let guided = guided && pipeline.names().contains(&"guidance_scale");
        let negative = guided.then(|| match negative {
            Some(ids) => ids.iter().copied().map(TokenId).collect(),
            None => prompt[prompt.len() - 1..].to_vec(),
        });
        let stop = Stop { eos, max_new_tokens: room, strings, deadline: common.deadline };
        fits(settings, room)?;
        let drafter = drafter(means, settings, common)?;
        Ok(Self {
            strategy: strategy(settings, stop, common, prompt),
            pipeline,
            coins: common.coins,
            drafter,
            max_new_tokens: room,
            negative,
        })
    }
}

/// Whether there is room for the phrases that a text must have.
fn fits(settings: &Settings, room: usize) -> Result<(), Error> {
    let Some(OptionValue::Phrases(phrases)) = settings.get("force_words_ids").map(|setting| &setting.value) else {
        return Ok(());
    };
    let least: usize = phrases.iter().map(|words| words.iter().map(Vec::len).min().unwrap_or(0)).sum();
    if settings.is_on("num_beams", usize::MAX) && least > room {
        return Err(Error::Option(format!(
            "force_words_ids needs {least} tokens at the least, but only {room} may come; raise max_new_tokens"
        )));
    }
    Ok(())
}

/// What processors are told that an option has.
fn value(settings: &Settings, name: &str) -> Option<OptionValue> {
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
fn overruled(settings: &Settings, name: &str) -> bool {
    let origin = |name: &str| settings.get(name).map(|setting| setting.origin);
    name == "min_length" && origin("min_new_tokens").is_some() && origin("min_new_tokens") >= origin("min_length")
}

/// The search that settings ask for. That they go together has been checked.
fn strategy(settings: &Settings, stop: Stop, common: &Common, prompt: &[TokenId]) -> Box<dyn Strategy> {
    let on = |name| settings.is_on(name, usize::MAX);
    let (beams, returned) = (settings.size("num_beams", 1), settings.size("num_return_sequences", 1));
    if on("exact_search") {
        let budget = settings.size("node_budget", 10_000);
        return Box::new(Exact::new(ExactOptions { returned, beams, budget }, stop));
    }
    if beams > 1 {
        return beam_search(settings, stop, common, prompt);
    }
    if on("penalty_alpha") {
        let alpha = settings.number("penalty_alpha").unwrap_or_default();
        return Box::new(Contrastive::new(alpha, settings.size("top_k", 50).max(1), stop));
    }
    if !settings.flag("do_sample") {
        return Box::new(Greedy::new(stop));
    }
    let randomness = common.randomness.clone();
    if on("best_of") {
        let rank_by = if settings.text("rank_by") == Some("mbr") { RankBy::Mbr } else { RankBy::LogProb };
        return Box::new(BestOf::new(settings.size("best_of", 1), returned, rank_by, randomness, stop));
    }
    if on("arithmetic_sampling") {
        return Box::new(Arithmetic::new(returned, common.coins, stop));
    }
    Box::new(Sample::new(returned, randomness, stop))
}

/// The kind of beam search that settings ask for.
fn beam_search(settings: &Settings, stop: Stop, common: &Common, prompt: &[TokenId]) -> Box<dyn Strategy> {
    let beams = settings.size("num_beams", 1);
    let returned = settings.size("num_return_sequences", 1).min(beams);
    let length_penalty = settings.number("length_penalty").unwrap_or(1.0);
    let early_stopping = match settings.text("early_stopping") {
        Some("true") => EarlyStopping::True,
        Some("never") => EarlyStopping::Never,
        _ => EarlyStopping::False,
    };
    let sampling = settings.flag("do_sample");
    if sampling && settings.flag("stochastic_beams") {
        return Box::new(StochasticBeam::new(beams, returned, common.coins, stop));
    }
    let groups = settings.size("num_beam_groups", 1);
    if groups > 1 && beams.is_multiple_of(groups) {
        let beams = beams / groups;
        return Box::new(GroupBeam::new(
            GroupOptions { groups, beams, returned, length_penalty, early_stopping },
            stop,
        ));
    }
    if let Some(Setting { value: OptionValue::Phrases(ids), .. }) = settings.get("force_words_ids")
        && let Some(phrases) = phrases(ids)
    {
        let options = ConstrainedOptions { beams, returned, length_penalty, early_stopping, phrases };
        return Box::new(ConstrainedBeam::new(options, stop, prompt));
    }
    let randomness = sampling.then(|| common.randomness.clone());
    Box::new(Beam::new(BeamOptions { beams, returned, length_penalty, early_stopping, randomness }, stop))
}

/// What guesses ahead, if anything does.
fn drafter(means: &Means<'_>, settings: &Settings, common: &Common) -> Result<Option<Box<dyn Drafter>>, Error> {
    if let Some(tokens) = settings.count("prompt_lookup_num_tokens") {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        return Ok(Some(Box::new(Lookup { tokens, longest: settings.size("max_matching_ngram_size", 2) })));
    }
    let Some(name) = settings.text("assistant") else { return Ok(None) };
    let assistant = means.assistant.ok_or_else(|| {
        Error::Option(format!("the assistant {name:?} has not been loaded; give it to the engine first"))
    })?;
    let schedule = match settings.text("num_assistant_tokens_schedule") {
        Some("heuristic") => Schedule::Heuristic,
        _ => Schedule::Constant,
    };
    let coins = settings.flag("do_sample").then_some(common.coins);
    let confidence = settings.number("assistant_confidence_threshold").unwrap_or(0.4);
    let tokens = settings.size("num_assistant_tokens", 20);
    Ok(Some(Box::new(Assistant::new(Arc::clone(assistant), coins, tokens, schedule, confidence))))
}

/// The processors to apply, by name: as listed, or as the preset has them; those of sampling only where tokens are drawn.
pub(crate) fn order(settings: &Settings) -> Result<Vec<&'static str>, Error> {
    let listed = settings.get("processors").map(|setting| &setting.value);
    let names: Vec<&'static str> = if let Some(OptionValue::Texts(names)) = listed {
        names.iter().map(|name| known(name)).collect::<Result<_, _>>()?
    } else {
        let mirostat = settings.is_on("mirostat", usize::MAX);
        settings.text("preset").and_then(Preset::of).unwrap_or_default().order(mirostat)
    };
    if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)).map(|(_, name)| name) {
        return Err(Error::Option(format!("processors lists {twice} twice; name each once")));
    }
    let entry = |name: &str| REGISTRY.iter().find(|entry| entry.name == name).expect("a known name");
    let applies = |name: &&str| {
        let needs = entry(name).options[0].needs;
        needs.is_empty() || needs.iter().any(|needed| settings.is_on(needed, usize::MAX))
    };
    let mut names: Vec<&'static str> = names.into_iter().filter(applies).collect();
    if settings.flag("exact_search") {
        // At the very end, wherever it was: nothing may raise a score after it.
        names.retain(|name| *name != "renormalize_logits");
        names.push("renormalize_logits");
    }
    Ok(names)
}

fn known(name: &str) -> Result<&'static str, Error> {
    let alike = name.replace('-', "_");
    let found = REGISTRY.iter().find(|entry| entry.name == alike || entry.options[0].name == alike);
    found.map(|entry| entry.name).ok_or_else(|| {
        let all = REGISTRY.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        Error::Option(format!("processors must be names from this list, got {name:?}: {all}"))
    })
}

pub(crate) fn end_tokens(settings: &Settings) -> Vec<TokenId> {
    let ids = settings.get("eos_token_id").and_then(|setting| setting.value.ids().map(<[u32]>::to_vec));
    ids.unwrap_or_default().into_iter().map(TokenId).collect()
}
