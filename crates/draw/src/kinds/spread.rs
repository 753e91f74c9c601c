//! How probability is spread over the vocabulary: a histogram, and a cumulative curve with cuts.

use super::{after, first, logarithmic_places, ranked};
use crate::chart::{Along, Axis, AxisScale, Chart, Hue, Mark, PlotChart, Series, SeriesKind};
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
        x: Axis::new("raw probability (logarithmic)", range, AxisScale::Log),
        y: Axis::from_zero("tokens", counts.iter().map(|&n| n as f64)),
        series: vec![Series {
            name: String::new(),
            hue: Hue::Series(0),
            kind: SeriesKind::Columns(0.9 / PER_DECADE),
            points,
        }],
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
        least_width: 0,
        data: Data::new(&["from", "to", "tokens"], rows, json!({"bins": bins})),
    })
}

/// The probability of the best tokens together, with the cuts of top-k and top-p and the mass that lies outside each; a
/// ring where a cut meets the curve. The inspection must list the whole vocabulary. The axis of tokens is logarithmic; with
/// `linear`, it is not, and as many of the best are drawn.
///
/// # Errors
/// When the inspection has no step.
pub fn cumulative(
    inspection: &Inspection,
    top_k: &[usize],
    top_p: &[f64],
    linear: Option<usize>,
) -> Result<Figure, DrawError> {
    let step = first(inspection)?;
    let ranked = ranked(step);
    let curve = Curve::new(&ranked);
    let row = |(i, c): (usize, &&Candidate)| {
        vec![json!(i + 1), json!(c.id), json!(c.text), json!(c.prob), json!(curve.sums[i])]
    };
    let rows: Vec<Vec<Value>> = ranked.iter().enumerate().map(row).collect();
    let cut_k = |&k: &usize| json!({"top_k": k, "outside": curve.outside(curve.kept_k(k))});
    let cut_p = |&p: &f64| json!({"top_p": p, "kept": curve.kept_p(p), "outside": curve.outside(curve.kept_p(p))});
    let cuts: Vec<Value> = top_k.iter().map(cut_k).chain(top_p.iter().map(cut_p)).collect();
    let json = json!({"cuts": cuts, "cumulative": curve.sums});
    Ok(Figure {
        title: "What top-k and top-p cut off".to_owned(),
        note: after(step),
        charts: vec![Chart::Plot(curve.chart(top_k, top_p, linear))],
        columns: 1,
        least_width: 0,
        data: Data::new(&["rank", "id", "token", "prob", "cumulative"], rows, json),
    })
}

/// The probability of the best tokens together, for each number of them.
struct Curve {
    sums: Vec<f64>,
}

impl Curve {
    fn new(ranked: &[&Candidate]) -> Self {
        let mut sum = 0.0;
        let add = |candidate: &&Candidate| {
            sum += candidate.prob;
            sum
        };
        Self { sums: ranked.iter().map(add).collect() }
    }

    fn outside(&self, kept: usize) -> f64 {
        (1.0 - self.sums[kept - 1]).max(0.0)
    }

    /// Tokens that top-k keeps: 0 is no cut, and keeps all.
    fn kept_k(&self, k: usize) -> usize {
        if k == 0 { self.sums.len() } else { k.min(self.sums.len()) }
    }

    /// Tokens that top-p keeps: the one that crosses p stays, so as many as sums lie below p, and one.
    fn kept_p(&self, p: f64) -> usize {
        (self.sums.iter().take_while(|sum| **sum < p).count() + 1).min(self.sums.len())
    }

    fn chart(&self, top_k: &[usize], top_p: &[f64], linear: Option<usize>) -> PlotChart {
        let count = self.sums.len();
        let last = linear.map_or(count, |best| best.clamp(2, count.max(2)));
        let place = |n: usize| if linear.is_some() { n as f64 } else { libm::log10(n as f64) };
        let places = match linear {
            Some(_) if last <= 2000 => (1..=last.min(count)).collect(),
            // A line that is bent in a thousand places is round on any sheet.
            Some(_) => (1..=last.min(count)).step_by(last / 1000).chain([last.min(count)]).collect(),
            None => logarithmic_places(count, 240),
        };
        let points = places.into_iter().map(|n| (place(n), self.sums[n - 1])).collect();
        let x = if linear.is_some() {
            Axis::new("best tokens", (0.0, last as f64), AxisScale::Linear)
        } else {
            Axis::new("best tokens (logarithmic)", (0.0, libm::log10(count as f64).max(0.5)), AxisScale::Log)
        };
        let mut marks = Vec::new();
        let mut series = vec![Series { name: String::new(), hue: Hue::Series(0), kind: SeriesKind::Line, points }];
        let cuts = top_k.iter().map(|&k| (self.kept_k(k), Along::X, k as f64));
        for (kept, along, cut) in cuts.chain(top_p.iter().map(|&p| (self.kept_p(p), Along::Y, p))) {
            let hue = Hue::Series(marks.len() + 1);
            let outside = self.outside(kept) * 100.0;
            let (label, at) = match along {
                Along::X => (format!("top-k {cut}: {outside:.1}% outside"), place(kept)),
                Along::Y => (format!("top-p {cut}: {kept} tokens, {outside:.1}% outside"), cut),
            };
            let meets = (place(kept), self.sums[kept - 1]);
            if meets.0 <= x.range.1 {
                series.push(Series { name: String::new(), hue, kind: SeriesKind::Rings, points: vec![meets] });
            }
            let label = if meets.0 <= x.range.1 { label } else { format!("{label} (further to the right)") };
            // A cut beyond the right edge has no line, but its words.
            let at = if along == Along::X { at.min(x.range.1) } else { at };
            marks.push(Mark { label, at, along, hue });
        }
        let y = Axis::new("probability together", (0.0, 1.04), AxisScale::Percent);
        PlotChart { title: String::new(), x, y, series, marks }
    }
}
