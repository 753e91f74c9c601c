//! Several runs over time.

use crate::chart::{Axis, Chart, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use beamline_study::Comparison;
use serde_json::{Value, json};
use std::f64::consts::LN_2;

/// What to follow over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Quantity {
    /// `-log2 p` of each chosen token under the raw model.
    #[default]
    Surprisal,
    /// The entropy of the raw distribution that it was chosen from.
    Entropy,
}

/// Surprisal or entropy of several runs, token by token, in bits: the first text of each.
///
/// # Errors
/// When there is no run with a token.
pub fn compare(comparison: &Comparison, quantity: Quantity) -> Result<Figure, DrawError> {
    let value = |token: &beamline::GeneratedToken| match quantity {
        Quantity::Surprisal => -token.logprob / LN_2,
        Quantity::Entropy => token.entropy / LN_2,
    };
    let name = match quantity {
        Quantity::Surprisal => "surprisal",
        Quantity::Entropy => "entropy",
    };
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let series: Vec<Series> = comparison
        .runs
        .iter()
        .enumerate()
        .map(|(i, run)| {
            let tokens = &run.texts[0].sequence.tokens;
            for (at, token) in tokens.iter().enumerate() {
                let (surprisal, entropy) = (-token.logprob / LN_2, token.entropy / LN_2);
                rows.push(vec![
                    json!(run.name),
                    json!(at + 1),
                    json!(token.id),
                    json!(token.text),
                    json!(surprisal),
                    json!(entropy),
                ]);
            }
            Series {
                name: run.name.clone(),
                colour: i,
                // After seven colours lines are broken.
                kind: if i < 7 { SeriesKind::Line } else { SeriesKind::Dashes },
                points: tokens.iter().enumerate().map(|(at, token)| ((at + 1) as f64, value(token))).collect(),
            }
        })
        .collect();
    let points = || series.iter().flat_map(|series| &series.points);
    let last = points().map(|(x, _)| *x).fold(1.0, f64::max);
    if points().next().is_none() {
        return Err(DrawError::Nothing("no run has a token".to_owned()));
    }
    let chart = PlotChart {
        title: String::new(),
        x: Axis { label: "new token".to_owned(), range: (0.5, last + 0.5), log: false, names: Vec::new() },
        y: Axis::from_zero(&format!("{name}, bits"), points().map(|(_, y)| *y)),
        series: series.clone(),
        marks: Vec::new(),
    };
    Ok(Figure {
        title: match quantity {
            Quantity::Surprisal => "How much each choice surprised the model".to_owned(),
            Quantity::Entropy => "How unsure the model was before each choice".to_owned(),
        },
        note: format!("after “{}”", comparison.prompt.replace('\n', "↵")),
        charts: vec![Chart::Plot(chart)],
        columns: 1,
        data: Data::new(&["run", "position", "id", "token", "surprisal_bits", "entropy_bits"], rows, json!(comparison)),
    })
}
