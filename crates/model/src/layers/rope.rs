//! Rotary positions (RoPE; Su et al., 2021): how fast each pair of a head's numbers turns, and the turning.

use crate::config::{Fields, Keys};
use crate::error::{Defect, LoadError};
use crate::weights::Weights;
use beamline_kernels::{Compute, Rotation, rotate};

/// The base of the frequencies, and how they are stretched for longer contexts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rope {
    /// `rope_theta`: pair `i` of a head of width `d` turns by `theta^(-2i/d)` radians a position.
    pub(crate) theta: f64,
    /// How the frequencies are changed.
    pub(crate) scaling: Scaling,
}

/// Changes of the frequencies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scaling {
    /// None.
    None,
    /// All divided by a factor (Chen et al., 2023).
    Linear(f64),
    /// Llama 3.1's: slow pairs divided by a factor, fast ones kept, those between blended.
    Llama3 {
        /// What slow pairs are divided by.
        factor: f64,
        /// Pairs that turn fewer times than this within the original context are slow.
        low: f64,
        /// Pairs that turn more often than this are fast.
        high: f64,
        /// The context the model was first trained on.
        original: f64,
    },
}

impl Rope {
    /// Radians a position, for each pair of a head of width `head`. Powers are taken in f64 and rounded once.
    pub(crate) fn frequencies(&self, head: usize) -> Vec<f32> {
        (0..head / 2)
            .map(|i| {
                let plain = self.theta.powf(-((2 * i) as f64) / head as f64);
                self.scale(plain) as f32
            })
            .collect()
    }

    fn scale(&self, frequency: f64) -> f64 {
        match self.scaling {
            Scaling::None => frequency,
            Scaling::Linear(factor) => frequency / factor,
            Scaling::Llama3 { factor, low, high, original } => {
                let turns = original * frequency / std::f64::consts::TAU;
                let share = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                frequency * (share + (1.0 - share) / factor)
            }
        }
    }

    /// Reads `rope_parameters` (transformers 5), or `rope_theta` with `rope_scaling` (before).
    pub(crate) fn read(config: Fields<'_>) -> Result<Self, Defect> {
        let parameters = config.object("rope_parameters")?;
        let scaling = config.object("rope_scaling")?;
        if parameters.is_none() {
            partial(config)?;
        }
        let theta = match parameters {
            Some(p) if p.get("rope_theta").is_some() => p.positive("rope_theta", 0.0)?,
            _ => config.positive("rope_theta", 10_000.0)?,
        };
        let scaling = match parameters.or(scaling) {
            None => Scaling::None,
            Some(p) => {
                partial(p)?;
                Self::read_scaling(p, config)?
            }
        };
        Ok(Self { theta: f64::from(theta), scaling })
    }

    /// Reads the keys of a GGUF file. Llama 3's stretching comes as a tensor of divisors there, which
    /// [`load_frequencies`](Self::load_frequencies) applies.
    pub(crate) fn read_gguf(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        let theta = keys.positive("rope.freq_base", Some(10_000.0))?;
        let name = keys.name("rope.scaling.type");
        let scaling = match keys.gguf.text(&name)? {
            None | Some("none") => match keys.gguf.number(&keys.name("rope.scale_linear"))? {
                Some(factor) if factor > 0.0 && factor.is_finite() => Scaling::Linear(factor),
                _ => Scaling::None,
            },
            Some("linear") => Scaling::Linear(keys.positive("rope.scaling.factor", None)?),
            Some(other) => return Err(Defect::unsupported(&name, other, "none, linear")),
        };
        Ok(Self { theta, scaling })
    }

    /// The frequencies, divided by the factors of a GGUF file where it has them.
    pub(crate) fn load_frequencies(&self, weights: &mut Weights<'_>, head: usize) -> Result<Vec<f32>, LoadError> {
        const FACTORS: &str = "rope_freqs.weight";
        let frequencies = self.frequencies(head);
        let Some(factors) = weights.gguf_extra(FACTORS, &[frequencies.len()])? else { return Ok(frequencies) };
        if let Some(bad) = factors.iter().find(|f| **f <= 0.0) {
            return Err(Defect::value(FACTORS, bad, "positive numbers").at(weights.path()));
        }
        Ok(frequencies.iter().zip(&factors).map(|(frequency, factor)| frequency / factor).collect())
    }

    fn read_scaling(p: Fields<'_>, config: Fields<'_>) -> Result<Scaling, Defect> {
        let kind = p.text("rope_type")?.or(p.text("type")?).unwrap_or("default");
        let required = |name: &str| match p.get(name) {
            None => Err(Defect::value(name, "missing", &format!("a positive number with rope type {kind}"))),
            Some(_) => p.positive(name, 0.0).map(f64::from),
        };
        match kind {
            "default" => Ok(Scaling::None),
            "linear" => Ok(Scaling::Linear(required("factor")?)),
            "llama3" => {
                let (low, high) = (required("low_freq_factor")?, required("high_freq_factor")?);
                if low >= high {
                    return Err(Defect::value("low_freq_factor", low, &format!("below high_freq_factor = {high}")));
                }
                let original = match p.get("original_max_position_embeddings") {
                    Some(_) => required("original_max_position_embeddings")?,
                    None => f64::from(config.positive("max_position_embeddings", 2048.0)?),
                };
                Ok(Scaling::Llama3 { factor: required("factor")?, low, high, original })
            }
            other => Err(Defect::unsupported("rope_type", other, "default, linear, llama3")),
        }
    }
}

/// Turns queries or keys, `[rows, heads, head]`, each row as its position asks.
pub(crate) fn apply_rope(heads: &mut [f32], rotations: &[Rotation], compute: &Compute) {
    let width = heads.len() / rotations.len();
    compute.for_chunks(heads, width, width * 4, |row, heads| rotate(heads, &rotations[row]));
}

/// Rotating only part of a head would change the logits and is not supported.
fn partial(fields: Fields<'_>) -> Result<(), Defect> {
    match fields.number("partial_rotary_factor")? {
        Some(share) if share != 1.0 => Err(Defect::unsupported("partial_rotary_factor", share, "1.0")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(config: &serde_json::Value) -> Result<Rope, Defect> {
        Rope::read(Fields(config.as_object().unwrap()))
    }

    #[test]
    fn old_and_new_spellings_mean_the_same() {
        let old = read(&json!({"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 4.0}})).unwrap();
        let new = read(&json!({"rope_parameters": {"rope_theta": 5e5, "rope_type": "linear", "factor": 4.0}})).unwrap();
        assert_eq!(old, new);
        assert_eq!(old.frequencies(4), [0.25, (1.0 / 5e5f64.sqrt() / 4.0) as f32]);
        assert_eq!(read(&json!({})).unwrap(), Rope { theta: 1e4, scaling: Scaling::None });
    }

    #[test]
    fn llama3_keeps_fast_pairs_and_slows_the_slow_ones() {
        let scaling = json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                             "original_max_position_embeddings": 8192});
        let rope = read(&json!({"rope_theta": 500_000.0, "rope_scaling": scaling})).unwrap();
        let plain = Rope { theta: 500_000.0, scaling: Scaling::None };
        let (scaled, plain) = (rope.frequencies(128), plain.frequencies(128));
        assert_eq!(scaled[0], plain[0]);
        assert_eq!(scaled[63], plain[63] / 8.0);
        let between = scaled.iter().zip(&plain).filter(|(s, p)| *s < p && **s > *p / 8.0).count();
        assert!((1..20).contains(&between), "{between}");
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let message = |v| read(&v).unwrap_err().to_string();
        assert!(message(json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}})).contains("yarn"));
        assert!(message(json!({"rope_scaling": {"rope_type": "linear"}})).contains("factor"));
        assert!(message(json!({"partial_rotary_factor": 0.5})).contains("partial_rotary_factor"));
        assert!(message(json!({"rope_theta": -1})).contains("rope_theta"));
        assert!(message(json!({"rope_theta": "many"})).contains("a number"));
    }
}
