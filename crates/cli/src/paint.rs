//! Colour and width: what a terminal shows and a pipe does not get.

use anstyle::{AnsiColor, Color, RgbColor, Style};
use unicode_width::UnicodeWidthChar;

/// The columns that standard output has; none where it is no terminal.
pub(crate) fn width() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(usize::from(columns).max(20))
}

/// What is chosen.
pub(crate) const CHOSEN: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
/// What is left behind, or common to all.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Headings.
pub(crate) const HEADING: Style = Style::new().bold();

/// A text in a style. Output that is no terminal, or `NO_COLOR`, takes the style away again.
pub(crate) fn styled(text: &str, style: Style) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// Text on a ground from none (0, as expected) to deep orange (1, a surprise); dark letters, so that it can be read on any
/// terminal.
pub(crate) fn heat(text: &str, depth: f64) -> String {
    const GROUNDS: [(u8, u8, u8); 4] = [(255, 242, 204), (255, 217, 142), (249, 166, 90), (226, 104, 40)];
    let level = (depth.clamp(0.0, 1.0) * 5.0) as usize;
    match level.checked_sub(1) {
        None => text.to_owned(),
        Some(i) => {
            let (r, g, b) = GROUNDS[i.min(3)];
            let ground = Some(Color::Rgb(RgbColor(r, g, b)));
            styled(text, Style::new().fg_color(Some(Color::Ansi(AnsiColor::Black))).bg_color(ground))
        }
    }
}

/// Text in lines of at most `width` columns, broken at spaces where there are any.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let (mut used, mut is_first) = (0, true);
    for word in text.split_whitespace() {
        let wide: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
        if is_first || used + 1 + wide > width {
            out += if is_first { "" } else { "\n" };
            out += indent;
            used = indent.len();
            is_first = false;
        } else {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += wide;
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_by_the_columns_they_take() {
        assert_eq!(wrap("한국어 텍스트 abc", 14, ""), "한국어 텍스트\nabc\n");
        assert_eq!(wrap("one two", 80, "  "), "  one two\n");
    }

    #[test]
    fn what_is_expected_has_no_ground() {
        assert_eq!(heat("a", 0.1), "a");
        assert!(heat("a", 1.0).contains("226;104;40"));
        assert_eq!(heat("a", 9.0), heat("a", 1.0));
    }
}
