//! A generation as one page: the text, what the search saw, and the proof.

use crate::error::DrawError;
use crate::figure::{Canvas, Figure};
use crate::html::{document, escape, script};
use crate::label::{cut, token_label};
use beamline::{Completion, GeneratedToken, Sequence, characters};
use beamline_study::Bundle;
use std::fmt::Write;

/// What stands in a page before the JSON of its bundle, and what stands after it.
const BUNDLE: (&str, &str) = ("<script type=\"application/json\" id=\"bundle\">", "</script>");

/// The JSON of the [`Bundle`] in a page that [`report_page`] wrote, as it stands there; a text without one is given back
/// whole, since it may be the JSON itself. What it holds is not looked at: [`Bundle::read`] does that.
///
/// ```
/// use beamline_draw::bundle_json;
/// let page = "<h1>m</h1><script type=\"application/json\" id=\"bundle\">{\"schema\": 1}</script>";
/// assert_eq!(bundle_json(page), "{\"schema\": 1}");
/// assert_eq!(bundle_json("{}"), "{}");
/// ```
pub fn bundle_json(page: &str) -> &str {
    let (before, after) = BUNDLE;
    match page.split_once(before) {
        Some((_, rest)) => rest.split(after).next().unwrap_or_default(),
        None => page,
    }
}

/// What a report shows.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What came out.
    pub completion: &'a Completion,
    /// What is needed to have it again.
    pub bundle: &'a Bundle,
    /// Figures, in order.
    pub figures: &'a [Figure],
}

/// One page that needs no network and can be printed: each text with every token's numbers on hover, the figures, the
/// options that were set and by whom, and the bundle with which `replay` checks it token by token.
///
/// # Errors
/// When the bundle has no JSON form.
pub fn report_page(report: &Report<'_>, canvas: &Canvas) -> Result<String, DrawError> {
    let Report { completion, bundle, figures } = report;
    let model = &completion.model;
    let title = title(completion);
    let mut body = format!(
        "<h1>{}</h1>\n<p class=\"faint\">{}: {}, {} weights as {}; beamline {}</p>\n",
        escape(&title),
        escape(&model.name),
        escape(&model.architecture),
        model.parameters,
        model.dtype,
        escape(&bundle.beamline)
    );
    for sequence in &completion.sequences {
        let prompt = &completion.prompts[sequence.prompt].text;
        let _ = writeln!(body, "<h2>{}</h2>", name(sequence));
        let _ = write!(body, "<p class=\"text\"><b>{}</b>", escape(prompt));
        body.extend(coloured(&sequence.tokens));
        body += "</p>\n";
        body += &facts(sequence);
    }
    body +=
        "<p class=\"faint\">The deeper the colour, the more a token surprised the model; hover for its numbers.</p>\n";
    for figure in *figures {
        let _ = writeln!(body, "<figure>\n{}\n</figure>", figure.svg(canvas));
    }
    for sequence in &completion.sequences {
        body += &table(sequence);
    }
    body += &config(completion);
    let json = serde_json::to_string(bundle).map_err(|error| DrawError::Picture(error.to_string()))?;
    let _ = write!(
        body,
        "<h2>Have it again</h2>\n<p>Save this page and run <code>beamline replay page.html</code>: it runs the generation again and compares every token and every log-probability.</p>\n{}{}{}\n",
        BUNDLE.0,
        script(&json),
        BUNDLE.1
    );
    Ok(document(&format!("beamline: {title}"), &body, canvas.theme))
}

/// What a page is about: the prompt and the model.
fn title(completion: &Completion) -> String {
    const LONGEST: usize = 60;
    let what = match completion.prompts.as_slice() {
        [only] => format!("“{}”", cut(&only.text.replace('\n', "↵"), LONGEST)),
        all => format!("{} prompts", all.len()),
    };
    format!("{what}, continued by {}", completion.model.name)
}

/// Which text this is.
fn name(sequence: &Sequence) -> String {
    format!("Text {} of prompt {}", sequence.rank + 1, sequence.prompt + 1)
}

/// Tokens on a ground that tells their surprise, with their numbers as titles. Tokens that share a character stand
/// together.
fn coloured(tokens: &[GeneratedToken]) -> impl Iterator<Item = String> {
    characters(tokens.iter().map(|token| &token.bytes)).map(|group| span(&tokens[group.tokens], &group.text))
}

fn span(group: &[GeneratedToken], text: &str) -> String {
    let numbers = |token: &GeneratedToken| {
        format!(
            "{} (id {}): p {:.4}, log p {:.3}, rank {}, entropy {:.2} nats",
            token_label(token.id, &token.text, &token.bytes),
            token.id,
            token.logprob.exp(),
            token.logprob,
            token.rank,
            token.entropy
        )
    };
    let title = group.iter().map(numbers).collect::<Vec<_>>().join("\n");
    let surprise = -group.iter().map(|token| token.logprob).sum::<f64>();
    // Eight nats, one in three thousand, is as deep as it gets.
    let depth = (surprise / 8.0).clamp(0.0, 1.0) * 0.55;
    format!(
        "<span title=\"{}\" style=\"background: rgba(213, 94, 0, {depth:.2})\">{}</span>",
        escape(&title),
        escape(text)
    )
}

fn facts(sequence: &Sequence) -> String {
    let n = sequence.tokens.len().max(1) as f64;
    let score = sequence.score.map_or(String::new(), |score| format!(", score {score:.4}"));
    format!(
        "<p class=\"faint\">{} tokens, log-probability {:.3} nats, {:.3} a token, perplexity {:.2}{score}; ended by {}</p>\n",
        sequence.tokens.len(),
        sequence.sum_logprob,
        sequence.sum_logprob / n,
        (-sequence.sum_logprob / n).exp(),
        sequence.finish_reason.unwrap_or("an interruption")
    )
}

fn table(sequence: &Sequence) -> String {
    let row = |(i, token): (usize, &GeneratedToken)| {
        format!(
            "<tr><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{:.4}</td><td class=\"n\">{:.4}</td><td class=\"n\">{}</td><td class=\"n\">{:.3}</td></tr>\n",
            i + 1,
            escape(&token_label(token.id, &token.text, &token.bytes)),
            token.id,
            token.logprob.exp(),
            token.logprob,
            token.rank,
            token.entropy
        )
    };
    let rows: String = sequence.tokens.iter().enumerate().map(row).collect();
    format!(
        "<details>\n<summary>Tokens of text {} of prompt {}</summary>\n<div class=\"scroll\"><table>\n<tr><th class=\"n\">#</th><th>token</th><th class=\"n\">id</th><th class=\"n\">p</th><th class=\"n\">log p, nats</th><th class=\"n\">rank</th><th class=\"n\">entropy, nats</th></tr>\n{rows}</table></div>\n</details>\n",
        sequence.rank + 1,
        sequence.prompt + 1
    )
}

/// The options that somebody set, and who.
fn config(completion: &Completion) -> String {
    let mut out = String::from("<h2>Options</h2>\n<table>\n<tr><th>option</th><th>value</th><th>set by</th></tr>\n");
    let all = completion.effective_config.as_object();
    for (name, entry) in
        all.into_iter().flatten().filter(|(name, entry)| entry["origin"] != "default" || name.as_str() == "seed")
    {
        let origin = entry["origin"].as_str().unwrap_or_default();
        let _ =
            writeln!(out, "<tr><td>{name}</td><td>{}</td><td>{origin}</td></tr>", escape(&entry["value"].to_string()));
    }
    out + "</table>\n<p class=\"faint\">All others have their defaults.</p>\n"
}
