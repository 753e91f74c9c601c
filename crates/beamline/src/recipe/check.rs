//! Contradictions among settings.

use super::{end_tokens, order};
use crate::error::Error;
use crate::options::options;
use crate::settings::{Origin, Setting, Settings};
use beamline_shape::{OptionSpec, OptionValue, REGISTRY};
use beamline_tokens::TokenId;

/// What a strategy is called in messages.
fn strategy(settings: &Settings, vocab: usize) -> &'static str {
    let on = |name| settings.is_on(name, vocab);
    match (on("num_beams"), on("do_sample")) {
        (true, true) => "beam sampling",
        (true, false) => "beam search",
        (false, true) => "sampling",
        (false, false) => "greedy search",
    }
}

/// An option that is given by the user and is on.
fn given<'a>(settings: &'a Settings, option: &OptionSpec, vocab: usize) -> Option<&'a Setting> {
    let setting = settings.get(option.name).filter(|setting| setting.origin >= Origin::Config)?;
    (!(option.neutral)(&setting.value, vocab)).then_some(setting)
}

/// Says which given option has no effect under the strategy that the settings ask for.
///
/// Neutral values never are a mistake, and neither is anything that a model's files or a preset bring. `sure` tells
/// whether a needed option that is not set is off, which a model's own settings might yet change.
pub(crate) fn contradictions(settings: &Settings, vocab: usize, sure: bool) -> Result<(), Error> {
    for option in options() {
        if given(settings, option, vocab).is_none() || option.needs.is_empty() {
            continue;
        }
        let off = |name: &&str| !settings.is_on(name, vocab) && (sure || settings.get(name).is_some());
        if option.needs.iter().all(off) {
            return Err(Error::Option(format!(
                "{} has no effect on {}; it needs {}, or leave it out",
                option.name,
                strategy(settings, vocab),
                option.needs.join(" or ")
            )));
        }
    }
    counts(settings)?;
    exclusive(settings, vocab)?;
    listed(settings, vocab)?;
    forbidden(settings)
}

/// More sequences than beams.
fn counts(settings: &Settings) -> Result<(), Error> {
    let (beams, wanted) = (settings.size("num_beams", 1), settings.size("num_return_sequences", 1));
    let given = settings.get("num_return_sequences").is_some_and(|setting| setting.origin >= Origin::Config);
    if beams > 1 && wanted > beams && given {
        return Err(Error::Option(format!(
            "num_return_sequences must be at most num_beams, which is {beams}, got {wanted}; raise num_beams, or ask for fewer"
        )));
    }
    Ok(())
}

/// Options of which one shuts the other out.
fn exclusive(settings: &Settings, vocab: usize) -> Result<(), Error> {
    const PAIRS: [(&str, &str, &str); 5] = [
        ("prompt_lookup_num_tokens", "assistant", "both guess ahead"),
        ("prompt_lookup_num_tokens", "num_beams", "a beam search has no single text to guess from"),
        ("assistant", "num_beams", "a beam search has no single text to guess from"),
        ("prompt_lookup_num_tokens", "rng", "torch's stream depends on the number of passes; use rng counter"),
        ("assistant", "rng", "torch's stream depends on the number of passes; use rng counter"),
    ];
    for (one, other, why) in PAIRS {
        if settings.is_on(one, vocab) && settings.is_on(other, vocab) {
            return Err(Error::Option(format!("{one} and {other} do not go together: {why}; leave one out")));
        }
    }
    Ok(())
}

/// An option whose processor is not among those listed.
fn listed(settings: &Settings, vocab: usize) -> Result<(), Error> {
    let names = order(settings)?;
    for entry in REGISTRY {
        let Some(option) = entry.options.iter().find(|option| given(settings, option, vocab).is_some()) else {
            continue;
        };
        let main_given = given(settings, &entry.options[0], vocab).is_some();
        if main_given && !names.contains(&entry.name) {
            let why = match settings.get("processors") {
                Some(_) => "processors does not list it",
                None => "mirostat takes the place of all truncations and penalties in this preset",
            };
            // What merely belongs to another strategy has been reported, or may yet be settled by the model.
            let needed = entry.options[0].needs;
            if needed.is_empty() || needed.iter().any(|name| settings.is_on(name, vocab)) {
                return Err(Error::Option(format!(
                    "{} has no effect: {why}; add it there, or leave it out",
                    option.name
                )));
            }
        }
    }
    Ok(())
}

/// Tokens that must occur and must not.
fn forbidden(settings: &Settings) -> Result<(), Error> {
    let ids = |name| settings.get(name).map(|setting| setting.value.all_ids()).unwrap_or_default();
    let pairs = [("forced_eos_token_id", "suppress_tokens"), ("forced_bos_token_id", "suppress_tokens")];
    for (forced, suppressed) in pairs {
        let (must, never) = (ids(forced), ids(suppressed));
        if !must.is_empty() && must.iter().all(|id| never.contains(id)) {
            return Err(Error::Option(format!(
                "{forced} and {suppressed} name the same token {}; it cannot be both, take it out of one",
                must[0]
            )));
        }
    }
    Ok(())
}

/// The same, and whether all tokens that are named exist.
pub(crate) fn check(settings: &Settings, vocab: usize) -> Result<(), Error> {
    contradictions(settings, vocab, true)?;
    for TokenId(id) in end_tokens(settings) {
        if id as usize >= vocab {
            return Err(beyond("eos_token_id", id, vocab));
        }
    }
    for (name, setting) in settings.iter() {
        let ids = match &setting.value {
            OptionValue::Ids(_) | OptionValue::Lists(_) | OptionValue::Phrases(_) | OptionValue::Biases(_) => {
                setting.value.all_ids()
            }
            _ => continue,
        };
        if let Some(&id) = ids.iter().find(|&&id| id as usize >= vocab) {
            return Err(beyond(name, id, vocab));
        }
    }
    Ok(())
}

fn beyond(option: &str, id: u32, vocab: usize) -> Error {
    Error::Option(format!("{option} {id} is beyond the vocabulary; ids must be in 0..={}", vocab - 1))
}
