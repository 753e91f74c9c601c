//! What colours and lines mean, in lines of words above or below a chart.

use crate::colour::Colour;
use crate::measure::{fit, width};
use crate::sheet::{Area, NAMES, Sheet, Type};

/// The pixels from one line of a legend to the next.
pub(crate) const LINE: f64 = 16.0;
/// The pixels that a sample and the gap after it take.
const SAMPLE: f64 = 22.0;
/// The pixels between one entry and the next.
const GAP: f64 = 16.0;

/// What is shown beside a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sample {
    /// A line as thick as that in the chart.
    Line(Colour),
    /// A broken line.
    Dashes(Colour),
    /// A thin broken line.
    Rule(Colour),
    /// A filled box.
    Block(Colour),
    /// An empty box.
    Outline(Colour),
    /// An empty box whose outline is broken.
    Broken(Colour),
}

/// A name with its sample.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sample: Sample,
    pub(crate) name: String,
}

/// The pixels down that the entries take at this width.
pub(crate) fn height(entries: &[Entry], room: f64) -> f64 {
    LINE * lines(entries, room).len() as f64
}

/// Entries by lines, each with its x and with its name cut to the width.
fn lines(entries: &[Entry], room: f64) -> Vec<Vec<(f64, Sample, String)>> {
    let mut lines: Vec<Vec<_>> = Vec::new();
    let mut x = f64::INFINITY;
    for entry in entries {
        let name = fit(&entry.name, NAMES, room - SAMPLE);
        let wide = SAMPLE + width(&name, NAMES);
        if x + wide > room {
            lines.push(Vec::new());
            x = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push((x, entry.sample, name));
        }
        x += wide + GAP;
    }
    lines
}

/// Draws entries from a left upper corner, as far as `room` pixels to the right.
pub(crate) fn draw(sheet: &mut Sheet, entries: &[Entry], (left, top): (f64, f64), room: f64) {
    for (i, line) in lines(entries, room).into_iter().enumerate() {
        let y = top + LINE * (i as f64 + 0.5);
        for (x, sample, name) in line {
            sketch(sheet, sample, (left + x, y));
            let look = Type::new(NAMES, sheet.theme.ink());
            sheet.text(&name, (left + x + SAMPLE, y), look);
        }
    }
}

fn sketch(sheet: &mut Sheet, sample: Sample, (x, y): (f64, f64)) {
    let level = [(x, y), (x + 16.0, y)];
    let square = Area::new((x + 2.0, y - 5.0), (x + 14.0, y + 5.0));
    match sample {
        Sample::Line(colour) => sheet.line(&level, colour, 3.0, None),
        Sample::Dashes(colour) => sheet.line(&level, colour, 3.0, Some((6.0, 4.0))),
        Sample::Rule(colour) => sheet.line(&level, colour, 1.5, Some((4.0, 3.0))),
        Sample::Block(colour) => sheet.block(square, colour),
        Sample::Outline(colour) => sheet.frame(square, colour, 1.0, false),
        Sample::Broken(colour) => sheet.frame(square, colour, 1.0, true),
    }
}
