//! Contradictions among settings.

use super::list::options;
use super::method::SearchMethod;
use super::order::{applies, order};
use super::settings::{Options, Origin, Setting};
use crate::error::{Error, OptionError};
use beamline_shape::{OptionSpec, OptionValue, REGISTRY};
use beamline_tokens::TokenId;

/// What the strategy is called that would be there without the option `but`.
fn strategy(settings: &Options, vocab: usize, but: &str) -> &'static str {
    SearchMethod::decide(|name| name != but && settings.is_on(name, vocab)).name()
}

/// An option that is given by the user and is on.
fn given<'a>(settings: &'a Options, option: &OptionSpec, vocab: usize) -> Option<&'a Setting> {
    let setting = settings.get(option.name).filter(|setting| setting.origin >= Origin::Config)?;
    // A value that is the default anyway is no wish.
    let idle = (option.neutral)(&setting.value, vocab) || option.default_value().as_ref() == Some(&setting.value);
    (!idle).then_some(setting)
}

/// Says which given option has no effect under the strategy that the settings ask for.
///
/// Neutral values never are a mistake, and neither is anything that a model's files or a preset bring. `sure` tells
/// whether a needed option that is not set is off, which a model's own settings might yet change.
pub(crate) fn contradictions(settings: &Options, vocab: usize, sure: bool) -> Result<(), Error> {
    for option in options() {
        if given(settings, option, vocab).is_none() || option.needs.is_empty() {
            continue;
        }
        let off = |name: &&str| !settings.is_on(name, vocab) && (sure || settings.get(name).is_some());
        if option.needs.iter().all(off) {
            let search = strategy(settings, vocab, option.name);
            return Err(OptionError::NoEffect { option: option.name, search, needs: option.needs }.into());
        }
    }
    counts(settings)?;
    complete(settings, vocab, sure)?;
    exclusive(settings, vocab)?;
    listed(settings, vocab)?;
    forbidden(settings)
}

/// More sequences than beams.
fn counts(settings: &Options) -> Result<(), Error> {
    let (beams, wanted) = (settings.size("num_beams"), settings.size("num_return_sequences"));
    let given = settings.get("num_return_sequences").is_some_and(|setting| setting.origin >= Origin::Config);
    if let Some(samples) = settings.count("best_of").filter(|&samples| (samples as usize) < wanted && given) {
        return Err(OptionError::TooManySequences { limit: "best_of", most: samples, got: wanted }.into());
    }
    if beams > 1 && wanted > beams && given && !settings.flag("exact_search") {
        return Err(OptionError::TooManySequences { limit: "num_beams", most: beams as u64, got: wanted }.into());
    }
    Ok(())
}

/// Options that shut others out, and why.
const EXCLUSIVE: &[(&str, &[&str], &str)] = &[
    ("prompt_lookup_num_tokens", &["assistant"], "both guess ahead"),
    (
        "prompt_lookup_num_tokens",
        &["num_beams", "penalty_alpha", "exact_search"],
        "only greedy search and sampling have a text to guess from",
    ),
    (
        "assistant",
        &["num_beams", "penalty_alpha", "exact_search"],
        "only greedy search and sampling have a text to guess from",
    ),
    (
        "rng",
        &["prompt_lookup_num_tokens", "assistant"],
        "torch's stream depends on the number of passes; use rng counter",
    ),
    ("rng", &["stochastic_beams", "arithmetic_sampling"], "transformers has no such method to follow; use rng counter"),
    ("penalty_alpha", &["do_sample", "num_beams", "exact_search"], "contrastive search neither draws nor keeps beams"),
    ("exact_search", &["do_sample"], "an exact search draws nothing"),
    ("exact_search", &["force_words_ids", "num_beam_groups", "stochastic_beams"], "an exact search looks at all texts"),
    ("exact_search", &["length_penalty", "early_stopping"], "an exact search compares plain probabilities"),
    ("num_beam_groups", &["do_sample"], "groups of beams take the best, and draw nothing"),
    ("num_beam_groups", &["force_words_ids", "stochastic_beams"], "one beam search can be done in one way"),
    ("force_words_ids", &["do_sample", "stochastic_beams"], "constrained beams take the best, and draw nothing"),
    (
        "stochastic_beams",
        &["length_penalty", "early_stopping"],
        "sequences are ranked by the order in which they were drawn",
    ),
    ("best_of", &["num_beams", "arithmetic_sampling"], "best_of compares independent samples"),
    ("arithmetic_sampling", &["num_beams"], "arithmetic sampling keeps no beams"),
];

/// Drops what a model's own files bring where it shuts out, or is shut out by, what the user asks for; of two that both
/// come from the model, the one that transformers would not follow.
pub(crate) fn reconcile(settings: &mut Options, vocab: usize) {
    let weak = |settings: &Options, name: &str| settings.get(name).is_some_and(|s| s.origin <= Origin::Model);
    if weak(settings, "num_beam_groups") && !settings.is_on("diversity_penalty", vocab) {
        settings.remove("num_beam_groups");
    }
    let ids = |settings: &Options, name: &str| settings.get(name).map(|s| s.value.all_ids()).unwrap_or_default();
    for forced in ["forced_eos_token_id", "forced_bos_token_id"] {
        let never = ids(settings, "suppress_tokens");
        if weak(settings, forced) && ids(settings, forced).iter().all(|id| never.contains(id)) {
            settings.remove(forced);
        }
    }
    if weak(settings, "num_return_sequences") {
        settings.fit_returned();
    }
    let origin = |settings: &Options, name: &str| settings.get(name).map(|setting| setting.origin);
    for (one, others, _) in EXCLUSIVE {
        for other in *others {
            if settings.is_on(one, vocab) && settings.is_on(other, vocab) {
                let (first, second) = (origin(settings, one), origin(settings, other));
                let weaker = if first > second { other } else { one };
                if first.min(second) <= Some(Origin::Model) {
                    settings.remove(weaker);
                }
            }
        }
    }
}

/// Options of which one shuts the other out.
fn exclusive(settings: &Options, vocab: usize) -> Result<(), Error> {
    for (one, others, why) in EXCLUSIVE {
        let mut clash = others.iter().filter(|other| settings.is_on(one, vocab) && settings.is_on(other, vocab));
        if let Some(other) = clash.next() {
            return Err(OptionError::Exclusive { one, other, why }.into());
        }
    }
    let (beams, groups) = (settings.size("num_beams"), settings.size("num_beam_groups"));
    let given = |name| settings.get(name).is_some_and(|setting| setting.origin >= Origin::Config);
    if beams > 1 && beams % groups != 0 && given("num_beam_groups") {
        return Err(OptionError::UnevenGroups { beams, groups }.into());
    }
    Ok(())
}

/// Options that need two others.
fn complete(settings: &Options, vocab: usize, sure: bool) -> Result<(), Error> {
    let off = |name| !settings.is_on(name, vocab) && (sure || settings.get(name).is_some());
    if settings.is_on("stochastic_beams", vocab) && off("do_sample") {
        let (option, why) = ("stochastic_beams", "draws sequences");
        return Err(OptionError::Incomplete { option, why, missing: "do_sample" }.into());
    }
    if settings.is_on("num_beam_groups", vocab) && sure && !settings.is_on("diversity_penalty", vocab) {
        let (option, why) = ("num_beam_groups", "without a diversity_penalty finds the same in every group");
        return Err(OptionError::Incomplete { option, why, missing: "one above 0" }.into());
    }
    Ok(())
}

/// An option whose processor is not among those listed.
fn listed(settings: &Options, vocab: usize) -> Result<(), Error> {
    let names: Vec<&str> = order(settings)?.into_iter().filter(|name| applies(settings, name)).collect();
    for entry in REGISTRY {
        // An option that another one of the same processor must switch on says nothing by itself.
        let own = |name: &&str| entry.options.iter().any(|option| option.name == *name);
        let switches = |option: &&OptionSpec| !option.needs.iter().any(own);
        let mut asked = entry.options.iter().filter(switches).filter(|option| given(settings, option, vocab).is_some());
        if let Some(option) = asked.next().filter(|_| !names.contains(&entry.name)) {
            let why = match settings.get("processors") {
                Some(_) => "processors does not list it",
                None => "mirostat takes its place in this preset",
            };
            // What merely belongs to another strategy has been reported, or may yet be settled by the model.
            let needed = option.needs;
            if needed.is_empty() || needed.iter().any(|name| settings.is_on(name, vocab)) {
                return Err(OptionError::NotListed { option: option.name, why }.into());
            }
        }
    }
    Ok(())
}

/// Tokens that must occur and must not.
fn forbidden(settings: &Options) -> Result<(), Error> {
    let ids = |name| settings.get(name).map(|setting| setting.value.all_ids()).unwrap_or_default();
    if let Some(OptionValue::Phrases(phrases)) = settings.get("force_words_ids").map(|setting| &setting.value) {
        let never = ids("suppress_tokens");
        let lost = phrases.iter().find(|words| words.iter().all(|word| word.iter().any(|id| never.contains(id))));
        if let Some(phrase) = lost {
            return Err(OptionError::SuppressedPhrase { phrase: phrase.clone() }.into());
        }
    }
    let pairs = [("forced_eos_token_id", "suppress_tokens"), ("forced_bos_token_id", "suppress_tokens")];
    for (forced, suppressed) in pairs {
        let (must, never) = (ids(forced), ids(suppressed));
        let by_user = |name| settings.get(name).is_some_and(|setting| setting.origin >= Origin::Config);
        let both = !must.is_empty() && must.iter().all(|id| never.contains(id));
        if both && (by_user(forced) || by_user(suppressed)) {
            return Err(OptionError::ForcedAndSuppressed { forced, suppressed, id: must[0] }.into());
        }
    }
    Ok(())
}

/// Says which given option has no effect or contradicts another, and whether every token that is named exists.
pub(crate) fn check(settings: &Options, vocab: usize) -> Result<(), Error> {
    contradictions(settings, vocab, true)?;
    // No user can ask for it: it is the model's.
    if settings.flag("do_sample") && settings.number("temperature") == Some(0.0) {
        return Err(OptionError::ZeroTemperature.into());
    }
    for TokenId(id) in settings.end_tokens() {
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

fn beyond(option: &'static str, id: u32, vocab: usize) -> Error {
    OptionError::UnknownToken { option, id, vocab }.into()
}

impl Options {
    /// Finds contradictions among these settings alone, before any model is looked at.
    ///
    /// # Errors
    /// When an option is given that the others leave without effect, or two shut each other out.
    pub fn check(&self) -> Result<(), Error> {
        // A vocabulary of one makes every top_k neutral: that must wait for the model.
        let mut all = self.with_preset();
        reconcile(&mut all, 1);
        contradictions(&all, 1, false)
    }
}
