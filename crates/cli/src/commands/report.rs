//! `beamline report`: a generation as one page; `beamline replay`: the proof of it.

use crate::args::{Replay, ReportArgs};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::{json, print};
use crate::{model, prompts};
use beamline::{Bundle, Depth, Engine, Prompt, Settings, TokenId};
use beamline_draw::{Figure, Report, kinds, report_page};

pub(crate) fn run(args: &ReportArgs, given: &Settings) -> Result<(), Failure> {
    let page = Destination::check(&args.output)?;
    if page.ending() != "html" {
        return Err(Failure::usage(format!("{}: a report ends in .html", page.name())));
    }
    let prompts = prompts::gather(&args.prompts)?;
    let engine = model::open(&args.model, given)?;
    let settings = engine.settings(given)?;
    let completion = engine.generate(&prompts, &settings)?;
    let mut bundle = engine.bundle(&completion, &settings);
    bundle.model.clone_from(&args.model.model);
    let figures = figures(&engine, &prompts, &settings, &completion)?;
    page.write(report_page(
        &Report { completion: &completion, bundle: &bundle, figures: &figures },
        &args.look.canvas(),
    )?)
}

/// Steps of the tree in a report: of more, nothing could be read.
const STEPS: usize = 8;

/// What the search considered, the surprise of the first text, and its first step.
fn figures(
    engine: &Engine,
    prompts: &[Prompt],
    settings: &Settings,
    completion: &beamline::Completion,
) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let mut short = settings.clone();
    short.remove("max_length");
    short.set("max_new_tokens", &STEPS.min(completion.usage.new_tokens.max(1)).to_string())?;
    if let Ok(tree) = kinds::beams(&engine.history(&prompts[0], &short)?, 3) {
        figures.push(tree);
    }
    let ids = completion.prompts[0]
        .token_ids
        .iter()
        .chain(completion.sequences.first().map(|s| &s.token_ids).into_iter().flatten());
    let report = engine.score(None, &Prompt::Ids(ids.map(|&id| TokenId(id)).collect()))?;
    figures.extend(kinds::surprisal(&report, Some(completion.prompts[0].token_ids.len())).ok());
    let depth = Depth { steps: 1, top: usize::MAX, stages: false };
    figures.push(kinds::next(&[("first token".to_owned(), engine.inspect(&prompts[0], settings, depth)?)], 10)?);
    Ok(figures)
}

/// Runs a report's generation again, and compares.
pub(crate) fn replay(args: &Replay) -> Result<(), Failure> {
    let wrong = |reason: String| Failure::usage(format!("{}: {reason}", args.file.display()));
    let text = std::fs::read_to_string(&args.file).map_err(|error| wrong(error.to_string()))?;
    let bundle = Bundle::read(&text).map_err(|error| wrong(error.to_string()))?;
    let mut at = args.model.clone();
    if at.model == "builtin" {
        at.model.clone_from(&bundle.model);
    }
    let settings = bundle.settings()?;
    let engine = model::open(&at, &settings)?;
    let verdict = engine.verify(&bundle)?;
    if args.json {
        json(&verdict)?;
    } else if let Some(difference) = &verdict.difference {
        print(&format!("not the same: {difference}\n"))?;
    } else {
        print(&format!("the same: {} tokens and their log-probabilities, bit for bit\n", verdict.tokens))?;
    }
    if verdict.same { Ok(()) } else { Err(Failure { code: 1, message: None }) }
}
