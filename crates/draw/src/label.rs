//! Tokens as labels: what cannot be seen is made visible.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A token as a label: spaces as `␣`, line ends as `↵`, tabs as `⇥`, other controls as `·`. A token that is part of a
/// character has no text; its bytes stand for it.
///
/// ```
/// use beamline_draw::label;
/// assert_eq!(label(" the\n", b" the\n"), "␣the↵");
/// assert_eq!(label("\u{fffd}", &[0xec, 0x95]), "‹ec 95›");
/// ```
pub fn label(text: &str, bytes: &[u8]) -> String {
    if text.contains('\u{fffd}') && !bytes.is_empty() && std::str::from_utf8(bytes).is_err() {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return format!("‹{}›", hex.join(" "));
    }
    let shown = text.chars().map(|c| match c {
        ' ' => '␣',
        '\n' => '↵',
        '\r' => '␍',
        '\t' => '⇥',
        c if c.is_control() => '·',
        c => c,
    });
    if text.is_empty() { "∅".to_owned() } else { shown.collect() }
}

/// The width of a text in columns of half a character's height: about what a font gives it.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// A text cut to so many columns (a wide character takes two), with an ellipsis where something is lost.
///
/// ```
/// assert_eq!(beamline_draw::cut("안녕하세요", 7), "안녕하…");
/// ```
pub fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > most {
            break;
        }
        out.push(c);
    }
    out + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice_when_labels_are_cut() {
        assert_eq!((cut("안녕하세요", 10).as_str(), cut("안녕하세요", 7).as_str(), cut("abc", 2).as_str()), ("안녕하세요", "안녕하…", "a…"));
    }
}
