//! `beamline report`: a generation as one page; `beamline replay`: the proof of it.

use crate::args::{ModelArgs, Replay, ReportArgs};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::{json, print};
use crate::{model, prompts};
use beamline::Options;
use beamline_draw::{Report, bundle_json, report_page};
use beamline_plot::report_figures;
use beamline_study::{Bundle, bundle, verify};

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
    let figures = report_figures(&engine, &prompts, &plan, &completion)?;
    page.write(report_page(
        &Report { completion: &completion, bundle: &bundle, figures: &figures },
        &args.canvas.canvas(),
    )?)
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
