//! Results made into figures, a file each.
//!
//! Every function takes a result of `beamline-study` and gives a [`Figure`](crate::Figure); the numbers in the picture are the
//! result's, or arithmetic that its documentation names.

mod attention;
mod beams;
mod compare;
mod embeddings;
mod heat;
mod next;
mod spread;
mod surprisal;
mod sweep;
mod temperature;

pub use attention::attention;
pub use beams::{BeamView, beams};
pub use compare::{Quantity, UnknownQuantity, compare};
pub use embeddings::embeddings;
pub use heat::heat;
pub use next::next;
pub use spread::{cumulative, histogram};
pub use surprisal::surprisal;
pub use sweep::sweep;
pub use temperature::temperature;

use crate::error::DrawError;
use beamline_study::{Candidate, Inspection, StepRow};

/// The first step of an inspection.
fn first(inspection: &Inspection) -> Result<&StepRow, DrawError> {
    inspection.steps.first().ok_or_else(|| DrawError::Nothing("the inspection has no step".to_owned()))
}

/// Candidates by falling raw probability, as the model ranks them.
fn ranked(step: &StepRow) -> Vec<&Candidate> {
    let mut all: Vec<&Candidate> = step.candidates.iter().collect();
    all.sort_by_key(|candidate| candidate.rank);
    all
}

/// The text that a step follows, as a note.
fn after(step: &StepRow) -> String {
    format!("after “{}”", crate::label(&step.input, step.input.as_bytes()).replace('␣', " "))
}

/// About `count` places from 1 to `last`, evenly spaced in their logarithms, first and last among them.
fn logarithmic_places(last: usize, count: usize) -> Vec<usize> {
    let step = libm::log(last.max(1) as f64) / count as f64;
    let mut places: Vec<usize> = (0..=count).map(|i| libm::exp(step * i as f64).round() as usize).collect();
    places.push(last);
    places.retain(|&place| (1..=last).contains(&place));
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    #[test]
    fn logarithmic_places_have_both_ends_and_no_double() {
        assert_eq!(super::logarithmic_places(1, 10), [1]);
        let places = super::logarithmic_places(50_257, 200);
        assert_eq!((places[0], places[places.len() - 1]), (1, 50_257));
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]) && places.len() < 202);
    }
}
