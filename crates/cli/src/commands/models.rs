//! `beamline models`: what a model is, where it lies, which there are.

use crate::args::{ModelArgs, ModelInfo, ModelList, ModelPull, Models};
use crate::failure::Failure;
use crate::model;
use crate::output::{json, note, print};
use crate::progress::Bars;
use crate::table::{Side, lay_out};
use beamline::{Error, Options, hub};
use serde_json::{Value, json};

pub(crate) fn run(args: &Models) -> Result<(), Failure> {
    match args {
        Models::Info(args) => info(args),
        Models::Pull(args) => pull(args),
        Models::List(args) => list(args),
    }
}

fn info(args: &ModelInfo) -> Result<(), Failure> {
    let named = args.name.as_ref().map(|name| ModelArgs { model: name.clone(), ..args.model });
    let engine = model::open(named.as_ref().unwrap_or(&args.model), &Options::default())?;
    let (description, geometry) = (engine.description(), engine.model().geometry());
    let defaults: serde_json::Map<String, Value> =
        engine.defaults().iter().map(|(name, setting)| (name.to_owned(), setting.value.json())).collect();
    let facts = json!({
        "name": engine.name(),
        "architecture": description.architecture,
        "parameters": description.parameters,
        "dtype": description.dtype.name(),
        "weight_bytes": description.weight_bytes,
        "vocabulary": geometry.vocab,
        "context": geometry.context,
        "layers": geometry.layers,
        "kv_heads": geometry.kv_heads,
        "head_width": geometry.head,
        "generation_defaults": defaults,
    });
    if args.json {
        return json(&facts);
    }
    let row = |(name, value): (&String, &Value)| {
        vec![name.replace('_', " "), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]
    };
    let rows: Vec<Vec<String>> = facts.as_object().into_iter().flatten().map(row).collect();
    print(&lay_out(&rows, &[Side::Left, Side::Left]))
}

fn pull(args: &ModelPull) -> Result<(), Failure> {
    let reference: hub::Reference = args.name.parse().map_err(Error::Hub)?;
    let path =
        hub::Hub::from_env().and_then(|hub| hub.resolve(&reference, &mut Bars::default())).map_err(Error::Hub)?;
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
