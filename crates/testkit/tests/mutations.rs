//! Mutated config.json, generation_config.json and tokenizer_config.json: beamline gives what transformers gives, or refuses with
//! one line that names the field. What differs in silence is a failure.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // tests may

mod support;

use beamline::{Compute, Engine, Options, Prompt};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use support::{Specimen, goldens, ids, logprob, numbers, open, read, safetensors, whole};

/// What became of a mutation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// The numbers of transformers.
    Same,
    /// Refused by name.
    Refused,
    /// Refused, as transformers does.
    BothRefuse,
    /// Read where transformers fails, as with a wrong type of a field that means nothing here.
    Lenient,
    /// A failure.
    Wrong,
}

/// An outcome, and words where it is wrong.
type Judged = (Outcome, String);

fn wrong(words: String) -> Judged {
    (Outcome::Wrong, words)
}

/// Fields on whose values transformers fails where they are of a wrong type, and why they may be read here whatever they hold:
/// nothing that is computed depends on them, or what is odd about them is said.
const HARMLESS: &[(&str, &str)] = &[
    ("dropout", "for training"),
    ("pdrop", "for training"),
    ("layerdrop", "for training"),
    ("initializer_range", "weights before training"),
    ("router_aux_loss_coef", "a loss for training"),
    ("router_jitter_noise", "noise is for training"),
    ("output_", "what Python gets"),
    ("return_dict", "what Python gets"),
    ("use_cache", "a cache is there"),
    ("is_decoder", "a decoder is what is run"),
    ("pretraining_tp", "cuts the same arithmetic into pieces"),
    ("slow_but_exact", "cuts the same arithmetic into pieces"),
    ("reorder_and_upcast_attn", "about f16"),
    ("summary_", "a head that a language model has not"),
    ("pad_token_id", "nothing is padded"),
    ("softcapping", "8 is 8.0"),
    ("eos_token_id", "0.0 is 0; another is said"),
    ("bos_token_id", "0.0 is 0; another is one that is not there, which a prompt without tokens asks for"),
    ("tokenizer_class", "a class that cannot be built of the vocabulary gives way to tokenizer.json, which is said"),
    ("bad_words_ids", "none at all"),
    ("cache_implementation", "keys and values are kept whole"),
    ("penalty_alpha", "contrastive search, as transformers had it"),
    ("num_beam_groups", "diverse beams, as transformers had them"),
    ("num_return_sequences", "greedy texts are all alike"),
    ("max_length", "a model's own that the prompt is beyond gives way to the usual number of new tokens"),
];

/// Where transformers fails on what these tiny models lack: a base of their own, more than one number of a head that turns.
const ROPE: &str = "transformers fails on its own defaults or on sizes";

/// Fields that go with others of the list.
const PARTNERS: [&str; 3] = ["num_beams", "diversity_penalty", "top_k"];

/// Reads what transformers fails on; the reason why that is harmless, or nothing.
fn harmless(mutation: &Value, warnings: &[String]) -> Option<&'static str> {
    let values = mutation["set"].as_object().into_iter().flatten();
    if values.clone().all(|(_, value)| value.is_null()) {
        return Some("null, or nothing: what transformers takes where the field is not there");
    }
    let fails = |word: &str| mutation["error"].as_str().is_some_and(|error| error.contains(word));
    if mutation["set"].get("rope_scaling").is_some() && (fails("NoneType") || fails("ZeroDivision")) {
        return Some(ROPE);
    }
    let names = fields(mutation);
    if names.iter().any(|name| warnings.iter().any(|said| said.contains(name))) {
        return Some("said");
    }
    let names: Vec<String> = names.into_iter().filter(|name| !PARTNERS.contains(&name.as_str())).collect();
    let known = |name: &String| HARMLESS.iter().find(|(part, _)| name.contains(part)).map(|(_, reason)| *reason);
    names.iter().map(known).collect::<Option<Vec<_>>>()?.first().copied()
}

/// A mutation that transformers fails on and that is read here.
fn lenient(mutation: &Value, warnings: &[String]) -> Judged {
    match harmless(mutation, warnings) {
        Some(reason) => (Outcome::Lenient, reason.to_owned()),
        None => wrong(format!("read, though transformers fails: {}; {warnings:?}", mutation["error"])),
    }
}

/// The fields that a mutation changes, those inside of objects too.
fn fields(mutation: &Value) -> Vec<String> {
    fn keys(value: &Value, into: &mut Vec<String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            into.push(key.clone());
            keys(inner, into);
        }
    }
    let mut names = Vec::new();
    keys(&mutation["set"], &mut names);
    names.extend(mutation["drop"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()));
    names
}

/// Whether a refusal is one line that says what to look at.
fn refused(mutation: &Value, message: &str) -> Judged {
    let fails = mutation.get("error").or(mutation.get("missing")).is_some();
    let named = fields(mutation).iter().any(|field| message.contains(field)) || message.contains("tensor ");
    if message.contains('\n') || !(fails || named) {
        return wrong(format!("refused with: {message}"));
    }
    (if fails { Outcome::BothRefuse } else { Outcome::Refused }, String::new())
}

/// An object with a mutation's changes.
fn changed(base: &Value, mutation: &Value) -> Value {
    let mut object = base.as_object().cloned().unwrap_or_default();
    object.extend(mutation["set"].as_object().cloned().unwrap_or_default());
    for name in mutation["drop"].as_array().into_iter().flatten() {
        object.remove(name.as_str().unwrap());
    }
    Value::Object(object)
}

fn generated(engine: &Engine, prompt: &Value, more: &Value) -> Result<Vec<u32>, String> {
    let mut settings = Options::default();
    settings.config(more).map_err(|error| error.to_string())?;
    let plan = engine.plan(&settings).map_err(|error| error.to_string())?;
    let found = engine.generate(&[Prompt::Ids(ids(prompt))], &plan).map_err(|error| error.to_string())?;
    Ok(found.sequences[0].token_ids.clone())
}

/// Whether texts agree: transformers pads what has ended.
fn same_text(ours: &[u32], theirs: &Value) -> bool {
    let theirs: Vec<u32> = ids(theirs).iter().map(|id| id.0).collect();
    theirs.starts_with(ours) && theirs[ours.len()..].iter().all(|id| *id <= 1)
}

/// Judges one mutation of config.json.
fn config(family: &Value, mutation: &Value, folder: &Path, compute: &Arc<Compute>) -> Judged {
    std::fs::write(folder.join("config.json"), changed(&family["config"], mutation).to_string()).unwrap();
    let engine = match open(folder, compute) {
        Ok(engine) => engine,
        Err(message) => return refused(mutation, &message),
    };
    if mutation.get("missing").is_some() {
        return wrong("a result, though weights are missing".to_owned());
    }
    if mutation.get("error").is_some() {
        return match generated(&engine, &family["ids"], &json!({"max_new_tokens": 8})) {
            Ok(_) => lenient(mutation, engine.warnings()),
            Err(message) => refused(mutation, &message),
        };
    }
    let expected = if mutation.get("same").is_some() { &family["base"] } else { mutation };
    let prompt = ids(&family["ids"]);
    if prompt.len() > engine.model().geometry().context {
        return (Outcome::Refused, String::new());
    }
    let rows = whole(engine.model(), &prompt);
    for (id, theirs) in ids(&expected["top"]).iter().zip(numbers(&expected["logprobs"])) {
        let ours = logprob(rows.row(prompt.len() - 1), id.index());
        if (ours - theirs).abs() > 1e-4 * theirs.abs().max(1.0) {
            return wrong(format!("log-probability of {} is {ours:.5}, not {theirs}", id.0));
        }
    }
    match generated(&engine, &family["ids"], &json!({"max_new_tokens": 8})) {
        Ok(ours) if same_text(&ours, &expected["ids"]) => (Outcome::Same, String::new()),
        Ok(ours) => wrong(format!("text {ours:?}, not {}", expected["ids"])),
        Err(message) => refused(mutation, &message),
    }
}

/// Judges one mutation of generation_config.json.
fn generation(family: &Value, mutation: &Value, folder: &Path, compute: &Arc<Compute>) -> Judged {
    let path = folder.join("generation_config.json");
    if mutation["set"].is_null() {
        let _ = std::fs::remove_file(&path);
    } else {
        let text = changed(&json!({"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}), mutation).to_string();
        // NaN and Infinity, which JSON cannot say and Python writes, are there as text.
        std::fs::write(&path, mutation["raw"].as_str().unwrap_or(&text)).unwrap();
    }
    let limit = mutation.get("limit").cloned().unwrap_or_else(|| json!({"max_new_tokens": 8}));
    let engine = match open(folder, compute) {
        Ok(engine) => engine,
        Err(message) => return refused(mutation, &message),
    };
    match generated(&engine, &family["ids"], &limit) {
        Err(message) => refused(mutation, &message),
        Ok(_) if mutation.get("error").is_some() => lenient(mutation, engine.warnings()),
        Ok(ours) if same_text(&ours, &mutation["ids"]) => (Outcome::Same, String::new()),
        Ok(ours) => wrong(format!("text {ours:?}, not {}", mutation["ids"])),
    }
}

/// Judges one mutation of tokenizer_config.json.
fn tokenizer(family: &Value, mutation: &Value, folder: &Path, compute: &Arc<Compute>) -> Judged {
    let path = folder.join("tokenizer_config.json");
    if mutation["set"].is_null() {
        let _ = std::fs::remove_file(&path);
    } else {
        let base = read(&goldens().join("checkpoints/tiny-gpt2/tokenizer_config.json"));
        std::fs::write(&path, changed(&base, mutation).to_string()).unwrap();
    }
    let engine = match open(folder, compute) {
        Ok(engine) => engine,
        Err(message) => return refused(mutation, &message),
    };
    if mutation.get("error").is_some() {
        let is_said = engine.tokenizer().warnings().iter().any(|said| said.contains("taken as it is"));
        if mutation["set"].get("tokenizer_class").is_some_and(Value::is_string) && !is_said {
            return wrong("another class than the file's, and nothing said".to_owned());
        }
        return lenient(mutation, engine.warnings());
    }
    let expected = if mutation.get("same").is_some() { &family["tokenizer_config_json"][0] } else { mutation };
    for (text, theirs) in family["texts"].as_array().unwrap().iter().zip(expected["encoded"].as_array().unwrap()) {
        let text = text.as_str().unwrap();
        let ours = match engine.tokenizer().ids(text) {
            Ok(ours) => ours,
            Err(error) => return refused(mutation, &error.to_string()),
        };
        if ours != ids(theirs) {
            let ours: Vec<u32> = ours.iter().map(|id| id.0).collect();
            return wrong(format!("{text:?} is {ours:?}, not {theirs}"));
        }
    }
    (Outcome::Same, String::new())
}

/// What judges a mutation of one file: family, mutation, folder.
type Judge = fn(&Value, &Value, &Path, &Arc<Compute>) -> Judged;

/// A mutation in a line.
fn line(mutation: &Value) -> String {
    let mut said = Map::new();
    for key in ["set", "drop", "tensors"] {
        said.extend(mutation.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    Value::Object(said).to_string()
}

/// Walks through the mutations of one file; says what came of them by family, and fails where one is wrong and not known to be.
fn walk(list: &str, file: &str, judge: Judge) {
    let compute = Arc::new(Compute::from_env(None).unwrap());
    let known = read(&goldens().join("expected/mutations.known.json"));
    let (mut report, mut unknown, mut stale, mut lenient) = (String::new(), Vec::new(), Vec::new(), Vec::new());
    let mut total = 0;
    for specimen in &Specimen::all("mutations") {
        let (family, folder) = (&specimen.json, specimen.write());
        let known = &known[list][specimen.name()];
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for mutation in family[list].as_array().unwrap() {
            let mut tensors = specimen.tensors().clone();
            let other = mutation.get("tensors").and_then(Value::as_object);
            tensors.extend(other.into_iter().flatten().map(|(name, shape)| (name.clone(), shape.clone())));
            tensors.retain(|_, shape| !shape.is_null());
            let weights = folder.path().join("model.safetensors");
            if other.is_some() {
                std::fs::write(&weights, safetensors(&tensors, specimen.seed())).unwrap();
            }
            let judged = catch_unwind(AssertUnwindSafe(|| judge(family, mutation, folder.path(), &compute)));
            let (outcome, words) = judged.unwrap_or_else(|_| wrong("a panic".to_owned()));
            *counts.entry(outcome).or_default() += 1;
            let said = line(mutation);
            match (outcome, known.get(&said).is_some()) {
                (Outcome::Wrong, false) => unknown.push(format!("{} {file} {said}: {words}", specimen.name())),
                (Outcome::Lenient, _) => lenient.push(format!("{} {file} {said}: {words}", specimen.name())),
                (outcome, true) if outcome != Outcome::Wrong => stale.push(format!("{} {said}", specimen.name())),
                _ => {}
            }
            if other.is_some() {
                std::fs::write(&weights, safetensors(specimen.tensors(), specimen.seed())).unwrap();
            }
            total += 1;
        }
        let _ = writeln!(report, "{} {file}: {counts:?}", specimen.name());
    }
    eprintln!("{report}");
    if let Some(path) = std::env::var_os("MUTATIONS_REPORT") {
        std::fs::write(
            Path::new(&path).with_extension(list),
            format!("{report}{}\n{}\n", unknown.join("\n"), lenient.join("\n")),
        )
        .unwrap();
    }
    assert!(unknown.is_empty(), "{} of {total} differ:\n{}", unknown.len(), unknown.join("\n"));
    assert!(
        stale.is_empty(),
        "these are right now, take them off the list of known differences:\n{}",
        stale.join("\n")
    );
    assert!(total >= 100, "{total}");
}

#[test]
fn mutated_configs_give_what_transformers_gives_or_are_refused() {
    walk("config_json", "config.json", config);
}

#[test]
fn mutated_generation_configs_give_what_transformers_gives_or_are_refused() {
    walk("generation_config_json", "generation_config.json", generation);
}

#[test]
fn mutated_tokenizer_configs_give_what_transformers_gives_or_are_refused() {
    walk("tokenizer_config_json", "tokenizer_config.json", tokenizer);
}
