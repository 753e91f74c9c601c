//! Running text of any language in lines: Chinese and Japanese break between characters, but for marks that must not begin or
//! end a line; Korean and English between words.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What must not begin a line.
const NO_START: &str = "、。，．・：；？！）」』】》〉”’…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}%";
/// What must not end a line.
const NO_END: &str = "（「『【《〈“‘([{";

/// A text in lines of at most `width` columns. What stands in backquotes, and a word, is never broken.
pub(crate) fn lines(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for piece in pieces(text) {
        let wide = piece.trim_end_matches(' ').width();
        if used > 0 && used + wide > width {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            used = 0;
        }
        out += piece;
        used += piece.width();
    }
    out.truncate(out.trim_end_matches(' ').len());
    out + "\n"
}

/// The text in pieces between which a line may end; spaces belong to the piece before them.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut is_code, mut before) = (Vec::new(), 0, false, None::<char>);
    for (at, c) in text.char_indices() {
        let after_space = before == Some(' ') && c != ' ';
        if !is_code && before.is_some_and(|before| after_space || between(before, c)) {
            pieces.push(&text[start..at]);
            start = at;
        }
        is_code ^= c == '`';
        before = Some(c);
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Whether a line may end between two characters that no space parts.
fn between(a: char, b: char) -> bool {
    (is_unspaced(a) || is_unspaced(b))
        && b != ' '
        && !NO_START.contains(b)
        && !NO_END.contains(a)
        && b.width() != Some(0)
}

/// Characters of scripts that are written without spaces: Chinese characters, kana, and the marks of both.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use beamline_chapter::{Lang, scenes};

    #[test]
    fn chinese_and_japanese_break_between_characters_and_keep_their_marks() {
        assert_eq!(lines("从前有一个小女孩。", 8), "从前有一\n个小女\n孩。\n");
        assert_eq!(lines("あ（いう）え", 6), "あ（い\nう）え\n");
        assert_eq!(lines("値が `--top-k 0` だと", 10), "値が\n`--top-k 0`\nだと\n");
    }

    #[test]
    fn korean_and_english_break_between_words() {
        assert_eq!(lines("빔 서치는 여러 글을", 9), "빔 서치는\n여러 글을\n");
        assert_eq!(lines("a  token, of rank", 9), "a  token,\nof rank\n");
    }

    /// Every text at the widths of narrow and usual terminals: no line is wider, none begins or ends with what must not, nothing is
    /// lost, and lines of scripts without spaces are full.
    #[test]
    fn all_texts_fit_into_lines() {
        for (scene, lang) in scenes().iter().flat_map(|scene| Lang::ALL.map(|lang| (scene, lang))) {
            let text = scene.text(lang);
            for part in text.paragraphs.iter().chain([&text.question, &text.answer]) {
                for width in [60, 80] {
                    let shown = lines(part, width);
                    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                    assert_eq!(bare(&shown), bare(part));
                    let all: Vec<&str> = shown.lines().collect();
                    for (i, line) in all.iter().enumerate() {
                        assert!(line.width() <= width && line.trim() == *line, "{} {lang}: {line:?}", scene.name());
                        assert!(!line.starts_with(|c| NO_START.contains(c)), "{} {lang}: {line:?}", scene.name());
                        assert!(!line.ends_with(|c| NO_END.contains(c)), "{} {lang}: {line:?}", scene.name());
                        // A name of an option may not fit where the line has come to; it is the longest thing without a break.
                        assert!(i + 1 == all.len() || line.width() + 30 > width, "{} {lang}: {line:?}", scene.name());
                    }
                }
            }
        }
    }
}
