//! Tokens as labels: what cannot be seen is made visible.

use beamline::{Utf8, characters};
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
    let shown: String = text.chars().map(|c| if c == ' ' { '␣' } else { sign(c) }).collect();
    if text.is_empty() { "∅".to_owned() } else { shown }
}

/// A character that takes no line of its own, nor is invisible; a space stays one.
fn sign(c: char) -> char {
    match c {
        '\n' => '↵',
        '\r' => '␍',
        '\t' => '⇥',
        c if c.is_control() => '·',
        c => c,
    }
}

/// Running text on one line: line ends, tabs and other controls by their signs; spaces by `␣` where there is nothing else.
///
/// ```
/// use beamline_draw::on_one_line;
/// assert_eq!((on_one_line("a b\n").as_str(), on_one_line("  ").as_str()), ("a b↵", "␣␣"));
/// ```
pub fn on_one_line(text: &str) -> String {
    let is_blank = text.chars().all(|c| c == ' ');
    text.chars().map(|c| if c == ' ' && is_blank { '␣' } else { sign(c) }).collect()
}

/// A token as a [`label`]; one without a text by its id: a model may have more ids than its tokenizer has tokens.
///
/// ```
/// use beamline_draw::token_label;
/// assert_eq!((token_label(7, " a", b" a").as_str(), token_label(50_300, "", b"").as_str()), ("␣a", "#50300"));
/// ```
pub fn token_label(id: u32, text: &str, bytes: &[u8]) -> String {
    if text.is_empty() && bytes.is_empty() { format!("#{id}") } else { label(text, bytes) }
}

/// Tokens in a row, ids and bytes, as [labels](token_label). One that completes a character that others began shows it, after
/// an ellipsis.
///
/// ```
/// use beamline_draw::labels;
/// let tokens: [(u32, &[u8]); 4] = [(5, &[0xec, 0x95]), (6, &[0x88]), (7, b"!"), (50_300, b"")];
/// assert_eq!(labels(tokens), ["‹ec 95›", "…안", "!", "#50300"]);
/// ```
pub fn labels<B: AsRef<[u8]>>(tokens: impl IntoIterator<Item = (u32, B)>) -> Vec<String> {
    let mut begun = Vec::new();
    tokens.into_iter().map(|(id, bytes)| continued(&mut begun, id, bytes.as_ref())).collect()
}

/// The label of a token after others, of which `begun` are the bytes of a character that is not complete.
pub(crate) fn continued(begun: &mut Vec<u8>, id: u32, bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return token_label(id, "", bytes);
    }
    let is_first = begun.is_empty();
    begun.extend_from_slice(bytes);
    let group = characters([&begun]).next().expect("a token makes a group");
    if group.utf8 == Utf8::Incomplete {
        return label("\u{fffd}", bytes);
    }
    begun.clear();
    match group.utf8 {
        Utf8::Valid if !is_first => format!("…{}", label(&group.text, group.text.as_bytes())),
        _ => label(&String::from_utf8_lossy(bytes), bytes),
    }
}

/// The width of a text in columns of half a character's height: about what a font gives it.
fn columns(text: &str) -> usize {
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
    fn a_character_is_completed_after_a_long_token_and_never_after_a_broken_one() {
        let long: [(u32, &[u8]); 2] = [(0, b"a long word \xec"), (1, &[0x95, 0x88])];
        assert_eq!(labels(long)[1], "…a␣long␣word␣안");
        let broken: [(u32, &[u8]); 3] = [(0, &[0xec]), (1, b"a"), (2, &[0x95, 0x88])];
        assert_eq!(labels(broken), ["‹ec›", "a", "‹95 88›"]);
        let between: [(u32, &[u8]); 3] = [(0, &[0xec, 0x95]), (9, b""), (2, &[0x88])];
        assert_eq!(labels(between), ["‹ec 95›", "#9", "…안"]);
    }

    #[test]
    fn wide_characters_count_twice_when_labels_are_cut() {
        assert_eq!(
            (cut("안녕하세요", 10).as_str(), cut("안녕하세요", 7).as_str(), cut("abc", 2).as_str()),
            ("안녕하세요", "안녕하…", "a…")
        );
    }
}
