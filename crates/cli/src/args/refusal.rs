//! What the parser refused, in one line that says what to write instead.

use crate::failure::Failure;
use beamline::{Foreign, OptionKind, foreign, nearest, nearest_option, options};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use std::ffi::OsString;
use std::io::IsTerminal;

/// What was refused. Help and version are no refusal.
pub(super) fn refused(error: &Error, root: &Command, words: &[OsString]) -> Failure {
    let (command, path) = meant(root, words);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match crate::output::print(&error.to_string()) {
            Ok(()) => Failure::quiet(),
            Err(failure) => failure,
        },
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            if std::io::stderr().is_terminal() {
                crate::output::note(error.to_string().trim_end());
            }
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            Failure::usage(format!("no command was given; {path} has {}; see '{path} --help'", names.join(", ")))
        }
        kind => {
            let hint = match kind {
                ErrorKind::UnknownArgument => unknown(error, root, command, &path, words),
                ErrorKind::InvalidSubcommand | ErrorKind::InvalidValue => similar(error),
                _ => None,
            };
            let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
            Failure::usage(format!("{}{hint}; see '{path} --help'", said(error)))
        }
    }
}

/// `--do-sample false`: the switch takes its value after an equals sign, and the word would be taken for a prompt.
pub(super) fn parted_switch(words: &[OsString]) -> Result<(), Failure> {
    let words: Vec<&str> =
        words.iter().map(|word| word.to_str().unwrap_or_default()).take_while(|w| *w != "--").collect();
    let is_switch = |word: &str| {
        let name = word.strip_prefix("--").unwrap_or_default().replace('-', "_");
        options().any(|option| option.name == name && option.kind == OptionKind::Flag)
    };
    let is_bool = |word: &str| ["true", "false"].contains(&word.to_lowercase().as_str());
    let optioned = words.get(1).is_some_and(|name| super::OPTIONED.contains(name));
    match words.windows(2).find(|pair| optioned && is_switch(pair[0]) && is_bool(pair[1])) {
        Some(pair) => Err(Failure::usage(format!(
            "{} {}: a switch has its value after an equals sign; write {}={}",
            pair[0],
            pair[1],
            pair[0],
            pair[1].to_lowercase()
        ))),
        None => Ok(()),
    }
}

/// The command that the words name, and the words that do.
fn meant<'a>(root: &'a Command, words: &[OsString]) -> (&'a Command, String) {
    let (mut command, mut path) = (root, root.get_name().to_owned());
    for word in words.iter().skip(1).filter_map(|word| word.to_str()).take_while(|word| !word.starts_with('-')) {
        let Some(below) = command.find_subcommand(word) else { break };
        command = below;
        path = format!("{path} {}", below.get_name());
    }
    (command, path)
}

/// The parser's own words, without its tips and its usage.
fn said(error: &Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let lines = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut out = String::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("tip:")) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(note) => out.extend(["; ", note]),
            None if out.is_empty() => out += line.trim_start_matches("error: ").trim_end_matches(" found"),
            None => out.extend([" ", line]),
        }
    }
    out
}

fn context(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        ContextValue::Strings(several) => several.first().cloned(),
        _ => None,
    }
}

/// What the parser finds alike.
fn similar(error: &Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| context(error, kind)).map(|name| format!("a similar one is '{name}'"))
}

/// What to write in place of an argument that there is not.
fn unknown(error: &Error, root: &Command, command: &Command, path: &str, words: &[OsString]) -> Option<String> {
    let given = context(error, ContextKind::InvalidArg)?;
    let Some(name) = given.strip_prefix("--") else {
        return if given.starts_with('-') { dashed(command) } else { unquoted(&given, command, path, words) };
    };
    match foreign(&name.replace('-', "_")) {
        Some(Foreign::Harmless(why)) => return Some(format!("it has no effect here: {why}; leave it out")),
        Some(Foreign::Unsupported(remedy)) => {
            return Some(format!("transformers has it, but it is not supported here; {remedy}"));
        }
        None => {}
    }
    let flags: Vec<&str> = command.get_arguments().filter_map(Arg::get_long).collect();
    let option = || nearest_option(name).map(|option| option.replace('_', "-")).filter(|o| flags.contains(&o.as_str()));
    if let Some(near) = nearest(name, flags.iter().copied()).map(str::to_owned).or_else(option) {
        return Some(format!("a similar one is '--{near}'"));
    }
    let has = |other: &&Command| other.get_arguments().any(|arg| arg.get_long() == Some(name));
    let others: Vec<&str> = root.get_subcommands().filter(has).map(Command::get_name).collect();
    if others.is_empty() { similar(error) } else { Some(format!("it belongs to {}", others.join(", "))) }
}

/// A text that begins with a hyphen.
fn dashed(command: &Command) -> Option<String> {
    command.get_positionals().next().map(|_| "a text that begins with - goes after --".to_owned())
}

/// Words that were meant as one text.
fn unquoted(given: &str, command: &Command, path: &str, words: &[OsString]) -> Option<String> {
    let texts = ["argument", "text"];
    if !command.get_positionals().any(|arg| texts.contains(&arg.get_id().as_str())) {
        return None;
    }
    let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let after = path.split(' ').count();
    let at = (after..words.len()).find(|&at| words[at] == given)?;
    let is_flag = |word: &str| word.starts_with('-') && word.len() > 1;
    let mut from = (after..at).rev().find(|&at| is_flag(words[at])).map_or(after, |flag| flag + 1);
    // The first word behind a flag may be the flag's value.
    let takes = |flag: &str| {
        command.get_arguments().any(|arg| {
            flag == format!("--{}", arg.get_long().unwrap_or(""))
                && arg.get_action().takes_values()
                && !arg.is_require_equals_set()
        })
    };
    from += usize::from(from > after && takes(words[from - 1]));
    let to = (at..words.len()).find(|&at| is_flag(words[at])).unwrap_or(words.len());
    let text = if to - from.min(at) > 1 { words[from.min(at)..to].join(" ") } else { "Once upon a time".to_owned() };
    Some(format!("a text of several words stands in quotes: {path} \"{text}\""))
}
