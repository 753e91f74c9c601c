//! Running text in lines that fit the terminal.

use crate::paint::styled;
use anstyle::Style;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Joins emoji into one; no line breaks after it.
const JOINER: char = '\u{200d}';

/// Text in lines of at most `width` columns after an indent, broken at spaces where there are any; what is longer than a line
/// (Chinese and Japanese have no spaces) is broken between characters. Runs of spaces become one.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    wrap_styled(&[(&text.split_whitespace().collect::<Vec<_>>().join(" "), None)], width, indent)
}

/// Parts of a text in their styles, in lines of at most `width` columns after an indent, as by [`wrap`]; spaces stay as they are.
pub(crate) fn wrap_styled(parts: &[(&str, Option<Style>)], width: usize, indent: &str) -> String {
    let chars: Vec<(char, Option<Style>)> =
        parts.iter().flat_map(|&(text, style)| text.chars().map(move |c| (c, style))).collect();
    let mut out = String::new();
    for line in lines(&chars, width.saturating_sub(indent.len()).max(1)) {
        out += indent;
        for run in chars[line].chunk_by(|a, b| a.1 == b.1) {
            let text: String = run.iter().map(|(c, _)| *c).collect();
            out += &run[0].1.map_or(text.clone(), |style| styled(&text, style));
        }
        out.push('\n');
    }
    out
}

/// Which characters stand on which line.
fn lines(chars: &[(char, Option<Style>)], width: usize) -> Vec<Range<usize>> {
    let columns = |i: usize| chars[i].0.width().unwrap_or(0);
    let mut lines = Vec::new();
    let (mut start, mut used, mut space, mut i) = (0, 0, None, 0);
    while i < chars.len() {
        let c = chars[i].0;
        let is_end = c == '\n';
        let breaks = columns(i) > 0 && i > start && chars[i - 1].0 != JOINER;
        if is_end || (used + columns(i) > width && breaks && c != ' ') {
            let end = if is_end { i } else { space.unwrap_or(i) };
            lines.push(start..end);
            // The space or line end that was broken at is gone.
            start = if is_end || space.is_some() { end + 1 } else { end };
            (used, space) = ((start..i).map(columns).sum(), None);
            if is_end {
                i += 1;
                continue;
            }
        }
        if c == ' ' && i > start {
            space = Some(i);
        }
        used += columns(i);
        i += 1;
    }
    if start < chars.len() {
        lines.push(start..chars.len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::CHOSEN;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn words_are_wrapped_by_the_columns_they_take() {
        assert_eq!(wrap("한국어 텍스트 abc", 14, ""), "한국어 텍스트\nabc\n");
        assert_eq!(wrap("one two", 80, "  "), "  one two\n");
        assert_eq!(wrap("从前有一个小女孩", 8, "  "), "  从前有\n  一个小\n  女孩\n");
    }

    #[test]
    fn a_style_goes_on_over_the_end_of_a_line() {
        let text = wrap_styled(&[("ab ", None), ("cd ef", Some(CHOSEN))], 5, "");
        assert_eq!(text, format!("ab {CHOSEN}cd{CHOSEN:#}\n{CHOSEN}ef{CHOSEN:#}\n"));
    }

    #[test]
    fn joined_emoji_stay_together() {
        let family = "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(wrap(&format!("a {family} b"), 3, ""), format!("a\n{family}\nb\n"));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_wide(text in "[a-d가나 ]{0,60}", width in 4usize..30) {
            let wrapped = wrap(&text, width, "");
            prop_assert!(wrapped.lines().all(|line| line.width() <= width), "{wrapped}");
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&wrapped), bare(&text));
        }
    }
}
