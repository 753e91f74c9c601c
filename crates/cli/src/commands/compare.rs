//! `beamline compare`: ways to choose, side by side.

use crate::args::Compare;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, HEADING, styled, width};
use crate::progress::Count;
use crate::table::{Cell, Column, Table};
use crate::wrap::{wrap, wrap_styled};
use crate::{model, prompts};
use beamline::{Engine, Options, Prompt};
use beamline_draw::{COMPARISON_NOTE, Canvas, WORD_COLUMNS, comparison_page, comparison_rows};
use beamline_plot::{variants, with_defaults};
use beamline_study::{ComparedText, Comparison, Variant};
use serde_json::json as value;

pub(crate) fn run(args: &Compare, given: &Options) -> Result<(), Failure> {
    let page = args.output.as_deref().map(|path| Destination::check(path, &args.model.model)).transpose()?;
    if let Some(page) = page.as_ref().filter(|page| page.ending() != "html") {
        return Err(Failure::usage(format!("{}: a report ends in .html", page.name())));
    }
    let prompt = prompts::single(&args.prompts)?;
    let variants = variants(&args.run, &Variant::USUAL)?;
    let shared = with_defaults(given, &value!({}), 40)?;
    let engine = model::open(&args.model, given)?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(std::slice::from_ref(&prompt)));
    let mut bar = Count::new("texts");
    let seeds = usize::from(args.seeds);
    let comparison =
        beamline_study::compare(&engine, &prompt, &variants, &shared, seeds, &mut |done, of| bar.set(done, of))?;
    drop(bar);
    if let Some(page) = page {
        page.write(comparison_page(&comparison, &Canvas::default())?)?;
    }
    if args.json { json(&comparison) } else { paint(&shown(&comparison, width())) }
}

/// Texts, then numbers.
pub(super) fn shown(comparison: &Comparison, width: Option<usize>) -> String {
    let mut out = String::new();
    for run in &comparison.runs {
        out += &styled(&run.name, HEADING);
        out.push('\n');
        out.extend(run.texts.iter().map(|text| paragraph(text, comparison.common, width)));
    }
    let mark = "common to all: dimmed; [in brackets]: the first token that differs from the first way's text\n";
    let mark = styled(&wrap(mark, width.unwrap_or(usize::MAX), ""), FAINT);
    out + &mark + "\n" + &numbers(comparison, width)
}

/// A text: what all begin with dimmed, the first difference from the first way marked.
fn paragraph(text: &ComparedText, common: usize, width: Option<usize>) -> String {
    let parts = text.parts(common);
    let [common, alike, different, rest] =
        [parts.common, parts.alike, parts.different, parts.rest].map(|part| part.replace('\n', "↵"));
    let seed = text.seed.map_or(String::new(), |seed| format!("  (seed {seed})"));
    let mark = if different.is_empty() { different } else { format!("[{different}]") };
    let parts =
        [(common.as_str(), Some(FAINT)), (&alike, None), (&mark, Some(CHOSEN)), (&rest, None), (&seed, Some(FAINT))];
    wrap_styled(&parts, width.unwrap_or(usize::MAX), "  ")
}

/// A row of numbers for each way.
pub(crate) fn numbers(comparison: &Comparison, width: Option<usize>) -> String {
    let mut rows = comparison_rows(comparison).into_iter();
    let heading = |(i, heading): (usize, String)| {
        if WORD_COLUMNS.contains(&i) { Column::words(heading) } else { Column::numbers(heading) }
    };
    let mut table = Table::new(rows.next().into_iter().flatten().enumerate().map(heading).collect());
    for row in rows {
        table.push(row.into_iter().map(Cell::from).collect());
    }
    let note = wrap(COMPARISON_NOTE, width.unwrap_or(100), "");
    format!("{}{}", table.fit(width), styled(&note, FAINT))
}

/// The comparison that pages about choosing are grounded in.
pub(crate) fn usual(engine: &Engine, prompt: &str) -> Result<Comparison, Failure> {
    let variants = variants(&[], &Variant::USUAL)?;
    let shared = with_defaults(&Options::default(), &value!({"seed": 0}), 60)?;
    let mut bar = Count::new("texts");
    let prompt = Prompt::Text(prompt.to_owned());
    Ok(beamline_study::compare(engine, &prompt, &variants, &shared, 4, &mut |done, of| bar.set(done, of))?)
}
