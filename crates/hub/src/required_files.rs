//! Which files make a model.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::HubError;
use crate::http::{JSON_LIMIT, json_fault};
use crate::reference::check_file;
use crate::regular;

pub(crate) const CONFIG: &str = "config.json";
/// Files of weights; the first that is there is taken. Pickles come last: whoever has safetensors too means those.
const WEIGHTS: [&str; 4] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];
/// Files that make a tokenizer; the first that are all there are taken.
const TOKENIZERS: [&[&str]; 6] = [
    &["tokenizer.json"],
    &["tokenizer.model"],
    &["spiece.model"],
    &["sentencepiece.bpe.model"],
    &["vocab.json", "merges.txt"],
    &["vocab.txt"],
];
/// Fetched where the repository has them; a model without them works.
const OPTIONAL: [&str; 5] = [
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
];
/// Fetched likewise: every `.jinja` that lies in it.
const TEMPLATES: &str = "additional_chat_templates";

/// The most templates that are fetched of that folder. Models have a handful.
const MOST_TEMPLATES: usize = 64;

/// Parts that one model may have.
const MOST_PARTS: usize = 1024;

/// All files that belong to `file`: the parts of a GGUF model in several (`name-00001-of-00003.gguf`), else itself alone.
pub(crate) fn parts(file: &str) -> Vec<String> {
    let part = || {
        let (rest, count) = file.strip_suffix(".gguf")?.rsplit_once("-of-")?;
        let (stem, number) = rest.rsplit_once('-')?;
        let five = |digits: &str| if digits.len() == 5 { digits.parse::<usize>().ok() } else { None };
        let (number, count) = (five(number)?, five(count)?);
        let all = (1..=count).map(|number| format!("{stem}-{number:05}-of-{count:05}.gguf"));
        ((1..=count).contains(&number) && count <= MOST_PARTS).then(|| all.collect())
    };
    part().unwrap_or_else(|| vec![file.to_owned()])
}

/// Whether a file of weights is an index of shards.
pub(crate) fn is_index(file: &str) -> bool {
    WEIGHTS.contains(&file) && file.ends_with(".index.json")
}

/// Whether a file holds, or lists, pickled weights.
pub(crate) fn is_pickled(file: &str) -> bool {
    file.starts_with("pytorch_model.bin")
}

/// The part of the index that names the shards.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The shards that the index at `path` names, each once, in order. Every name is safe to join to a folder.
pub(crate) fn shards(path: &Path) -> Result<BTreeSet<String>, HubError> {
    let bad = |why: String| HubError::BadIndex { path: path.to_owned(), why };
    let io = |source| HubError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    regular::open(path).and_then(|file| file.take(JSON_LIMIT + 1).read_to_end(&mut bytes)).map_err(io)?;
    if bytes.len() as u64 > JSON_LIMIT {
        return Err(bad(format!("it is larger than {} MiB", JSON_LIMIT >> 20)));
    }
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| bad(json_fault(&error)))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    if names.is_empty() {
        return Err(bad("it names no file".to_owned()));
    }
    for name in &names {
        let short: String = name.chars().take(80).collect();
        check_file(name).map_err(|why| bad(format!("it names the file {short:?}: {why}")))?;
    }
    Ok(names)
}

/// What the model in `folder` lacks; empty when it is whole. An index decides which shards belong to it.
pub(crate) fn lacking(folder: &Path) -> Result<Vec<String>, HubError> {
    let there = |name: &&str| folder.join(name).is_file();
    let mut missing = Vec::new();
    if !there(&CONFIG) {
        missing.push(CONFIG.to_owned());
    }
    if !TOKENIZERS.iter().any(|files| files.iter().all(there)) {
        missing.push(TOKENIZERS[0].concat());
    }
    match WEIGHTS.iter().find(|name| there(name)) {
        Some(index) if is_index(index) => {
            missing.extend(shards(&folder.join(index))?.into_iter().filter(|name| !there(&name.as_str())));
        }
        Some(_) => {}
        None => missing.push(WEIGHTS[0].to_owned()),
    }
    Ok(missing)
}

/// What a repository that lists `files` has of the files that a model works without.
pub(crate) fn optional(files: &BTreeSet<String>) -> Vec<String> {
    let template = |file: &&String| {
        let name = file.strip_prefix(TEMPLATES).and_then(|rest| rest.strip_prefix('/'));
        name.and_then(|name| name.strip_suffix(".jinja")).is_some_and(|stem| !stem.contains('/'))
            && check_file(file).is_ok()
    };
    let listed = OPTIONAL.into_iter().map(str::to_owned).filter(|name| files.contains(name));
    listed.chain(files.iter().filter(template).take(MOST_TEMPLATES).cloned()).collect()
}

/// What a repository that has these of the optional files does not have: files, and the folder of templates.
pub(crate) fn absent(optional: &[String]) -> Vec<&'static str> {
    let has = |name: &&str| optional.iter().any(|file| file == name || file.starts_with(&format!("{name}/")));
    OPTIONAL.into_iter().chain([TEMPLATES]).filter(|name| !has(name)).collect()
}

/// Which of the optional files are neither in `folder` nor noted in `absent` as what the repository does not have.
pub(crate) fn unknown(folder: &Path, absent: &Path) -> Vec<&'static str> {
    let known = |name: &&str| folder.join(name).exists() || absent.join(name).exists();
    OPTIONAL.into_iter().chain([TEMPLATES]).filter(|name| !known(name)).collect()
}

/// Whether it stands for a folder.
pub(crate) fn is_folder(name: &str) -> bool {
    name == TEMPLATES
}

/// The files to fetch from a repository that lists `files`: small ones first, so that a wrong model shows early.
/// Shards are not among them; the index names those. The error is what the repository lacks.
pub(crate) fn plan(files: &BTreeSet<String>) -> Result<Vec<String>, Vec<String>> {
    let listed = |name: &&'static str| files.contains(*name);
    let mut missing = Vec::new();
    if !listed(&CONFIG) {
        missing.push(CONFIG.to_owned());
    }
    let tokenizer = TOKENIZERS.iter().find(|files| files.iter().all(listed));
    if tokenizer.is_none() {
        missing.push("a tokenizer".to_owned());
    }
    let weights = WEIGHTS.iter().find(|name| listed(name));
    if weights.is_none() {
        missing.push("weights".to_owned());
    }
    match (tokenizer, weights) {
        (Some(tokenizer), Some(weights)) if missing.is_empty() => {
            let small = [CONFIG].into_iter().chain(tokenizer.iter().copied()).map(str::to_owned);
            Ok(small.chain(optional(files)).chain([(*weights).to_owned()]).collect())
        }
        _ => Err(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        let all = ["in/q8-00001-of-00003.gguf", "in/q8-00002-of-00003.gguf", "in/q8-00003-of-00003.gguf"];
        assert_eq!(parts(all[1]), all);
        for alone in [
            "q8.gguf",
            "q8-00004-of-00003.gguf",
            "q8-00000-of-00003.gguf",
            "q8-1-of-3.gguf",
            "q8-00001-of-99999.gguf",
            "q8-00001-of-00002.bin",
        ] {
            assert_eq!(parts(alone), [alone]);
        }
    }
}
