//! The next token as a heat map: a row for each way to choose, a column for each token.

use super::{after, first, ranked};
use crate::chart::{Chart, HeatChart};
use crate::colour::Scale;
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::token_label;
use beamline_study::{Candidate, Inspection, StepRow};
use serde_json::json;

/// What each way to choose makes of the next token: rows are ways, columns the best `top` tokens of all of them and those
/// chosen, by raw rank, and the colour is the probability after the processors, on one scale for all. The first row is the
/// raw model. Chosen tokens are framed; those that processors removed are marked.
///
/// # Errors
/// When an inspection has no step.
pub fn heat(ways: &[(String, Inspection)], top: usize) -> Result<Figure, DrawError> {
    let (_, inspection) = ways.first().ok_or_else(|| DrawError::Nothing("no way to choose".to_owned()))?;
    let raw = first(inspection)?;
    let steps = ways.iter().map(|(_, inspection)| first(inspection)).collect::<Result<Vec<_>, _>>()?;
    let columns = columns(raw, &steps, top);
    let of = |step: &StepRow, id: u32| step.candidates.iter().find(|c| c.id == id).map_or(0.0, |c| c.prob_processed);
    let gone = |step: &StepRow, id: u32| step.candidates.iter().any(|c| c.id == id && c.removed_by.is_some());
    let mut names = vec!["raw model".to_owned()];
    let mut values: Vec<Vec<f64>> = vec![columns.iter().map(|c| c.prob * 100.0).collect()];
    let mut framed = Vec::new();
    for ((name, _), step) in ways.iter().zip(&steps) {
        names.push(name.clone());
        framed.extend(columns.iter().position(|c| c.id == step.chosen.id).map(|column| (names.len() - 1, column)));
        let value = |c: &&Candidate| if gone(step, c.id) { f64::NAN } else { of(step, c.id) * 100.0 };
        values.push(columns.iter().map(value).collect());
    }
    let mut rows = Vec::new();
    for ((name, _), step) in ways.iter().zip(&steps) {
        for c in &columns {
            let (p, chosen) = (of(step, c.id), c.id == step.chosen.id);
            rows.push(vec![
                json!(name),
                json!(c.id),
                json!(c.text),
                json!(c.rank),
                json!(c.prob),
                json!(p),
                json!(chosen),
            ]);
        }
    }
    let tokens: Vec<_> = columns.iter().map(|c| json!({"id": c.id, "text": c.text, "rank": c.rank})).collect();
    let json = json!({"tokens": tokens, "rows": names, "percent": values});
    Ok(Figure {
        title: "What each method makes of the next token".to_owned(),
        note: format!("{}; framed: the chosen token; ×: removed by a processor", after(raw)),
        charts: vec![Chart::Heat(HeatChart {
            title: String::new(),
            rows: names,
            columns: columns.iter().map(|c| token_label(c.id, &c.text, &c.bytes)).collect(),
            words: values.iter().map(|row| row.iter().map(|&p| short(p)).collect()).collect(),
            values,
            framed,
            most: None,
            scale: Scale::Sequential,
            unit: "probability, %".to_owned(),
            x: "the best tokens, by the raw model's order".to_owned(),
            y: String::new(),
        })],
        columns: 1,
        least_width: 0,
        data: Data::new(&["method", "id", "token", "rank", "prob", "prob_processed", "chosen"], rows, json),
    })
}

/// The raw model's best, each way's best that are left, and the chosen ones, by raw rank.
fn columns<'a>(raw: &'a StepRow, steps: &[&StepRow], top: usize) -> Vec<&'a Candidate> {
    let mut wanted: Vec<u32> = ranked(raw).into_iter().take(top).map(|c| c.id).collect();
    for step in steps {
        // Candidates come by falling processed probability.
        wanted.extend(step.candidates.iter().filter(|c| c.removed_by.is_none()).take(top).map(|c| c.id));
        wanted.push(step.chosen.id);
    }
    ranked(raw).into_iter().filter(|c| wanted.contains(&c.id)).collect()
}

/// A number of percent in few characters.
fn short(percent: f64) -> String {
    match percent {
        p if p.is_nan() => "×".to_owned(),
        p if p >= 9.95 => format!("{p:.0}"),
        p => format!("{p:.1}"),
    }
}
