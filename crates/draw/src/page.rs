//! A comparison as a page.

use crate::error::DrawError;
use crate::figure::Canvas;
use crate::html::{document, escape};
use crate::kinds::{self, Quantity};
use crate::unit::Unit;
use beamline_study::{ComparedText, Comparison, Run, Summary};
use std::fmt::Write;

/// Strategies side by side: each one's text with what all begin with dimmed and the first difference marked, its numbers,
/// and a figure of surprisal over time.
///
/// # Errors
/// When no run has a token.
pub fn comparison_page(comparison: &Comparison, canvas: &Canvas) -> Result<String, DrawError> {
    const MARKS: &str = "Grey: what all texts begin with. Orange and underlined: the first token at which a text leaves that of \
                         the first way. A way that draws tokens shows a text for each seed.";
    let mut body = format!(
        "<h1>Ways to continue a prompt</h1>\n<p class=\"faint\">{}, {} tokens of prompt</p>\n<p class=\"text\"><b>{}</b></p>\n<p class=\"faint\">{MARKS}</p>\n",
        escape(&comparison.model),
        comparison.prompt_token_ids.len(),
        escape(&comparison.prompt)
    );
    for run in &comparison.runs {
        let _ = writeln!(body, "<h2>{}</h2>\n{}", escape(&run.name), options(run));
        for text in &run.texts {
            body += &paragraph(text, comparison.common);
        }
    }
    let _ = write!(body, "<h2>Numbers</h2>\n{}", table(comparison));
    for quantity in [Quantity::Surprisal, Quantity::Entropy] {
        let figure = kinds::compare(comparison, quantity, Unit::Nats)?;
        let _ = writeln!(body, "<figure>\n{}\n</figure>", figure.svg(canvas));
    }
    Ok(document("beamline: ways to continue a prompt", &body, canvas.theme))
}

/// The options that make a way, as a line.
fn options(run: &Run) -> String {
    let option =
        |(name, value): (&String, &serde_json::Value)| format!("<code>{name}={}</code>", escape(&value.to_string()));
    let all: Vec<String> = run.options.as_object().into_iter().flatten().map(option).collect();
    if all.is_empty() { String::new() } else { format!("<p class=\"faint\">{}</p>\n", all.join(", ")) }
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

/// What the columns of [`comparison_rows`] mean, but for those that say it themselves.
pub const COMPARISON_NOTE: &str = "Log-probabilities are the raw model's; ± is the standard deviation over the seeds. Distinct: the share of \
    tokens, pairs and triples that are different. Repeated fours: the share of runs of four tokens that came before. Longest \
    repeat: the tokens of the longest run that comes twice. Alike: the pairs of tokens that the seeds' texts share.";

const HEADINGS: [&str; 12] = [
    "way",
    "sum of log p (nats)",
    "mean a token",
    "perplexity",
    "distinct tokens",
    "distinct pairs",
    "distinct triples",
    "repeated fours",
    "longest repeat",
    "tokens",
    "alike",
    "ended by",
];

/// What a comparison has in numbers, as a table: a heading, then a row for each way. [`COMPARISON_NOTE`] says what the columns
/// mean.
pub fn comparison_rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let heading = HEADINGS.map(str::to_owned).to_vec();
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
    ]
}

fn table(comparison: &Comparison) -> String {
    let mut out = String::from("<div class=\"scroll\"><table>\n<tr>");
    let class = |c: usize| match c {
        0 => " class=\"name\"",
        c if WORD_COLUMNS.contains(&c) => "",
        _ => " class=\"n\"",
    };
    for (c, heading) in HEADINGS.iter().enumerate() {
        // It is the one long word, which may break where the window is narrow.
        let _ = write!(out, "<th{}>{}</th>", class(c), heading.replace("perplexity", "per&shy;plexity"));
    }
    out += "</tr>\n";
    for row in comparison_rows(comparison).iter().skip(1) {
        out += "<tr>";
        for (c, cell) in row.iter().enumerate() {
            let cell = match cell.split_once('±').filter(|_| !WORD_COLUMNS.contains(&c)) {
                Some((mean, spread)) => format!("{mean}<small>±{spread}</small>"),
                None => escape(cell),
            };
            let _ = write!(out, "<td{}>{cell}</td>", class(c));
        }
        out += "</tr>\n";
    }
    let seconds = comparison.runs.iter().map(|run| run.seconds).fold(0.0, f64::max);
    let _ = writeln!(
        out,
        "</table></div>\n<p class=\"faint\">{COMPARISON_NOTE} All ways ran as one batch, in {seconds:.1} seconds.</p>"
    );
    out
}
