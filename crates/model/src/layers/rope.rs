//! Rotary positions (RoPE; Su et al., 2021): how fast each pair of a head's numbers turns, and the turning.

mod scaling;

use crate::config::{Fields, Keys};
use crate::error::{Defect, LoadError};
use crate::weights::Weights;
use beamline_kernels::{Compute, Rotation, rotate};
pub(crate) use scaling::Scaling;

/// The base of the frequencies, and how they are stretched for longer contexts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rope {
    /// `rope_theta`: pair `i` of `d / 2` turns by `theta^(-2i/d)` radians a position.
    pub(crate) theta: f64,
    /// `partial_rotary_factor`: the share of a head's numbers that turn, from the first on.
    pub(crate) share: f64,
    /// How the frequencies are changed.
    pub(crate) scaling: Scaling,
}

/// What a family takes where its `config.json` does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RopeDefaults {
    pub(crate) theta: f64,
    /// The share of a head that turns.
    pub(crate) share: f64,
    /// Whether the family turns a share of its heads at all; where not, any other than 1 is refused.
    pub(crate) partial: bool,
    /// `max_position_embeddings`, which some ways of stretching start from.
    pub(crate) context: usize,
    /// The context the model was first trained on, where the family says it beside the parameters and that counts.
    pub(crate) original: Option<usize>,
}

impl RopeDefaults {
    /// Llama's: a base of ten thousand, whole heads.
    pub(crate) fn new(context: usize) -> Self {
        Self { theta: 10_000.0, share: 1.0, partial: false, context, original: None }
    }

    /// Another base.
    #[must_use]
    pub(crate) fn theta(self, theta: f64) -> Self {
        Self { theta, ..self }
    }

    /// Heads of which a share is turned.
    #[must_use]
    pub(crate) fn partial(self, share: f64) -> Self {
        Self { share, partial: true, ..self }
    }
}

impl Rope {
    /// One that nothing stretches.
    pub(crate) fn plain(theta: f64) -> Self {
        Self { theta, share: 1.0, scaling: Scaling::None }
    }

    /// How many numbers of a head are turned.
    pub(crate) fn turned(&self, head: usize) -> usize {
        (head as f64 * self.share) as usize
    }

    /// Radians a position, for each pair of a head of width `head`. Powers are taken in f64 and rounded once.
    pub(crate) fn frequencies(&self, head: usize) -> Vec<f32> {
        let turned = self.turned(head);
        let plain = |i: usize| self.theta.powf(-((2 * i) as f64) / turned as f64);
        (0..turned / 2).map(|i| self.scaling.of(plain(i), i, turned, self.theta) as f32).collect()
    }

    /// Reads `rope_scaling` (transformers up to 4, and preferred by 5 where both are there) or `rope_parameters`
    /// (transformers 5), and what stands beside them.
    pub(crate) fn read(config: Fields<'_>, defaults: RopeDefaults) -> Result<Self, Defect> {
        let (scaling, parameters) = (config.object("rope_scaling")?, config.object("rope_parameters")?);
        let chosen = scaling.filter(|fields| !fields.is_empty()).or(parameters);
        Self::read_parameters(chosen, config, defaults)
    }

    /// Reads how full layers turn, and how sliding ones do: `rope_parameters` of each, where `rope_scaling` changes what it names of the
    /// full layers' alone.
    pub(crate) fn read_both(
        config: Fields<'_>,
        full: RopeDefaults,
        sliding: RopeDefaults,
    ) -> Result<Vec<Self>, Defect> {
        let both = config.object("rope_parameters")?;
        let of = |kind: &str| both.map_or(Ok(None), |both| both.object(kind));
        // `rope_type: default` stands until something takes its place, so the older spelling, `type`, changes nothing.
        let plain = serde_json::Map::from_iter([("rope_type".to_owned(), "default".into())]);
        let mut changed = of("full_attention")?.map_or(plain, |fields| fields.map().clone());
        if let Some(scaling) = config.object("rope_scaling")? {
            changed.extend(scaling.map().clone());
        }
        let full = Self::read_parameters(Some(Fields::new(&changed)), config, full)?;
        Ok(vec![full, Self::read_parameters(of("sliding_attention")?, Fields::none(), sliding)?])
    }

    /// Reads one set of parameters; `config` is asked for what it does not say.
    pub(crate) fn read_parameters(
        parameters: Option<Fields<'_>>,
        config: Fields<'_>,
        defaults: RopeDefaults,
    ) -> Result<Self, Defect> {
        for kind in ["full_attention", "sliding_attention"] {
            if parameters.is_some_and(|p| p.get(kind).is_some()) {
                return Err(Defect::unsupported("rope_parameters", format!("one for {kind}"), "one for all layers"));
            }
        }
        let has = |name: &str| parameters.filter(|p| p.get(name).is_some()).unwrap_or(config);
        let theta = f64::from(has("rope_theta").positive("rope_theta", defaults.theta)?);
        let share = has("partial_rotary_factor").number("partial_rotary_factor")?.unwrap_or(defaults.share);
        if !defaults.partial && share != 1.0 {
            return Err(Defect::unsupported("partial_rotary_factor", share, "1.0"));
        }
        if !(share > 0.0 && share <= 1.0) {
            return Err(Defect::value("partial_rotary_factor", share, "above 0 and at most 1"));
        }
        let scaling = parameters.map_or(Ok(Scaling::None), |p| Scaling::read(p, config, defaults))?;
        Ok(Self { theta, share, scaling })
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
            Some("yarn") => Scaling::read_gguf_yarn(keys)?,
            Some(other) => return Err(Defect::unsupported(&name, other, "none, linear, yarn")),
        };
        Ok(Self { theta, share: 1.0, scaling })
    }

    /// The frequencies, divided by the factors of a GGUF file where it has them.
    pub(crate) fn load_frequencies(&self, weights: &mut Weights<'_>, head: usize) -> Result<Vec<f32>, LoadError> {
        let mut frequencies = self.frequencies(head);
        // Llama 3's, and LongRoPE's within the original context.
        for name in ["rope_freqs.weight", "rope_factors_short.weight"] {
            let Some(factors) = weights.gguf_extra(name, &[frequencies.len()])? else { continue };
            if let Some(bad) = factors.iter().find(|f| **f <= 0.0) {
                return Err(Defect::value(name, bad, "positive numbers").at(weights.path()));
            }
            frequencies.iter_mut().zip(&factors).for_each(|(frequency, factor)| *frequency /= factor);
        }
        Ok(frequencies)
    }
}

/// Where number `n` of heads as wide as `head` is stored, of each of which the first `turned` turn and lie pair by pair: number
/// `i` of the first half of them at `2i`, of the second at `2i + 1`, the rest where they are.
pub(crate) fn halves_of_pairs(n: usize, head: usize, turned: usize) -> usize {
    let (start, i, half) = (n / head * head, n % head, turned / 2);
    if i >= 2 * half { n } else { start + i % half * 2 + i / half }
}

/// Turns queries or keys, `[rows, heads, head]`, each row as its position asks.
pub(crate) fn apply_rope(heads: &mut [f32], head: usize, rotations: &[Rotation], compute: &Compute) {
    let width = heads.len() / rotations.len();
    compute.for_chunks(heads, width, width * 4, |row, heads| rotate(heads, head, &rotations[row]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(config: &serde_json::Value) -> Result<Rope, Defect> {
        Rope::read(Fields::new(config.as_object().unwrap()), RopeDefaults::new(4096))
    }

    #[test]
    fn old_and_new_spellings_mean_the_same() {
        let old = read(&json!({"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 4.0}})).unwrap();
        let new = read(&json!({"rope_parameters": {"rope_theta": 5e5, "rope_type": "linear", "factor": 4.0}})).unwrap();
        assert_eq!(old, new);
        assert_eq!(old.frequencies(4), [0.25, (1.0 / 5e5f64.sqrt() / 4.0) as f32]);
        assert_eq!(read(&json!({})).unwrap(), Rope::plain(1e4));
    }

    #[test]
    fn of_two_spellings_the_old_one_counts_and_its_own_theta_first() {
        let both = json!({"rope_scaling": {"rope_type": "linear", "factor": 2.0, "rope_theta": 77.0}, "rope_theta": 5.0,
                          "rope_parameters": {"rope_type": "default", "rope_theta": 9.0}});
        assert_eq!(read(&both).unwrap(), Rope { scaling: Scaling::Linear(2.0), ..Rope::plain(77.0) });
        assert_eq!(read(&json!({"rope_theta": 5.0, "rope_parameters": {}})).unwrap(), Rope::plain(5.0));
    }

    #[test]
    fn interleaved_pairs_become_halves() {
        // Heads of six of which four turn: stored a0 b0 a1 b1, wanted a0 a1 b0 b1.
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8].map(|n| halves_of_pairs(n, 6, 4)), [0, 2, 1, 3, 4, 5, 6, 8, 7]);
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let message = |v| read(&v).unwrap_err().to_string();
        assert!(message(json!({"rope_scaling": {"rope_type": "axial", "factor": 4.0}})).contains("axial"));
        assert!(message(json!({"rope_scaling": {"rope_type": "linear"}})).contains("factor"));
        assert!(message(json!({"partial_rotary_factor": 0.5})).contains("partial_rotary_factor"));
        assert!(message(json!({"rope_theta": -1})).contains("rope_theta"));
        assert!(message(json!({"rope_theta": "many"})).contains("a number"));
    }
}
