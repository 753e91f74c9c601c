//! An axis: its range, and the numbers or names along it.

use crate::measure::width;
use crate::sheet::NAMES;
use crate::ticks::{number, round_numbers};

/// An axis. A logarithmic one has its numbers' decimal logarithms.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// From where to where.
    pub range: (f64, f64),
    /// What its places mean.
    pub scale: AxisScale,
    /// Names in place of numbers: a name for each whole place from 0.
    pub names: Vec<String>,
}

/// What the places along an axis mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisScale {
    /// Numbers.
    Linear,
    /// Shares, shown in percent.
    Percent,
    /// Powers of ten.
    Log,
}

/// The most pixels that a name along an axis takes.
pub(super) const LONGEST: f64 = 100.0;

impl Axis {
    /// An axis from one number to another.
    pub fn new(label: &str, range: (f64, f64), scale: AxisScale) -> Self {
        Self { label: label.to_owned(), range, scale, names: Vec::new() }
    }

    /// An axis that has room for these numbers.
    pub fn over(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = if high > low { (high - low) * 0.05 } else { 0.5 };
        Self::new(label, (low - room, high + room), AxisScale::Linear)
    }

    /// An axis that holds these values, and begins at zero.
    pub fn from_zero(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let high = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
        Self::new(label, (0.0, if high > 0.0 { high * 1.06 } else { 1.0 }), AxisScale::Linear)
    }

    /// The axis without what lies outside of these numbers, where nothing can be.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64) -> Self {
        self.range = (self.range.0.max(low), self.range.1.min(high));
        if self.range.1 <= self.range.0 {
            self.range = (low, high);
        }
        self
    }

    /// The pixels below the plot that its numbers or names take, and what it measures.
    pub(super) fn foot(&self) -> f64 {
        let names = self.names.iter().map(|name| width(name, NAMES)).fold(12.0, f64::max).min(LONGEST);
        names + 6.0 + if self.label.is_empty() { 4.0 } else { 18.0 }
    }

    /// The numbers along it, upwards: as many as lie well in so many pixels.
    pub(super) fn ticks(&self, room: f64) -> Vec<(f64, String)> {
        self.numbers(((room / 28.0) as usize).clamp(3, 8))
    }

    /// The numbers along it, from left to right: as many as lie well in so many pixels.
    pub(super) fn ticks_across(&self, room: f64) -> Vec<(f64, String)> {
        let mut most = ((room / 48.0) as usize).clamp(2, 12);
        loop {
            let all = self.numbers(most);
            let wide: f64 = all.iter().map(|(_, words)| width(words, NAMES) + 14.0).fold(0.0, f64::max);
            if most <= 2 || wide * all.len() as f64 <= room {
                return all;
            }
            most -= 1;
        }
    }

    fn numbers(&self, most: usize) -> Vec<(f64, String)> {
        let (low, high) = self.range;
        if self.scale == AxisScale::Log {
            return powers(low, high, most);
        }
        let factor = if self.scale == AxisScale::Percent { 100.0 } else { 1.0 };
        let sign = if self.scale == AxisScale::Percent { "%" } else { "" };
        let (all, step) = round_numbers(low * factor, high * factor, most);
        all.into_iter().map(|v| (v / factor, number(v, step) + sign)).collect()
    }
}

/// Powers of ten between two logarithms; where there is but one, twice and five times those too.
fn powers(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let decades: Vec<i64> = (libm::ceil(low - 1e-9) as i64..=libm::floor(high + 1e-9) as i64).collect();
    if decades.len() < 2 {
        let around = libm::floor(low) as i64..=libm::ceil(high) as i64;
        let parts = around.flat_map(|decade| [1.0, 2.0, 5.0].map(|factor| factor * libm::pow(10.0, decade as f64)));
        let within = parts.filter(|value| (low - 1e-9..=high + 1e-9).contains(&libm::log10(*value)));
        return within.map(|value| (libm::log10(value), number(value, value))).collect();
    }
    let every = decades.len().div_ceil(most).max(1) as i64;
    let shown = decades.into_iter().filter(|decade| decade % every == 0);
    shown.map(|decade| (decade as f64, power(decade))).collect()
}

/// A power of ten as one reads it.
fn power(exponent: i64) -> String {
    match exponent {
        0..=3 => format!("{}", 10u32.pow(exponent as u32)),
        -3..=-1 => number(libm::pow(10.0, exponent as f64), libm::pow(10.0, exponent as f64)),
        _ => format!("1e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_drawn_beyond_all_or_nothing() {
        let axis = Axis::over("share", [0.9, 1.0].into_iter()).within(0.0, 1.0);
        assert!(axis.range.0 < 0.9 && axis.range.1 == 1.0);
        assert_eq!(Axis::over("", [1.0].into_iter()).within(0.0, 1.0).range, (0.5, 1.0));
        assert_eq!(Axis::over("", [3.0].into_iter()).within(0.0, 1.0).range, (0.0, 1.0));
    }

    #[test]
    fn powers_of_ten_are_words_where_they_are_short() {
        let words = [-12, -2, 0, 3, 4].map(power);
        assert_eq!(words, ["1e-12", "0.01", "1", "1000", "1e4"]);
    }
}
