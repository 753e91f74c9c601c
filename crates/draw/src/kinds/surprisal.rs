//! Surprise, token by token.

use crate::chart::{Along, Axis, Chart, Mark, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::labels;
use beamline_study::{ScoreReport, ScoredToken};
use serde_json::{Value, json};
use std::f64::consts::LN_2;

/// How much each token of a text surprised the model, `-log2 p` in bits, with the entropy before it: what it expected to
/// be surprised. `continues_at` marks the first token that was generated.
///
/// # Errors
/// When no token of the text was scored.
pub fn surprisal(report: &ScoreReport, continues_at: Option<usize>) -> Result<Figure, DrawError> {
    let scored = report.tokens.iter().filter(|token| token.logprob.is_some()).count();
    if scored == 0 {
        return Err(DrawError::Nothing(
            "a single token follows nothing, so it has no probability; give a longer text".to_owned(),
        ));
    }
    Ok(Figure {
        title: "Surprise, token by token".to_owned(),
        note: format!("{} tokens, {scored} of them scored", report.tokens.len()),
        charts: vec![Chart::Plot(chart(report, continues_at))],
        columns: 1,
        data: data(report, continues_at),
    })
}

fn bits(nats: Option<f64>) -> Option<f64> {
    nats.map(|nats| nats / LN_2)
}

fn chart(report: &ScoreReport, continues_at: Option<usize>) -> PlotChart {
    let at = |f: &dyn Fn(&ScoredToken) -> Option<f64>| -> Vec<(f64, f64)> {
        report.tokens.iter().enumerate().filter_map(|(i, token)| Some((i as f64, f(token)?))).collect()
    };
    let surprise = at(&|token| bits(token.logprob.map(|p| -p)));
    let entropy = at(&|token| bits(token.entropy));
    let count = report.tokens.len();
    let y = Axis::from_zero("bits", surprise.iter().chain(&entropy).map(|(_, y)| *y));
    let mean = -report.tokens.iter().filter_map(|token| token.logprob).sum::<f64>() / LN_2 / surprise.len() as f64;
    let begins = continues_at.filter(|&at| at < count).map(|at| Mark {
        label: "generated from here".to_owned(),
        at: at as f64 - 0.5,
        along: Along::X,
    });
    let marks =
        begins.into_iter().chain([Mark { label: format!("mean {mean:.2}"), at: mean, along: Along::Y }]).collect();
    let series = |name: &str, colour, kind, points| Series { name: name.to_owned(), colour, kind, points };
    PlotChart {
        title: String::new(),
        x: Axis {
            label: "tokens".to_owned(),
            range: (-0.6, count as f64 - 0.4),
            log: false,
            names: labels(&report.tokens.iter().map(|token| &token.bytes).collect::<Vec<_>>()),
        },
        y,
        series: vec![
            series("surprisal", 5, SeriesKind::Columns(0.8), surprise),
            series("entropy before it", 1, SeriesKind::Line, entropy),
        ],
        marks,
    }
}

fn data(report: &ScoreReport, continues_at: Option<usize>) -> Data {
    let row = |(i, t): (usize, &ScoredToken)| -> Vec<Value> {
        let surprise = bits(t.logprob.map(|p| -p));
        vec![
            json!(i),
            json!(t.id),
            json!(t.text),
            json!(t.logprob),
            json!(surprise),
            json!(bits(t.entropy)),
            json!(t.rank),
        ]
    };
    let columns = ["position", "id", "token", "logprob", "surprisal_bits", "entropy_bits", "rank"];
    let rows = report.tokens.iter().enumerate().map(row).collect();
    Data::new(&columns, rows, json!({"continues_at": continues_at, "score": report}))
}
