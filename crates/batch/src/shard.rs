//! A part of the input.

use std::fmt;
use std::ops::Range;

/// Part `number` of `of` parts, from 1: rows that follow each other, as many in each part as in any other, but for one. Parts that
/// are joined in order are the whole.
///
/// ```
/// use beamline_batch::Shard;
/// let shard: Shard = "2/4".parse()?;
/// assert_eq!(shard.rows(10), 2..5);
/// assert!("5/4".parse::<Shard>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = |(number, of): (&str, &str)| Some((number.trim().parse().ok()?, of.trim().parse().ok()?));
        match text.split_once('/').and_then(read) {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err(format!("a shard is a number and how many there are, such as 1/4 to 4/4; got {text:?}")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Its rows, of so many.
    pub fn rows(self, all: u64) -> Range<u64> {
        let until = |number: u32| (u128::from(all) * u128::from(number) / u128::from(self.of)) as u64;
        until(self.number - 1)..until(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole() {
        for all in [0, 1, 3, 10, 1_000_003, u64::MAX] {
            for of in [1, 2, 3, 7, u32::MAX] {
                let part = |number| Shard { number, of }.rows(all);
                assert_eq!((part(1).start, part(of).end), (0, all));
                assert!((1..of.min(9)).all(|number| part(number).end == part(number + 1).start));
            }
        }
        for wrong in ["", "0/4", "5/4", "1", "a/b", "-1/2", "1/0", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
