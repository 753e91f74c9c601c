//! Decoding options as flags, made from their list; and those that are token ids, given as texts.

use super::help_page::Page;
use crate::failure::{Failure, told};
use beamline::{OptionKind, OptionSpec, Options, options, shapes};
use clap::{Arg, ArgAction, ArgMatches, ValueHint};

/// Heads the options that a first help page shows.
pub(super) const COMMON: &str = "Choosing tokens";
/// Heads the other options of searches and of ends.
const SEARCHING: &str = "Searching and ending";
/// Heads the other options of processors.
const SHAPING: &str = "Shaping probabilities";

/// Adds a flag for every decoding option, those used most first; `--config`; and flags for tokens as texts.
pub(super) fn with_options(command: clap::Command, page: Page) -> clap::Command {
    let (common, rest): (Vec<&OptionSpec>, Vec<&OptionSpec>) = options().partition(|option| option.common);
    let config = Arg::new("config").long("config").value_name("FILE").value_hint(ValueHint::FilePath);
    let config = config
        .help("A JSON object of options, under the same names in snake_case, such as transformers' generation_config.json; flags win over it")
        .hide_short_help(true)
        .help_heading(SEARCHING);
    let (shaping, searching): (Vec<&OptionSpec>, Vec<&OptionSpec>) =
        rest.into_iter().partition(|&option| shapes(option));
    command
        .args(common.into_iter().map(|option| flag(option, COMMON, page)))
        .arg(config)
        .args(TOKENS.map(|(name, _, help)| text_flag(name, help)))
        .args(searching.into_iter().map(|option| flag(option, SEARCHING, page)))
        .args(shaping.into_iter().map(|option| flag(option, SHAPING, page)))
}

/// The flag of an option.
fn flag(option: &OptionSpec, heading: &'static str, page: Page) -> Arg {
    let value = match option.kind {
        OptionKind::Flag => "BOOL",
        OptionKind::Count { .. } | OptionKind::Whole => "N",
        OptionKind::Number => "X",
        OptionKind::Ids => "IDS",
        OptionKind::Choice(_) => "WORD",
        OptionKind::Text | OptionKind::Texts => "TEXT",
        OptionKind::Names => "NAMES",
        OptionKind::Lists | OptionKind::Phrases | OptionKind::Biases | OptionKind::Decay | OptionKind::Object => "JSON",
    };
    let arg = Arg::new(option.name)
        .long(option.name.replace('_', "-"))
        .help(help(option, page))
        .value_name(value)
        .value_hint(ValueHint::Other)
        .action(ArgAction::Set)
        .allow_hyphen_values(option.kind != OptionKind::Flag)
        .hide_short_help(!option.common)
        .help_heading(heading);
    match option.kind {
        OptionKind::Flag => arg.num_args(0..=1).default_missing_value("true").require_equals(true),
        _ => arg.num_args(1),
    }
}

/// What it does, its range and its default. A short page has a range that is short too, and a default that does something.
fn help(option: &OptionSpec, page: Page) -> String {
    let what = sentence(option.short);
    let does_nothing = option.default_value().is_some_and(|value| (option.neutral)(&value, usize::MAX));
    let default = match (option.default, page) {
        ("off" | "false", _) => None,
        (_, Page::Short) if does_nothing => None,
        (default, Page::Short) => {
            default.split(' ').next().filter(|word| word.parse::<f64>().is_ok()).map(str::to_owned)
        }
        (default, Page::All) => Some(default.to_owned()),
    };
    let brief = option.range.len() < 10;
    let range = ((page == Page::All || brief) && option.kind != OptionKind::Flag).then(|| option.range.to_owned());
    let default = default.map(|default| format!("default: {default}"));
    let facts: Vec<String> = range.into_iter().chain(default).filter(|fact| !fact.is_empty()).collect();
    if facts.is_empty() { what } else { format!("{what} [{}]", facts.join("; ")) }
}

/// Help texts begin with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// The options given by flag and by `--config`.
pub(super) fn settings(matches: &ArgMatches) -> Result<Options, Failure> {
    let mut settings = Options::default();
    for option in options() {
        if let Some(text) = matches.get_one::<String>(option.name) {
            settings.set(option.name, text)?;
        }
    }
    if let Some(path) = matches.get_one::<String>("config") {
        let wrong = |reason: String| Failure::usage(format!("{path}: {reason}"));
        let bytes = crate::given_file::bytes(std::path::Path::new(path)).map_err(|error| wrong(error.to_string()))?;
        let json = beamline::python_json(&bytes).map_err(|error| wrong(format!("not valid JSON: {error}")))?;
        settings.config(&json).map_err(|error| wrong(told(&error)))?;
    }
    Ok(settings)
}

/// Flags that take texts where an option takes token ids: the flag, the option, what it does.
const TOKENS: [(&str, &str, &str); 3] = [
    ("eos-token", "eos_token_id", "End texts at this token, which must be one, such as </s>; repeatable"),
    ("bad-words", "bad_words_ids", "Never write this text, with or without a space before it; repeatable"),
    (
        "force-words",
        "force_words_ids",
        "Write this text, with or without a space before it; needs num_beams; repeatable",
    ),
];

/// The flag for texts that become token ids.
fn text_flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .help(help)
        .value_name("TEXT")
        .action(ArgAction::Append)
        .allow_hyphen_values(true)
        .hide_short_help(true)
        .help_heading(SEARCHING)
}

/// Texts given where options take token ids, which they become once there is a tokenizer.
#[derive(Default)]
pub(crate) struct TokenTexts {
    /// Tokens that end a text.
    pub(crate) ends: Vec<String>,
    /// Texts that are never written.
    pub(crate) bad: Vec<String>,
    /// Texts that must be written.
    pub(crate) forced: Vec<String>,
}

impl TokenTexts {
    /// Those of a command line.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let all = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
        Self { ends: all("eos-token"), bad: all("bad-words"), forced: all("force-words") }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.bad.is_empty() && self.forced.is_empty()
    }
}
