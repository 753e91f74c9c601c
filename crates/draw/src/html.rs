//! Pages of HTML that need nothing but themselves.

use crate::colour::{Colour, Theme};
pub use crate::escape::escape;
use crate::figure::{Canvas, Figure};

/// JSON as it may stand inside a `script` element.
pub(crate) fn script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// The look of all pages: system fonts, fit to be printed and for narrow windows.
const STYLE: &str = "
body { font: 16px/1.5 system-ui, 'Noto Sans', 'Noto Sans CJK KR', sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: 0.85rem; width: 100%; } td, th { border-bottom: 1px solid var(--grid); padding: 0.25rem 0.5rem 0.25rem 0; text-align: left; vertical-align: top; }
th { vertical-align: bottom; line-height: 1.2; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.n { white-space: nowrap; } td small { display: block; color: var(--faint); }
td.name { min-width: 8rem; } code { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } .faint { color: var(--faint); } figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.1rem; line-height: 2; } .text span { border-radius: 3px; padding: 0.1rem 0; }
.common { color: var(--faint); } mark { background: none; color: var(--chosen); border-bottom: 2px solid var(--chosen); }
@media (max-width: 56rem) { table { font-size: 0.75rem; } td, th { padding-right: 0.3rem; } td.name { min-width: 6rem; } }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; } details { display: block; } }
";

/// The colours of a page, which are those of its figures.
fn colours(theme: Theme) -> String {
    let scheme = if theme == Theme::Dark { "dark" } else { "light" };
    let [ink, faint, paper, grid, chosen] =
        [theme.ink(), theme.faint(), theme.paper(), theme.grid(), theme.chosen()].map(Colour::hex);
    format!(
        ":root {{ color-scheme: {scheme}; --ink: {ink}; --faint: {faint}; --paper: {paper}; --grid: {grid}; --chosen: {chosen}; }}"
    )
}

/// A whole page.
pub(crate) fn document(title: &str, body: &str, theme: Theme) -> String {
    format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title),
        colours(theme)
    )
}

impl Figure {
    /// The figure as a page of its own, with its numbers as a table.
    pub fn html(&self, canvas: &Canvas) -> String {
        const ROWS: usize = 500;
        let names: Vec<String> = self.data.columns.iter().map(|name| escape(name)).collect();
        let heading = format!("<th>{}</th>", names.join("</th><th>"));
        let row = |row: &Vec<serde_json::Value>| {
            let cell = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => format!("<td>{}</td>", escape(&crate::label(text, &[]))),
                serde_json::Value::Null => "<td class=\"n\"></td>".to_owned(),
                other => format!("<td class=\"n\">{}</td>", escape(&other.to_string())),
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
            self.svg(canvas)
        );
        document(&self.title, &body, canvas.theme)
    }
}
