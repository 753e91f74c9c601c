//! The next token: bars and a strip of heat, a chart for each way to choose.

use super::{after, first};
use crate::chart::{Bar, BarChart, Chart};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::label;
use beamline_study::{Candidate, Inspection};
use serde_json::{Value, json};

/// The most probable next tokens, and which was chosen: a chart for each way to choose, named. A bar is the probability
/// after the processors, the pale one behind it the raw model's. The bars are `top` of the inspection's candidates, by raw
/// rank, the same in every chart; the chosen token is the last one if it is not among them.
///
/// # Errors
/// When an inspection has no step.
pub fn next(ways: &[(String, Inspection)], top: usize) -> Result<Figure, DrawError> {
    let mut charts = Vec::new();
    let mut rows = Vec::new();
    for (name, inspection) in ways {
        let step = first(inspection)?;
        let mut listed: Vec<_> = super::ranked(step).into_iter().take(top).collect();
        if let Some(chosen) = step.candidates.iter().find(|c| c.id == step.chosen.id)
            && listed.iter().all(|c| c.id != chosen.id)
        {
            listed.pop();
            listed.push(chosen);
        }
        let bar = |c: &&Candidate| Bar {
            label: label(&c.text, &c.bytes),
            value: c.prob_processed,
            before: c.prob,
            chosen: c.id == step.chosen.id,
        };
        rows.extend(listed.iter().map(|c| {
            let chosen = c.id == step.chosen.id;
            vec![
                json!(name),
                json!(c.id),
                json!(c.text),
                json!(c.rank),
                json!(c.prob),
                json!(c.prob_processed),
                json!(chosen),
            ]
        }));
        charts.push(Chart::Bars(BarChart {
            title: format!(
                "{name}: {} of {} tokens left",
                step.kept,
                step.kept.max(step.candidates.len() + step.rest.count)
            ),
            bars: listed.iter().map(bar).collect(),
            unit: "probability; pale: before the processors".to_owned(),
            strip: true,
        }));
    }
    let step = first(&ways.first().ok_or_else(|| DrawError::Nothing("no way to choose".to_owned()))?.1)?;
    let json = ways.iter().map(|(name, inspection)| json!({"name": name, "steps": brief(inspection, top)}));
    Ok(Figure {
        title: "What comes next, and what each method makes of it".to_owned(),
        note: after(step),
        columns: if charts.len() > 1 { 2 } else { 1 },
        charts,
        data: Data::new(
            &["method", "id", "token", "rank", "prob", "prob_processed", "chosen"],
            rows,
            Value::Array(json.collect()),
        ),
    })
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
