//! One option at several values.

use crate::chart::{Axis, Chart, Hue, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::unit::Unit;
use beamline_study::{Spread, Sweep, SweepPoint};
use serde_json::{Value, json};

/// Variety (different pairs of tokens) and mean log-probability against the option's value: a dot for the mean over
/// seeds, a bar for the standard deviation, as far as the number can be: a share lies between 0 and 1. Log-probabilities
/// are drawn in `unit`; the data have nats.
///
/// # Errors
/// When there is no point.
pub fn sweep(sweep: &Sweep, unit: Unit) -> Result<Figure, DrawError> {
    if sweep.points.is_empty() {
        return Err(DrawError::Nothing("no value was given".to_owned()));
    }
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
    let probability = format!("mean log-probability, {} a token", unit.name());
    Ok(Figure {
        title: format!("What {} does to variety and to probability", sweep.option),
        note: format!("{seeds} texts at each value; bars are standard deviations over them"),
        charts: vec![
            chart(sweep, ("variety", "distinct pairs of tokens, share"), Hue::Series(2), (0.0, 1.0), |p| p.distinct_2),
            chart(sweep, ("probability", &probability), Hue::Series(0), (f64::NEG_INFINITY, 0.0), |point| {
                let Spread { mean, deviation } = point.mean_logprob;
                Spread { mean: mean.map(|v| unit.of(v)), deviation: deviation.map(|v| unit.of(v)) }
            }),
        ],
        columns: 2,
        least_width: 300,
        data: Data::new(
            &["value", "mean_logprob", "mean_logprob_sd", "distinct_2", "distinct_2_sd", "similarity", "texts"],
            sweep.points.iter().map(row).collect(),
            json!(sweep),
        ),
    })
}

/// A number of each point against the option's value; it lies within `limits`.
fn chart(
    sweep: &Sweep,
    (title, label): (&str, &str),
    hue: Hue,
    limits: (f64, f64),
    of: impl Fn(&SweepPoint) -> Spread,
) -> Chart {
    let within = |y: f64| y.clamp(limits.0, limits.1);
    let mut points = Vec::new();
    let mut errors = Vec::new();
    for point in &sweep.points {
        let Spread { mean: Some(mean), deviation } = of(point) else { continue };
        let off = deviation.unwrap_or(0.0);
        points.push((point.value, mean));
        errors.push((within(mean - off), within(mean + off)));
    }
    let y = Axis::over(label, errors.iter().flat_map(|(low, high)| [*low, *high])).within(limits.0, limits.1);
    let line = Series { name: String::new(), hue, kind: SeriesKind::Line, points: points.clone() };
    let dots = Series { name: String::new(), hue, kind: SeriesKind::Dots { errors }, points };
    Chart::Plot(PlotChart {
        title: title.to_owned(),
        x: Axis::over(&sweep.option, sweep.points.iter().map(|point| point.value)),
        y,
        series: vec![line, dots],
        marks: Vec::new(),
    })
}
