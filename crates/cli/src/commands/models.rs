//! `beamline models`: what a model is, where it lies, which there are.

mod random;
mod tree;

use crate::args::{ModelArgs, ModelInfo, ModelList, ModelPull, Models};
use crate::failure::Failure;
use crate::model;
use crate::output::{json, note, paint, print};
use crate::paint::width;
use crate::progress::Bars;
use crate::table::{Column, Side, Table, lay_out};
use beamline::{Error, Options, TokenId, hub};
use serde_json::{Value, json};

pub(crate) fn run(args: &Models) -> Result<(), Failure> {
    match args {
        Models::Info(args) => info(args),
        Models::Pull(args) => pull(args),
        Models::List(args) => list(args),
        Models::Random(args) => random::run(args),
    }
}

fn info(args: &ModelInfo) -> Result<(), Failure> {
    let named = args.name.as_ref().map(|name| ModelArgs { model: name.clone(), ..args.model.clone() });
    let args_of = named.as_ref().unwrap_or(&args.model);
    let structure = model::find(args_of)?.structure()?;
    let engine = model::open(args_of, &Options::default())?;
    let (description, geometry) = (engine.description(), engine.model().geometry());
    let defaults: serde_json::Map<String, Value> =
        engine.defaults().iter().map(|(name, setting)| (name.to_owned(), setting.value.json())).collect();
    let vocabulary = engine.tokenizer().vocabulary();
    let special = (0..vocabulary.len() as u32).map(TokenId).filter(|id| vocabulary.is_special(*id));
    let special: Vec<Value> = special.map(|id| json!({"id": id.0, "text": vocabulary.text(id)})).collect();
    let mut facts = json!({
        "name": engine.name(),
        "architecture": description.architecture,
        "parameters": description.parameters,
        "dtype": description.dtype.name(),
        "weight_bytes": description.weight_bytes,
        "vocabulary": geometry.vocab,
        "context": geometry.context,
        "layers": geometry.layers,
        "width": structure.width,
        "heads": structure.heads,
        "kv_heads": geometry.kv_heads,
        "head_width": geometry.head,
        "special_tokens": special,
        "generation_defaults": defaults,
    });
    if args.json {
        let tensor = |t: &beamline::TensorInfo| json!({"name": t.name, "shape": t.shape, "dtype": t.dtype});
        facts["tensors"] = structure.tensors.iter().map(tensor).collect();
        return json(&facts);
    }
    facts["special_tokens"] =
        special.iter().map(|token| format!("{} {}", token["id"], token["text"])).collect::<Vec<_>>().join(", ").into();
    let mut table = Table::new(vec![Column::words(""), Column::sentences("")]);
    for (name, value) in facts.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        table.push(vec![name.replace('_', " ").into(), value.into()]);
    }
    paint(&format!("{}modules\n{}", table.fit(width()), tree::tree(&structure.tensors)))
}

fn pull(args: &ModelPull) -> Result<(), Failure> {
    let reference: hub::Reference = args.name.parse().map_err(Error::Hub)?;
    let path =
        hub::Hub::from_env().and_then(|hub| hub.resolve(&reference, &mut Bars::new(note))).map_err(Error::Hub)?;
    print(&format!("{}\n", path.display()))
}

fn list(args: &ModelList) -> Result<(), Failure> {
    let models = hub::Hub::from_env().map_err(Error::Hub)?.cached();
    if args.json {
        let entry = |model: &hub::CachedModel| json!({"name": model.repo, "path": model.path.display().to_string(), "bytes": model.bytes});
        return json(&json!({"models": models.iter().map(entry).collect::<Vec<_>>()}));
    }
    if models.is_empty() {
        note(
            "no model of the hub is in the cache; beamline models pull org/name fetches one, and builtin is always there",
        );
    }
    let row = |model: &hub::CachedModel| {
        vec![model.repo.clone(), format!("{:.1} MB", model.bytes as f64 / 1e6), model.path.display().to_string()]
    };
    print(&lay_out(&models.iter().map(row).collect::<Vec<_>>(), &[Side::Left, Side::Right, Side::Left]))
}
