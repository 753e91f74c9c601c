//! How probability is spread over the vocabulary: a histogram, and a cumulative curve with cuts.

use super::{after, first, logarithmic_places, ranked};
use crate::chart::{Along, Axis, Chart, Mark, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use beamline_study::{Candidate, Inspection};
use serde_json::{Value, json};

/// Bins of a decade.
const PER_DECADE: f64 = 4.0;

/// How many tokens have which probability: bins of a quarter of a decade of the raw probability. The inspection must list
/// the whole vocabulary.
///
/// # Errors
/// When the inspection has no step.
pub fn histogram(inspection: &Inspection) -> Result<Figure, DrawError> {
    let step = first(inspection)?;
    let places: Vec<f64> = step.candidates.iter().map(|c| c.logprob / std::f64::consts::LN_10).collect();
    let bin = |place: f64| (place * PER_DECADE).floor() as i64;
    let (low, high) = places.iter().map(|&p| bin(p)).fold((0, -1), |(l, h), b| (b.min(l), b.max(h)));
    let mut counts = vec![0usize; (high - low + 1).max(1) as usize];
    for &place in &places {
        counts[(bin(place) - low) as usize] += 1;
    }
    let edge = |b: i64| b as f64 / PER_DECADE;
    let middle = |i: usize| edge(low + i as i64) + 0.5 / PER_DECADE;
    let points: Vec<(f64, f64)> = counts.iter().enumerate().map(|(i, &n)| (middle(i), n as f64)).collect();
    let range = (edge(low) - 0.2, edge(high + 1).max(0.0) + 0.2);
    let chart = PlotChart {
        title: String::new(),
        x: Axis { label: "raw probability (logarithmic)".to_owned(), range, log: true, names: Vec::new() },
        y: Axis::from_zero("tokens", counts.iter().map(|&n| n as f64)),
        series: vec![Series { name: String::new(), colour: 0, kind: SeriesKind::Columns(0.9 / PER_DECADE), points }],
        marks: Vec::new(),
    };
    let ends = |i: usize| [low + i as i64, low + i as i64 + 1].map(|b| libm::pow(10.0, edge(b)));
    let rows: Vec<Vec<Value>> =
        counts.iter().enumerate().map(|(i, &n)| vec![json!(ends(i)[0]), json!(ends(i)[1]), json!(n)]).collect();
    let bins: Vec<Value> = rows.iter().map(|row| json!({"from": row[0], "to": row[1], "tokens": row[2]})).collect();
    Ok(Figure {
        title: "Most tokens are next to impossible".to_owned(),
        note: after(step),
        charts: vec![Chart::Plot(chart)],
        columns: 1,
        data: Data::new(&["from", "to", "tokens"], rows, json!({"bins": bins})),
    })
}

/// The probability of the best tokens together, with the cuts of top-k and top-p and the mass that lies outside each. The
/// inspection must list the whole vocabulary.
///
/// # Errors
/// When the inspection has no step.
pub fn cumulative(inspection: &Inspection, top_k: &[usize], top_p: &[f64]) -> Result<Figure, DrawError> {
    let step = first(inspection)?;
    let ranked = ranked(step);
    let mut sum = 0.0;
    let sums: Vec<f64> = ranked
        .iter()
        .map(|candidate| {
            sum += candidate.prob;
            sum
        })
        .collect();
    let places = logarithmic_places(ranked.len(), 240);
    let points = places.iter().map(|&place| (libm::log10(place as f64), sums[place - 1])).collect();
    let outside = |kept: usize| (1.0 - sums[kept - 1]).max(0.0);
    // 0 is no cut: it keeps all.
    let kept_k = |k: usize| if k == 0 { ranked.len() } else { k.min(ranked.len()) };
    let cut_k = top_k.iter().map(|&k| (k, kept_k(k))).map(|(k, kept)| Mark {
        label: format!("top-k {k}: {:.1}% outside", outside(kept) * 100.0),
        at: libm::log10(kept as f64),
        along: Along::X,
    });
    // The token that crosses p stays, so as many are kept as sums lie below p, and one.
    let kept_by = |p: f64| (sums.iter().take_while(|sum| **sum < p).count() + 1).min(ranked.len());
    let cut_p = top_p.iter().map(|&p| Mark {
        label: format!("top-p {p}: {} tokens, {:.1}% outside", kept_by(p), outside(kept_by(p)) * 100.0),
        at: p,
        along: Along::Y,
    });
    let marks: Vec<Mark> = cut_k.chain(cut_p).collect();
    let range = (0.0, libm::log10(ranked.len() as f64).max(0.5));
    let chart = PlotChart {
        title: String::new(),
        x: Axis { label: "best tokens (logarithmic)".to_owned(), range, log: true, names: Vec::new() },
        y: Axis { label: "probability together".to_owned(), range: (0.0, 1.04), log: false, names: Vec::new() },
        series: vec![Series { name: String::new(), colour: 0, kind: SeriesKind::Line, points }],
        marks,
    };
    let row =
        |(i, c): (usize, &&Candidate)| vec![json!(i + 1), json!(c.id), json!(c.text), json!(c.prob), json!(sums[i])];
    let rows: Vec<Vec<Value>> = ranked.iter().enumerate().map(row).collect();
    let cuts_k: Vec<Value> = top_k.iter().map(|&k| json!({"top_k": k, "outside": outside(kept_k(k))})).collect();
    let cuts_p: Vec<Value> =
        top_p.iter().map(|&p| json!({"top_p": p, "kept": kept_by(p), "outside": outside(kept_by(p))})).collect();
    let cuts = [cuts_k, cuts_p].concat();
    Ok(Figure {
        title: "What top-k and top-p cut off".to_owned(),
        note: after(step),
        charts: vec![Chart::Plot(chart)],
        columns: 1,
        data: Data::new(
            &["rank", "id", "token", "prob", "cumulative"],
            rows,
            json!({"cuts": cuts, "cumulative": sums}),
        ),
    })
}
