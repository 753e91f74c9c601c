//! `beamline score`: how probable a text is.

use crate::args::Score;
use crate::failure::Failure;
use crate::output::{json, print};
use crate::table::{Side, lay_out, visible};
use crate::{model, prompts};
use beamline::{Prompt, ScoreReport, Settings};

pub(crate) fn run(args: &Score) -> Result<(), Failure> {
    let text = match (&args.text, &args.ids) {
        (Some(text), _) => Prompt::Text(prompts::text(text)?),
        (None, ids) => Prompt::Ids(prompts::parse_ids(ids.as_deref().unwrap_or_default(), "--ids")?),
    };
    let engine = model::open(&args.model, &Settings::default())?;
    let report = engine.score(args.prefix.as_deref(), &text)?;
    if args.json { json(&report) } else { print(&table(&report)) }
}

fn table(report: &ScoreReport) -> String {
    let heading = ["token", "id", "logprob", "prob", "rank", "entropy"].map(str::to_owned).to_vec();
    let row = |(i, token): (usize, &beamline::ScoredToken)| {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.6}"));
        let mark = if i < report.prefix_tokens { "(prefix) " } else { "" };
        vec![
            format!("{mark}{}", visible(&token.text)),
            token.id.to_string(),
            number(token.logprob),
            number(token.logprob.map(f64::exp)),
            token.rank.map_or("-".to_owned(), |rank| rank.to_string()),
            number(token.entropy),
        ]
    };
    let rows: Vec<_> = std::iter::once(heading).chain(report.tokens.iter().enumerate().map(row)).collect();
    let sides = [Side::Left, Side::Right, Side::Right, Side::Right, Side::Right, Side::Right];
    let mut text = lay_out(&rows, &sides) + &format!("\nsum of log-probabilities {:.6}\n", report.sum_logprob);
    for (name, value) in
        [("mean", report.mean_logprob), ("perplexity", report.perplexity), ("bits per byte", report.bits_per_byte)]
    {
        if let Some(value) = value {
            text.extend([name, " ", &format!("{value:.6}"), "\n"]);
        }
    }
    text
}
