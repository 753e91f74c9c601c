//! The library kept from taking the program down: a `tokenizer.json` is somebody else's file, and the library panics on
//! some that are wrong.

use crate::TokensError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call of the library; a panic becomes none.
pub(crate) fn unless_it_panics<R>(call: impl FnOnce() -> R) -> Option<R> {
    // Whatever was being built is dropped; nothing of it is looked at again.
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// Refuses what no guard could catch: what multiplies, and a `Precompiled` normalizer whose table claims to be longer than it is, for which the
/// library would ask for that much memory.
pub(crate) fn check(json: &serde_json::Value) -> Result<(), TokensError> {
    crate::growth::check(json)?;
    tables(json)
}

/// The tables of all normalizers.
fn tables(json: &serde_json::Value) -> Result<(), TokensError> {
    match json {
        serde_json::Value::Object(fields) => {
            if let Some(table) = fields.get("precompiled_charsmap").and_then(serde_json::Value::as_str) {
                let claimed = table.bytes().take(6).try_fold(0u64, |bits, c| Some(bits << 6 | u64::from(sextet(c)?)));
                // Six characters are 36 bits; the first 32 are the length, the lowest byte first.
                let claimed = claimed.filter(|_| table.len() >= 8).map(|bits| u32::swap_bytes((bits >> 4) as u32));
                if claimed.is_none_or(|length| length as usize > table.len() / 4 * 3) {
                    return Err(TokensError::Json("a precompiled_charsmap that is shorter than it claims".to_owned()));
                }
            }
            fields.values().try_for_each(tables)
        }
        // No chain of parts is as long: this is a vocabulary's.
        serde_json::Value::Array(values) if values.len() < 64 => values.iter().try_for_each(tables),
        _ => Ok(()),
    }
}

/// A character of base64 as its six bits.
fn sextet(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The bytes that base64 stands for, as far as it can be read.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0);
    for sextet in text.bytes().map_while(sextet) {
        (bits, count) = (bits << 6 | u32::from(sextet), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_read_back() {
        for length in 0..40 {
            let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(97)).collect();
            assert_eq!(super::from_base64(&crate::sentencepiece::base64(&bytes)), bytes);
        }
    }
}
