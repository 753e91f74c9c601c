//! How temperature bends a distribution.

use super::{after, first, logarithmic_places, ranked};
use crate::chart::{Axis, Chart, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use beamline_study::{Candidate, Inspection};
use serde_json::{Value, json};

/// Sorted token probabilities at several temperatures, on logarithmic axes: `softmax(logits / T)` over the whole
/// vocabulary, in f64. The inspection must list it all (`top` = [`usize::MAX`]).
///
/// # Errors
/// When the inspection has no step, or there is no temperature.
pub fn temperature(inspection: &Inspection, temperatures: &[f64]) -> Result<Figure, DrawError> {
    let step = first(inspection)?;
    let ranked = ranked(step);
    if temperatures.is_empty() || ranked.is_empty() {
        return Err(DrawError::Nothing("no temperature was given".to_owned()));
    }
    let logits: Vec<f64> = ranked.iter().map(|candidate| f64::from(candidate.logit)).collect();
    let curves: Vec<Vec<f64>> = temperatures.iter().map(|&t| softmax(&logits, t)).collect();
    let places = logarithmic_places(ranked.len(), 240);
    let point = |p: &[f64], place: usize| (libm::log10(place as f64), libm::log10(p[place - 1]));
    // What lies further down than this is as good as never drawn.
    let floor = -12.0;
    let series = temperatures.iter().zip(&curves).enumerate().map(|(i, (t, p))| Series {
        name: format!("T = {t}"),
        colour: i,
        // After seven colours lines are broken.
        kind: if i < 7 { SeriesKind::Line } else { SeriesKind::Dashes },
        points: places.iter().map(|&place| point(p, place)).take_while(|(_, y)| *y >= floor).collect(),
    });
    let series: Vec<Series> = series.collect();
    let low = series.iter().flat_map(|s| &s.points).map(|(_, y)| *y).fold(0.0, f64::min);
    let log = |label: &str, range| Axis { label: label.to_owned(), range, log: true, names: Vec::new() };
    let chart = PlotChart {
        title: String::new(),
        x: log("rank of the token (logarithmic)", (0.0, libm::log10(ranked.len() as f64).max(0.5))),
        y: log("probability (logarithmic)", (low - 0.3, 0.3)),
        series,
        marks: Vec::new(),
    };
    let row = |(i, c): (usize, &&Candidate)| {
        let own = [json!(i + 1), json!(c.id), json!(c.text)];
        own.into_iter().chain(curves.iter().map(|p| json!(p[i]))).collect()
    };
    let rows: Vec<Vec<Value>> = ranked.iter().enumerate().map(row).collect();
    let named = temperatures.iter().map(|t| format!("prob_at_{t}"));
    let columns = ["rank", "id", "token"].map(str::to_owned).into_iter().chain(named).collect();
    let tokens = rows.iter().map(|row| json!({"rank": row[0], "id": row[1], "text": row[2], "probs": &row[3..]}));
    let json = json!({"temperatures": temperatures, "tokens": tokens.collect::<Vec<_>>()});
    Ok(Figure {
        title: "Temperature: below 1 the best grow, above 1 the tail does".to_owned(),
        note: after(step),
        charts: vec![Chart::Plot(chart)],
        columns: 1,
        data: Data { columns, rows, json },
    })
}

fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = logits.iter().map(|v| libm::exp((v - most) / temperature)).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|v| v / sum).collect()
}
