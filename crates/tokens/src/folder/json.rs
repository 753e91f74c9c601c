//! JSON as Python writes it.

use super::Fields;
use crate::TokensError;
use crate::guard::check;
use serde_json::Value;

/// Reads JSON in which numbers may be `NaN` and `Infinity`, which Python writes; they count as null.
fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|error| {
        let plain = without_odd_numbers(bytes);
        plain.map_or(Err(error), |plain| serde_json::from_slice(&plain))
    })
}

/// The same JSON with null for `NaN`, `Infinity` and `-Infinity`; none where there are none.
fn without_odd_numbers(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(bytes.len());
    let (mut at, mut inside, mut changed) = (0, false, false);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let odd: &[&[u8]] = if inside { &[] } else { &[b"NaN", b"-Infinity", b"Infinity"] };
        if let Some(number) = odd.iter().find(|number| rest.starts_with(number)) {
            plain.extend_from_slice(b"null");
            at += number.len();
            changed = true;
            continue;
        }
        let escaped = inside && rest[0] == b'\\' && rest.len() > 1;
        if rest[0] == b'"' {
            inside = !inside;
        }
        let step = if escaped { 2 } else { 1 };
        plain.extend_from_slice(&rest[..step]);
        at += step;
    }
    changed.then_some(plain)
}

/// Reads a file of names and values.
pub(super) fn fields(file: &'static str, bytes: &[u8]) -> Result<Fields, TokensError> {
    match read(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(TokensError::file(file, "not a JSON object")),
        Err(error) => Err(TokensError::file(file, format!("not valid JSON: {error}"))),
    }
}

/// Reads a `tokenizer.json`, short of making anything of it.
pub(super) fn tokenizer(bytes: &[u8]) -> Result<Value, TokensError> {
    let value = serde_json::from_slice(bytes).map_err(|e| TokensError::Json(e.to_string()))?;
    check(&value)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_only_python_writes_are_null() {
        let read =
            fields("tokenizer_config.json", br#"{"a": Infinity, "b": [NaN, -Infinity], "c": "NaN \" NaN"}"#).unwrap();
        assert_eq!(Value::Object(read), serde_json::json!({"a": null, "b": [null, null], "c": "NaN \" NaN"}));
        assert!(fields("tokenizer_config.json", b"{\"a\": Infinit}").is_err());
        assert!(fields("tokenizer_config.json", b"[NaN]").unwrap_err().to_string().contains("not a JSON object"));
    }
}
