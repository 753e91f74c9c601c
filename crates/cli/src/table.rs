//! Tables that line up, for any script, and fit the terminal.
//!
//! A table that is too wide gives way in this order: headings break into lines, the text so far loses its beginning, running
//! text is wrapped, and then the columns fold: onto further lines of the same row, or into further tables below with the
//! first column again. No column is ever left out.

use crate::paint::{HEADING, styled};
use crate::wrap::wrap;
use anstyle::Style;
use beamline_draw::cut;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which side a column's cells keep to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Left,
    Right,
}

/// How the cells of a column give way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Narrow {
    /// They do not, but where even one column is too wide.
    Keep,
    /// They lose their beginning: a text so far is told by its end.
    LoseBeginning,
    /// They break into lines at spaces.
    Wrap,
}

/// Where columns go for which there is no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fold {
    /// Into a table below, which begins with the first column again.
    Below,
    /// Onto further lines of the same row.
    Lines,
}

/// A column: its heading, with the unit, and how it lies.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    heading: String,
    side: Side,
    narrow: Narrow,
}

impl Column {
    fn new(heading: impl Into<String>, side: Side, narrow: Narrow) -> Self {
        Self { heading: heading.into(), side, narrow }
    }

    /// Words: names, tokens.
    pub(crate) fn words(heading: impl Into<String>) -> Self {
        Self::new(heading, Side::Left, Narrow::Keep)
    }

    /// Numbers.
    pub(crate) fn numbers(heading: impl Into<String>) -> Self {
        Self::new(heading, Side::Right, Narrow::Keep)
    }

    /// The text so far, of which the end counts.
    pub(crate) fn so_far(heading: impl Into<String>) -> Self {
        Self::new(heading, Side::Left, Narrow::LoseBeginning)
    }

    /// Sentences.
    pub(crate) fn sentences(heading: impl Into<String>) -> Self {
        Self::new(heading, Side::Left, Narrow::Wrap)
    }
}

/// A text in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Option<Style>,
}

impl Cell {
    /// A text in a style.
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style: Some(style) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), style: None }
    }
}

/// Rows under headings. A row may be shorter than the heading.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    fold: Fold,
}

/// The columns that stand on one line, each with its width; none is the first column left blank.
type Line = Vec<(Option<usize>, usize)>;

const BETWEEN: &str = " | ";
/// What a text so far keeps at least while all columns are to stay on one line.
const LEAST_SO_FAR: usize = 14;
/// What sentences keep at least.
const LEAST_SENTENCE: usize = 20;

impl Table {
    /// A table without rows. Where it is too wide, columns go into a table below.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new(), fold: Fold::Below }
    }

    /// Folds onto further lines of the same row.
    pub(crate) fn folding_rows(self) -> Self {
        Self { fold: Fold::Lines, ..self }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The table in columns parted by ` | `, at most so wide; none is as wide as it comes. A wide character (Korean, Chinese,
    /// Japanese, emoji) takes two columns, and styles take none.
    pub(crate) fn fit(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let all: Line = widths.iter().enumerate().map(|(i, &width)| (Some(i), width)).collect();
        let Some(most) = width.filter(|&most| across(&widths) > most) else { return self.drawn(&[all]) };
        match self.fold {
            Fold::Below => {
                let blocks = blocks(&widths, most);
                blocks.into_iter().map(|block| self.drawn(&[block])).collect::<Vec<_>>().join("\n")
            }
            Fold::Lines => self.drawn(&self.lines(&widths, most)),
        }
    }

    /// The table as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let side = |column: &Column| if column.side == Side::Right { "---:" } else { "---" }.to_owned();
        let mut out = line(self.columns.iter().map(|column| escaped(&column.heading)).collect());
        out += &line(self.columns.iter().map(side).collect());
        for row in &self.rows {
            let cell = |i: usize| row.get(i).map_or(String::new(), |cell| escaped(&cell.text));
            out += &line((0..self.columns.len()).map(cell).collect());
        }
        out
    }

    /// Each column's width: as wide as its widest cell, less where the table would be too wide.
    fn widths(&self, most: Option<usize>) -> Vec<usize> {
        let cells = |i: usize| self.rows.iter().filter_map(move |row| row.get(i)).map(|cell| cell.text.width());
        let content: Vec<usize> = (0..self.columns.len()).map(|i| cells(i).max().unwrap_or(0)).collect();
        let headed = |wide: &dyn Fn(&str) -> usize| -> Vec<usize> {
            content.iter().zip(&self.columns).map(|(&cells, column)| cells.max(wide(&column.heading))).collect()
        };
        let mut widths = headed(&|heading| heading.width());
        let Some(most) = most.filter(|&most| across(&widths) > most) else { return widths };
        widths = headed(&|heading| heading.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0));
        for (narrow, least) in [(Narrow::LoseBeginning, LEAST_SO_FAR), (Narrow::Wrap, LEAST_SENTENCE)] {
            for i in 0..widths.len() {
                if self.columns[i].narrow == narrow {
                    let over = across(&widths).saturating_sub(most);
                    widths[i] = widths[i].saturating_sub(over).max(least.min(widths[i]));
                }
            }
        }
        widths
    }

    /// Spreads the columns after the first over as few lines as they need, below each other.
    fn lines(&self, widths: &[usize], most: usize) -> Vec<Line> {
        let others = &widths[1..];
        let wanted = self.rows.iter().filter_map(|row| row.first()).map(|cell| cell.text.width()).max().unwrap_or(0);
        let first = wanted.max(widths[0]).min(most / 3);
        let slots = |each: usize| -> Vec<usize> {
            (0..each).map(|slot| others.iter().skip(slot).step_by(each).copied().max().unwrap_or(0)).collect()
        };
        let fits = |each: &usize| first + slots(*each).iter().map(|width| width + BETWEEN.len()).sum::<usize>() <= most;
        let each = (1..=others.len()).rev().find(fits).unwrap_or(1);
        let each = others.len().div_ceil(others.len().div_ceil(each)); // as many on each line
        let room = most - first - BETWEEN.len();
        let slots: Vec<usize> = slots(each).into_iter().map(|width| width.min(room)).collect();
        let indices: Vec<usize> = (1..widths.len()).collect();
        let line = |(l, chunk): (usize, &[usize])| {
            let first = ((l == 0).then_some(0), first);
            std::iter::once(first).chain(chunk.iter().map(|&i| Some(i)).zip(slots.iter().copied())).collect()
        };
        indices.chunks(each).enumerate().map(line).collect()
    }

    fn drawn(&self, lines: &[Line]) -> String {
        let heading: Vec<Cell> =
            self.columns.iter().map(|column| Cell::styled(column.heading.clone(), HEADING)).collect();
        let mut out = String::new();
        if self.columns.iter().any(|column| !column.heading.is_empty()) {
            for line in lines {
                self.draw(&heading, line, true, &mut out);
            }
        }
        for row in &self.rows {
            for line in lines {
                self.draw(row, line, false, &mut out);
            }
        }
        out
    }

    /// Draws what of a row stands on one line, which is several where a cell breaks.
    fn draw(&self, row: &[Cell], line: &Line, is_heading: bool, out: &mut String) {
        if !line.iter().any(|(column, _)| column.is_some_and(|column| column < row.len())) {
            return;
        }
        let pieces = |&(column, width): &(Option<usize>, usize)| -> Vec<String> {
            let Some((cell, column)) = column.and_then(|i| Some((row.get(i)?, &self.columns[i]))) else {
                return Vec::new();
            };
            let narrow = if is_heading { Narrow::Wrap } else { column.narrow };
            broken(&cell.text, width, narrow)
        };
        let cells: Vec<Vec<String>> = line.iter().map(pieces).collect();
        for level in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let cell = |(&(column, width), pieces): (&(Option<usize>, usize), &Vec<String>)| {
                let text = pieces.get(level).map_or("", String::as_str);
                let style = column.and_then(|i| row.get(i)).and_then(|cell| cell.style);
                let space = " ".repeat(width.saturating_sub(text.width()));
                let text = style.map_or(text.to_owned(), |style| styled(text, style));
                let side = column.map_or(Side::Left, |i| self.columns[i].side);
                if side == Side::Right { space + &text } else { text + &space }
            };
            let cells: Vec<String> = line.iter().zip(&cells).map(cell).collect();
            out.push_str(cells.join(BETWEEN).trim_end_matches([' ', '|']));
            out.push('\n');
        }
    }
}

/// Rows without headings, as wide as they come.
pub(crate) fn lay_out(rows: &[Vec<String>], sides: &[Side]) -> String {
    let columns = sides.iter().map(|&side| Column::new("", side, Narrow::Keep)).collect();
    let mut table = Table::new(columns);
    for row in rows {
        table.push(row.iter().map(Cell::from).collect());
    }
    table.fit(None)
}

/// Parts the columns into tables that fit, each with the first column.
fn blocks(widths: &[usize], most: usize) -> Vec<Line> {
    let first = (Some(0), widths[0].min(most / 2));
    let room = most - first.1;
    let mut blocks: Vec<Line> = Vec::new();
    for (i, &width) in widths.iter().enumerate().skip(1) {
        let width = width.min(room - BETWEEN.len());
        let used = |block: &Line| block.iter().map(|(_, width)| width + BETWEEN.len()).sum::<usize>();
        match blocks.last_mut() {
            Some(block) if used(block) + width <= most => block.push((Some(i), width)),
            _ => blocks.push(vec![first, (Some(i), width)]),
        }
    }
    blocks
}

/// The width of columns beside each other.
fn across(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + BETWEEN.len() * widths.len().saturating_sub(1)
}

/// A cell's text in lines of at most so many columns.
fn broken(text: &str, width: usize, narrow: Narrow) -> Vec<String> {
    match narrow {
        _ if text.width() <= width => vec![text.to_owned()],
        Narrow::Keep => vec![cut(text, width)],
        Narrow::LoseBeginning => vec![cut_left(text, width)],
        Narrow::Wrap => wrap(text, width, "").lines().map(|line| cut(line, width)).collect(),
    }
}

/// A text that ends no cell of a Markdown table.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
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

#[cfg(test)]
mod tests {
    use super::*;
    use console::measure_text_width;
    use proptest::prelude::*;

    fn table(rows: &[&[&str]], columns: Vec<Column>) -> Table {
        let mut table = Table::new(columns);
        for row in rows {
            table.push(row.iter().map(|text| Cell::from(*text)).collect());
        }
        table
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let table = table(&[&["안녕", "1"], &["ab", "22"]], vec![Column::words(""), Column::numbers("")]);
        assert_eq!(table.fit(None), "안녕 |  1\nab   | 22\n");
        assert_eq!(table.markdown(), "|  |  |\n| --- | ---: |\n| 안녕 | 1 |\n| ab | 22 |\n");
    }

    #[test]
    fn headings_break_before_anything_is_cut() {
        let columns = vec![Column::words("name"), Column::numbers("a long heading"), Column::numbers("nats")];
        let table = table(&[&["greedy", "1", "2"]], columns);
        let plain = |width| anstream::adapter::strip_str(&table.fit(width)).to_string();
        assert_eq!(plain(None), "name   | a long heading | nats\ngreedy |              1 |    2\n");
        assert_eq!(plain(Some(24)), "name   |  a long | nats\n       | heading\ngreedy |       1 |    2\n");
        assert_eq!(
            plain(Some(16)),
            "name   |  a long\n       | heading\ngreedy |       1\n\nname   | nats\ngreedy |    2\n"
        );
    }

    #[test]
    fn rows_fold_onto_lines_of_their_own() {
        let columns = vec![Column::so_far("text"), Column::words("1st"), Column::words("2nd"), Column::words("3rd")];
        let table = table(&[&["안녕하세요 그리고", "aaaaaa", "bbbbbb", "cccccc"], &["x", "y"]], columns).folding_rows();
        let plain = anstream::adapter::strip_str(&table.fit(Some(30))).to_string();
        assert_eq!(
            plain,
            "text       | 1st    | 2nd\n           | 3rd\n…요 그리고 | aaaaaa | bbbbbb\n           | cccccc\nx          | y\n"
        );
    }

    proptest! {
        /// Whatever the cells: no line is too wide, and every column is there.
        #[test]
        fn any_table_fits_with_all_its_columns(
            words in proptest::collection::vec("[a-z가-힣]{1,9}", 2..14),
            width in 60usize..160,
            folding in any::<bool>(),
        ) {
            let columns = (0..words.len()).map(|i| if i == 0 { Column::so_far("so far") } else { Column::numbers(format!("n{i} (nats)")) });
            let mut table = Table::new(columns.collect());
            if folding { table = table.folding_rows(); }
            table.push(words.iter().map(|word| Cell::from(word.clone())).collect());
            let drawn = anstream::adapter::strip_str(&table.fit(Some(width))).to_string();
            for line in drawn.lines() {
                prop_assert!(measure_text_width(line) <= width, "{line}");
            }
            for (i, word) in words.iter().enumerate().skip(1) {
                let heading = format!("n{i}");
                prop_assert!(drawn.contains(word.as_str()) && drawn.contains(&heading), "{drawn}");
            }
        }
    }
}
