//! Processors made through the registry, as the engine makes them, and rows and texts for them.
#![allow(dead_code)] // each file of tests uses a part of it

use beamline_shape::{Brief, Built, Context, Entry, Logits, OptionSpec, OptionValue, Processor, REGISTRY};
use beamline_tokens::{TokenId, TokenList, Tokenizer, Vocabulary};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// Settings and texts name ids below this; every row is at least as long.
pub(crate) const IDS: u32 = 8;

static LETTERS: LazyLock<Arc<Vocabulary>> =
    LazyLock::new(|| vocabulary(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]));

/// A vocabulary in which token `i` is the `i`-th of these texts.
pub(crate) fn vocabulary(texts: &[&str]) -> Arc<Vocabulary> {
    let ids: serde_json::Map<String, Value> =
        texts.iter().enumerate().map(|(id, text)| ((*text).to_owned(), json!(id))).collect();
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": null, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": texts[0]}});
    Arc::clone(Tokenizer::from_json(file.to_string().as_bytes()).unwrap().vocabulary())
}

/// The entry of this name.
pub(crate) fn entry(name: &str) -> &'static Entry {
    REGISTRY.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("no processor is called {name}"))
}

/// Every option of every processor.
pub(crate) fn specs() -> impl Iterator<Item = &'static OptionSpec> {
    REGISTRY.iter().flat_map(|entry| entry.options)
}

/// The option of this name.
pub(crate) fn spec(name: &str) -> &'static OptionSpec {
    specs().find(|spec| spec.name == name).unwrap_or_else(|| panic!("no option is called {name}"))
}

/// What a brief is made from: options by name, and a sequence.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    pub(crate) options: Value,
    pub(crate) vocab: usize,
    pub(crate) vocabulary: Arc<Vocabulary>,
    pub(crate) eos: Vec<TokenId>,
    pub(crate) prompt: Vec<TokenId>,
    pub(crate) max_length: usize,
    pub(crate) keep: usize,
    pub(crate) drawn: bool,
}

/// These options, given as a JSON object, for a prompt of five tokens of which two occur again.
pub(crate) fn with(options: Value) -> Maker {
    Maker {
        options,
        vocab: 1000,
        vocabulary: Arc::clone(&LETTERS),
        eos: tokens(&[0]),
        prompt: tokens(&[1, 2, 3, 1, 2]),
        max_length: 50,
        keep: 1,
        drawn: true,
    }
}

impl Maker {
    pub(crate) fn prompt(self, prompt: &[u32]) -> Self {
        Self { prompt: tokens(prompt), ..self }
    }
    pub(crate) fn eos(self, eos: &[u32]) -> Self {
        Self { eos: tokens(eos), ..self }
    }
    pub(crate) fn keep(self, keep: usize) -> Self {
        Self { keep, ..self }
    }
    pub(crate) fn vocab(self, vocab: usize) -> Self {
        Self { vocab, ..self }
    }
    pub(crate) fn max_length(self, max_length: usize) -> Self {
        Self { max_length, ..self }
    }

    /// Hands a brief on: an option has the value given, or its default.
    pub(crate) fn brief<R>(&self, use_it: impl FnOnce(&Brief<'_>) -> R) -> R {
        let value = |name: &str| {
            // Other crates' options: tokens are drawn.
            let Some(spec) = specs().find(|spec| spec.name == name) else {
                return (name == "do_sample").then_some(OptionValue::Flag(self.drawn));
            };
            match self.options.get(name) {
                Some(json) => spec.read(json).unwrap(),
                None if spec.default == "off" => None,
                None => spec.parse(spec.default).ok(),
            }
        };
        use_it(&Brief {
            value: &value,
            vocab: self.vocab,
            vocabulary: &self.vocabulary,
            eos: &self.eos,
            prompt: &self.prompt,
            max_length: self.max_length,
            keep: self.keep,
        })
    }

    /// The processor of this name, if the options ask for it.
    pub(crate) fn make(&self, name: &str) -> Built {
        self.brief(|brief| entry(name).make(brief))
    }

    /// The processor of this name, which they do ask for.
    pub(crate) fn one(&self, name: &str) -> Box<dyn Processor> {
        self.make(name).unwrap().unwrap_or_else(|| panic!("{name} is not built from {}", self.options))
    }

    /// The processor of this name, and what it makes of a row that follows the prompt.
    pub(crate) fn shape(&self, name: &str, row: &[f32]) -> Vec<(u32, f32)> {
        shaped(&mut *self.one(name), row, &self.text())
    }

    /// The ids that it leaves of a row that follows the prompt.
    pub(crate) fn ids(&self, name: &str, row: &[f32]) -> Vec<u32> {
        ids(&self.shape(name, row))
    }

    /// The prompt, to be continued.
    pub(crate) fn text(&self) -> Text {
        let taken = tokens(&[2, 5, 2]);
        Text { tokens: self.prompt.as_slice().into(), prompt_len: self.prompt.len(), coin: 0.0, taken, unguided: None }
    }
}

/// A text that grows, and what else processors look at.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) tokens: TokenList,
    pub(crate) prompt_len: usize,
    pub(crate) coin: f64,
    pub(crate) taken: Vec<TokenId>,
    pub(crate) unguided: Option<Vec<f32>>,
}

impl Text {
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            tokens: &self.tokens,
            prompt_len: self.prompt_len,
            coin: self.coin,
            taken: &self.taken,
            unguided: self.unguided.as_deref(),
        }
    }

    /// Tells a processor of the next token, and appends it.
    pub(crate) fn accept(&mut self, processor: &mut dyn Processor, token: u32) {
        processor.accept(&self.tokens, TokenId(token));
        self.tokens.push(TokenId(token));
    }

    /// The tokens as numbers.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.tokens.iter().map(|token| token.0).collect()
    }
}

pub(crate) fn tokens(ids: &[u32]) -> Vec<TokenId> {
    ids.iter().copied().map(TokenId).collect()
}

/// The tokens in play and their scores.
pub(crate) fn live(logits: &Logits) -> Vec<(u32, f32)> {
    logits.iter().filter(|&(_, value)| value != f32::NEG_INFINITY).map(|(id, value)| (id.0, value)).collect()
}

/// What a processor leaves in play of a dense row.
pub(crate) fn shaped(processor: &mut dyn Processor, row: &[f32], text: &Text) -> Vec<(u32, f32)> {
    let mut logits = Logits::of(row);
    processor.apply(&mut logits, &text.context());
    live(&logits)
}

pub(crate) fn ids(shaped: &[(u32, f32)]) -> Vec<u32> {
    shaped.iter().map(|&(id, _)| id).collect()
}

/// Whether these are the same tokens with about the same scores.
pub(crate) fn alike(a: &[(u32, f32)], b: &[(u32, f32)]) -> bool {
    let close = |x: f32, y: f32| x == y || (x - y).abs() <= 1e-5 * (1.0 + x.abs().max(y.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && close(a.1, b.1))
}

/// Whether two numbers are too near to trust a comparison: rows are summed in f32.
pub(crate) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

/// Probabilities, spelled out.
pub(crate) fn softmax(row: &[f32]) -> Vec<f64> {
    let max = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let weights: Vec<f64> = row.iter().map(|&v| (f64::from(v) - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// The sum of `-p ln p`.
pub(crate) fn entropy(p: &[f64]) -> f64 {
    p.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The tokens in play by falling score, the lower id of equals first.
pub(crate) fn ranked(row: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..row.len() as u32).filter(|&i| row[i as usize] > f32::NEG_INFINITY).collect();
    order.sort_by(|&a, &b| row[b as usize].total_cmp(&row[a as usize]));
    order
}

/// Logits that are whole quarters, so that sums of two of them are exact and equals occur.
pub(crate) fn quarters() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-40i32..40).prop_map(|q| q as f32 / 4.0), IDS as usize..60)
}

/// Any logits; more than the 100 that some rules look at, now and then, and some of them removed already.
pub(crate) fn rows() -> impl Strategy<Value = Vec<f32>> {
    let value = prop_oneof![9 => -8.0f32..8.0, 1 => Just(f32::NEG_INFINITY)];
    let rest = prop::collection::vec(value, IDS as usize..200);
    (-8.0f32..8.0, rest).prop_map(|(first, rest)| [vec![first], rest].concat())
}

/// Logits of which none is removed.
pub(crate) fn whole_rows() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-8.0f32..8.0, IDS as usize..160)
}

/// Tokens to accept, or a prompt.
pub(crate) fn texts() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..IDS, 0..8)
}

/// Settings under which each processor acts on a row after the prompt, or after some tokens more. Numbers are odd so
/// that no row of [`quarters`] meets a threshold exactly.
pub(crate) fn active() -> Vec<(&'static str, Maker)> {
    let many = |name, list: &[Value]| list.iter().map(|json| (name, with(json.clone()))).collect::<Vec<_>>();
    let mut all = vec![
        ("forced_bos_token_id", with(json!({"forced_bos_token_id": 3})).prompt(&[1])),
        ("forced_eos_token_id", with(json!({"forced_eos_token_id": [0, 5]})).max_length(6)),
        ("forced_eos_token_id", with(json!({"forced_eos_token_id": 4})).max_length(8)),
        ("begin_suppress_tokens", with(json!({"begin_suppress_tokens": [2, 3]}))),
        ("begin_suppress_tokens", with(json!({"begin_suppress_tokens": [2], "forced_bos_token_id": 1})).prompt(&[1])),
        ("min_length", with(json!({"min_length": 7}))),
        ("min_new_tokens", with(json!({"min_new_tokens": 3})).eos(&[0, 6])),
        ("min_new_tokens", with(json!({"min_new_tokens": 3})).eos(&[])),
    ];
    for name in ["top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"] {
        let value = if name == "top_k" { json!(1) } else { json!(0.371) };
        all.push((name, with(json!({name: value})).keep(3)));
    }
    all.extend(many("top_k", &[json!({"top_k": 1}), json!({"top_k": 3}), json!({"top_k": 20})]));
    all.extend(many("top_p", &[json!({"top_p": 0}), json!({"top_p": 0.3713}), json!({"top_p": 0.9313})]));
    all.extend(many("min_p", &[json!({"min_p": 0.0713}), json!({"min_p": 0.9})]));
    all.extend(many("typical_p", &[json!({"typical_p": 0.2131}), json!({"typical_p": 0.9513})]));
    all.extend(many("epsilon_cutoff", &[json!({"epsilon_cutoff": 0.00313}), json!({"epsilon_cutoff": 0.7113})]));
    all.extend(many("eta_cutoff", &[json!({"eta_cutoff": 0.00313}), json!({"eta_cutoff": 0.7113})]));
    all.extend(many("top_h", &[json!({"top_h": 0.413}), json!({"top_h": 0.0113}), json!({"top_h": 1})]));
    all.extend(many("top_n_sigma", &[json!({"top_n_sigma": 1.137}), json!({"top_n_sigma": 0.0137})]));
    all.extend(many("p_less", &[json!({"p_less": true})]));
    all.extend(many(
        "xtc",
        &[json!({"xtc_probability": 1.0}), json!({"xtc_probability": 0.5, "xtc_threshold": 0.0313})],
    ));
    all.extend(many(
        "mirostat",
        &[
            json!({"mirostat": 1, "mirostat_tau": 1.371}),
            json!({"mirostat": 2, "mirostat_tau": 1.371, "mirostat_eta": 0.731}),
            json!({"mirostat": 2}),
        ],
    ));
    all.extend(many(
        "adaptive_p",
        &[json!({"adaptive_target": 0.4}), json!({"adaptive_target": 0.0, "adaptive_decay": 0.0})],
    ));
    all.extend(many("renormalize_logits", &[json!({"renormalize_logits": true})]));
    all.extend(many("remove_invalid_values", &[json!({"remove_invalid_values": true})]));
    all.extend(many("temperature", &[json!({"temperature": 0.7}), json!({"temperature": 1.9})]));
    all.extend(many(
        "dynatemp_range",
        &[json!({"dynatemp_range": 0.5}), json!({"temperature": 1.5, "dynatemp_range": 1.0, "dynatemp_exponent": 2.0})],
    ));
    all.extend(many(
        "guidance_scale",
        &[json!({"guidance_scale": 1.5}), json!({"guidance_scale": -0.5, "negative_prompt_ids": [1]})],
    ));
    all.extend(many("sequence_bias", &[json!({"sequence_bias": [[[2], 1.5], [[1, 2, 4], -2.25], [[5, 4], 1.0]]})]));
    all.extend(many("bad_words_ids", &[json!({"bad_words_ids": [[7], [2, 3], [5, 6]]})]));
    all.extend(many("suppress_tokens", &[json!({"suppress_tokens": [1, 6]})]));
    all.extend(many(
        "repetition_penalty",
        &[
            json!({"repetition_penalty": 1.3}),
            json!({"repetition_penalty": 0.8, "repeat_last_n": 3}),
            json!({"repetition_penalty": 2.0, "repeat_last_n": 0}),
        ],
    ));
    all.extend(many(
        "encoder_repetition_penalty",
        &[json!({"encoder_repetition_penalty": 1.5}), json!({"encoder_repetition_penalty": 0.5})],
    ));
    for name in ["frequency_penalty", "presence_penalty"] {
        all.extend(many(name, &[json!({name: 0.5}), json!({name: -1.25, "repeat_last_n": 4})]));
    }
    all.extend(many("diversity_penalty", &[json!({"diversity_penalty": 0.75})]));
    for name in ["no_repeat_ngram_size", "encoder_no_repeat_ngram_size"] {
        all.extend(many(name, &[json!({name: 1}), json!({name: 2}), json!({name: 3})]));
    }
    all.extend(many(
        "dry",
        &[
            json!({"dry_multiplier": 0.8}),
            json!({"dry_multiplier": 1.0, "dry_base": 2.0, "dry_allowed_length": 1, "dry_penalty_last_n": 6}),
        ],
    ));
    all.extend(many(
        "exponential_decay_length_penalty",
        &[json!({"exponential_decay_length_penalty": [0, 1.5]}), json!({"exponential_decay_length_penalty": [2, 0.5]})],
    ));
    all
}
