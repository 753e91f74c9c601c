//! Every architecture, and what configs of real models ask of it, against transformers: logits, greedy texts, beams.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Compute, Engine, Options, Prompt};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use support::gguf::Conversion;
use support::{Specimen, ids, logprob, numbers, open, whole};

/// Whether a number is another's within a part of it, or of one.
fn close(ours: f64, theirs: f64, part: f64) -> bool {
    (ours - theirs).abs() <= part * theirs.abs().max(1.0)
}

/// What differs in the logits of a prompt.
fn logits(engine: &Engine, case: &Value) -> Result<(), String> {
    let tokens = ids(&case["ids"]);
    let rows = whole(engine.model(), &tokens);
    let last = rows.row(tokens.len() - 1);
    let eighths = numbers(&case["eighths"]).into_iter().enumerate().map(|(i, theirs)| (i * 8, theirs));
    let top = ids(&case["top"]).into_iter().zip(numbers(&case["logits"])).map(|(id, theirs)| (id.index(), theirs));
    for (token, theirs) in eighths.chain(top) {
        let ours = f64::from(last[token]);
        if !close(ours, theirs, 1e-4) {
            return Err(format!("the logit of {token} is {ours}, not {theirs}"));
        }
    }
    for (i, theirs) in numbers(&case["logprobs"]).into_iter().enumerate() {
        let ours = logprob(rows.row(i), tokens[i + 1].index());
        if !close(ours, theirs, 1e-4) {
            return Err(format!("the log-probability of token {} is {ours}, not {theirs}", i + 1));
        }
    }
    Ok(())
}

/// What differs in a generated text; one that is left out differs in nothing.
fn text(engine: &Engine, case: &Value, kind: &str) -> Result<usize, String> {
    let Some(golden) = case.get(kind) else { return Ok(0) };
    let mut settings = Options::default();
    settings.config(&golden["generate"]).unwrap();
    let prompt = [Prompt::Ids(ids(&case["ids"]))];
    let plan = engine.plan(&settings).map_err(|error| error.to_string())?;
    let sequences = engine.generate(&prompt, &plan).map_err(|error| error.to_string())?.sequences;
    for (i, theirs) in golden["new_ids"].as_array().unwrap().iter().enumerate() {
        let mut theirs: Vec<u32> = ids(theirs).iter().map(|id| id.0).collect();
        let ours = &sequences[i].token_ids;
        if sequences[i].finish_reason != Some("length") && theirs.len() > ours.len() {
            theirs.truncate(ours.len()); // what comes after the end pads it
        }
        if *ours != theirs {
            return Err(format!("{kind}: {ours:?}, not {theirs:?}"));
        }
        if let Some(theirs) = golden["scores"][i].as_f64() {
            let ours = sequences[i].score.unwrap();
            if !close(ours, theirs, 2e-4) {
                return Err(format!("{kind}: score {ours}, not {theirs}"));
            }
        }
    }
    Ok(1)
}

#[test]
fn every_architecture_gives_what_transformers_gives() {
    let compute = Arc::new(Compute::from_env(None).unwrap());
    let (mut wrong, mut texts, mut prompts, mut seen) = (Vec::new(), 0, 0, BTreeSet::new());
    for specimen in Specimen::all("architectures") {
        let name = specimen.name();
        seen.insert(specimen.model_type().to_owned());
        let folder = specimen.write();
        let engine = match open(folder.path(), &compute) {
            Ok(engine) => engine,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        for (i, case) in specimen.cases().iter().enumerate() {
            prompts += 1;
            let found =
                logits(&engine, case).and_then(|()| Ok(text(&engine, case, "greedy")? + text(&engine, case, "beams")?));
            match found {
                Ok(count) => texts += count,
                Err(error) => wrong.push(format!("{name}, prompt {i}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen.len() >= 31, "{seen:?}");
    assert!(prompts >= 4 * 100 && texts >= prompts, "{texts} texts of {prompts} prompts");
}

#[test]
fn the_text_part_is_found_under_both_of_its_names() {
    let compute = Arc::new(Compute::from_env(None).unwrap());
    let specimen = Specimen::all("architectures").into_iter().find(|specimen| specimen.name() == "gemma3").unwrap();
    let folder = specimen.write();
    let prompt = ids(&specimen.cases()[0]["ids"]);
    let engine = open(folder.path(), &compute).unwrap();
    assert_eq!(engine.description().architecture, "gemma3_text");
    let expected = whole(engine.model(), &prompt);
    let path = folder.path().join("model.safetensors");
    let (old, new) = (b"\"language_model.model.", b"\"model.language_model.");
    let mut file = std::fs::read(&path).unwrap();
    for at in 0..file.len() - old.len() {
        if file[at..].starts_with(old) {
            file[at..][..new.len()].copy_from_slice(new);
        }
    }
    std::fs::write(&path, file).unwrap();
    let engine = open(folder.path(), &compute).unwrap();
    assert_eq!(whole(engine.model(), &prompt), expected);
    let [said] = engine.warnings() else { panic!("{:?}", engine.warnings()) };
    assert!(said.contains("parts beside the text part"), "{said}");
}

/// Checkpoints of which llama.cpp's files do not say all that matters, and what: it gives other results on them too, or none.
const UNSAID: &[(&str, &str)] = &[
    ("bloom.post", "apply_residual_connection_post_layernorm"),
    ("falcon.wide", "ffn_hidden_size: four times the width stands in its place, which the tensors contradict"),
    ("gemma2", "query_pre_attn_scalar: the head's width is taken"),
    ("gemma2.odd", "query_pre_attn_scalar"),
    ("gemma3_text", "query_pre_attn_scalar, and which layers slide: five of six are taken"),
    ("gemma3_text.linear", "query_pre_attn_scalar, and which layers slide"),
    ("gemma3_text.odd", "query_pre_attn_scalar, and which layers slide"),
    ("glm.odd", "head_dim: the width shared out stands in its place, which the tensors contradict"),
    ("gpt2.wide", "n_inner: four times the width stands in its place, which the tensors contradict"),
    ("gpt_neox.tied", "hidden_act: exact GELU is taken"),
    ("llama.longrope", "the factors: refused, since no tensor has them"),
    ("llama.yarn-mscale", "mscale and mscale_all_dim"),
    ("mistral", "sliding_window"),
    ("mistral.odd", "sliding_window"),
    ("mixtral.sliding", "sliding_window"),
    ("qwen2.longrope", "the factors: refused, since no tensor has them"),
    ("smollm3", "no_rope_layers: every fourth is taken"),
    ("smollm3.odd", "no_rope_layers"),
    ("smollm3.sliding", "no_rope_layers, layer_types and sliding_window"),
    ("starcoder2", "sliding_window"),
    ("starcoder2.odd", "sliding_window"),
];

#[test]
fn the_gguf_files_of_llama_cpp_give_what_transformers_gives() {
    let compute = Arc::new(Compute::from_env(None).unwrap());
    let (mut wrong, mut seen, mut unsaid) = (Vec::new(), BTreeSet::new(), Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    for conversion in Conversion::all() {
        let name = conversion.specimen.name();
        std::fs::write(&path, conversion.file()).unwrap();
        let found = open(&path, &compute)
            .and_then(|engine| conversion.specimen.cases().iter().try_for_each(|case| logits(&engine, case)));
        match (found, UNSAID.iter().any(|(known, _)| *known == name)) {
            (Ok(()), false) => drop(seen.insert(conversion.architecture().to_owned())),
            (Err(_), true) => unsaid.push(name.to_owned()),
            (found, _) => wrong.push(format!("{name} ({}): {found:?}", conversion.architecture())),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(unsaid.len(), UNSAID.len());
    assert_eq!(seen.len(), 24, "{seen:?}");
    let page = std::fs::read_to_string(support::goldens().join("../docs/architectures.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows
        .filter_map(|row| row.rsplit(" | ").next())
        .flat_map(|names| names.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect();
    assert_eq!(documented, seen, "docs/architectures.md lists what is tried here");
}
