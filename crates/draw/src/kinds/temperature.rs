//! How temperature bends a distribution.

use super::{after, first, logarithmic_places, ranked};
use crate::chart::{Axis, AxisScale, Chart, Hue, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use beamline_study::{Candidate, Inspection};
use serde_json::{Value, json};

/// Sorted token probabilities at several temperatures: `softmax(logits / T)` over the whole vocabulary, in f64. The
/// inspection must list it all (`top` = [`usize::MAX`]). The axes are logarithmic; with `linear`, they are not, and as many
/// of the best tokens are drawn.
///
/// # Errors
/// When the inspection has no step, or there is no temperature.
pub fn temperature(inspection: &Inspection, temperatures: &[f64], linear: Option<usize>) -> Result<Figure, DrawError> {
    let step = first(inspection)?;
    let ranked = ranked(step);
    if temperatures.is_empty() || ranked.is_empty() {
        return Err(DrawError::Nothing("no temperature was given".to_owned()));
    }
    let logits: Vec<f64> = ranked.iter().map(|candidate| f64::from(candidate.logit)).collect();
    let curves: Vec<Vec<f64>> = temperatures.iter().map(|&t| softmax(&logits, t)).collect();
    let chart = match linear {
        Some(best) => linear_chart(temperatures, &curves, best.clamp(1, ranked.len())),
        None => logarithmic_chart(temperatures, &curves, ranked.len()),
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
        least_width: 0,
        data: Data { columns, rows, json },
    })
}

/// A line for each temperature through some of its points.
fn lines(temperatures: &[f64], points: impl Fn(usize) -> Vec<(f64, f64)>) -> Vec<Series> {
    let line = |(i, t): (usize, &f64)| Series {
        name: format!("T = {t}"),
        hue: Hue::Series(i),
        // After seven colours lines are broken.
        kind: if i < 7 { SeriesKind::Line } else { SeriesKind::Dashes },
        points: points(i),
    };
    temperatures.iter().enumerate().map(line).collect()
}

fn logarithmic_chart(temperatures: &[f64], curves: &[Vec<f64>], count: usize) -> PlotChart {
    // What lies further down than this is as good as never drawn.
    const FLOOR: f64 = -12.0;
    let places = logarithmic_places(count, 240);
    let point = |p: &[f64], place: usize| (libm::log10(place as f64), libm::log10(p[place - 1]));
    let series = lines(temperatures, |i| down_to(FLOOR, places.iter().map(|&place| point(&curves[i], place))));
    let low = series.iter().flat_map(|s| &s.points).map(|(_, y)| *y).fold(0.0, f64::min);
    let log = |label: &str, range| Axis::new(label, range, AxisScale::Log);
    PlotChart {
        title: String::new(),
        x: log("rank of the token (logarithmic)", (0.0, libm::log10(count as f64).max(0.5))),
        y: log("probability (logarithmic)", ((low - 0.3).max(FLOOR), 0.3)),
        series,
        marks: Vec::new(),
    }
}

/// A line up to where it falls below the floor, which it is drawn down to.
fn down_to(floor: f64, points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if y < floor {
            if let Some(&(before, high)) = line.last() {
                let share = if y.is_finite() { (high - floor) / (high - y) } else { 0.0 };
                line.push((before + (x - before) * share, floor));
            }
            break;
        }
        line.push((x, y));
    }
    line
}

fn linear_chart(temperatures: &[f64], curves: &[Vec<f64>], best: usize) -> PlotChart {
    let point = |(i, &p): (usize, &f64)| ((i + 1) as f64, p);
    let most = curves.iter().map(|curve| curve[0]).fold(0.0, f64::max);
    PlotChart {
        title: String::new(),
        x: Axis::new("rank of the token", (1.0, best.max(2) as f64), AxisScale::Linear),
        y: Axis::new("probability", (0.0, (most * 1.05).min(1.0)), AxisScale::Percent),
        series: lines(temperatures, |i| curves[i].iter().take(best).enumerate().map(point).collect()),
        marks: Vec::new(),
    }
}

fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = logits.iter().map(|v| libm::exp((v - most) / temperature)).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|v| v / sum).collect()
}
