//! What is asked of a picture.

use crate::error::PlotError;
use crate::kind::PlotKind;
use beamline::nearest;
use beamline_draw::Unit;
use beamline_draw::kinds::Quantity;
use serde::Deserialize;
use serde_json::Value;

/// A kind of picture, and what it should show. What is left out has a default; what belongs to another kind is refused by
/// [`check`](Self::check).
///
/// ```
/// use beamline_plot::{PlotKind, PlotRequest};
/// let request = PlotRequest { temperatures: vec![0.5, 2.0], ..PlotRequest::new(PlotKind::Temperature) };
/// let json = serde_json::json!({"kind": "temperature", "temperatures": [0.5, 2.0]});
/// assert_eq!(PlotRequest::read(&json)?, request);
/// # Ok::<(), beamline_plot::PlotError>(())
/// ```
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct PlotRequest {
    /// What to draw.
    pub kind: PlotKind,
    /// next, heat: tokens to show (10); beams: dropped candidates of each step (3); with `linear`: the best tokens (temperature
    /// 50, cumulative 10,000). 1 to 1,000,000.
    #[serde(default)]
    pub top: Option<usize>,
    /// next: a scale for each panel, in place of one for all.
    #[serde(default)]
    pub free_scales: bool,
    /// temperature, cumulative: linear axes, in place of logarithmic ones.
    #[serde(default)]
    pub linear: bool,
    /// embeddings: the three maps side by side, however wide the picture is.
    #[serde(default)]
    pub side_by_side: bool,
    /// beams, surprisal, compare, sweep: count in bits, in place of nats.
    #[serde(default)]
    pub bits: bool,
    /// temperature: temperatures above 0 (0.5, 1, 2).
    #[serde(default)]
    pub temperatures: Vec<f64>,
    /// attention: the layer, from 0 (0).
    #[serde(default)]
    pub layer: Option<usize>,
    /// attention: the head, from 0 (the mean of all).
    #[serde(default)]
    pub head: Option<usize>,
    /// next, heat, compare: ways to choose, as a [`Variant`](beamline_study::Variant) is read (the usual ones).
    #[serde(default)]
    pub run: Vec<String>,
    /// compare: what to follow (surprisal).
    #[serde(default)]
    pub by: Option<Quantity>,
    /// sweep: the option to sweep (temperature).
    #[serde(default)]
    pub over: Option<String>,
    /// sweep: its values (usual ones for temperature and top_p; other options have none).
    #[serde(default)]
    pub values: Vec<f64>,
    /// sweep: texts at each value (8). 1 to 1024.
    #[serde(default)]
    pub seeds: Option<usize>,
}

impl PlotRequest {
    /// The names of all arguments: the fields, in their order.
    pub const ARGUMENTS: [&str; 14] = [
        "kind",
        "top",
        "free_scales",
        "linear",
        "side_by_side",
        "bits",
        "temperatures",
        "layer",
        "head",
        "run",
        "by",
        "over",
        "values",
        "seeds",
    ];

    /// A picture of this kind, with its defaults.
    pub fn new(kind: PlotKind) -> Self {
        Self {
            kind,
            top: None,
            free_scales: false,
            linear: false,
            side_by_side: false,
            bits: false,
            temperatures: Vec::new(),
            layer: None,
            head: None,
            run: Vec::new(),
            by: None,
            over: None,
            values: Vec::new(),
            seeds: None,
        }
    }

    /// Reads a JSON object of arguments. Null is no value.
    ///
    /// ```
    /// use beamline_plot::PlotRequest;
    /// use serde_json::json;
    /// let error = PlotRequest::read(&json!({"kind": "next", "tops": 5})).unwrap_err();
    /// assert_eq!(error.to_string(), "a plot has no argument \"tops\"; did you mean top?");
    /// let error = PlotRequest::read(&json!({"kind": "next", "top": "five"})).unwrap_err();
    /// assert_eq!(error.to_string(), "top: invalid type: string \"five\", expected usize");
    /// ```
    ///
    /// # Errors
    /// When it is no object or names no kind, and when it has a field that is no argument, or a value that is none of the
    /// argument's. Ranges are looked at by [`check`](Self::check).
    pub fn read(json: &Value) -> Result<Self, PlotError> {
        if json.is_array() {
            let reason = "invalid type: a list, expected an object with a kind".to_owned();
            return Err(PlotError::Unreadable { argument: ".".to_owned(), reason });
        }
        let mut given = json.clone();
        if let Some(fields) = given.as_object_mut() {
            if let Some(name) = fields.keys().find(|name| !Self::ARGUMENTS.contains(&name.as_str())) {
                return Err(PlotError::Unknown { near: nearest(name, Self::ARGUMENTS), name: name.clone() });
            }
            fields.retain(|_, value| !value.is_null());
        }
        serde_path_to_error::deserialize(given).map_err(|error| PlotError::Unreadable {
            argument: error.path().to_string(),
            reason: error.into_inner().to_string(),
        })
    }

    /// What surprisal, entropy and log-probabilities are counted in.
    pub(crate) fn unit(&self) -> Unit {
        if self.bits { Unit::Bits } else { Unit::Nats }
    }
}
