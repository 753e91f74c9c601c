//! Settings made into a strategy, a pipeline and rules to stop.

use crate::error::Error;
use crate::options::options;
use crate::settings::{Origin, Setting, Settings};
use beamline_search::{Coins, Greedy, Sample, Stop, Strategy};
use beamline_shape::{OptionValue, Pipeline, REGISTRY, Scope};
use beamline_tokens::TokenId;

/// New tokens where nothing says how many: transformers' default.
const DEFAULT_NEW_TOKENS: usize = 20;

/// What a prompt is to be continued with.
pub(crate) struct Recipe {
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) pipeline: Pipeline,
}

/// Says which given option has no effect under the strategy that the settings ask for.
///
/// Neutral values never are a mistake, and neither is anything that a model's files bring.
pub(crate) fn contradictions(settings: &Settings, vocab: usize) -> Result<(), Error> {
    let sampling = settings.flag("do_sample");
    for option in options() {
        let given = settings.get(option.name).filter(|setting| setting.origin >= Origin::Config);
        let Some(Setting { value, .. }) = given else { continue };
        if option.scope == Scope::Sampling && !sampling && !(option.neutral)(value, vocab) {
            return Err(Error::Option(format!(
                "{} has no effect on greedy search; add do_sample to draw tokens, or leave it out",
                option.name
            )));
        }
    }
    Ok(())
}

/// The same, and whether end tokens exist.
pub(crate) fn check(settings: &Settings, vocab: usize) -> Result<(), Error> {
    contradictions(settings, vocab)?;
    if let Some(Setting { value: OptionValue::Ids(ids), .. }) = settings.get("eos_token_id")
        && let Some(id) = ids.iter().find(|&&id| id as usize >= vocab)
    {
        return Err(Error::Option(format!(
            "eos_token_id {id} is beyond the vocabulary; ids must be in 0..={}",
            vocab - 1
        )));
    }
    Ok(())
}

impl Recipe {
    /// Makes the recipe for one prompt. Settings have been checked.
    pub(crate) fn new(settings: &Settings, prompt_len: usize, context: usize) -> Result<Self, Error> {
        let stop = Stop { eos: end_tokens(settings), max_new_tokens: room(settings, prompt_len, context)? };
        let sampling = settings.flag("do_sample");
        let strategy: Box<dyn Strategy> = if sampling {
            let coins = Coins::new(settings.count("seed").unwrap_or_default());
            let sequences = settings.count("num_return_sequences").unwrap_or(1) as usize;
            Box::new(Sample::new(sequences, coins, stop))
        } else {
            Box::new(Greedy::new(stop))
        };
        Ok(Self { strategy, pipeline: pipeline(settings, sampling)? })
    }
}

/// The processors asked for, in transformers' order; those of sampling only where tokens are drawn.
fn pipeline(settings: &Settings, sampling: bool) -> Result<Pipeline, Error> {
    let mut processors = Vec::new();
    for entry in REGISTRY.iter().filter(|entry| sampling || entry.option.scope != Scope::Sampling) {
        let value = match settings.get(entry.option.name) {
            Some(setting) => setting.value.clone(),
            None => entry.option.parse(entry.option.default)?,
        };
        processors.extend((entry.build)(&value)?);
    }
    Ok(Pipeline::new(processors))
}

fn end_tokens(settings: &Settings) -> Vec<TokenId> {
    match settings.get("eos_token_id") {
        Some(Setting { value: OptionValue::Ids(ids), .. }) => ids.iter().copied().map(TokenId).collect(),
        _ => Vec::new(),
    }
}

/// How many tokens may come: as asked for (of two of the same origin `max_new_tokens` wins over `max_length`, as in
/// transformers), and never more than the context holds.
fn room(settings: &Settings, prompt_len: usize, context: usize) -> Result<usize, Error> {
    if prompt_len >= context {
        return Err(Error::Prompt(format!(
            "the prompt has {prompt_len} tokens; this model's context of {context} leaves room for a prompt of at most {}",
            context - 1
        )));
    }
    let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let origin = |name: &str| settings.get(name).map(|setting| setting.origin);
    let by_length = origin("max_length") > origin("max_new_tokens");
    let asked = match (settings.count("max_new_tokens"), settings.count("max_length")) {
        (Some(new), _) if !by_length => whole(new),
        (_, Some(length)) => match whole(length).checked_sub(prompt_len) {
            Some(new) if new > 0 => new,
            // A model's own default is no mistake of the user's.
            _ if origin("max_length") == Some(Origin::Model) => DEFAULT_NEW_TOKENS,
            _ => {
                return Err(Error::Option(format!(
                    "max_length is {length}, but the prompt alone has {prompt_len} tokens; raise it, or give max_new_tokens"
                )));
            }
        },
        _ => DEFAULT_NEW_TOKENS,
    };
    Ok(asked.min(context - prompt_len))
}
