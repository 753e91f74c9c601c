//! Studies of a model and of its searches, as JSON.

use crate::engine::{Engine, options};
use crate::failure::{study, usage};
use crate::json::text;
use crate::prompts::GivenPrompt;
use beamline::{Budget, ModelError, OptionSpec, Prompt};
use beamline_study::{Bundle, Depth, Inspecting, PartedText, StudyError, Variant};
use pyo3::prelude::*;
use serde_json::json;

/// How probable texts are, after a prefix where there is one; a report for each.
#[pyfunction]
#[pyo3(signature = (engine, texts, prefix = None))]
pub(crate) fn score(
    py: Python<'_>,
    engine: &Engine,
    texts: Vec<GivenPrompt>,
    prefix: Option<GivenPrompt>,
) -> PyResult<Vec<String>> {
    let (held, prefix) = (engine.engine()?, prefix.map(Prompt::from));
    let texts: Vec<Prompt> = texts.into_iter().map(Prompt::from).collect();
    let work = || {
        let parted = texts.iter().map(|text| PartedText::new(&held, prefix.as_ref(), text));
        let parted = parted.collect::<Result<Vec<_>, StudyError>>()?;
        let begin = |text: &PartedText| held.scoring(text.token_ids.clone(), 1, None);
        let mut scored = parted.iter().map(begin).collect::<Result<Vec<_>, _>>()?;
        while held.score_step(&mut scored, Budget::ALL, &mut |_| {})? > 0 {}
        let report = |(parted, scoring): (&PartedText, &beamline::Scoring)| match scoring.error() {
            Some(_) => Err(StudyError::from(ModelError::NotFinite)),
            None => Ok(text(&parted.report(&held, scoring.stats()))),
        };
        parted.iter().zip(&scored).map(report).collect()
    };
    engine.compute(py, work, study)
}

/// What makes one text more probable than another after the same prefix.
#[pyfunction]
#[pyo3(signature = (engine, a, b, prefix = None))]
pub(crate) fn contrast(
    py: Python<'_>,
    engine: &Engine,
    a: GivenPrompt,
    b: GivenPrompt,
    prefix: Option<&str>,
) -> PyResult<String> {
    let (held, a, b) = (engine.engine()?, Prompt::from(a), Prompt::from(b));
    engine.compute(py, || beamline_study::contrast(&held, prefix, &a, &b).map(|found| text(&found)), study)
}

/// The best candidates of each step, as the command `inspect` has them.
#[pyfunction]
#[pyo3(signature = (engine, prompt, options_json, steps, top, stages))]
pub(crate) fn inspect(
    py: Python<'_>,
    engine: &Engine,
    prompt: GivenPrompt,
    options_json: &str,
    steps: usize,
    top: usize,
    stages: bool,
) -> PyResult<String> {
    let (held, options) = (engine.engine()?, options(options_json)?);
    let prompt = Prompt::from(prompt);
    let depth = Depth { steps, top, stages };
    let work = || {
        let plan = Inspecting::plan(&held, &options, depth)?;
        let mut sessions = [held.session(prompt, &plan)?];
        let mut rows = Inspecting::new(&held, depth);
        held.run(&mut sessions, &mut rows)?;
        Ok(text(&rows.inspection(&sessions[0])))
    };
    engine.compute(py, work, study)
}

/// Several strategies side by side, as the command `compare` has them.
#[pyfunction]
#[pyo3(signature = (engine, prompt, variants, options_json, seeds))]
pub(crate) fn compare(
    py: Python<'_>,
    engine: &Engine,
    prompt: GivenPrompt,
    variants: Vec<String>,
    options_json: &str,
    seeds: usize,
) -> PyResult<String> {
    let (held, options) = (engine.engine()?, options(options_json)?);
    let prompt = Prompt::from(prompt);
    let usual = Variant::USUAL.map(str::to_owned).to_vec();
    let variants = if variants.is_empty() { usual } else { variants };
    let parsed = variants.iter().map(|text| text.parse::<Variant>()).collect::<Result<Vec<_>, _>>();
    let parsed = parsed.map_err(|error| study(&error))?;
    let work = || beamline_study::compare(&held, &prompt, &parsed, &options, seeds, &mut |_, _| {}).map(|c| text(&c));
    engine.compute(py, work, study)
}

/// Every candidate that a search considered, and its fate.
#[pyfunction]
pub(crate) fn search_tree(
    py: Python<'_>,
    engine: &Engine,
    prompt: GivenPrompt,
    options_json: &str,
) -> PyResult<String> {
    let (held, options) = (engine.engine()?, options(options_json)?);
    let prompt = Prompt::from(prompt);
    engine.compute(py, || beamline_study::search_tree(&held, &prompt, &options).map(|tree| text(&tree)), study)
}

/// How much each token of a prompt looks at each before it.
#[pyfunction]
#[pyo3(signature = (engine, prompt, layer, head = None))]
pub(crate) fn attention(
    py: Python<'_>,
    engine: &Engine,
    prompt: GivenPrompt,
    layer: usize,
    head: Option<usize>,
) -> PyResult<String> {
    let (held, prompt) = (engine.engine()?, Prompt::from(prompt));
    engine.compute(py, || beamline_study::attention(&held, &prompt, layer, head).map(|map| text(&map)), study)
}

/// A prompt's token embeddings, positions, and their sum.
#[pyfunction]
pub(crate) fn embeddings(py: Python<'_>, engine: &Engine, prompt: GivenPrompt) -> PyResult<String> {
    let (held, prompt) = (engine.engine()?, Prompt::from(prompt));
    engine.compute(py, || beamline_study::embeddings(&held, &prompt).map(|seen| text(&seen)), study)
}

/// Runs a bundle's generation again, and compares it bit for bit.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, engine: &Engine, bundle_json: &str) -> PyResult<String> {
    let held = engine.engine()?;
    let bundle = Bundle::read(bundle_json).map_err(|error| study(&error))?;
    if (&bundle.converted, &bundle.activations) != (&engine.opened_as().0, &engine.opened_as().1) {
        let made = bundle.converted.as_deref().map_or(String::new(), |dtype| format!("dtype={dtype:?}, "));
        return Err(usage(format!(
            "the bundle was made with an engine opened with {made}activations={:?}; open one in the same way",
            bundle.activations
        )));
    }
    engine.compute(py, || beamline_study::verify(&held, &bundle).map(|verdict| text(&verdict)), study)
}

/// A page on a processor or a strategy: its headings and their texts.
#[pyfunction]
pub(crate) fn explain(topic: &str) -> PyResult<(String, Vec<(String, String)>)> {
    let found = beamline_study::topic(topic).ok_or_else(|| {
        let near = beamline::nearest(topic, beamline_study::topics().map(|topic| topic.name()));
        let near = near.map_or(String::new(), |near| format!("; did you mean {near:?}?"));
        usage(format!("there is no page on {topic:?}{near} beamline.topics() lists all"))
    })?;
    Ok((found.name().to_owned(), found.parts()))
}

/// The names of all pages.
#[pyfunction]
pub(crate) fn topic_names() -> Vec<String> {
    beamline_study::topics().map(|topic| topic.name().to_owned()).collect()
}

/// Every decoding option, as JSON: its name, its range and default in words, and what it does.
#[pyfunction]
pub(crate) fn option_specs() -> String {
    let one = |option: &OptionSpec| {
        json!({
            "name": option.name,
            "range": option.range,
            "default": option.default,
            "short": option.short,
            "aliases": option.aliases,
        })
    };
    text(&beamline::options().map(one).collect::<Vec<_>>())
}
