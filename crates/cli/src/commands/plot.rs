//! `beamline plot`: pictures of what happened, from the real model.

use crate::args::{Plot, PlotKind};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::note;
use crate::progress::Count;
use crate::{fonts, model, prompts};
use beamline::{Engine, Options, Plan, Prompt};
use beamline_draw::kinds::BeamView;
use beamline_draw::{Canvas, Figure, Unit, kinds, png};
use beamline_study::{
    Depth, Inspection, StudyError, Variant, attention, compare, embeddings, inspect, score, search_tree, sweep,
};
use serde_json::json;

/// The four ways that `next` shows where none is asked for.
const NEXT: [&str; 4] = [
    "greedy: do_sample=false,num_beams=1",
    "do_sample=true,temperature=0.7,top_k=0,top_p=1.0",
    "do_sample=true,temperature=1.0,top_k=5,top_p=1.0",
    "do_sample=true,temperature=1.0,top_k=0,top_p=0.5",
];

pub(crate) fn run(args: &Plot, given: &Options) -> Result<(), Failure> {
    args.check(given)?;
    let picture = Destination::check(&args.output, &args.model.model)?;
    if !["svg", "png", "html"].contains(&picture.ending().as_str()) {
        return Err(Failure::usage(format!("{}: a picture ends in .svg, .png or .html", picture.name())));
    }
    let check = |path: &std::path::Path| Destination::check(path, &args.model.model);
    let data = args.data.as_deref().map(check).transpose()?;
    if let Some(data) = data.as_ref().filter(|data| !["csv", "json"].contains(&data.ending().as_str())) {
        return Err(Failure::usage(format!("{}: data end in .csv or .json", data.name())));
    }
    let prompt = prompts::single(&args.prompts)?;
    // There top_k and top_p say where to cut, not how to choose.
    let none = Options::default();
    let engine = model::open(&args.model, if args.kind == PlotKind::Cumulative { &none } else { given })?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(std::slice::from_ref(&prompt)));
    let figure = figure(args, given, &engine, &prompt)?;
    write(&figure, &args.canvas.canvas(), &picture)?;
    if let Some(data) = data {
        data.write(if data.ending() == "csv" { figure.data.csv() } else { format!("{}\n", figure.data.json) })?;
    }
    Ok(())
}

/// Writes a figure in the form that the file's ending asks for.
pub(crate) fn write(figure: &Figure, canvas: &Canvas, to: &Destination) -> Result<(), Failure> {
    match to.ending().as_str() {
        "svg" => to.write(figure.svg(canvas)),
        "html" => to.write(figure.html(canvas)),
        _ => {
            let picture = png::render(&figure.svg(canvas))?;
            if !picture.missing.is_empty() {
                note(&fonts::warning(&picture.missing));
            }
            to.write(picture.bytes)
        }
    }
}

fn figure(args: &Plot, given: &Options, engine: &Engine, prompt: &Prompt) -> Result<Figure, Failure> {
    let whole = || {
        let depth = Depth { steps: 1, top: usize::MAX, stages: false };
        inspect(engine, prompt, &Options::default(), depth)
    };
    let mut bar = Count::new("texts");
    let mut progress = |done: usize, of: usize| bar.set(done, of);
    Ok(match args.kind {
        PlotKind::Next => {
            kinds::next(&ways(args, given, engine, prompt)?, args.top.unwrap_or(10), args.scales.free_scales)?
        }
        PlotKind::Heat => kinds::heat(&ways(args, given, engine, prompt)?, args.top.unwrap_or(10))?,
        PlotKind::Temperature => {
            let usual = if args.temperatures.is_empty() { &[0.5, 1.0, 2.0][..] } else { &args.temperatures };
            kinds::temperature(&whole()?, usual, args.scales.linear.then(|| args.top.unwrap_or(50)))?
        }
        PlotKind::Histogram => kinds::histogram(&whole()?)?,
        PlotKind::Cumulative => {
            let number = |name| given.get(name).and_then(|setting| setting.value.json().as_f64());
            let k = number("top_k").unwrap_or(50.0) as usize;
            let linear = args.scales.linear.then(|| args.top.unwrap_or(10_000));
            kinds::cumulative(&whole()?, &[k], &[number("top_p").unwrap_or(0.9)], linear)?
        }
        PlotKind::Beams => {
            let settings = with_defaults(given, &json!({"num_beams": 3, "do_sample": false}), 6)?;
            let view = beam_view(&engine.plan(&settings)?, args.top.unwrap_or(3), None, args.unit());
            kinds::beams(&search_tree(engine, prompt, &settings)?, &view)?
        }
        PlotKind::Surprisal => {
            let settings = with_defaults(given, &json!({"do_sample": false}), 20)?;
            let completion = engine.complete(prompt, &engine.plan(&settings)?)?;
            let read = completion.prompts[0].token_ids.clone();
            let said = completion.sequences.first().map(|s| s.token_ids.clone()).unwrap_or_default();
            let continues_at = read.len();
            let ids = read.into_iter().chain(said).map(beamline::TokenId).collect();
            kinds::surprisal(&score(engine, None, &Prompt::Ids(ids))?, Some(continues_at), args.unit())?
        }
        PlotKind::Embeddings => kinds::embeddings(&embeddings(engine, prompt)?, args.scales.side_by_side)?,
        PlotKind::Attention => kinds::attention(&attention(engine, prompt, args.layer.unwrap_or(0), args.head)?)?,
        PlotKind::Compare => {
            let shared = with_defaults(given, &json!({}), 40)?;
            let variants = variants(&args.run, &Variant::USUAL)?;
            kinds::compare(
                &compare(engine, prompt, &variants, &shared, 1, &mut progress)?,
                args.by.unwrap_or_default().into(),
                args.unit(),
            )?
        }
        PlotKind::Sweep => {
            let shared = with_defaults(given, &json!({}), 40)?;
            let option = args.over.as_deref().unwrap_or("temperature");
            let values = args.values(option)?;
            let seeds = args.seeds.unwrap_or(8) as usize;
            kinds::sweep(&sweep(engine, prompt, option, &values, &shared, seeds, &mut progress)?, args.unit())?
        }
    })
}

/// The first step of each way that `next` and `heat` show, with its name.
fn ways(args: &Plot, given: &Options, engine: &Engine, prompt: &Prompt) -> Result<Vec<(String, Inspection)>, Failure> {
    let depth = Depth { steps: 1, top: usize::MAX, stages: false };
    // Options given make one way of their own; with none, and no --run, there are the usual four.
    let only = args.run.is_empty() && given.iter().any(|(name, _)| !["seed", "eos_token_id"].contains(&name));
    let mut inspections = Vec::new();
    if only {
        inspections.push(("as asked for".to_owned(), inspect(engine, prompt, given, depth)?));
    } else {
        for mut variant in variants(&args.run, &NEXT)? {
            variant.settings = variant.settings.beside(given);
            if variant.settings.get("seed").is_none() {
                variant.settings.config(&json!({"seed": 0}))?;
            }
            if variant.settings.get("num_beams").is_some_and(|setting| setting.value.json() != json!(1)) {
                return Err(Failure::usage(format!(
                    "{}: plot next and heat show one step, after which beams have not chosen yet; see plot beams",
                    variant.name
                )));
            }
            inspections.push((variant.name, inspect(engine, prompt, &variant.settings, depth)?));
        }
    }
    Ok(inspections)
}

/// How a search's tree is drawn, with what the plan says of the search.
pub(crate) fn beam_view(plan: &Plan, pruned: usize, steps: Option<usize>, unit: Unit) -> BeamView {
    let json = |name: &str| plan.options().get(name).map(|setting| setting.value.json());
    let number = |name: &str| json(name).and_then(|value| value.as_f64());
    let flag = |name: &str| json(name).is_some_and(|value| value == json!(true));
    let beams = number("num_beams").unwrap_or(1.0);
    let is_sampled = flag("do_sample");
    let search = match (flag("exact_search"), beams > 1.0) {
        (true, _) => "exact search: the best of all texts".to_owned(),
        (_, true) if is_sampled => format!("beam search with {beams} beams that draws its tokens"),
        (_, true) => format!("beam search with {beams} beams"),
        _ if is_sampled => "tokens drawn one by one".to_owned(),
        _ => "greedy search".to_owned(),
    };
    // The exact search ranks by the sum itself.
    let length_penalty = (beams > 1.0 && !flag("exact_search")).then(|| number("length_penalty").unwrap_or(1.0));
    BeamView { pruned, steps, unit, search, length_penalty }
}

/// The ways that `--run` names, or the usual ones.
pub(crate) fn variants(run: &[String], usual: &[&str]) -> Result<Vec<Variant>, Failure> {
    let given = || run.iter().map(String::as_str);
    let all: Vec<&str> = if run.is_empty() { usual.to_vec() } else { given().collect() };
    let variant =
        |text: &str| text.parse().map_err(|error: StudyError| Failure::usage(format!("--run {text:?}: {error}")));
    all.into_iter().map(variant).collect()
}

/// Options with what a command takes where nothing is given: options, and a length.
pub(crate) fn with_defaults(given: &Options, defaults: &serde_json::Value, length: usize) -> Result<Options, Failure> {
    let mut settings = given.clone();
    let free = |settings: &Options, name: &str| settings.get(name).is_none();
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if free(&settings, name) {
            settings.config(&json!({name: value}))?;
        }
    }
    if free(&settings, "max_new_tokens") && free(&settings, "max_length") {
        settings.config(&json!({"max_new_tokens": length}))?;
    }
    Ok(settings)
}

impl From<beamline_draw::DrawError> for Failure {
    fn from(error: beamline_draw::DrawError) -> Self {
        let code = if matches!(error, beamline_draw::DrawError::Nothing(_)) { 2 } else { 1 };
        Self { code, message: Some(error.to_string()) }
    }
}
