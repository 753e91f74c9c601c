//! A comparison as a page.

use crate::error::DrawError;
use crate::figure::Canvas;
use crate::html::{document, escape};
use crate::kinds::{self, Quantity};
use beamline_study::{ComparedText, Comparison, Run, Summary};
use std::fmt::Write;

/// Strategies side by side: each one's text with what all begin with dimmed and the first difference marked, its numbers,
/// and a figure of surprisal over time.
///
/// # Errors
/// As for [`Figure::svg`](crate::Figure::svg).
pub fn comparison_page(comparison: &Comparison, canvas: &Canvas) -> Result<String, DrawError> {
    let mut body = format!(
        "<h1>Ways to continue a prompt</h1>\n<p class=\"faint\">{}, {} tokens of prompt</p>\n<p class=\"text\"><b>{}</b></p>\n",
        escape(&comparison.model),
        comparison.prompt_token_ids.len(),
        escape(&comparison.prompt)
    );
    for run in &comparison.runs {
        let _ = writeln!(body, "<h2>{}</h2>", escape(&run.name));
        for text in &run.texts {
            body += &paragraph(text, comparison.common);
        }
    }
    let _ = write!(body, "<h2>Numbers</h2>\n{}", table(comparison));
    for quantity in [Quantity::Surprisal, Quantity::Entropy] {
        let figure = kinds::compare(comparison, quantity)?;
        let _ = writeln!(body, "<figure>\n{}\n</figure>", figure.svg(canvas)?);
    }
    Ok(document("beamline: ways to continue a prompt", &body))
}

/// A text: what is common dimmed, the first difference marked.
fn paragraph(text: &ComparedText, common: usize) -> String {
    let parts = text.parts(common);
    let [common, alike, different, rest] =
        [parts.common, parts.alike, parts.different, parts.rest].map(|part| escape(&part));
    let seed = text.seed.map_or(String::new(), |seed| format!(" <span class=\"faint\">(seed {seed})</span>"));
    let mark = if different.is_empty() { String::new() } else { format!("<mark>{different}</mark>") };
    format!("<p class=\"text\"><span class=\"common\">{common}</span>{alike}{mark}{rest}{seed}</p>\n")
}

/// Columns of [`comparison_rows`] that hold words; the others hold numbers.
pub const WORD_COLUMNS: [usize; 2] = [0, 11];

/// What a comparison has in numbers, as a table: a heading, then a row for each way. Log-probabilities are the raw
/// model's, in nats; `repeated-4` is the share of runs of four tokens that came before; `alike`, the pairs of tokens
/// that the seeds' texts share; `done at s`, the seconds from the start of the batch until the way's last text had ended.
pub fn comparison_rows(comparison: &Comparison) -> Vec<Vec<String>> {
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
        "done at s",
    ];
    let heading = heading.map(str::to_owned).to_vec();
    std::iter::once(heading).chain(comparison.runs.iter().map(row)).collect()
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
        run.name.clone(),
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

fn table(comparison: &Comparison) -> String {
    const NOTE: &str = "Log-probabilities are the raw model's, in nats. repeated-4: runs of four tokens that came before. \
                        longest: the longest run that comes twice. alike: pairs of tokens that the seeds' texts share. \
                        Seconds are those of the whole batch until the way's last text had ended.";
    let mut out = String::from("<div class=\"scroll\"><table>\n");
    for (r, row) in comparison_rows(comparison).iter().enumerate() {
        let tag = if r == 0 { "th" } else { "td" };
        out += "<tr>";
        for (c, cell) in row.iter().enumerate() {
            let class = if WORD_COLUMNS.contains(&c) { "" } else { " class=\"n\"" };
            let _ = write!(out, "<{tag}{class}>{}</{tag}>", escape(cell));
        }
        out += "</tr>\n";
    }
    let _ = writeln!(out, "</table></div>\n<p class=\"faint\">{NOTE}</p>");
    out
}
