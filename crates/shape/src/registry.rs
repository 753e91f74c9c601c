//! Every processor, described once, and the orders in which engines apply them.

use crate::entry::Entry;
#[cfg(feature = "grammar")]
use crate::processors::grammar;
use crate::processors::{
    adaptive_p, bias, decay, diversity, dry, dynatemp, epsilon, eta, forced, frequency, guidance, invalid, min_length,
    min_p, mirostat, ngram, p_less, renormalize, repetition, suppress, temperature, top_h, top_k, top_n_sigma, top_p,
    typical, xtc,
};
use crate::{Brief, Pipeline, ShapeError};

/// Every processor, in the order of [`Preset::Hf`]: transformers', with those that it lacks beside their kin.
pub static REGISTRY: &[Entry] = &[
    guidance::ENTRY,
    bias::ENTRY,
    diversity::ENTRY,
    repetition::ENCODER,
    repetition::ENTRY,
    frequency::ENTRY,
    frequency::PRESENCE_ENTRY,
    ngram::ENTRY,
    ngram::ENCODER,
    dry::ENTRY,
    bias::BAD_WORDS,
    min_length::ENTRY,
    min_length::NEW_TOKENS,
    #[cfg(feature = "grammar")]
    grammar::ENTRY,
    forced::ENTRY,
    forced::LAST,
    invalid::ENTRY,
    decay::ENTRY,
    suppress::ENTRY,
    suppress::AT_BEGIN,
    temperature::ENTRY,
    dynatemp::ENTRY,
    top_h::ENTRY,
    top_k::ENTRY,
    top_p::ENTRY,
    min_p::ENTRY,
    typical::ENTRY,
    epsilon::ENTRY,
    eta::ENTRY,
    top_n_sigma::ENTRY,
    p_less::ENTRY,
    xtc::ENTRY,
    mirostat::ENTRY,
    adaptive_p::ENTRY,
    renormalize::ENTRY,
];

/// An engine whose order and defaults are taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preset {
    /// transformers: penalties and bans, then temperature, then truncations.
    #[default]
    Hf,
    /// llama.cpp: penalties over the last 64 tokens, truncations, then temperature.
    LlamaCpp,
}

/// llama.cpp's chain, in its order.
const LLAMA_CPP: [&str; 15] = [
    "sequence_bias",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "dry",
    "top_n_sigma",
    "top_k",
    "typical_p",
    "top_p",
    "min_p",
    "xtc",
    "temperature",
    "dynatemp_range",
    "mirostat",
    "adaptive_p",
];

impl Preset {
    /// The names by which presets are asked for.
    pub const NAMES: [&str; 2] = ["hf", "llama.cpp"];

    /// The preset of this name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "hf" => Some(Self::Hf),
            "llama.cpp" => Some(Self::LlamaCpp),
            _ => None,
        }
    }

    /// Its defaults where they differ from transformers'.
    pub fn defaults(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Hf => &[],
            Self::LlamaCpp => &[
                ("do_sample", "true"),
                ("temperature", "0.8"),
                ("top_k", "40"),
                ("top_p", "0.95"),
                ("min_p", "0.05"),
                ("repeat_last_n", "64"),
            ],
        }
    }

    /// Names of processors in its order, each once. `mirostat` tells whether that is on, which in llama.cpp leaves nothing else but
    /// grammars, the bias and the temperature.
    ///
    /// What llama.cpp lacks stands where it would in transformers: guidance, bans and least lengths before its chain,
    /// truncations before the temperature, renormalisation at the end.
    pub fn order(self, mirostat: bool) -> Vec<&'static str> {
        let all = REGISTRY.iter().map(|entry| entry.name);
        match self {
            Self::Hf => all.collect(),
            Self::LlamaCpp if mirostat => {
                const LEFT: [&str; 5] = ["grammar", "sequence_bias", "temperature", "dynatemp_range", "mirostat"];
                LEFT.into_iter().filter(|name| REGISTRY.iter().any(|entry| entry.name == *name)).collect()
            }
            Self::LlamaCpp => {
                let others: Vec<&str> = all.filter(|name| !LLAMA_CPP.contains(name)).collect();
                let place = |name: &str| REGISTRY.iter().position(|entry| entry.name == name);
                let (before, after): (Vec<&str>, Vec<&str>) =
                    others.iter().partition(|name| place(name) < place("temperature"));
                let (last, truncations): (Vec<&str>, Vec<&str>) =
                    after.iter().partition(|name| **name == "renormalize_logits");
                let (early, late) = LLAMA_CPP.split_at(10);
                [before, early.to_vec(), truncations, late.to_vec(), last].concat()
            }
        }
    }
}

impl Pipeline {
    /// Makes the processors named, in this order, as far as their options ask for them.
    ///
    /// # Errors
    /// When a value cannot be used, or there is no processor of a name.
    pub fn build(names: &[&str], brief: &Brief<'_>) -> Result<Self, ShapeError> {
        let mut processors = Vec::new();
        for name in names {
            let entry = REGISTRY.iter().find(|entry| entry.name == *name).ok_or_else(|| unknown(name))?;
            processors.extend(entry.make(brief)?);
        }
        Ok(Self::new(processors))
    }
}

fn unknown(name: &str) -> ShapeError {
    let known = REGISTRY.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
    ShapeError::value(
        "processors",
        name,
        &format!("names from this list: {known}"),
        "leave it out for the preset's order",
    )
}
