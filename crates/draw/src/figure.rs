//! A figure: charts, a title, and the numbers behind them.

use crate::chart::Chart;
use crate::colour::Theme;
use crate::error::DrawError;
use crate::escape::escape;
use crate::label::cut;
use plotters::prelude::*;
use serde_json::Value;
use std::fmt::Write;

/// How large, and in which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels across; 320 to 8,000.
    pub width: u32,
    /// Pixels down; 240 to 8,000.
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
    /// The charts, row by row.
    pub charts: Vec<Chart>,
    /// Charts side by side.
    pub columns: usize,
    /// The numbers behind them.
    pub data: Data,
}

impl Figure {
    /// Draws it as SVG, as large as the canvas; higher where a tree has more branches than lines would fit.
    ///
    /// # Errors
    /// When the charting library gives up.
    pub fn svg(&self, canvas: &Canvas) -> Result<String, DrawError> {
        let least = self.charts.iter().map(Chart::least_height).max().unwrap_or(0);
        let canvas = &Canvas { height: canvas.height.max(least), ..*canvas };
        let mut text = String::new();
        {
            let root = SVGBackend::with_string(&mut text, (canvas.width, canvas.height)).into_drawing_area();

            root.fill(&canvas.theme.paper()).map_err(DrawError::chart)?;
            let fits = |size: f64| (f64::from(canvas.width - 32) / (size * 0.56)) as usize;
            crate::sheet::text(&root, &cut(&self.title, fits(18.0)), (16, 12), 18, canvas.theme.ink())?;
            crate::sheet::text(&root, &cut(&self.note, fits(12.0)), (16, 37), 12, canvas.theme.faint())?;
            let body = root.margin(56, 8, 8, 12);
            let across = self.columns.clamp(1, self.charts.len().max(1));
            let areas = body.split_evenly((self.charts.len().div_ceil(across), across));
            for (chart, area) in self.charts.iter().zip(&areas) {
                chart.draw(canvas.theme, area)?;
            }
            root.present().map_err(DrawError::chart)?;
        }
        Ok(named(&text, &self.title))
    }
}

/// An SVG with a title added that screen readers say, and that browsers show.
fn named(svg: &str, title: &str) -> String {
    let Some((tag, rest)) = svg.split_once('>') else { return svg.to_owned() };
    let mut out = String::with_capacity(svg.len() + title.len() + 64);
    let _ = write!(out, "{tag} role=\"img\"><title>{}</title>{rest}", escape(title));
    out
}
