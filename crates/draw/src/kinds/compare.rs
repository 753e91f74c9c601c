//! Several runs over time.

use crate::chart::{Axis, AxisScale, Chart, Hue, PlotChart, Series, SeriesKind};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::unit::Unit;
use beamline::GeneratedToken;
use beamline_study::{Comparison, Run};
use serde::Deserialize;
use serde_json::{Value, json};
use std::str::FromStr;

/// What to follow over time.
///
/// ```
/// use beamline_draw::kinds::Quantity;
/// assert_eq!("entropy".parse(), Ok(Quantity::Entropy));
/// assert!("joy".parse::<Quantity>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum Quantity {
    /// `-log p` of each chosen token under the raw model.
    #[default]
    Surprisal,
    /// The entropy of the raw distribution that it was chosen from.
    Entropy,
}

/// A name that is no [`Quantity`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a quantity must be surprisal or entropy, got {0:?}")]
pub struct UnknownQuantity(pub String);

impl Quantity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Surprisal, Self::Entropy];

    /// `surprisal` or `entropy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Surprisal => "surprisal",
            Self::Entropy => "entropy",
        }
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Surprisal => "The surprise at each token",
            Self::Entropy => "The entropy before each token",
        }
    }
}

impl FromStr for Quantity {
    type Err = UnknownQuantity;
    fn from_str(name: &str) -> Result<Self, UnknownQuantity> {
        Self::ALL.into_iter().find(|quantity| quantity.name() == name).ok_or_else(|| UnknownQuantity(name.to_owned()))
    }
}

impl TryFrom<String> for Quantity {
    type Error = UnknownQuantity;
    fn try_from(name: String) -> Result<Self, UnknownQuantity> {
        name.parse()
    }
}

/// Runs whose lines can be told apart in one chart; more get a panel each.
const TOGETHER: usize = 4;

/// Surprisal or entropy of several runs, token by token, in `unit`: the first text of each. More than four runs get a panel
/// each, with the others behind it.
///
/// # Errors
/// When there is no run with a token.
pub fn compare(comparison: &Comparison, quantity: Quantity, unit: Unit) -> Result<Figure, DrawError> {
    let series = |(i, run): (usize, &Run)| Series {
        name: run.name.clone(),
        hue: Hue::Series(i),
        kind: SeriesKind::Line,
        points: line(run, quantity, unit),
    };
    let all: Vec<Series> = comparison.runs.iter().enumerate().map(series).collect();
    let points = || all.iter().flat_map(|series| &series.points);
    if points().next().is_none() {
        return Err(DrawError::Nothing("no run has a token".to_owned()));
    }
    let what = quantity.name();
    let last = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let x = Axis::new("new token", (0.5, last + 0.5), AxisScale::Linear);
    let y = Axis::from_zero(&format!("{what}, {}", unit.name()), points().map(|(_, y)| *y));
    let plot = |title: &str, series: Vec<Series>| {
        let (title, x, y) = (title.to_owned(), x.clone(), y.clone());
        Chart::Plot(PlotChart { title, x, y, series, marks: Vec::new() })
    };
    let charts = if all.len() <= TOGETHER {
        vec![plot("", all.clone())]
    } else {
        (0..all.len()).map(|i| plot(&all[i].name, with_others_behind(&all, i))).collect()
    };
    let named = Quantity::ALL.map(|quantity| format!("{}_{}", quantity.name(), unit.name()));
    Ok(Figure {
        title: match quantity {
            Quantity::Surprisal => "How much each choice surprised the model".to_owned(),
            Quantity::Entropy => "How unsure the model was before each choice".to_owned(),
        },
        note: format!("after “{}”", comparison.prompt.replace('\n', "↵")),
        columns: if charts.len() > 1 { 2 } else { 1 },
        charts,
        least_width: 300,
        data: Data::new(
            &["run", "position", "id", "token", &named[0], &named[1]],
            comparison.runs.iter().flat_map(|run| rows(run, unit)).collect(),
            json!(comparison),
        ),
    })
}

/// A quantity of each token of a run's first text.
fn line(run: &Run, quantity: Quantity, unit: Unit) -> Vec<(f64, f64)> {
    let value = |token: &GeneratedToken| match quantity {
        Quantity::Surprisal => unit.of(-token.logprob),
        Quantity::Entropy => unit.of(token.entropy),
    };
    run.texts[0].sequence.tokens.iter().enumerate().map(|(at, token)| ((at + 1) as f64, value(token))).collect()
}

/// One line in its colour, the others behind it; without names, which the panel's title says.
fn with_others_behind(all: &[Series], own: usize) -> Vec<Series> {
    let others = all.iter().enumerate().filter(|(i, _)| *i != own);
    let others = others.map(|(_, series)| Series { name: String::new(), hue: Hue::Pale, ..series.clone() });
    others.chain([Series { name: String::new(), ..all[own].clone() }]).collect()
}

fn rows(run: &Run, unit: Unit) -> Vec<Vec<Value>> {
    let row = |(at, token): (usize, &GeneratedToken)| {
        let (surprisal, entropy) = (unit.of(-token.logprob), unit.of(token.entropy));
        vec![json!(run.name), json!(at + 1), json!(token.id), json!(token.text), json!(surprisal), json!(entropy)]
    };
    run.texts[0].sequence.tokens.iter().enumerate().map(row).collect()
}
