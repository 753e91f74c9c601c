//! A comparison as a page.

use crate::figure::{Canvas, DrawError};
use crate::html::{document, escape};
use crate::kinds::{self, Quantity};
use beamline::{ComparedText, Comparison, Run, Summary};
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
    body += "<h2>Numbers</h2>\n<div class=\"scroll\"><table>\n<tr><th>way</th><th class=\"n\">sum log p</th><th class=\"n\">mean</th><th class=\"n\">perplexity</th><th class=\"n\">distinct-1</th><th class=\"n\">-2</th><th class=\"n\">-3</th><th class=\"n\">repeated-4</th><th class=\"n\">longest repeat</th><th class=\"n\">tokens</th><th class=\"n\">alike</th><th>ended by</th><th class=\"n\">s</th></tr>\n";
    body.extend(comparison.runs.iter().map(row));
    body += "</table></div>\n<p class=\"faint\">Log-probabilities are the raw model's, in nats. repeated-4: runs of four tokens that came before. alike: pairs of tokens that the seeds' texts share. Seconds are those of the whole batch until the way's last text had ended.</p>\n";
    for quantity in [Quantity::Surprisal, Quantity::Entropy] {
        let figure = kinds::compare(comparison, quantity)?;
        let _ = writeln!(body, "<figure>\n{}\n</figure>", figure.svg(canvas)?);
    }
    Ok(document("beamline: ways to continue a prompt", &body))
}

/// A text: what is common dimmed, the first difference marked.
fn paragraph(text: &ComparedText, common: usize) -> String {
    let mut out = String::from("<p class=\"text\">");
    let tokens = &text.sequence.tokens;
    let shown = |tokens: &[beamline::GeneratedToken]| {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
        escape(&String::from_utf8_lossy(&bytes))
    };
    let common = common.min(tokens.len());
    let _ = write!(out, "<span class=\"common\">{}</span>", shown(&tokens[..common]));
    match text.differs_at.filter(|&at| at < tokens.len()) {
        Some(at) => {
            let at = at.max(common);
            let end = (at + 1).min(tokens.len());
            let _ = write!(
                out,
                "{}<mark>{}</mark>{}",
                shown(&tokens[common..at]),
                shown(&tokens[at..end]),
                shown(&tokens[end..])
            );
        }
        None => out += &shown(&tokens[common..]),
    }
    if let Some(seed) = text.seed {
        let _ = write!(out, " <span class=\"faint\">(seed {seed})</span>");
    }
    out + "</p>\n"
}

fn row(run: &Run) -> String {
    let number = |of: fn(&Summary) -> Option<f64>, digits: usize| {
        let Some(mean) = of(&run.mean) else { return "<td class=\"n\">-</td>".to_owned() };
        let spread = run.spread.as_ref().and_then(of).map_or(String::new(), |s| format!(" ± {s:.digits$}"));
        format!("<td class=\"n\">{mean:.digits$}{spread}</td>")
    };
    let cells = [
        number(|s| s.sum_logprob, 2),
        number(|s| s.mean_logprob, 3),
        number(|s| s.perplexity, 2),
        number(|s| s.distinct_1, 2),
        number(|s| s.distinct_2, 2),
        number(|s| s.distinct_3, 2),
        number(|s| s.repeated_4, 2),
        number(|s| s.longest_repeat, 0),
        number(|s| s.length, 0),
    ];
    let alike = run.similarity.map_or("-".to_owned(), |s| format!("{s:.2}"));
    let ended = run.texts[0].sequence.finish_reason.unwrap_or("-");
    format!(
        "<tr><td>{}</td>{}<td class=\"n\">{alike}</td><td>{ended}</td><td class=\"n\">{:.2}</td></tr>\n",
        escape(&run.name),
        cells.concat(),
        run.seconds
    )
}
