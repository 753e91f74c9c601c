//! Token ids given as texts: `--eos-token`, `--bad-words`, `--force-words`.

use crate::args::{ModelArgs, TokenTexts, What};
use crate::failure::Failure;
use crate::model;
use beamline::{Error, Options, Origin, Tokenizer};
use serde_json::{Value, json};

/// The options with what the texts mean to the command's model; where there are no texts, as they were.
pub(crate) fn resolved(what: &What, settings: Options, texts: &TokenTexts) -> Result<Options, Failure> {
    let Some(args) = model_of(what).filter(|_| !texts.is_empty()) else { return Ok(settings) };
    settings.check()?;
    let tokenizer = model::quietly_found(args)?.tokenizer()?;
    put(settings, texts, &tokenizer)
}

/// The model of a command that takes decoding options.
fn model_of(what: &What) -> Option<&ModelArgs> {
    match what {
        What::Generate(args) => Some(&args.model),
        What::Batch(args) => Some(&args.model),
        What::Chat(args) => Some(&args.model),
        What::Inspect(args) => Some(&args.model),
        What::Compare(args) => Some(&args.model),
        What::Plot(args) => Some(&args.model),
        What::Report(args) => Some(&args.model),
        _ => None,
    }
}

/// Adds the ids of texts to what the flags list already.
fn put(mut settings: Options, texts: &TokenTexts, tokenizer: &Tokenizer) -> Result<Options, Failure> {
    let ends = texts.ends.iter().map(|text| single(text, tokenizer)).collect::<Result<Vec<_>, _>>()?;
    add(&mut settings, "eos_token_id", ends.into_iter().map(Value::from).collect())?;
    let mut bad = Vec::new();
    let mut forced = Vec::new();
    for text in &texts.bad {
        bad.extend(both(text, tokenizer, "--bad-words")?.into_iter().map(Value::from));
    }
    for text in &texts.forced {
        forced.push(json!(both(text, tokenizer, "--force-words")?));
    }
    add(&mut settings, "bad_words_ids", bad)?;
    add(&mut settings, "force_words_ids", forced)?;
    Ok(settings)
}

/// Puts values behind those that a flag gave.
fn add(settings: &mut Options, name: &str, values: Vec<Value>) -> Result<(), Failure> {
    if values.is_empty() {
        return Ok(());
    }
    let flagged = settings.get(name).filter(|setting| setting.origin == Origin::Flag);
    let mut all = flagged.and_then(|setting| setting.value.json().as_array().cloned()).unwrap_or_default();
    all.extend(values);
    Ok(settings.set(name, &Value::Array(all).to_string())?)
}

/// A text's tokens, without those that a tokenizer puts around every text.
fn ids(text: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>, Failure> {
    let tokens = tokenizer.encode(text).map_err(Error::from)?;
    Ok(tokens.iter().filter(|token| token.start < token.end).map(|token| token.id.0).collect())
}

/// The one token that a text is.
fn single(text: &str, tokenizer: &Tokenizer) -> Result<u32, Failure> {
    match ids(text, tokenizer)?.as_slice() {
        [id] => Ok(*id),
        several => Err(Failure::usage(format!(
            "--eos-token {text:?} is {} tokens of this model ({several:?}), and must be one; to end at a text give --stop-strings",
            several.len()
        ))),
    }
}

/// A text's tokens as it is, and with a space before it where it begins with none: in the middle of a text a word's first
/// token has the space in it.
fn both(text: &str, tokenizer: &Tokenizer, flag: &str) -> Result<Vec<Vec<u32>>, Failure> {
    if text.is_empty() {
        return Err(Failure::usage(format!("{flag} must be a text, got an empty one; leave it out")));
    }
    let mut all = vec![ids(text, tokenizer)?];
    if !text.starts_with(char::is_whitespace) {
        let spaced = ids(&format!(" {text}"), tokenizer)?;
        if !all.contains(&spaced) {
            all.push(spaced);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> beamline::Engine {
        beamline::Engine::open("builtin").unwrap()
    }

    #[test]
    fn a_word_is_banned_with_and_without_a_space_before_it() {
        let engine = engine();
        let tokenizer = engine.tokenizer();
        let texts = TokenTexts { bad: vec!["time".into(), " time".into()], ..TokenTexts::default() };
        let mut flags = Options::default();
        flags.set("bad_words_ids", "[[5]]").unwrap();
        let settings = put(flags, &texts, tokenizer).unwrap();
        let (plain, spaced) = (ids("time", tokenizer).unwrap(), ids(" time", tokenizer).unwrap());
        assert_ne!(plain, spaced);
        assert_eq!(settings.get("bad_words_ids").unwrap().value.json(), json!([[5], plain, spaced, spaced]));
    }

    #[test]
    fn an_end_token_is_one_token() {
        let engine = engine();
        let tokenizer = engine.tokenizer();
        let texts = |text: &str| TokenTexts { ends: vec![text.to_owned()], ..TokenTexts::default() };
        let settings = put(Options::default(), &texts(" time"), tokenizer).unwrap();
        assert_eq!(settings.get("eos_token_id").unwrap().value.json(), json!(ids(" time", tokenizer).unwrap()));
        let wrong = put(Options::default(), &texts("not one token"), tokenizer).unwrap_err();
        assert!(wrong.code == 2 && wrong.message.unwrap().contains("must be one"));
    }
}
