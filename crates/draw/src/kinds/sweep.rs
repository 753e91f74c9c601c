//! One option at several values.

use crate::chart::{Axis, Chart, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use beamline_study::{Spread, Sweep, SweepPoint};
use serde_json::{Value, json};

/// Variety (different pairs of tokens) and mean log-probability against the option's value: a dot for the mean over
/// seeds, a bar for the standard deviation.
///
/// # Errors
/// When there is no point.
pub fn sweep(sweep: &Sweep) -> Result<Figure, DrawError> {
    if sweep.points.is_empty() {
        return Err(DrawError::Nothing("no value was given".to_owned()));
    }
    let chart = |title: &str, label: &str, colour: usize, of: fn(&SweepPoint) -> Spread| {
        let at: Vec<(f64, f64, f64)> = sweep
            .points
            .iter()
            .filter_map(|point| Some((point.value, of(point).mean?, of(point).deviation.unwrap_or(0.0))))
            .collect();
        let points: Vec<(f64, f64)> = at.iter().map(|(x, y, _)| (*x, *y)).collect();
        let errors = at.iter().map(|(_, _, e)| *e).collect();
        let dots = Series { name: String::new(), colour, kind: SeriesKind::Dots { errors }, points: points.clone() };
        let line = Series { name: String::new(), colour, kind: SeriesKind::Line, points };
        Chart::Plot(PlotChart {
            title: title.to_owned(),
            x: Axis::over(&sweep.option, sweep.points.iter().map(|point| point.value)),
            y: Axis::over(label, at.iter().flat_map(|(_, y, e)| [y - e, y + e])),
            series: vec![line, dots],
            marks: Vec::new(),
        })
    };
    let row = |point: &SweepPoint| -> Vec<Value> {
        let Spread { mean, deviation } = point.mean_logprob;
        let distinct = point.distinct_2;
        vec![
            json!(point.value),
            json!(mean),
            json!(deviation),
            json!(distinct.mean),
            json!(distinct.deviation),
            json!(point.similarity),
            json!(point.texts.len()),
        ]
    };
    let seeds = sweep.points[0].texts.len();
    Ok(Figure {
        title: format!("What {} does to variety and to probability", sweep.option),
        note: format!("{seeds} texts at each value; bars are standard deviations over them"),
        charts: vec![
            chart("variety", "distinct pairs of tokens", 2, |point| point.distinct_2),
            chart("probability", "mean log-probability, nats a token", 0, |point| point.mean_logprob),
        ],
        columns: 2,
        data: Data::new(
            &["value", "mean_logprob", "mean_logprob_sd", "distinct_2", "distinct_2_sd", "similarity", "texts"],
            sweep.points.iter().map(row).collect(),
            json!(sweep),
        ),
    })
}
