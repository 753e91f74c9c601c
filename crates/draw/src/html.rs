//! Pages of HTML that need nothing but themselves.

use crate::error::DrawError;
pub use crate::escape::escape;
use crate::figure::{Canvas, Figure};

/// JSON as it may stand inside a `script` element.
pub(crate) fn script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// The look of all pages: system fonts, light or dark as the reader has it, and fit to be printed.
pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #5f6670; --paper: #ffffff; --grid: #e3e6ea; --chosen: #b64a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --faint: #a3a9b3; --paper: #16181c; --grid: #2e3239; --chosen: #ff8c42; } }
body { font: 16px/1.5 system-ui, 'Noto Sans', 'Noto Sans CJK KR', sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; } td, th { border-bottom: 1px solid var(--grid); padding: 0.25rem 0.6rem 0.25rem 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; } .faint { color: var(--faint); } figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.text { white-space: pre-wrap; font-size: 1.1rem; line-height: 2; } .text span { border-radius: 3px; padding: 0.1rem 0; }
.text .tip { display: none; } .common { color: var(--faint); } mark { background: none; color: var(--chosen); border-bottom: 2px solid var(--chosen); }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; } details { display: block; } }
";

/// A whole page.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

impl Figure {
    /// The figure as a page of its own, with its numbers as a table.
    ///
    /// # Errors
    /// As for [`svg`](Self::svg).
    pub fn html(&self, canvas: &Canvas) -> Result<String, DrawError> {
        const ROWS: usize = 500;
        let heading = format!("<th>{}</th>", self.data.columns.join("</th><th>"));
        let row = |row: &Vec<serde_json::Value>| {
            let cell = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => format!("<td>{}</td>", escape(&crate::label(text, &[]))),
                serde_json::Value::Null => "<td class=\"n\"></td>".to_owned(),
                other => format!("<td class=\"n\">{other}</td>"),
            };
            format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>())
        };
        let rows: String = self.data.rows.iter().take(ROWS).map(row).collect();
        let more = match self.data.rows.len().saturating_sub(ROWS) {
            0 => String::new(),
            left => format!("<p class=\"faint\">{left} more rows; --data has them all.</p>\n"),
        };
        let body = format!(
            "<figure>\n{}\n</figure>\n<details>\n<summary>The numbers</summary>\n<div class=\"scroll\"><table>\n<tr>{heading}</tr>\n{rows}</table></div>\n{more}</details>\n",
            self.svg(canvas)?
        );
        Ok(document(&self.title, &body))
    }
}
