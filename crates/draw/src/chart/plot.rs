//! Lines, columns and dots along two axes.

mod axes;
mod axis;

pub use axis::{Axis, AxisScale};

use crate::colour::{Colour, Theme};
use crate::legend::{self, Entry, Sample};
use crate::measure::{width, wrap};
use crate::sheet::{Area, NAMES, Sheet, TITLES, Type};
use axes::Axes;

/// A chart with two axes.
#[derive(Clone, Debug)]
pub struct PlotChart {
    /// The chart's own title.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// What is drawn, the first below the others.
    pub series: Vec<Series>,
    /// Lines at places, with names.
    pub marks: Vec<Mark>,
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// Its colour.
    pub hue: Hue,
    /// How it is drawn.
    pub kind: SeriesKind,
    /// The points; those that are no numbers are left out.
    pub points: Vec<(f64, f64)>,
}

/// A colour by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// That of series `i`; they repeat after seven.
    Series(usize),
    /// That of what is only there for comparison.
    Pale,
}

impl Hue {
    fn of(self, theme: Theme) -> Colour {
        match self {
            Self::Series(i) => theme.series(i),
            Self::Pale => theme.pale(),
        }
    }
}

/// How points are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesKind {
    /// A line through them.
    Line,
    /// A line through them, broken.
    Dashes,
    /// Columns this wide around each.
    Columns(f64),
    /// A dot for each, with a bar from the lower to the higher of its `errors`.
    Dots {
        /// From where to where each point may lie.
        errors: Vec<(f64, f64)>,
    },
    /// A ring for each: where lines meet.
    Rings,
}

/// A line at a place.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its name.
    pub label: String,
    /// Where.
    pub at: f64,
    /// Across which axis.
    pub along: Along,
    /// Its colour.
    pub hue: Hue,
}

/// Across which axis a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Upright, at a place of x.
    X,
    /// Level, at a place of y.
    Y,
}

/// The pixels that a name along x takes, and the most rows into which names are broken.
const NAME: f64 = 13.0;
const ROWS: usize = 60;
/// The least pixels of the plot itself, down.
const LEAST: f64 = 120.0;

impl PlotChart {
    /// The chart as it is, or where it has more names along x than this width holds, in rows that each hold some.
    pub(crate) fn rows(&self, room: f64) -> Vec<Self> {
        let count = self.x.names.len();
        let fit = ((room - self.left() - 10.0) / NAME).max(4.0) as usize;
        if count <= fit {
            return vec![self.clone()];
        }
        let rows = count.div_ceil(fit);
        let each = count.div_ceil(rows);
        let row = |i: usize| self.part(i * each, ((i + 1) * each).min(count), each, i + 1 == rows || i + 1 == ROWS);
        (0..rows.min(ROWS)).map(row).collect()
    }

    /// Columns `from..to`, as wide as `each` columns are.
    fn part(&self, from: usize, to: usize, each: usize, is_last: bool) -> Self {
        let range = (from as f64 - 0.5, to as f64 - 0.5);
        let within = |x: f64| x >= range.0 && x < range.1;
        let series = |series: &Series| {
            let near = series.points.iter().filter(|(x, _)| within(*x)).map(|(x, y)| (x - from as f64, *y));
            let name = if from == 0 { series.name.clone() } else { String::new() };
            Series { name, points: near.collect(), ..series.clone() }
        };
        let mark = |mark: &Mark| match mark.along {
            Along::X if !within(mark.at) => None,
            Along::X => Some(Mark { at: mark.at - from as f64, ..mark.clone() }),
            // Said once.
            Along::Y if from > 0 => Some(Mark { label: String::new(), ..mark.clone() }),
            Along::Y => Some(mark.clone()),
        };
        let label = if is_last { self.x.label.clone() } else { String::new() };
        let lost = self.x.names.len() - to;
        Self {
            title: match from {
                0 => self.title.clone(),
                _ if is_last && lost > 0 => format!("from {} on; {lost} more that no picture has room for", from + 1),
                _ => format!("from {} on", from + 1),
            },
            x: Axis {
                label,
                range: (-0.6, each as f64 - 0.4),
                names: self.x.names[from..to].to_vec(),
                ..self.x.clone()
            },
            y: self.y.clone(),
            series: self.series.iter().map(series).collect(),
            marks: self.marks.iter().filter_map(mark).collect(),
        }
    }

    pub(crate) fn height(&self, room: f64) -> f64 {
        let all: Vec<usize> = (0..self.marks.len()).collect();
        self.head(room, &self.entries(Theme::Light, &all)) + LEAST + self.x.foot()
    }

    /// The pixels left of the plot: the widest number along y.
    fn left(&self) -> f64 {
        self.y.ticks(LEAST).iter().map(|(_, words)| width(words, NAMES)).fold(16.0, f64::max) + 8.0
    }

    /// The pixels above the plot: title, legend, the name of the axis.
    fn head(&self, room: f64, entries: &[Entry]) -> f64 {
        let title = if self.title.is_empty() { 0 } else { wrap(&self.title, TITLES, room, 3).len() };
        16.0 * title as f64 + legend::height(entries, room) + 24.0
    }

    /// What the legend says: names of series, and of those marks that found no place beside their lines.
    fn entries(&self, theme: Theme, marks: &[usize]) -> Vec<Entry> {
        let named: Vec<&Series> = self.series.iter().filter(|series| !series.name.is_empty()).collect();
        let series = named.into_iter().map(|series| {
            let colour = series.hue.of(theme);
            let sample = match series.kind {
                SeriesKind::Line => Sample::Line(colour),
                SeriesKind::Dashes => Sample::Dashes(colour),
                _ => Sample::Block(colour),
            };
            Entry { sample, name: series.name.clone() }
        });
        let marks = marks.iter().map(|&i| &self.marks[i]).filter(|mark| !mark.label.is_empty());
        let marks = marks.map(|mark| Entry { sample: Sample::Rule(mark.hue.of(theme)), name: mark.label.clone() });
        series.chain(marks).collect()
    }

    pub(crate) fn draw(&self, sheet: &mut Sheet, area: Area) {
        let mut trial = sheet.clone();
        let lost = self.attempt(&mut trial, area, &[]);
        if lost.is_empty() {
            *sheet = trial;
        } else {
            self.attempt(sheet, area, &lost);
        }
    }

    /// Draws all, with the names of some marks in the legend; gives the marks whose names found no place in the plot.
    fn attempt(&self, sheet: &mut Sheet, area: Area, in_legend: &[usize]) -> Vec<usize> {
        let (theme, entries) = (sheet.theme, self.entries(sheet.theme, in_legend));
        let lines = if self.title.is_empty() { Vec::new() } else { wrap(&self.title, TITLES, area.width(), 3) };
        for (i, line) in lines.iter().enumerate() {
            sheet.text(line, (area.left, area.top + 8.0 + 16.0 * i as f64), Type::new(TITLES, theme.ink()));
        }
        legend::draw(sheet, &entries, (area.left, area.top + 16.0 * lines.len() as f64), area.width());
        let top = area.top + self.head(area.width(), &entries);
        sheet.text(&self.y.label, (area.left, top - 14.0), Type::new(NAMES, theme.ink()));
        let inner = Area::new((area.left + self.left(), top), (area.right - 8.0, area.bottom - self.x.foot()));
        let axes = Axes { x: &self.x, y: &self.y, area: inner };
        axes.grid(sheet, area);
        for series in &self.series {
            axes.series(sheet, series);
        }
        axes.marks(sheet, &self.marks, in_legend)
    }
}
