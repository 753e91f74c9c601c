//! The next token: bars and a strip of heat, a panel for each way to choose.

use super::{after, first, ranked};
use crate::chart::{Bar, BarChart, BarPanel, Chart};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::token_label;
use beamline_study::{Candidate, Inspection, StepRow};
use serde_json::{Value, json};

/// The most probable next tokens, and which was chosen: a panel for each way to choose, named. A bar is the probability
/// after the processors, the outline over it the raw model's. The bars are `top` of the inspection's candidates, by raw
/// rank; the chosen token follows them, after a gap, if it is not among them. All panels have one scale, unless
/// `free_scales` gives each its own.
///
/// # Errors
/// When an inspection has no step.
pub fn next(ways: &[(String, Inspection)], top: usize, free_scales: bool) -> Result<Figure, DrawError> {
    let step = first(&ways.first().ok_or_else(|| DrawError::Nothing("no way to choose".to_owned()))?.1)?;
    let mut panels = Vec::new();
    let mut rows = Vec::new();
    for (name, inspection) in ways {
        let step = first(inspection)?;
        let listed = listed(step, top);
        rows.extend(listed.iter().map(|c| row(name, c, step)));
        panels.push(panel(name, step, &listed));
    }
    let json = ways.iter().map(|(name, inspection)| json!({"name": name, "steps": brief(inspection, top)}));
    Ok(Figure {
        title: if ways.len() > 1 {
            "What comes next, and what each method makes of it".to_owned()
        } else {
            "What comes next".to_owned()
        },
        note: format!("{}; strips: the same tokens, best first", after(step)),
        charts: vec![Chart::Bars(BarChart { panels, free: free_scales })],
        columns: 1,
        least_width: 0,
        data: Data::new(
            &["method", "id", "token", "rank", "prob", "prob_processed", "chosen"],
            rows,
            Value::Array(json.collect()),
        ),
    })
}

/// The best tokens by raw rank, and the chosen one after them if it is not among them.
fn listed(step: &StepRow, top: usize) -> Vec<&Candidate> {
    let mut listed: Vec<_> = ranked(step).into_iter().take(top).collect();
    if let Some(chosen) = step.candidates.iter().find(|c| c.id == step.chosen.id)
        && listed.iter().all(|c| c.id != chosen.id)
    {
        listed.push(chosen);
    }
    listed
}

fn row(name: &str, c: &Candidate, step: &StepRow) -> Vec<Value> {
    let chosen = c.id == step.chosen.id;
    vec![json!(name), json!(c.id), json!(c.text), json!(c.rank), json!(c.prob), json!(c.prob_processed), json!(chosen)]
}

fn panel(name: &str, step: &StepRow, listed: &[&Candidate]) -> BarPanel {
    let mut above = 0;
    let bar = |c: &&Candidate| {
        let skipped = c.rank.saturating_sub(above + 1);
        above = c.rank;
        Bar {
            label: token_label(c.id, &c.text, &c.bytes),
            value: c.prob_processed,
            before: c.prob,
            chosen: c.id == step.chosen.id,
            removed_by: c.removed_by.clone(),
            skipped,
        }
    };
    let all = step.kept.max(step.candidates.len() + step.rest.count);
    BarPanel { title: format!("{name}: {} of {all} tokens left", step.kept), bars: listed.iter().map(bar).collect() }
}

/// An inspection's steps with no more than `top` candidates.
fn brief(inspection: &Inspection, top: usize) -> Value {
    let mut inspection = inspection.clone();
    for step in &mut inspection.steps {
        let cut: Vec<_> = step.candidates.split_off(top.min(step.candidates.len()));
        step.rest.count += cut.len();
        step.rest.prob += cut.iter().map(|candidate| candidate.prob).sum::<f64>();
    }
    json!(inspection.steps)
}
