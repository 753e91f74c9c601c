//! Tables that line up, for any script.

use console::measure_text_width;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which side a column's cells keep to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Lays rows out in columns parted by ` | `, counting a wide character (Korean, Chinese, Japanese, emoji) as two
/// and colours as nothing. The last column is not padded on its right.
pub(crate) fn lay_out(rows: &[Vec<String>], sides: &[Side]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, cell)| {
                let space = " ".repeat(widths[i] - measure_text_width(cell));
                match sides.get(i).copied().unwrap_or(Side::Left) {
                    Side::Right => space + cell,
                    Side::Left if i + 1 == row.len() => cell.clone(),
                    Side::Left => cell.clone() + &space,
                }
            })
            .collect();
        out.push_str(cells.join(" | ").trim_end());
        out.push('\n');
    }
    out
}

/// The end of a text that fits into so many columns.
pub(crate) fn cut_left(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut used = 1;
    let tail: Vec<char> = text
        .chars()
        .rev()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= most
        })
        .collect();
    std::iter::once('…').chain(tail.into_iter().rev()).collect()
}

/// Text made visible on one line: line ends, tabs and other controls by their signs; spaces by `␣` where they would not
/// be seen.
pub(crate) fn visible(text: &str) -> String {
    let blank = text.chars().all(|c| c == ' ');
    text.chars()
        .map(|c| match c {
            '\n' => '↵',
            '\r' => '␍',
            '\t' => '⇥',
            ' ' if blank => '␣',
            c if c.is_control() => '·',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        let rows = [vec!["안녕".to_owned(), "1".to_owned()], vec!["ab".to_owned(), "22".to_owned()]];
        assert_eq!(lay_out(&rows, &[Side::Left, Side::Right]), "안녕 |  1\nab   | 22\n");
    }

    #[test]
    fn invisible_characters_are_shown() {
        assert_eq!((visible("a\n\tb").as_str(), visible("  ").as_str(), visible(" a").as_str()), ("a↵⇥b", "␣␣", " a"));
    }
}
