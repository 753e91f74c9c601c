//! Every decoding option, in one list: lengths and strategies here, processors from their registry.

use beamline_search::Phrases;
use beamline_shape::{OptionKind, OptionSpec, OptionValue, Preset, REGISTRY};
use beamline_tokens::TokenId;

/// What draws tokens, or keeps several sequences.
const SEVERAL: &[&str] = &["do_sample", "num_beams", "exact_search"];
const BEAMS: &[&str] = &["num_beams"];
const SAMPLING: &[&str] = &["do_sample"];
const SPECULATION: &[&str] = &["assistant"];

const BASE: OptionSpec = OptionSpec::BASE;

const COUNT: OptionSpec = OptionSpec { kind: OptionKind::Count { least: 1 }, range: "an integer, 1 or more", ..BASE };

const FLAG: OptionSpec = OptionSpec::FLAG;

/// Options of the loop itself.
static OWN: &[OptionSpec] = &[
    OptionSpec {
        name: "max_new_tokens",
        common: true,
        aliases: &["max_tokens", "n_predict", "num_predict", "tokens", "length"],
        default: "20 without max_length",
        short: "generate at most this many tokens",
        remedy: "leave it out for 20",
        ..COUNT
    },
    OptionSpec {
        name: "max_length",
        default: "20 + prompt",
        short: "as max_new_tokens, but prompt and new tokens together",
        remedy: "leave it out for 20 new tokens",
        ..COUNT
    },
    OptionSpec {
        name: "max_time",
        range: "seconds, greater than 0 and at most 1e9",
        short: "stop after this many seconds",
        check: |value| value.number().is_some_and(|s| 0.0 < s && s <= 1e9),
        ..BASE
    },
    OptionSpec {
        name: "stop_strings",
        aliases: &["stop", "stop_string", "stop_sequences"],
        kind: OptionKind::Texts,
        range: "one or more texts, none empty; as a flag also a JSON list",
        short: "stop where one of these texts ends",
        check: |value| matches!(value, OptionValue::Texts(texts) if texts.iter().all(|text| !text.is_empty())),
        neutral: |value, _| matches!(value, OptionValue::Texts(texts) if texts.is_empty()),
        ..BASE
    },
    OptionSpec {
        name: "include_stop_str_in_output",
        needs: &["stop_strings"],
        default: "true",
        short: "keep the stop string in the text; false cuts the text before it",
        neutral: |value, _| *value == OptionValue::Flag(true),
        ..FLAG
    },
    OptionSpec {
        name: "eos_token_id",
        aliases: &["eos", "end_token_id", "stop_token_ids"],
        kind: OptionKind::Ids,
        range: "a token id, or a list of ids",
        default: "the model's",
        short: "tokens that end a text; an empty list for none",
        remedy: "leave it out for the model's own",
        ..BASE
    },
    OptionSpec {
        name: "do_sample",
        common: true,
        aliases: &["sample", "sampling"],
        remedy: "false is greedy or beam search",
        short: "draw tokens at random instead of taking the most probable",
        ..FLAG
    },
    OptionSpec {
        name: "num_return_sequences",
        aliases: &["num_sequences", "return_sequences", "num_samples"],
        needs: SEVERAL,
        range: "an integer in 1..=4096",
        default: "1",
        short: "sequences returned for each prompt",
        remedy: "leave it out for one",
        check: |value| value.count().is_some_and(|n| n <= 4096),
        neutral: |value, _| value.count() == Some(1),
        ..COUNT
    },
    OptionSpec {
        name: "seed",
        common: true,
        aliases: &["random_seed", "manual_seed", "random_state"],
        kind: OptionKind::Count { least: 0 },
        range: "an integer from 0 to 2^64 - 1",
        default: "random",
        short: "the seed of random draws; harmless without any",
        remedy: "leave it out for a new one each time",
        ..BASE
    },
    OptionSpec {
        name: "rng",
        kind: OptionKind::Choice(&["counter", "torch"]),
        needs: SAMPLING,
        range: "counter or torch",
        default: "counter",
        short: "where random numbers come from; torch gives transformers' texts, seed for seed",
        neutral: |value, _| *value == OptionValue::Text("counter".to_owned()),
        ..BASE
    },
    OptionSpec {
        name: "num_beams",
        common: true,
        aliases: &["beams", "beam", "beam_width", "beam_size"],
        range: "an integer in 1..=1024",
        default: "1",
        short: "hypotheses of a beam search; 1 is none",
        remedy: "1 is greedy search, or sampling",
        check: |value| value.count().is_some_and(|n| n <= 1024),
        neutral: |value, _| value.count() == Some(1),
        ..COUNT
    },
    OptionSpec {
        name: "length_penalty",
        needs: BEAMS,
        range: "a number of size up to 100",
        default: "1.0",
        short: "divide a beam's score by its length to this power; above 0 favours long texts",
        remedy: "0 does not look at the length",
        check: |value| value.number().is_some_and(|l| l.abs() <= 100.0),
        neutral: |value, _| value.number() == Some(1.0),
        ..BASE
    },
    OptionSpec {
        name: "early_stopping",
        kind: OptionKind::Choice(&["true", "false", "never"]),
        needs: BEAMS,
        range: "true, false or never",
        default: "false",
        short: "when a beam search has enough: at as many ends as beams, by a guess, or by proof",
        neutral: |value, _| *value == OptionValue::Text("false".to_owned()),
        ..BASE
    },
    OptionSpec {
        name: "num_beam_groups",
        needs: BEAMS,
        range: "an integer, 1 or more, that divides num_beams",
        default: "1",
        short: "part the beams into groups that keep away from each other; 1 is none",
        neutral: |value, _| value.count() == Some(1),
        ..COUNT
    },
    OptionSpec {
        name: "force_words_ids",
        aliases: &["force_words"],
        kind: OptionKind::Phrases,
        needs: BEAMS,
        range: "phrases of token ids, such as [[5, 6], [[7], [8, 9]]], where the second has alternatives; none may be empty, or the beginning of another alternative",
        short: "phrases that the text must contain",
        check: |value| match value {
            OptionValue::Phrases(phrases) => self::phrases(phrases).is_some(),
            _ => false,
        },
        ..BASE
    },
    OptionSpec {
        name: "penalty_alpha",
        aliases: &["contrastive", "alpha"],
        range: "in [0, 1]",
        default: "off",
        short: "contrastive search: how much to avoid what is like the text so far; needs top_k candidates",
        remedy: "0 switches it off",
        check: |value| value.number().is_some_and(|a| (0.0..=1.0).contains(&a)),
        neutral: |value, _| value.number() == Some(0.0),
        ..BASE
    },
    OptionSpec {
        name: "best_of",
        needs: SAMPLING,
        range: "an integer in 1..=4096",
        short: "draw this many sequences and return the best",
        check: |value| value.count().is_some_and(|n| n <= 4096),
        neutral: |value, _| value.count() == Some(1),
        ..COUNT
    },
    OptionSpec {
        name: "rank_by",
        kind: OptionKind::Choice(&["logprob", "mbr"]),
        needs: &["best_of"],
        range: "logprob or mbr",
        default: "logprob",
        short: "what is best: the most probable a token, or the one most like the others (minimum Bayes risk)",
        ..BASE
    },
    OptionSpec {
        name: "arithmetic_sampling",
        needs: SAMPLING,
        short: "space the sequences of num_return_sequences evenly over all that could be said",
        ..FLAG
    },
    OptionSpec {
        name: "stochastic_beams",
        needs: BEAMS,
        short: "let num_beams draw that many sequences, no two alike; needs do_sample too",
        ..FLAG
    },
    OptionSpec {
        name: "exact_search",
        short: "find the most probable text up to the length, and prove it; num_beams sets a score to beat",
        ..FLAG
    },
    OptionSpec {
        name: "node_budget",
        needs: &["exact_search"],
        default: "10000",
        short: "the most beginnings that an exact search looks beyond",
        ..COUNT
    },
    OptionSpec {
        name: "prompt_lookup_num_tokens",
        aliases: &["prompt_lookup"],
        short: "guess this many tokens from earlier text; changes nothing but the time",
        ..COUNT
    },
    OptionSpec {
        name: "max_matching_ngram_size",
        needs: &["prompt_lookup_num_tokens"],
        default: "2",
        short: "how many of the last tokens prompt lookup looks for",
        ..COUNT
    },
    OptionSpec {
        name: "assistant",
        aliases: &["assistant_model", "draft_model"],
        kind: OptionKind::Text,
        range: "a model",
        short: "a smaller model that guesses ahead; changes nothing but the time",
        ..BASE
    },
    OptionSpec {
        name: "num_assistant_tokens",
        needs: SPECULATION,
        default: "20",
        short: "how many tokens the assistant guesses",
        ..COUNT
    },
    OptionSpec {
        name: "num_assistant_tokens_schedule",
        kind: OptionKind::Choice(&["constant", "heuristic"]),
        needs: SPECULATION,
        range: "constant or heuristic",
        default: "constant",
        short: "whether the number of guesses follows their success",
        ..BASE
    },
    OptionSpec {
        name: "assistant_confidence_threshold",
        needs: SPECULATION,
        range: "in [0, 1]",
        default: "0.4",
        short: "the assistant stops guessing at a token less probable than this",
        check: |value| value.number().is_some_and(|p| (0.0..=1.0).contains(&p)),
        ..BASE
    },
    OptionSpec {
        name: "preset",
        kind: OptionKind::Choice(&Preset::NAMES),
        range: "hf or llama.cpp",
        default: "hf",
        short: "whose order of processors, and whose defaults",
        ..BASE
    },
    OptionSpec {
        name: "processors",
        kind: OptionKind::Names,
        range: "names of processors, parted by commas",
        default: "the preset's",
        short: "the processors to apply, in this order",
        remedy: "leave it out for the preset's order",
        ..BASE
    },
];

/// Every option, in the order in which help lists them.
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    OWN.iter().chain(REGISTRY.iter().flat_map(|entry| entry.options))
}

/// Whether an option belongs to a processor; the others are the searches' own.
pub fn shapes(option: &OptionSpec) -> bool {
    OWN.iter().all(|own| own.name != option.name)
}

/// The option of this name; hyphens and underscores are alike.
pub(crate) fn find(name: &str) -> Option<&'static OptionSpec> {
    let name = name.replace('-', "_");
    options().find(|option| option.name == name)
}

/// Phrases of an option, if each can be told from the others.
pub(crate) fn phrases(ids: &[Vec<Vec<u32>>]) -> Option<Phrases> {
    let tokens = |ids: &Vec<u32>| ids.iter().copied().map(TokenId).collect();
    Phrases::new(ids.iter().map(|phrase| phrase.iter().map(tokens).collect()).collect())
}
