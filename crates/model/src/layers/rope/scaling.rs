//! Ways of stretching rotary positions for contexts longer than the model was first trained on.

use crate::config::{Fields, Keys};
use crate::error::Defect;
use crate::layers::rope::RopeDefaults;

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
    /// YaRN (Peng et al., 2023): the same by a ramp over the pairs, and sines and cosines that grow with the factor.
    Yarn {
        /// What slow pairs are divided by.
        factor: f64,
        /// The context the model was first trained on.
        original: f64,
        /// `beta_fast` and `beta_slow`: turns within the original context above which a pair is fast, below which slow.
        turns: [f64; 2],
        /// Whether the ramp begins and ends at whole pairs.
        truncate: bool,
        /// What cosines and sines are multiplied by.
        amplitude: f64,
    },
    /// LongRoPE (Ding et al., 2024) within the original context: a divisor for each pair.
    LongRope {
        /// `short_factor`.
        divisors: Vec<f64>,
        /// What cosines and sines are multiplied by.
        amplitude: f64,
        /// The context up to which these divisors hold.
        original: usize,
    },
    /// Dynamic NTK: nothing changes up to the context that it starts from.
    Dynamic,
}

impl Scaling {
    /// YaRN as its paper sets it.
    pub(crate) fn yarn(factor: f64, original: f64) -> Self {
        Self::Yarn { factor, original, turns: [32.0, 1.0], truncate: true, amplitude: grown(factor, 1.0) }
    }

    /// Reads YaRN's keys of a GGUF file.
    pub(super) fn read_gguf_yarn(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        let factor = keys.positive("rope.scaling.factor", None)?;
        let original = keys.positive("rope.scaling.original_context_length", None)?;
        let turns = [
            keys.positive("rope.scaling.yarn_beta_fast", Some(32.0))?,
            keys.positive("rope.scaling.yarn_beta_slow", Some(1.0))?,
        ];
        for (key, plain) in [("rope.scaling.yarn_log_multiplier", 0.0), ("rope.scaling.yarn_ext_factor", 1.0)] {
            let name = keys.name(key);
            if let Some(other) = keys.gguf.number(&name)?.filter(|&value| value != plain) {
                return Err(Defect::unsupported(&name, other, &format!("{plain}, or a file without it")));
            }
        }
        // What the checkpoint called `attention_factor`; llama.cpp writes it, and reads it for Grok alone.
        let own = keys.positive("rope.scaling.yarn_attn_factor", Some(grown(factor, 1.0)))?;
        let amplitude = own * keys.positive("rope.scaling.attn_factor", Some(1.0))?;
        Ok(Self::Yarn { factor, original, turns, truncate: true, amplitude })
    }

    /// YaRN's ramp from and to wherever it comes out.
    pub(crate) fn untruncated(self) -> Self {
        match self {
            Self::Yarn { factor, original, turns, amplitude, .. } => {
                Self::Yarn { factor, original, turns, truncate: false, amplitude }
            }
            other => other,
        }
    }

    /// What cosines and sines are multiplied by.
    pub(crate) fn amplitude(&self) -> f32 {
        match self {
            Self::Yarn { amplitude, .. } | Self::LongRope { amplitude, .. } => *amplitude as f32,
            _ => 1.0,
        }
    }

    /// The longest context in which every position is turned alike, however long the text gets: beyond it, transformers turns
    /// all positions anew.
    pub(crate) fn bound(&self, context: usize) -> usize {
        match self {
            Self::LongRope { original, .. } => context.min(*original),
            _ => context,
        }
    }

    /// The frequency of pair `i` of `width / 2`.
    pub(super) fn of(&self, frequency: f64, i: usize, width: usize, theta: f64) -> f64 {
        match self {
            Self::None | Self::Dynamic => frequency,
            Self::Linear(factor) => frequency / factor,
            Self::LongRope { divisors, .. } => frequency / divisors.get(i).copied().unwrap_or(1.0),
            Self::Llama3 { factor, low, high, original } => {
                let turns = original * frequency / std::f64::consts::TAU;
                let share = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                frequency * (share + (1.0 - share) / factor)
            }
            Self::Yarn { factor, original, turns, truncate, .. } => {
                // The pair that turns this often within the original context.
                let pair = |turns: f64| {
                    width as f64 * libm::log(original / (turns * std::f64::consts::TAU)) / (2.0 * libm::log(theta))
                };
                let [mut from, mut to] = turns.map(pair);
                if *truncate {
                    (from, to) = (from.floor(), to.ceil());
                }
                let (from, mut to) = (from.max(0.0), to.min(width as f64 - 1.0));
                if from == to {
                    to += 0.001;
                }
                let slow = ((i as f64 - from) / (to - from)).clamp(0.0, 1.0);
                frequency / factor * slow + frequency * (1.0 - slow)
            }
        }
    }

    /// Reads a set of parameters; `config` is asked for the original context.
    pub(super) fn read(p: Fields<'_>, config: Fields<'_>, defaults: RopeDefaults) -> Result<Self, Defect> {
        let context = defaults.context;
        let kind = p.text("rope_type")?.or(p.text("type")?).unwrap_or("default");
        let required = |name: &str| match p.get(name) {
            None => Err(Defect::value(name, "missing", &format!("a positive number with rope type {kind}"))),
            Some(_) => p.positive(name, 0.0).map(f64::from),
        };
        let original = || match (defaults.original, p.get("original_max_position_embeddings")) {
            (Some(original), _) => Ok(original as f64),
            (None, Some(_)) => required("original_max_position_embeddings"),
            (None, None) => config.positive("original_max_position_embeddings", context as f64).map(f64::from),
        };
        match kind {
            "default" => Ok(Self::None),
            "linear" => Ok(Self::Linear(required("factor")?)),
            "dynamic" => required("factor").map(|_| Self::Dynamic),
            "llama3" => {
                let (low, high) = (required("low_freq_factor")?, required("high_freq_factor")?);
                if low >= high {
                    return Err(Defect::value("low_freq_factor", low, &format!("below high_freq_factor = {high}")));
                }
                Ok(Self::Llama3 { factor: required("factor")?, low, high, original: original()? })
            }
            "yarn" => Self::read_yarn(p, original()?, context),
            "longrope" | "su" => Self::read_longrope(p, original()?, context),
            other => Err(Defect::unsupported("rope_type", other, "default, linear, dynamic, llama3, yarn, longrope")),
        }
    }

    fn read_yarn(p: Fields<'_>, original: f64, context: usize) -> Result<Self, Defect> {
        let factor = f64::from(p.positive("factor", context as f64 / original)?);
        let scale = |name: &str| Ok::<_, Defect>(p.number(name)?.filter(|&value| value != 0.0));
        let amplitude = match (p.number("attention_factor")?, scale("mscale")?, scale("mscale_all_dim")?) {
            (Some(given), ..) => given,
            (None, Some(up), Some(down)) => grown(factor, up) / grown(factor, down),
            (None, ..) => grown(factor, 1.0),
        };
        let turns = [f64::from(p.positive("beta_fast", 32.0)?), f64::from(p.positive("beta_slow", 1.0)?)];
        Ok(Self::Yarn { factor, original, turns, truncate: p.flag("truncate")?.unwrap_or(true), amplitude })
    }

    fn read_longrope(p: Fields<'_>, original: f64, context: usize) -> Result<Self, Defect> {
        let list = |name: &str| {
            let wrong = || Defect::value(name, "no list of numbers", "a list of positive numbers, one for each pair");
            let numbers: Option<Vec<f64>> =
                p.list(name)?.ok_or_else(wrong)?.iter().map(serde_json::Value::as_f64).collect();
            numbers.filter(|all| all.iter().all(|&n| n > 0.0)).ok_or_else(wrong)
        };
        list("long_factor")?;
        let factor = f64::from(p.positive("factor", context as f64 / original)?);
        let amplitude = match p.number("attention_factor")? {
            Some(given) => given,
            None if factor <= 1.0 => 1.0,
            None => (1.0 + libm::log(factor) / libm::log(original)).sqrt(),
        };
        Ok(Self::LongRope { divisors: list("short_factor")?, amplitude, original: original as usize })
    }
}

/// YaRN's growth of sines and cosines with the factor.
fn grown(factor: f64, by: f64) -> f64 {
    if factor <= 1.0 { 1.0 } else { 0.1 * by * libm::log(factor) + 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::rope::Rope;

    #[test]
    fn llama3_keeps_fast_pairs_and_slows_the_slow_ones() {
        let plain = Rope::plain(500_000.0);
        let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 };
        let (scaled, plain) = (Rope { scaling, ..plain.clone() }.frequencies(128), plain.frequencies(128));
        assert_eq!(scaled[0], plain[0]);
        assert_eq!(scaled[63], plain[63] / 8.0);
        let between = scaled.iter().zip(&plain).filter(|(s, p)| *s < p && **s > *p / 8.0).count();
        assert!((1..20).contains(&between), "{between}");
    }

    #[test]
    fn yarn_keeps_fast_pairs_slows_the_slow_ones_and_grows() {
        let scaling = Scaling::yarn(4.0, 4096.0);
        assert!((scaling.amplitude() - 1.138_629_4).abs() < 1e-6);
        let plain = Rope::plain(10_000.0);
        let (scaled, plain) = (Rope { scaling, ..plain.clone() }.frequencies(128), plain.frequencies(128));
        assert_eq!((scaled[0], scaled[63]), (plain[0], plain[63] / 4.0));
    }

    #[test]
    fn longrope_divides_each_pair_and_holds_up_to_the_original_context() {
        let scaling = Scaling::LongRope { divisors: vec![2.0, 4.0], amplitude: 1.5, original: 100 };
        assert_eq!((scaling.bound(4000), scaling.bound(50), scaling.amplitude()), (100, 50, 1.5));
        assert_eq!(Rope { scaling, ..Rope::plain(1.0) }.frequencies(4), [0.5, 0.25]);
    }
}
