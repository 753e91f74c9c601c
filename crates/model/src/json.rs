//! JSON as Python writes and reads it: `NaN`, `Infinity` and `-Infinity` are numbers there.

use serde_json::Value;

/// Reads JSON in which `NaN`, `Infinity` and `-Infinity` may stand where values do, as Python's `json` module writes them.
/// They come back as texts of these words, which whoever wants a number refuses by name: one such value must not lose the
/// whole file.
///
/// ```
/// let json = beamline_model::python_json(br#"{"a": NaN, "b": [-Infinity, "NaN"], "c": 1.5}"#)?;
/// assert_eq!(json, serde_json::json!({"a": "NaN", "b": ["-Infinity", "NaN"], "c": 1.5}));
/// assert!(beamline_model::python_json(b"{NaN: 1}").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// When it is no JSON for Python either.
pub fn python_json(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|error| {
        let quoted = quoted(bytes).ok_or(error)?;
        serde_json::from_slice(&quoted)
    })
}

/// The text with quotes around the words that are numbers to Python alone; none where there are no such words.
fn quoted(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let (mut at, mut in_text, mut any) = (0, false, false);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word.as_bytes()));
        if let Some(word) = word.filter(|_| !in_text && is_value(&out)) {
            out.extend([b"\"", word.as_bytes(), b"\""].concat());
            (at, any) = (at + word.len(), true);
            continue;
        }
        // An escaped character is taken with its backslash, so that an escaped quote ends nothing.
        let taken = if in_text && byte == b'\\' { 2.min(rest.len()) } else { 1 };
        in_text ^= byte == b'"';
        out.extend(&rest[..taken]);
        at += taken;
    }
    any.then_some(out)
}

/// Whether what follows `before` is a value, and no name of a field or rest of a word.
fn is_value(before: &[u8]) -> bool {
    let last = before.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    last.is_none_or(|byte| matches!(byte, b':' | b'[' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_inside_texts_stay_and_escapes_are_followed() {
        let json = python_json(br#"{"a\"NaN": "x\\", "b": Infinity, "c": "\" NaN, Infinity"}"#).unwrap();
        assert_eq!(json, json!({"a\"NaN": "x\\", "b": "Infinity", "c": "\" NaN, Infinity"}));
        assert_eq!(python_json(b" NaN ").unwrap(), json!("NaN"));
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for bad in [
            "{",
            "{\"a\": nan}",
            "{\"a\": NaNo}",
            "[NaN",
            "{\"a\": NaN,}",
            "-NaN",
            "\\",
            "\"\\",
            "[1, Infinity Infinity]",
        ] {
            assert!(python_json(bad.as_bytes()).is_err(), "{bad}");
        }
        let error = python_json(b"{\"a\": NaN,\n\"b\": tru}").unwrap_err();
        assert_eq!(error.line(), 2, "{error}");
    }
}
