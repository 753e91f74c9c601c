//! `beamline compare`: ways to choose, side by side.

use crate::args::Compare;
use crate::commands::plot::{ways, with_defaults};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, HEADING, styled};
use crate::progress::Count;
use crate::table::{Side, lay_out, visible};
use crate::{model, prompts};
use beamline::{ComparedText, Comparison, GeneratedToken, Run, Settings, Summary, Way};
use beamline_draw::{Canvas, comparison_page};
use serde_json::json as value;

pub(crate) fn run(args: &Compare, given: &Settings) -> Result<(), Failure> {
    let page = args.output.as_deref().map(Destination::check).transpose()?;
    if let Some(page) = page.as_ref().filter(|page| page.ending() != "html") {
        return Err(Failure::usage(format!("{}: a report ends in .html", page.name())));
    }
    let prompt = prompts::single(&args.prompts)?;
    let ways = ways(&args.run, &Way::NOTES)?;
    let shared = with_defaults(given, &value!({}), 40)?;
    let engine = model::open(&args.model, given)?;
    let mut bar = Count::new("texts");
    let seeds = usize::from(args.seeds);
    let comparison = engine.compare(&prompt, &ways, &shared, seeds, &mut |done, of| bar.set(done, of))?;
    drop(bar);
    if let Some(page) = page {
        page.write(comparison_page(&comparison, &Canvas::default())?)?;
    }
    if args.json { json(&comparison) } else { paint(&shown(&comparison)) }
}

/// Texts, then numbers.
fn shown(comparison: &Comparison) -> String {
    let mut out = String::new();
    for run in &comparison.runs {
        out += &styled(&run.name, HEADING);
        out.push('\n');
        out.extend(run.texts.iter().map(|text| paragraph(text, comparison.common)));
    }
    out + "\n" + &numbers(comparison)
}

/// A text: what all begin with dimmed, the first difference from the first way marked.
fn paragraph(text: &ComparedText, common: usize) -> String {
    let tokens = &text.sequence.tokens;
    let words = |tokens: &[GeneratedToken]| {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
        String::from_utf8_lossy(&bytes).replace('\n', "↵")
    };
    let common = common.min(tokens.len());
    let seed = text.seed.map_or(String::new(), |seed| styled(&format!("  (seed {seed})"), FAINT));
    let rest = match text.differs_at.filter(|&at| at < tokens.len()) {
        None => words(&tokens[common..]),
        Some(at) => {
            let at = at.max(common);
            let end = (at + 1).min(tokens.len());
            words(&tokens[common..at])
                + &styled(&format!("[{}]", words(&tokens[at..end])), CHOSEN)
                + &words(&tokens[end..])
        }
    };
    format!("  {}{rest}{seed}\n", styled(&words(&tokens[..common]), FAINT))
}

/// A row of numbers for each way.
pub(crate) fn numbers(comparison: &Comparison) -> String {
    let heading = [
        "way",
        "sum log p",
        "mean",
        "perplexity",
        "distinct-1",
        "-2",
        "-3",
        "repeated-4",
        "longest",
        "tokens",
        "alike",
        "ended by",
        "s",
    ];
    let rows: Vec<Vec<String>> =
        std::iter::once(heading.map(str::to_owned).to_vec()).chain(comparison.runs.iter().map(row)).collect();
    let mut sides = [Side::Right; 13];
    (sides[0], sides[11]) = (Side::Left, Side::Left);
    lay_out(&rows, &sides)
}

fn row(run: &Run) -> Vec<String> {
    let number = |of: fn(&Summary) -> Option<f64>, digits: usize| match of(&run.mean) {
        None => "-".to_owned(),
        Some(mean) => {
            let spread = run.spread.as_ref().and_then(of).map_or(String::new(), |s| format!("±{s:.digits$}"));
            format!("{mean:.digits$}{spread}")
        }
    };
    vec![
        visible(&run.name),
        number(|s| s.sum_logprob, 2),
        number(|s| s.mean_logprob, 3),
        number(|s| s.perplexity, 2),
        number(|s| s.distinct_1, 2),
        number(|s| s.distinct_2, 2),
        number(|s| s.distinct_3, 2),
        number(|s| s.repeated_4, 2),
        number(|s| s.longest_repeat, 0),
        number(|s| s.length, 0),
        run.similarity.map_or("-".to_owned(), |s| format!("{s:.2}")),
        run.texts[0].sequence.finish_reason.unwrap_or("-").to_owned(),
        format!("{:.2}", run.seconds),
    ]
}

/// The comparison that pages about choosing are grounded in.
pub(crate) fn usual(engine: &beamline::Engine, prompt: &str) -> Result<Comparison, Failure> {
    let ways = ways(&[], &Way::NOTES)?;
    let shared = with_defaults(&Settings::default(), &value!({"seed": 0}), 60)?;
    let mut bar = Count::new("texts");
    let prompt = beamline::Prompt::Text(prompt.to_owned());
    Ok(engine.compare(&prompt, &ways, &shared, 4, &mut |done, of| bar.set(done, of))?)
}
