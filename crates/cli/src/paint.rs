//! Colour and width: what a terminal shows and a pipe does not get.

use crate::page;
use anstyle::{AnsiColor, Color, RgbColor, Style};

/// The columns that standard output has, or the page that is open on it; none where it is no terminal.
pub(crate) fn width() -> Option<usize> {
    if let Some(columns) = page::columns() {
        return Some(columns);
    }
    // A terminal that does not tell its size is taken for one of the usual 80 columns.
    let term = console::Term::stdout();
    let known = term.size_checked().map(|(_, columns)| usize::from(columns).max(20));
    known.or_else(|| term.is_term().then_some(80))
}

/// What is chosen.
pub(crate) const CHOSEN: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
/// What is left behind, or common to all.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What was removed: struck out.
pub(crate) const REMOVED: Style = Style::new().dimmed().strikethrough();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_has_no_ground() {
        assert_eq!(heat("a", 0.1), "a");
        assert!(heat("a", 1.0).contains("226;104;40"));
        assert_eq!(heat("a", 9.0), heat("a", 1.0));
    }
}
