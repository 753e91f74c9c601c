//! Prompts from arguments, files and standard input.

use crate::args::PromptArgs;
use crate::failure::Failure;
use crate::given_file;
use crate::output::note;
use beamline::{Prompt, TokenId, Tokenizer};
use std::io::Read;
use std::path::Path;
use std::sync::Once;

/// All prompts given, in this order: the argument, `--prompt`, `--prompt-ids`, `--prompt-file`.
pub(crate) fn gather(args: &PromptArgs) -> Result<Vec<Prompt>, Failure> {
    let texts = args.argument.iter().chain(&args.prompt).filter(|text| *text == "-").count();
    if texts + args.prompt_file.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(Failure::usage("- was given twice; standard input can be read once"));
    }
    let mut prompts = Vec::new();
    for text in args.argument.iter().chain(&args.prompt) {
        prompts.push(Prompt::Text(if text == "-" { standard_input()? } else { text.clone() }));
    }
    for ids in &args.prompt_ids {
        prompts.push(Prompt::Ids(parse_ids(ids, "--prompt-ids")?));
    }
    for file in &args.prompt_file {
        prompts.push(Prompt::Text(if file.as_os_str() == "-" { standard_input()? } else { read(file)? }));
    }
    if prompts.is_empty() {
        return Err(Failure::usage(
            "no prompt was given; give one as an argument, with --prompt, or - for standard input",
        ));
    }
    Ok(prompts)
}

/// The one prompt of a command that takes one.
pub(crate) fn single(args: &PromptArgs) -> Result<Prompt, Failure> {
    let mut prompts = gather(args)?;
    match prompts.len() {
        1 => Ok(prompts.remove(0)),
        n => Err(Failure::usage(format!("{n} prompts were given; this command takes one"))),
    }
}

/// Says so where a text begins with the begin token that is put before it anyhow: once, whatever there are of such texts.
pub(crate) fn tell_of_two_begins<'a>(tokenizer: &Tokenizer, texts: impl IntoIterator<Item = &'a str>) {
    if let Some(begin) = texts.into_iter().find_map(|text| tokenizer.begins_twice(text)) {
        note(&format!(
            "warning: the text begins with {:?}, which this model puts before every text: it is there twice now",
            tokenizer.vocabulary().text(begin)
        ));
    }
}

/// The same of a text that a template wrote, before which nothing is put: where it begins with the begin token twice.
pub(crate) fn tell_of_written_begins(tokenizer: &Tokenizer, text: &str) {
    // Once in a conversation: what it begins with stays.
    static SAID: Once = Once::new();
    let Some(begin) = tokenizer.begins_twice(text) else { return };
    let name = tokenizer.vocabulary().text(begin);
    if text.get(name.len()..).is_some_and(|rest| rest.starts_with(&*name)) {
        SAID.call_once(|| note(&format!("warning: the text that the template writes begins with {name:?} twice")));
    }
}

/// The texts among prompts.
pub(crate) fn texts(prompts: &[Prompt]) -> impl Iterator<Item = &str> {
    prompts.iter().filter_map(|prompt| match prompt {
        Prompt::Text(text) => Some(text.as_str()),
        Prompt::Ids(_) => None,
    })
}

/// Ids parted by commas.
pub(crate) fn parse_ids(text: &str, flag: &str) -> Result<Vec<TokenId>, Failure> {
    let id = |part: &str| {
        part.trim().parse().map(TokenId).map_err(|_| {
            Failure::usage(format!("{flag} must be token ids parted by commas, such as 1,2,3; got {part:?}"))
        })
    };
    // None at all is an empty list.
    if text.is_empty() { Ok(Vec::new()) } else { text.split(',').map(id).collect() }
}

/// A text argument, `-` being standard input.
pub(crate) fn text(argument: &str) -> Result<String, Failure> {
    if argument == "-" { standard_input() } else { Ok(argument.to_owned()) }
}

/// A file's text.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = given_file::bytes(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{}: not UTF-8 text", path.display())))
}

fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8 text"))
}
