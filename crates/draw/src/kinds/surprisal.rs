//! Surprise, token by token.

use crate::chart::{Along, Axis, AxisScale, Chart, Hue, Mark, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::labels;
use crate::unit::Unit;
use beamline_study::{ScoreReport, ScoredToken};
use serde_json::{Value, json};

/// How much each token of a text surprised the model, `-log p` in `unit`, with the entropy before it: what it expected to
/// be surprised. `continues_at` marks the first token that was generated.
///
/// # Errors
/// When no token of the text was scored.
pub fn surprisal(report: &ScoreReport, continues_at: Option<usize>, unit: Unit) -> Result<Figure, DrawError> {
    let scored = report.tokens.iter().filter(|token| token.logprob.is_some()).count();
    if scored == 0 {
        return Err(DrawError::Nothing(
            "a single token follows nothing, so it has no probability; give a longer text".to_owned(),
        ));
    }
    let of = |nats: Option<f64>| nats.map(|nats| unit.of(nats));
    let row = |(i, t): (usize, &ScoredToken)| -> Vec<Value> {
        let surprise = of(t.logprob.map(|p| -p));
        let entropy = of(t.entropy);
        vec![json!(i), json!(t.id), json!(t.text), json!(t.logprob), json!(surprise), json!(entropy), json!(t.rank)]
    };
    let named = ["surprisal", "entropy"].map(|what| format!("{what}_{}", unit.name()));
    Ok(Figure {
        title: "Surprise, token by token".to_owned(),
        note: format!("{} tokens, {scored} of them scored", report.tokens.len()),
        charts: vec![Chart::Plot(chart(report, continues_at, unit))],
        columns: 1,
        least_width: 0,
        data: Data::new(
            &["position", "id", "token", "logprob", &named[0], &named[1], "rank"],
            report.tokens.iter().enumerate().map(row).collect(),
            json!({"continues_at": continues_at, "score": report}),
        ),
    })
}

fn chart(report: &ScoreReport, continues_at: Option<usize>, unit: Unit) -> PlotChart {
    let at = |f: &dyn Fn(&ScoredToken) -> Option<f64>| -> Vec<(f64, f64)> {
        report.tokens.iter().enumerate().filter_map(|(i, token)| Some((i as f64, unit.of(f(token)?)))).collect()
    };
    let surprise = at(&|token| token.logprob.map(|p| -p));
    let entropy = at(&|token| token.entropy);
    let count = report.tokens.len();
    let mean = surprise.iter().map(|(_, y)| y).sum::<f64>() / surprise.len() as f64;
    let begins = continues_at.filter(|&at| at < count).map(|at| Mark {
        label: "generated from here".to_owned(),
        at: at as f64 - 0.5,
        along: Along::X,
        hue: Hue::Series(1),
    });
    let level = Mark { label: format!("mean surprisal {mean:.2}"), at: mean, along: Along::Y, hue: Hue::Series(2) };
    let label = format!("surprisal and entropy, {}", unit.name());
    PlotChart {
        title: String::new(),
        x: Axis {
            label: "tokens".to_owned(),
            range: (-0.6, count as f64 - 0.4),
            scale: AxisScale::Linear,
            names: labels(report.tokens.iter().map(|token| (token.id, &token.bytes))),
        },
        y: Axis::from_zero(&label, surprise.iter().chain(&entropy).map(|(_, y)| *y)),
        series: vec![
            Series {
                name: format!("surprisal: -{} p of the token", unit.log()),
                hue: Hue::Series(5),
                kind: SeriesKind::Columns(0.8),
                points: surprise,
            },
            Series {
                name: "entropy before it: the surprisal expected".to_owned(),
                hue: Hue::Series(1),
                kind: SeriesKind::Line,
                points: entropy,
            },
        ],
        marks: begins.into_iter().chain([level]).collect(),
    }
}
