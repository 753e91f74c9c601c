//! Where a head looks.

use crate::chart::{Chart, HeatChart};
use crate::colour::Scale;
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::labels;
use beamline_study::AttentionMap;
use serde_json::json;

/// Tokens of a text whose weights are written into their cells too.
const WRITTEN: usize = 14;

/// How much each token looks at each one up to itself: a row for each token that looks, a column for each looked at.
///
/// # Errors
/// When there is no token.
pub fn attention(map: &AttentionMap) -> Result<Figure, DrawError> {
    if map.tokens.is_empty() {
        return Err(DrawError::Nothing("there is no token".to_owned()));
    }
    let names: Vec<String> = labels(map.ids.iter().copied().zip(&map.bytes));
    // Nobody looks ahead: those places stay empty.
    let row = |(i, row): (usize, &Vec<f32>)| {
        row.iter().enumerate().map(|(j, &w)| if j > i { f64::NAN } else { f64::from(w) }).collect()
    };
    let values: Vec<Vec<f64>> = map.weights.iter().enumerate().map(row).collect();
    let number = |&v: &f64| if v.is_nan() { String::new() } else { format!("{v:.2}") };
    let written = values.len() <= WRITTEN;
    let words = values.iter().filter(|_| written).map(|row| row.iter().map(number).collect()).collect();
    // The first token can only look at itself; that would set the scale for all others.
    let later = map.weights.iter().skip(1).flatten().fold(0.0, |most: f64, &w| most.max(f64::from(w)));
    let which =
        map.head.map_or_else(|| format!("mean of {} heads", map.heads), |head| format!("head {head} of {}", map.heads));
    let mut rows = Vec::new();
    for (i, row) in map.weights.iter().enumerate() {
        for (j, weight) in row.iter().enumerate().take(i + 1) {
            rows.push(vec![json!(i), json!(map.tokens[i]), json!(j), json!(map.tokens[j]), json!(weight)]);
        }
    }
    Ok(Figure {
        title: format!("Attention: layer {}, {which}", map.layer),
        note: "each row sums to 1; the first token can only look at itself (1.0), which lies beyond the scale (≥)"
            .to_owned(),
        charts: vec![Chart::Heat(HeatChart {
            title: String::new(),
            rows: names.clone(),
            columns: names,
            values,
            words,
            framed: Vec::new(),
            unit: "weight".to_owned(),
            most: (map.weights.len() > 1).then(|| later.max(1e-6)),
            scale: Scale::Sequential,
            x: "token looked at".to_owned(),
            y: "token that looks".to_owned(),
        })],
        columns: 1,
        least_width: 0,
        data: Data::new(&["query", "query_token", "key", "key_token", "weight"], rows, json!(map)),
    })
}
