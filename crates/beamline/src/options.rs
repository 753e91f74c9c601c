//! Every decoding option, in one list: lengths and strategy here, processors from their registry.

use beamline_shape::{OptionKind, OptionSpec, OptionValue, REGISTRY, Scope};

/// Fields of transformers' `GenerationConfig` that a JSON file may hold and that have no meaning here; so may every name
/// that begins with an underscore or `output_`.
pub const IGNORED: [&str; 3] = ["pad_token_id", "use_cache", "return_dict_in_generate"];

const fn any(_: &OptionValue) -> bool {
    true
}

const fn never_neutral(_: &OptionValue, _: usize) -> bool {
    false
}

const fn count(name: &'static str, default: &'static str, short: &'static str, remedy: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        kind: OptionKind::Count { least: 1 },
        scope: Scope::Any,
        range: "a whole number, 1 or more",
        default,
        short,
        remedy,
        check: any,
        neutral: never_neutral,
    }
}

/// Options of the loop itself.
static OWN: [OptionSpec; 6] = [
    count("max_new_tokens", "null", "generate at most this many tokens", "leave it out for 20"),
    count(
        "max_length",
        "20 + prompt",
        "as max_new_tokens, but prompt and new tokens together",
        "leave it out for 20 new tokens",
    ),
    OptionSpec {
        name: "do_sample",
        kind: OptionKind::Flag,
        range: "true or false",
        remedy: "false is greedy search",
        ..count("", "false", "draw tokens at random instead of taking the most probable", "")
    },
    OptionSpec {
        scope: Scope::Sampling,
        range: "a whole number in 1..=4096",
        check: |value| value.count().is_some_and(|n| n <= 4096),
        neutral: |value, _| value.count() == Some(1),
        ..count("num_return_sequences", "1", "sequences drawn for each prompt", "leave it out for one")
    },
    OptionSpec {
        kind: OptionKind::Count { least: 0 },
        range: "a whole number from 0 to 2^64 - 1",
        ..count("seed", "random", "the seed of all random draws", "leave it out for a new one each time")
    },
    OptionSpec {
        kind: OptionKind::Ids,
        range: "a token id, or a list of ids",
        ..count(
            "eos_token_id",
            "the model's",
            "tokens that end a text; an empty list for none",
            "leave it out for the model's own",
        )
    },
];

/// Every option, in the order in which help lists them.
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    OWN.iter().chain(REGISTRY.iter().map(|entry| &entry.option))
}

/// The option of this name; hyphens and underscores are alike.
pub(crate) fn find(name: &str) -> Option<&'static OptionSpec> {
    let name = name.replace('-', "_");
    options().find(|option| option.name == name)
}
