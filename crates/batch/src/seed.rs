//! A seed for each row, of the run's seed and the row's key: so no result depends on where or when a row is computed.

use sha2::{Digest, Sha256};

/// The seed of a row without one of its own.
///
/// It is the first 53 bits of the SHA-256 of `beamline batch 1`, the run's seed in decimal digits, and `key` with the row's key
/// or, where it has none, `row` with its number from 0, each on a line; 53 bits, so that every reader of JSON has them exactly. In
/// Python:
///
/// ```text
/// int.from_bytes(hashlib.sha256(f"beamline batch 1\n{seed}\nkey {key}".encode()).digest()[:8], "big") >> 11
/// ```
///
/// ```
/// use beamline_batch::row_seed;
/// assert_eq!(row_seed(7, Some("a"), 0), row_seed(7, Some("a"), 1));
/// assert_ne!(row_seed(7, None, 0), row_seed(7, None, 1));
/// assert_ne!(row_seed(7, Some("0"), 0), row_seed(7, None, 0));
/// ```
pub fn row_seed(seed: u64, key: Option<&str>, number: u64) -> u64 {
    let text = match key {
        Some(key) => format!("beamline batch 1\n{seed}\nkey {key}"),
        None => format!("beamline batch 1\n{seed}\nrow {number}"),
    };
    let digest: [u8; 32] = Sha256::digest(text).into();
    let first = digest.iter().take(8).fold(0_u64, |all, &byte| all << 8 | u64::from(byte));
    first >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python says of the line above.
    #[test]
    fn seeds_are_those_that_are_documented() {
        assert_eq!(row_seed(7, Some("a"), 3), SEED_A);
        assert_eq!(row_seed(7, None, 3), SEED_3);
        assert!(row_seed(u64::MAX, Some("키"), 0) < 1 << 53);
    }

    const SEED_A: u64 = 3_972_474_201_176_605;
    const SEED_3: u64 = 1_513_365_342_827_931;
}
