//! Keys that have been taken.

use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The keys of all rows so far, as half of their SHA-256: some 30 bytes a row, however long the keys are.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashSet<u128>);

impl Keys {
    /// Takes a key; false where an earlier row has it.
    pub(crate) fn take(&mut self, key: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let half = digest.iter().take(16).fold(0_u128, |all, &byte| all << 8 | u128::from(byte));
        self.0.insert(half)
    }
}
