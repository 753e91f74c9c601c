//! Which files make a model.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::HubError;
use crate::http::{JSON_LIMIT, json_fault};
use crate::reference::check_file;

pub(crate) const CONFIG: &str = "config.json";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";
/// Fetched where the repository has them; a model without them works.
pub(crate) const OPTIONAL: [&str; 3] = ["generation_config.json", "tokenizer_config.json", "chat_template.jinja"];

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
    File::open(path).and_then(|file| file.take(JSON_LIMIT + 1).read_to_end(&mut bytes)).map_err(io)?;
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

/// What the model in `folder` lacks; empty when it is whole. The index decides which shards belong to it.
pub(crate) fn lacking(folder: &Path) -> Result<Vec<String>, HubError> {
    let there = |name: &str| folder.join(name).is_file();
    let mut missing: Vec<String> =
        [CONFIG, TOKENIZER].into_iter().filter(|name| !there(name)).map(str::to_owned).collect();
    if there(WEIGHTS) {
        return Ok(missing);
    }
    if there(INDEX) {
        missing.extend(shards(&folder.join(INDEX))?.into_iter().filter(|name| !there(name)));
    } else {
        missing.push(WEIGHTS.to_owned());
    }
    Ok(missing)
}

/// The files to fetch from a repository that lists `files`: small ones first, so that a wrong model shows early.
/// The shards are not among them; the index names those. The error is what the repository lacks.
pub(crate) fn plan(files: &BTreeSet<String>) -> Result<Vec<&'static str>, Vec<String>> {
    let listed = |name: &&'static str| files.contains(*name);
    let mut missing: Vec<String> = [CONFIG, TOKENIZER].iter().filter(|name| !listed(name)).map(|&n| n.into()).collect();
    let weights = [WEIGHTS, INDEX].into_iter().find(listed);
    if weights.is_none() {
        missing.push(format!("{WEIGHTS} and {INDEX}"));
    }
    match weights {
        Some(weights) if missing.is_empty() => {
            let extras = OPTIONAL.into_iter().filter(listed);
            Ok([CONFIG, TOKENIZER].into_iter().chain(extras).chain([weights]).collect())
        }
        _ => Err(missing),
    }
}
