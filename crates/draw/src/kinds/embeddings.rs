//! How tokens and positions enter the model.

use crate::chart::{Chart, HeatChart};
use crate::colour::Scale;
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::labels;
use beamline_study::{Embeddings, Positions};
use serde_json::{Value, json};

/// Three heat maps: the tokens' embeddings, the positions', and their sum, which the first layer gets. A model with rotary
/// positions adds none: in their place stands the rotation, the cosines and sines by which queries and keys are turned. The
/// maps stand below each other; side by side where the picture is wide, or `side_by_side` asks for it.
///
/// # Errors
/// When there is no token.
pub fn embeddings(seen: &Embeddings, side_by_side: bool) -> Result<Figure, DrawError> {
    if seen.tokens.is_empty() {
        return Err(DrawError::Nothing("there is no token".to_owned()));
    }
    let names: Vec<String> = labels(seen.ids.iter().copied().zip(&seen.bytes));
    let heat = |title: &str, rows: &[Vec<f32>], x: &str| {
        Chart::Heat(HeatChart {
            title: title.to_owned(),
            rows: names.clone(),
            columns: Vec::new(),
            values: rows.iter().map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect(),
            words: Vec::new(),
            framed: Vec::new(),
            most: None,
            unit: String::new(),
            scale: Scale::Diverging,
            x: x.to_owned(),
            y: String::new(),
        })
    };
    let (middle, rows, sum) = match &seen.position {
        Positions::Learned(rows) => {
            (heat("position embeddings", rows, "dimension"), rows, "token + position: what the first layer gets")
        }
        Positions::Rotary(rows) => (
            heat("rotation of each position: cosines, then sines", rows, "pair of a head's numbers"),
            rows,
            "what the first layer gets (positions turn queries and keys later)",
        ),
    };
    let kind = if matches!(seen.position, Positions::Learned(_)) { "position" } else { "rotation" };
    let mut table: Vec<Vec<Value>> = Vec::new();
    for (part, rows) in [("token", &seen.token), (kind, rows), ("sum", &seen.sum)] {
        for (i, (token, row)) in seen.tokens.iter().zip(rows).enumerate() {
            table.extend(
                row.iter().enumerate().map(|(d, v)| vec![json!(part), json!(i), json!(token), json!(d), json!(v)]),
            );
        }
    }
    Ok(Figure {
        title: "From tokens to numbers".to_owned(),
        note: format!("{} tokens, {} numbers each", seen.tokens.len(), seen.token[0].len()),
        charts: vec![heat("token embeddings", &seen.token, "dimension"), middle, heat(sum, &seen.sum, "dimension")],
        columns: 3,
        least_width: if side_by_side { 180 } else { 420 },
        data: Data::new(&["part", "position", "token", "dimension", "value"], table, json!(seen)),
    })
}
