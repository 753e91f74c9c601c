//! The page "choosing": which method when.

use crate::commands::compare::numbers;
use crate::paint::{HEADING, styled, width};
use crate::wrap::wrap;
use beamline_study::{Comparison, Run};
use std::fmt::Write;

/// Which method when, in the numbers of a comparison made on the spot.
pub(super) fn choosing(comparison: &Comparison) -> String {
    let columns = width().unwrap_or(100).min(100);
    let mut out = styled("choosing", HEADING) + "\n\n";
    out += &wrap(
        &format!(
            "{} continued {:?} in eight ways, {} tokens each, four seeds where tokens are drawn:",
            comparison.model, comparison.prompt, comparison.runs[0].texts[0].stats.length
        ),
        columns,
        "",
    );
    let _ = write!(out, "\n{}\n", numbers(comparison, width()));
    for (heading, text) in advice(comparison) {
        let _ = write!(out, "{}\n{}\n", styled(heading, HEADING), wrap(&text, columns, "  "));
    }
    out + "The same numbers for your prompt and your model: beamline compare PROMPT --seeds 4\n"
}

/// What one may want, and what to take for it.
fn advice(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let of = |name: &str| comparison.runs.iter().find(|run| run.name == name);
    let percent = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let repeated = |run: Option<&Run>| percent(run.and_then(|run| run.mean.repeated_4));
    let mean =
        |run: Option<&Run>| run.and_then(|run| run.mean.mean_logprob).map_or("-".to_owned(), |m| format!("{m:.2}"));
    let alike = |run: Option<&Run>| percent(run.and_then(|run| run.similarity));
    let (greedy, beam, banned) = (of("greedy"), of("beam 5"), of("beam 5, no-repeat 2"));
    let (cool, hot, nucleus) = (of("T 0.7"), of("T 2.0"), of("top-p 0.9"));
    vec![
        (
            "One right answer: facts, translations, short summaries",
            format!(
                "greedy or beams. They find what the model holds most probable ({} and {} nats a token here) and need no seed. In longer texts they loop: {} and {} of their runs of four tokens came before.",
                mean(greedy), mean(beam), repeated(greedy), repeated(beam)
            ),
        ),
        (
            "Beams, but without loops",
            format!(
                "no_repeat_ngram_size 2 or 3: {} of its runs of four came before. It also bans names and phrases that ought to come again; on long texts rather a repetition_penalty near 1.1, or dry_multiplier.",
                repeated(banned)
            ),
        ),
        (
            "Stories, dialogue, ideas",
            format!(
                "sampling with top_p 0.9 to 0.95, or with a temperature of 0.7 to 0.9. It costs probability ({} and {} nats a token) and gives variety: texts of different seeds share {} and {} of their pairs of tokens.",
                mean(nucleus), mean(cool), alike(nucleus), alike(cool)
            ),
        ),
        (
            "A high temperature",
            format!(
                "only with a truncation. At T 2.0 alone a token costs {} nats: the tail of the vocabulary takes over, and the text falls apart.",
                mean(hot)
            ),
        ),
        (
            "Top-k or top-p",
            "top_p adapts to how sure the model is, top_k does not: where one token is certain it lets in others, where many are fine it cuts some off. Together, top_k guards against a long flat tail.".to_owned(),
        ),
        (
            "What the model would say at best",
            "exact_search, for short texts: it proves which text is the most probable one. That is often not the one you want.".to_owned(),
        ),
    ]
}
