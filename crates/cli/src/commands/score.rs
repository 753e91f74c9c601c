//! `beamline score`: how probable a text is.

mod file;

use crate::args::Score;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, width};
use crate::table::{Cell, Column, Table};
use crate::tokens::{Show, Shown, coloured, probability};
use crate::{model, prompts};
use beamline::{Options, Prompt};
use beamline_draw::{Unit, labels, token_label};
use beamline_study::{Contrast, ContrastStep, ScoreReport, ScoredToken, contrast, score};
use file::Form;
use std::fmt::Write;

pub(crate) fn run(args: &Score) -> Result<(), Failure> {
    let unit = unit(args.bits);
    if let Some(path) = &args.file {
        let engine = model::open(&args.model, &Options::default())?;
        let form = match () {
            () if args.json => Form::Json,
            () if args.csv => Form::Csv,
            () => Form::Table(unit),
        };
        return file::run(&engine, path, args.prefix.as_deref(), &form);
    }
    let text = match (&args.text, &args.ids) {
        (Some(text), _) => Prompt::Text(prompts::text(text)?),
        (None, ids) => Prompt::Ids(prompts::parse_ids(ids.as_deref().unwrap_or_default(), "--ids")?),
    };
    let engine = model::open(&args.model, &Options::default())?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(std::slice::from_ref(&text)));
    if let Some(other) = &args.against {
        let contrast = contrast(&engine, args.prefix.as_deref(), &text, &Prompt::Text(other.clone()))?;
        return if args.json { json(&contrast) } else { paint(&differences(&contrast, unit, width())) };
    }
    let report = score(&engine, args.prefix.as_deref(), &text)?;
    if args.json { json(&report) } else { paint(&(surprise(&report) + "\n" + &table(&report, unit, width()))) }
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

/// The unit that a flag asks for.
pub(super) fn unit(bits: bool) -> Unit {
    if bits { Unit::Bits } else { Unit::Nats }
}

pub(super) fn table(report: &ScoreReport, unit: Unit, width: Option<usize>) -> String {
    let name = unit.name();
    let numbers = ["id", "p", &format!("log p ({name})"), "rank", &format!("entropy ({name})")].map(Column::numbers);
    let mut table = Table::new(std::iter::once(Column::words("token")).chain(numbers).collect());
    for (i, (token, label)) in
        report.tokens.iter().zip(labels(report.tokens.iter().map(|token| (token.id, &token.bytes)))).enumerate()
    {
        let number = |value: Option<f64>| Cell::from(value.map_or("-".to_owned(), |v| format!("{v:.6}")));
        let mark = if i < report.prefix_tokens { "(prefix) " } else { "" };
        table.push(vec![
            format!("{mark}{label}").into(),
            token.id.to_string().into(),
            token.logprob.map_or("-".to_owned(), probability).into(),
            number(token.logprob.map(|p| unit.of(p))),
            token.rank.map_or("-".to_owned(), |rank| rank.to_string()).into(),
            number(token.entropy.map(|entropy| unit.of(entropy))),
        ]);
    }
    let mut text = table.fit(width);
    let _ = write!(text, "\nsum of log-probabilities {:.6} {name}\n", unit.of(report.sum_logprob));
    let counted = report.tokens.iter().skip(report.prefix_tokens).filter_map(|token| token.logprob);
    text += &product(counted);
    for (name, value, unit) in [
        ("mean", report.mean_logprob.map(|mean| unit.of(mean)), format!(" {name} a token")),
        ("perplexity", report.perplexity, String::new()),
        ("bits per byte", report.bits_per_byte, String::new()),
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
fn differences(contrast: &Contrast, unit: Unit, width: Option<usize>) -> String {
    let name = unit.name();
    let words = |heading| Column::words(heading);
    let numbers = |heading: String| Column::numbers(heading);
    let mut table = Table::new(vec![
        words("a"),
        numbers(format!("log p ({name})")),
        words("b"),
        numbers(format!("log p ({name})")),
        numbers("a - b".to_owned()),
        numbers("together".to_owned()),
    ]);
    let most = contrast.steps.iter().map(|step| step.difference.abs()).fold(0.0, f64::max);
    let row = |(at, step): (usize, &ContrastStep)| {
        let token = |token: &Option<ScoredToken>| {
            token.as_ref().map_or("-".to_owned(), |t| token_label(t.id, &t.text, &t.bytes))
        };
        let logprob = |token: &Option<ScoredToken>| {
            token.as_ref().and_then(|t| t.logprob).map_or("-".to_owned(), |p| format!("{:.4}", unit.of(p)))
        };
        let cells = [
            token(&step.a),
            logprob(&step.a),
            token(&step.b),
            logprob(&step.b),
            format!("{:+.4}", unit.of(step.difference)),
            format!("{:+.4}", unit.of(step.cumulative)),
        ];
        let style = if at < contrast.common { Some(FAINT) } else { (step.difference.abs() == most).then_some(CHOSEN) };
        cells.map(|cell| style.map_or(Cell::from(cell.clone()), |style| Cell::styled(cell, style))).to_vec()
    };
    contrast.steps.iter().enumerate().for_each(|step| table.push(row(step)));
    let verdict = match contrast.difference {
        0.0 => "both are equally probable".to_owned(),
        by if by > 0.0 => format!("a is the more probable, by {:.6} {name}", unit.of(by)),
        by => format!("b is the more probable, by {:.6} {name}", unit.of(-by)),
    };
    let (a, b) = (unit.of(contrast.a.sum_logprob), unit.of(contrast.b.sum_logprob));
    format!("{}\nlog p(a) {a:.6}, log p(b) {b:.6}; {verdict}\n", table.fit(width))
}
