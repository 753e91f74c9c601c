//! `beamline report`: a generation as one page; `beamline replay`: the proof of it.

use crate::args::{ModelArgs, Replay, ReportArgs};
use crate::commands::plot::beam_view;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::{json, print};
use crate::{model, prompts};
use beamline::{Engine, Options, Plan, Prompt, TokenId};
use beamline_draw::{Figure, Report, Unit, bundle_json, kinds, report_page};
use beamline_study::{Bundle, Depth, bundle, inspect, score, search_tree, verify};

pub(crate) fn run(args: &ReportArgs, given: &Options) -> Result<(), Failure> {
    let page = Destination::check(&args.output, &args.model.model)?;
    if page.ending() != "html" {
        return Err(Failure::usage(format!("{}: a report ends in .html", page.name())));
    }
    if given.get("max_time").is_some() {
        return Err(Failure::usage("max_time cannot be replayed: no two runs take the same time; give max_new_tokens"));
    }
    let prompts = prompts::gather(&args.prompts)?;
    let engine = model::open(&args.model, given)?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(&prompts));
    let plan = engine.plan(given)?;
    let completion = engine.generate(&prompts, &plan)?;
    let mut bundle = bundle(&engine, &completion, &plan);
    bundle.model.clone_from(&args.model.model);
    bundle.converted = args.model.dtype.map(|dtype| dtype.to_string());
    if let Some(activations) = args.model.activations {
        activations.name().clone_into(&mut bundle.activations);
    }
    let figures = figures(&engine, &prompts, &plan, &completion)?;
    page.write(report_page(
        &Report { completion: &completion, bundle: &bundle, figures: &figures },
        &args.canvas.canvas(),
    )?)
}

/// Steps of the first prompt's search that a report draws: of more, nothing could be read.
const STEPS: usize = 8;

/// What the search considered, the surprise of the first text, and its first step.
fn figures(
    engine: &Engine,
    prompts: &[Prompt],
    plan: &Plan,
    completion: &beamline::Completion,
) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let tree = search_tree(engine, &prompts[0], plan.options())?;
    if !tree.candidates.is_empty() {
        figures.push(kinds::beams(&tree, &beam_view(plan, 3, Some(STEPS), Unit::Nats))?);
    }
    let ids = completion.prompts[0]
        .token_ids
        .iter()
        .chain(completion.sequences.first().map(|s| &s.token_ids).into_iter().flatten());
    let report = score(engine, None, &Prompt::Ids(ids.map(|&id| TokenId(id)).collect()))?;
    figures.extend(kinds::surprisal(&report, Some(completion.prompts[0].token_ids.len()), Unit::Nats).ok());
    let depth = Depth { steps: 1, top: usize::MAX, stages: false };
    figures.push(kinds::next(
        &[("first token".to_owned(), inspect(engine, &prompts[0], plan.options(), depth)?)],
        10,
        false,
    )?);
    Ok(figures)
}

/// The model of a bundle, loaded as it was, unless the arguments say otherwise.
fn model_of(args: &Replay, bundle: &Bundle) -> Result<ModelArgs, Failure> {
    let unknown = |what: &str| Failure::usage(format!("{}: it names an unknown format {what:?}", args.file.display()));
    let dtype = match (&args.dtype, &bundle.converted) {
        (None, Some(name)) => Some(name.parse().map_err(|_| unknown(name))?),
        (dtype, _) => *dtype,
    };
    let own = || bundle.activations.parse().map_err(|_| unknown(&bundle.activations));
    Ok(ModelArgs {
        pre: None, // a bundle has its prompt as tokens
        model: args.model.clone().unwrap_or_else(|| bundle.model.clone()),
        dtype,
        threads: args.threads,
        activations: Some(args.activations.map_or_else(own, Ok)?),
        no_map: false,
        max_memory: None,
    })
}

/// Runs a report's generation again, and compares.
pub(crate) fn replay(args: &Replay) -> Result<(), Failure> {
    let wrong =
        |reason: String| Failure::usage(format!("{}: {reason}; give a page that report wrote", args.file.display()));
    let text = crate::given_file::text(&args.file).map_err(|error| wrong(error.to_string()))?;
    let bundle = Bundle::read(bundle_json(&text)).map_err(|error| wrong(error.to_string()))?;
    let settings = bundle.options()?;
    let engine = model::open(&model_of(args, &bundle)?, &settings).map_err(|mut failure| {
        if args.model.is_none() {
            failure.message = failure.message.map(|text| {
                format!("{text}; the report was made with this model: if it lies elsewhere, give it with --model")
            });
        }
        failure
    })?;
    let verdict = verify(&engine, &bundle)?;
    if args.json {
        json(&verdict)?;
    } else if let Some(difference) = &verdict.difference {
        print(&format!("not the same: {difference}\n"))?;
    } else {
        print(&format!("the same: {} tokens and their log-probabilities, bit for bit\n", verdict.tokens))?;
    }
    if verdict.same { Ok(()) } else { Err(Failure { code: 1, message: None }) }
}
