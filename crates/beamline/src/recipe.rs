//! Settings made into a strategy, a pipeline and rules to stop.

mod check;
mod length;

pub(crate) use check::{check, contradictions};

use crate::draft::{Assistant, Drafter, Lookup, Schedule};
use crate::engine::Engine;
use crate::error::Error;
use crate::settings::{Setting, Settings};
use beamline_search::{
    Beam, BeamOptions, Coins, EarlyStopping, Greedy, Randomness, Sample, Stop, StopStrings, Strategy, TorchStream,
};
use beamline_shape::{Brief, OptionValue, Pipeline, Preset, REGISTRY};
use beamline_tokens::TokenId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a prompt is to be continued with.
pub(crate) struct Recipe {
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) pipeline: Pipeline,
    pub(crate) coins: Coins,
    pub(crate) drafter: Option<Box<dyn Drafter>>,
    /// The prompt to move away from, where guidance is on.
    pub(crate) negative: Option<Vec<TokenId>>,
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
        engine: &Engine,
        settings: &Settings,
        prompt: &[TokenId],
        common: &Common,
    ) -> Result<Self, Error> {
        let geometry = engine.model().geometry();
        let room = length::room(settings, prompt.len(), geometry.context)?;
        let vocabulary = engine.tokenizer().vocabulary();
        let strings = match settings.get("stop_strings") {
            Some(Setting { value: OptionValue::Texts(texts), .. }) if !texts.is_empty() => {
                Some(StopStrings::new(texts, Arc::clone(vocabulary), prompt))
            }
            _ => None,
        };
        let eos = end_tokens(settings);
        let beams = settings.size("num_beams", 1);
        let brief = Brief {
            value: &|name| if overruled(settings, name) { None } else { settings.effective_value(name) },
            vocab: geometry.vocab,
            vocabulary,
            eos: &eos,
            prompt,
            max_length: prompt.len() + room,
            // So that a beam can go on where end tokens are among the best.
            keep: if beams > 1 { (eos.len() + 1).max(2) } else { 1 },
        };
        let pipeline = Pipeline::build(&order(settings)?, &brief)?;
        let guided = pipeline.names().contains(&"guidance_scale");
        let negative = guided.then(|| match settings.get("negative_prompt_ids").and_then(|s| s.value.ids()) {
            Some(ids) => ids.iter().copied().map(TokenId).collect(),
            None => prompt[prompt.len() - 1..].to_vec(),
        });
        let stop = Stop { eos, max_new_tokens: room, strings, deadline: common.deadline };
        let drafter = drafter(engine, settings, common)?;
        Ok(Self { strategy: strategy(settings, stop, common), pipeline, coins: common.coins, drafter, negative })
    }
}

/// Whether an option gives way to another: `min_new_tokens` wins over a `min_length` that is no nearer to the user.
fn overruled(settings: &Settings, name: &str) -> bool {
    let origin = |name: &str| settings.get(name).map(|setting| setting.origin);
    name == "min_length" && origin("min_new_tokens").is_some() && origin("min_new_tokens") >= origin("min_length")
}

/// The search that settings ask for.
fn strategy(settings: &Settings, stop: Stop, common: &Common) -> Box<dyn Strategy> {
    let sampling = settings.flag("do_sample");
    let beams = settings.size("num_beams", 1);
    let returned = settings.size("num_return_sequences", 1);
    if beams > 1 {
        let options = BeamOptions {
            beams,
            returned,
            length_penalty: settings.number("length_penalty").unwrap_or(1.0),
            early_stopping: match settings.text("early_stopping") {
                Some("true") => EarlyStopping::True,
                Some("never") => EarlyStopping::Never,
                _ => EarlyStopping::False,
            },
            randomness: sampling.then(|| common.randomness.clone()),
        };
        return Box::new(Beam::new(options, stop));
    }
    if sampling {
        return Box::new(Sample::new(returned, common.randomness.clone(), stop));
    }
    Box::new(Greedy::new(stop))
}

/// What guesses ahead, if anything does.
fn drafter(engine: &Engine, settings: &Settings, common: &Common) -> Result<Option<Box<dyn Drafter>>, Error> {
    if let Some(tokens) = settings.count("prompt_lookup_num_tokens") {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        return Ok(Some(Box::new(Lookup { tokens, longest: settings.size("max_matching_ngram_size", 2) })));
    }
    let Some(name) = settings.text("assistant") else { return Ok(None) };
    let assistant = engine.assistant().ok_or_else(|| {
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
    let names: Vec<&'static str> = match settings.get("processors") {
        Some(Setting { value: OptionValue::Texts(names), .. }) => {
            names.iter().map(|name| known(name)).collect::<Result<_, _>>()?
        }
        _ => {
            let mirostat = settings.is_on("mirostat", usize::MAX);
            settings.text("preset").and_then(Preset::of).unwrap_or_default().order(mirostat)
        }
    };
    if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)).map(|(_, name)| name) {
        return Err(Error::Option(format!("processors lists {twice} twice; name each once")));
    }
    let entry = |name: &str| REGISTRY.iter().find(|entry| entry.name == name).expect("a known name");
    let applies = |name: &&str| {
        let needs = entry(name).options[0].needs;
        needs.is_empty() || needs.iter().any(|needed| settings.is_on(needed, usize::MAX))
    };
    Ok(names.into_iter().filter(applies).collect())
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
