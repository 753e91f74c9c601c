//! Round numbers along an axis.

/// Round numbers from `low` to `high`, no more than `most` and two at the least where there are so many: multiples of 1, 2
/// or 5 times a power of ten. With them, that step.
pub(crate) fn round_numbers(low: f64, high: f64, most: usize) -> (Vec<f64>, f64) {
    let span = (high - low).max(1e-12);
    let decade = libm::pow(10.0, libm::floor(libm::log10(span / most.max(1) as f64)));
    let within = |step: f64| ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].map(|factor| factor * decade);
    let fits = |step: &&f64| {
        let (first, last) = within(**step);
        last - first < most.max(2) as i64
    };
    let step = steps.iter().find(fits).copied().unwrap_or(100.0 * decade);
    let (first, last) = within(step);
    ((first..=last).map(|i| i as f64 * step).collect(), step)
}

/// A number with as many digits as tell it from its neighbours a step away.
pub(crate) fn number(value: f64, step: f64) -> String {
    if value.abs() >= 1e7 {
        return format!("{value:.0e}");
    }
    let digits = if step >= 1.0 { 0 } else { (-libm::floor(libm::log10(step) + 1e-9)).min(9.0) as usize };
    let text = format!("{value:.digits$}");
    if text.trim_start_matches('-').trim_matches(['0', '.']).is_empty() { "0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_numbers_lie_within_and_are_not_too_many() {
        for (low, high) in [(0.0, 1.0), (0.0, 0.3843), (-3.1, 7.7), (0.0, 49_152.0), (0.2, 1.8), (0.0, 1e-7)] {
            for most in 2..9 {
                let (all, step) = round_numbers(low, high, most);
                assert!((1..=most).contains(&all.len()), "{low}..{high}, {most}: {all:?}");
                assert!(all.iter().all(|v| *v >= low - step * 1e-6 && *v <= high + step * 1e-6));
            }
        }
        assert_eq!(round_numbers(0.0, 1.0, 6).0.len(), 6);
        assert_eq!((number(0.2, 0.2), number(20.0, 20.0), number(-0.0, 0.5)), ("0.2".into(), "20".into(), "0".into()));
    }
}
