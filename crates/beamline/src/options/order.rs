//! Which processors some options mean, and in which order.

use super::nearest::nearest;
use super::settings::Options;
use crate::error::{Error, OptionError};
use beamline_shape::{OptionValue, Preset, REGISTRY};

/// The order of the processors, by name: as listed, or as the preset has it.
pub(crate) fn order(settings: &Options) -> Result<Vec<&'static str>, Error> {
    let listed = settings.get("processors").map(|setting| &setting.value);
    let names: Vec<&'static str> = if let Some(OptionValue::Texts(names)) = listed {
        names.iter().map(|name| known(name)).collect::<Result<_, _>>()?
    } else {
        let mirostat = settings.is_on("mirostat", usize::MAX);
        settings.text("preset").and_then(Preset::of).unwrap_or_default().order(mirostat)
    };
    if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)).map(|(_, name)| name) {
        return Err(OptionError::ListedTwice { name: twice }.into());
    }
    let mut names = names;
    if settings.flag("exact_search") {
        // At the very end, wherever it was: nothing may raise a score after it.
        names.retain(|name| *name != "renormalize_logits");
        names.push("renormalize_logits");
    }
    Ok(names)
}

fn known(name: &str) -> Result<&'static str, Error> {
    let alike = name.replace('-', "_");
    let found = REGISTRY.iter().find(|entry| entry.name == alike || entry.options[0].name == alike);
    found.map(|entry| entry.name).ok_or_else(|| {
        let known: Vec<&str> = REGISTRY.iter().map(|entry| entry.name).collect();
        OptionError::UnknownProcessor { name: name.to_owned(), near: nearest(name, known.iter().copied()), known }
            .into()
    })
}

/// Whether a processor has an effect under the search that the options ask for.
pub(crate) fn applies(settings: &Options, name: &str) -> bool {
    let entry = REGISTRY.iter().find(|entry| entry.name == name).expect("a known name");
    let needs = entry.options[0].needs;
    needs.is_empty() || needs.iter().any(|needed| settings.is_on(needed, usize::MAX))
}
