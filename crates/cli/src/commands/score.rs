//! `beamline score`: how probable a text is.

use crate::args::Score;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, width};
use crate::table::{Cell, Column, Table};
use crate::tokens::{Show, Shown, coloured, probability};
use crate::{model, prompts};
use beamline::{Options, Prompt};
use beamline_draw::{label, labels};
use beamline_study::{Contrast, ContrastStep, ScoreReport, ScoredToken, contrast, score};
use std::fmt::Write;

pub(crate) fn run(args: &Score) -> Result<(), Failure> {
    let text = match (&args.text, &args.ids) {
        (Some(text), _) => Prompt::Text(prompts::text(text)?),
        (None, ids) => Prompt::Ids(prompts::parse_ids(ids.as_deref().unwrap_or_default(), "--ids")?),
    };
    let engine = model::open(&args.model, &Options::default())?;
    if let Some(other) = &args.against {
        let contrast = contrast(&engine, args.prefix.as_deref(), &text, &Prompt::Text(other.clone()))?;
        return if args.json { json(&contrast) } else { paint(&differences(&contrast, width())) };
    }
    let report = score(&engine, args.prefix.as_deref(), &text)?;
    if args.json { json(&report) } else { paint(&(surprise(&report) + "\n" + &table(&report, width()))) }
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

pub(super) fn table(report: &ScoreReport, width: Option<usize>) -> String {
    let numbers = ["id", "p", "log p (nats)", "rank", "entropy (nats)"].map(Column::numbers);
    let mut table = Table::new(std::iter::once(Column::words("token")).chain(numbers).collect());
    let bytes: Vec<&[u8]> = report.tokens.iter().map(|token| token.bytes.as_slice()).collect();
    for (i, (token, label)) in report.tokens.iter().zip(labels(&bytes)).enumerate() {
        let number = |value: Option<f64>| Cell::from(value.map_or("-".to_owned(), |v| format!("{v:.6}")));
        let mark = if i < report.prefix_tokens { "(prefix) " } else { "" };
        table.push(vec![
            format!("{mark}{label}").into(),
            token.id.to_string().into(),
            token.logprob.map_or("-".to_owned(), probability).into(),
            number(token.logprob),
            token.rank.map_or("-".to_owned(), |rank| rank.to_string()).into(),
            number(token.entropy),
        ]);
    }
    let mut text = table.fit(width);
    let _ = write!(text, "\nsum of log-probabilities {:.6} nats\n", report.sum_logprob);
    let counted = report.tokens.iter().skip(report.prefix_tokens).filter_map(|token| token.logprob);
    text += &product(counted);
    for (name, value, unit) in [
        ("mean", report.mean_logprob, " nats a token"),
        ("perplexity", report.perplexity, ""),
        ("bits per byte", report.bits_per_byte, ""),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name} {value:.6}{unit}");
        }
    }
    text
}

/// The probability of the whole: the product of its tokens', and what becomes of it in numbers of 32 bits, in which models
/// compute. It is why logarithms are summed instead.
fn product(logprobs: impl Iterator<Item = f64>) -> String {
    let (exact, narrow) = logprobs
        .fold((1.0f64, 1.0f32), |(exact, narrow), logprob| (exact * logprob.exp(), narrow * logprob.exp() as f32));
    let lost = match (exact, narrow) {
        (0.0, _) => " (an underflow: no number of 64 bits is so small)",
        (_, 0.0) => " (an underflow in 32 bits: 0)",
        _ => "",
    };
    format!("product of p {exact:.3e}{lost}\n")
}

/// Place by place, what makes one text more probable than the other.
fn differences(contrast: &Contrast, width: Option<usize>) -> String {
    let words = |heading| Column::words(heading);
    let numbers = |heading| Column::numbers(heading);
    let mut table = Table::new(vec![
        words("a"),
        numbers("log p (nats)"),
        words("b"),
        numbers("log p (nats)"),
        numbers("a - b"),
        numbers("together"),
    ]);
    let most = contrast.steps.iter().map(|step| step.difference.abs()).fold(0.0, f64::max);
    let row = |(at, step): (usize, &ContrastStep)| {
        let token = |token: &Option<ScoredToken>| token.as_ref().map_or("-".to_owned(), |t| label(&t.text, &t.bytes));
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
        cells.map(|cell| style.map_or(Cell::from(cell.clone()), |style| Cell::styled(cell, style))).to_vec()
    };
    contrast.steps.iter().enumerate().for_each(|step| table.push(row(step)));
    let verdict = match contrast.difference {
        0.0 => "both are equally probable".to_owned(),
        by if by > 0.0 => format!("a is the more probable, by {by:.6} nats"),
        by => format!("b is the more probable, by {:.6} nats", -by),
    };
    let (a, b) = (contrast.a.sum_logprob, contrast.b.sum_logprob);
    format!("{}\nlog p(a) {a:.6}, log p(b) {b:.6}; {verdict}\n", table.fit(width))
}
