//! `beamline score`: how probable a text is.

use crate::args::Score;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, styled};
use crate::table::{Side, lay_out, visible};
use crate::tokens::{Show, Shown, coloured};
use crate::{model, prompts};
use beamline::{Options, Prompt};
use beamline_study::{Contrast, ContrastStep, ScoreReport, ScoredToken, contrast, score};

pub(crate) fn run(args: &Score) -> Result<(), Failure> {
    let text = match (&args.text, &args.ids) {
        (Some(text), _) => Prompt::Text(prompts::text(text)?),
        (None, ids) => Prompt::Ids(prompts::parse_ids(ids.as_deref().unwrap_or_default(), "--ids")?),
    };
    let engine = model::open(&args.model, &Options::default())?;
    if let Some(other) = &args.against {
        let contrast = contrast(&engine, args.prefix.as_deref(), &text, &Prompt::Text(other.clone()))?;
        return if args.json { json(&contrast) } else { paint(&differences(&contrast)) };
    }
    let report = score(&engine, args.prefix.as_deref(), &text)?;
    if args.json { json(&report) } else { paint(&(surprise(&report) + "\n" + &table(&report))) }
}

/// The text, each token the deeper in colour the more it surprised.
fn surprise(report: &ScoreReport) -> String {
    fn shown(token: &ScoredToken, counts: bool) -> Shown<'_> {
        let numbers = token.logprob.filter(|_| counts).map(|logprob| (logprob, 1, 0.0));
        Shown { bytes: &token.bytes, numbers }
    }
    let all = report.tokens.iter().enumerate().map(|(i, token)| shown(token, i >= report.prefix_tokens));
    coloured(all, Show::Prob) + "\n"
}

fn table(report: &ScoreReport) -> String {
    let heading = ["token", "id", "logprob", "prob", "rank", "entropy"].map(str::to_owned).to_vec();
    let row = |(i, token): (usize, &ScoredToken)| {
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

/// Place by place, what makes one text more probable than the other.
fn differences(contrast: &Contrast) -> String {
    let heading = ["a", "log p", "b", "log p", "a - b", "together"].map(str::to_owned).to_vec();
    let most = contrast.steps.iter().map(|step| step.difference.abs()).fold(0.0, f64::max);
    let row = |(at, step): (usize, &ContrastStep)| {
        let token = |token: &Option<ScoredToken>| token.as_ref().map_or("-".to_owned(), |t| visible(&t.text));
        let logprob = |token: &Option<ScoredToken>| {
            token.as_ref().and_then(|t| t.logprob).map_or("-".to_owned(), |p| format!("{p:.4}"))
        };
        let cells = [
            token(&step.a),
            logprob(&step.a),
            token(&step.b),
            logprob(&step.b),
            format!("{:+.4}", step.difference),
            format!("{:+.4}", step.cumulative),
        ];
        let style = if at < contrast.common { Some(FAINT) } else { (step.difference.abs() == most).then_some(CHOSEN) };
        cells.map(|cell| style.map_or(cell.clone(), |style| styled(&cell, style))).to_vec()
    };
    let rows: Vec<_> = std::iter::once(heading).chain(contrast.steps.iter().enumerate().map(row)).collect();
    let sides = [Side::Left, Side::Right, Side::Left, Side::Right, Side::Right, Side::Right];
    let verdict = match contrast.difference {
        0.0 => "both are equally probable".to_owned(),
        by if by > 0.0 => format!("a is the more probable, by {by:.6} nats"),
        by => format!("b is the more probable, by {:.6} nats", -by),
    };
    let (a, b) = (contrast.a.sum_logprob, contrast.b.sum_logprob);
    format!("{}\nlog p(a) {a:.6}, log p(b) {b:.6}; {verdict}\n", lay_out(&rows, &sides))
}
