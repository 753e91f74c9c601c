//! A figure: charts, a title, and the numbers behind them.

use crate::chart::Chart;
use crate::colour::Theme;
use crate::measure::wrap;
use crate::sheet::{Area, NAMES, Sheet, Type};
use serde_json::Value;

/// How large, and in which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels across; 320 to 8,000.
    pub width: u32,
    /// Pixels down, 240 to 8,000, at the least: what needs more room to be read gets it.
    pub height: u32,
    /// Light or dark.
    pub theme: Theme,
}

impl Default for Canvas {
    fn default() -> Self {
        Self { width: 800, height: 500, theme: Theme::Light }
    }
}

/// The numbers behind a figure.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Data {
    /// Headings of the table.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// The whole result.
    pub json: Value,
}

impl Data {
    /// A table with its headings, and the whole result.
    pub fn new(columns: &[&str], rows: Vec<Vec<Value>>, json: Value) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, json }
    }

    /// The table as CSV (RFC 4180): a heading, then a line a row.
    ///
    /// ```
    /// use beamline_draw::Data;
    /// use serde_json::json;
    /// let data = Data::new(&["token", "p"], vec![vec![json!("a,\"b\""), json!(0.5)]], json!(null));
    /// assert_eq!(data.csv(), "token,p\r\n\"a,\"\"b\"\"\",0.5\r\n");
    /// ```
    pub fn csv(&self) -> String {
        let mut out = self.columns.join(",") + "\r\n";
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            out += &cells.join(",");
            out += "\r\n";
        }
        out
    }
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Charts that belong together.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is to be seen.
    pub title: String,
    /// One line more: the prompt, the model.
    pub note: String,
    /// The charts, row by row. A chart too long for the width is broken into several rows.
    pub charts: Vec<Chart>,
    /// Charts side by side, where each has `least_width`.
    pub columns: usize,
    /// The least pixels across for which charts stand side by side.
    pub least_width: u32,
    /// The numbers behind them.
    pub data: Data,
}

/// The pixels around a figure, between its charts, and between one line of its note and the next.
const MARGIN: f64 = 14.0;
const GAP: f64 = 16.0;
const NOTE: f64 = 15.0;
/// The size of a figure's title, and of its note.
const TITLE: f64 = 16.0;

/// From this width on, what has room to spare is drawn larger, up to this many times.
const USUAL: f64 = 800.0;
const LARGEST: f64 = 2.5;

/// A figure laid out in a width.
struct Layout {
    title: Vec<String>,
    note: Vec<String>,
    /// The pixels above the charts.
    head: f64,
    columns: usize,
    /// The pixels across of each chart.
    each: f64,
    charts: Vec<Chart>,
    /// The least pixels down of each row of charts.
    rows: Vec<f64>,
}

impl Layout {
    fn new(figure: &Figure, width: f64) -> Self {
        let room = width - 2.0 * MARGIN;
        let title = wrap(&figure.title, TITLE, room, 4);
        let note = if figure.note.is_empty() { Vec::new() } else { wrap(&figure.note, NAMES, room, 8) };
        let head = 10.0 + 20.0 * title.len() as f64 + NOTE * note.len() as f64 + 8.0;
        let columns = figure.columns_at(room);
        let each = (room - GAP * (columns - 1) as f64) / columns as f64;
        let charts: Vec<Chart> = figure.charts.iter().flat_map(|chart| chart.rows(each)).collect();
        let least = |row: &[Chart]| row.iter().map(|chart| chart.height(each)).fold(0.0, f64::max).ceil();
        let rows = charts.chunks(columns).map(least).collect();
        Self { title, note, head, columns, each, charts, rows }
    }

    /// The least pixels down of all.
    fn height(&self) -> f64 {
        let gaps = GAP * self.rows.len().saturating_sub(1) as f64;
        (self.head + self.rows.iter().sum::<f64>() + gaps + MARGIN).ceil()
    }
}

impl Figure {
    /// Draws it as SVG, as wide as the canvas, and as high; higher where it needs more room to be read, and larger where it
    /// has room to spare.
    pub fn svg(&self, canvas: &Canvas) -> String {
        let (width, height) = (f64::from(canvas.width), f64::from(canvas.height));
        let scale = self.scale(width, height);
        let layout = Layout::new(self, width / scale);
        let height = height.max((layout.height() * scale).ceil());
        let spare = (height / scale - layout.height()) / layout.rows.len().max(1) as f64;

        let mut sheet = Sheet::new(canvas.theme);
        for (i, line) in layout.title.iter().enumerate() {
            sheet.text(line, (MARGIN, 20.0 + 20.0 * i as f64), Type::new(TITLE, canvas.theme.ink()));
        }
        for (i, line) in layout.note.iter().enumerate() {
            let y = 17.0 + 20.0 * layout.title.len() as f64 + NOTE * i as f64;
            sheet.text(line, (MARGIN, y), Type::new(NAMES, canvas.theme.faint()));
        }
        let mut top = layout.head;
        for (row, least) in layout.charts.chunks(layout.columns).zip(&layout.rows) {
            for (i, chart) in row.iter().enumerate() {
                let left = MARGIN + (layout.each + GAP) * i as f64;
                chart.draw(&mut sheet, Area::new((left, top), (left + layout.each, top + least + spare)));
            }
            top += least + spare + GAP;
        }
        sheet.finish((width, height), scale, &self.title)
    }

    /// How many times larger than usual it is drawn: as far as it fits, with as many charts side by side.
    fn scale(&self, width: f64, height: f64) -> f64 {
        let columns = self.columns_at(width - 2.0 * MARGIN);
        let most = (width / USUAL).clamp(1.0, LARGEST);
        let steps = (0..=((most - 1.0) * 8.0) as usize).rev().map(|step| 1.0 + step as f64 / 8.0);
        let fits = |scale: &f64| {
            let layout = Layout::new(self, width / scale);
            layout.columns == columns && layout.height() * scale <= height
        };
        steps.filter(|scale| *scale > 1.0).find(fits).unwrap_or(1.0)
    }

    /// Charts side by side in so many pixels.
    fn columns_at(&self, room: f64) -> usize {
        let wish = self.columns.clamp(1, self.charts.len().max(1));
        let fits = |n: &usize| (room - GAP * (n - 1) as f64) / *n as f64 >= f64::from(self.least_width);
        (1..=wish).rev().find(fits).unwrap_or(1)
    }
}
