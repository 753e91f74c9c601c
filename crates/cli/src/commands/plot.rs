//! `beamline plot`: pictures of what happened, from the real model.

use crate::args::Plot;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::note;
use crate::progress::Count;
use crate::{fonts, model, prompts};
use beamline::Options;
use beamline_draw::{Canvas, Figure, png};

pub(crate) fn run(args: &Plot, given: &Options) -> Result<(), Failure> {
    let request = args.request();
    request.check(given)?;
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
    // Where the raw model is shown, options choose nothing: a cumulative plot's top_k and top_p say where to cut.
    let none = Options::default();
    let engine = model::open(&args.model, if request.kind.is_raw() { &none } else { given })?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(std::slice::from_ref(&prompt)));
    let mut bar = Count::new("texts");
    let figure = request.figure(&engine, &prompt, given, &mut |done, of| bar.set(done, of))?;
    drop(bar);
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
