//! A matrix as colours, with a key.

use crate::colour::{Scale, Theme};
use crate::measure::{fit, width, wrap};
use crate::sheet::{Area, NAMES, NOTES, Sheet, Side, TITLES, Type};
use crate::ticks::{number, round_numbers};

/// Numbers in rows and columns, as colours.
#[derive(Clone, Debug)]
pub struct HeatChart {
    /// The chart's own title.
    pub title: String,
    /// Names of rows; there may be none.
    pub rows: Vec<String>,
    /// Names of columns; where there are none, the columns are counted from 0.
    pub columns: Vec<String>,
    /// `[rows][columns]`; places that are no numbers stay empty.
    pub values: Vec<Vec<f64>>,
    /// What is written into cells, `[rows][columns]`, where all of it fits; there may be none.
    pub words: Vec<Vec<String>>,
    /// Cells with a frame, by row and column.
    pub framed: Vec<(usize, usize)>,
    /// The number with the deepest colour, which all greater ones share; none for the greatest.
    pub most: Option<f64>,
    /// How numbers become colours.
    pub scale: Scale,
    /// What the colours measure, beside the key.
    pub unit: String,
    /// What columns are.
    pub x: String,
    /// What rows are.
    pub y: String,
}

/// The pixels between names, and the most that a name takes.
const NAME: f64 = 14.0;
const LONGEST: f64 = 110.0;
/// The most pixels down that a row takes.
const ROW: f64 = 64.0;

/// The pixels of the longest name, at the most so many.
fn longest(names: &[String], most: f64) -> f64 {
    names.iter().map(|name| width(name, NAMES)).fold(0.0, f64::max).min(most)
}

impl HeatChart {
    pub(crate) fn height(&self, room: f64) -> f64 {
        let least = if !self.words.is_empty() {
            24.0
        } else if self.rows.is_empty() {
            6.0
        } else {
            NAME
        };
        let rows = (self.values.len() as f64 * least).max(48.0);
        self.head(room) + rows + self.foot()
    }

    /// The pixels above the cells.
    fn head(&self, room: f64) -> f64 {
        let title = if self.title.is_empty() { 0 } else { wrap(&self.title, TITLES, room, 3).len() };
        title as f64 * 16.0 + if self.y.is_empty() && self.unit.is_empty() { 4.0 } else { 18.0 }
    }

    /// The pixels below the cells.
    fn foot(&self) -> f64 {
        let names = if self.columns.is_empty() { 14.0 } else { longest(&self.columns, LONGEST) + 6.0 };
        names + if self.x.is_empty() { 8.0 } else { 24.0 }
    }

    /// The number with the deepest colour.
    fn most(&self) -> f64 {
        let own = || self.values.iter().flatten().filter(|v| v.is_finite()).fold(1e-12f64, |m, v| m.max(v.abs()));
        self.most.unwrap_or_else(own)
    }

    pub(crate) fn draw(&self, sheet: &mut Sheet, area: Area) {
        let (ink, faint) = (sheet.theme.ink(), sheet.theme.faint());
        if !self.title.is_empty() {
            for (i, line) in wrap(&self.title, TITLES, area.width(), 3).iter().enumerate() {
                sheet.text(line, (area.left, area.top + 8.0 + 16.0 * i as f64), Type::new(TITLES, ink));
            }
        }
        let key = self.key_words().iter().map(|(_, words)| width(words, NOTES)).fold(0.0, f64::max) + 30.0;
        let names = longest(&self.rows, LONGEST.min(area.width() * 0.3));
        let top = area.top + self.head(area.width());
        let rows = self.values.len().max(1) as f64;
        let bottom = (area.bottom - self.foot()).min(top + rows * ROW);
        let cells = Area::new((area.left + names + 8.0, top), (area.right - key, bottom));
        if !self.y.is_empty() {
            sheet.text(&fit(&self.y, NAMES, cells.width() / 2.0), (area.left, top - 10.0), Type::new(NAMES, ink));
        }
        let unit = fit(&self.unit, NOTES, cells.width() / 2.0);
        sheet.text(&unit, (area.right, top - 10.0), Type::new(NOTES, faint).at(Side::Right));
        self.cells(sheet, cells);
        self.names(sheet, cells);
        let x = fit(&self.x, NAMES, area.width());
        let half = width(&x, NAMES) / 2.0;
        let middle = f64::midpoint(cells.left, cells.right).min(area.right - half).max(area.left + half);
        let below = bottom + self.foot() - 10.0;
        sheet.text(&x, (middle, below), Type::new(NAMES, ink).at(Side::Middle));
        self.key(sheet, Area::new((cells.right + 10.0, top), (cells.right + 22.0, bottom)));
    }

    /// The colours, with what is written on them.
    fn cells(&self, sheet: &mut Sheet, area: Area) {
        let (theme, most) = (sheet.theme, self.most());
        let columns = self.values.first().map_or(1, Vec::len).max(1);
        let x = |i: usize| (area.left + area.width() * i as f64 / columns as f64).floor();
        let y = |i: usize| (area.top + area.height() * i as f64 / self.values.len().max(1) as f64).floor();
        let widest = self.words.iter().flatten().map(|words| width(words, NOTES)).fold(0.0, f64::max);
        let written = x(1) - x(0) >= widest + 2.0 && y(1) - y(0) >= 13.0;
        for (r, row) in self.values.iter().enumerate() {
            // Cells narrower than a pixel share one: the one that is farthest from zero is shown.
            let mut c = 0;
            while c < row.len() {
                let mut end = c + 1;
                while end < row.len() && x(end) == x(c) {
                    end += 1;
                }
                let value = row[c..end].iter().copied().fold(0.0f64, |m, v| if v.abs() > m.abs() { v } else { m });
                let ground = theme.heat(self.scale, value / most);
                let cell = Area::new((x(c), y(r)), (x(end), y(r + 1)));
                if row[c].is_finite() {
                    sheet.ground(cell, ground);
                }
                if let Some(words) = self.words.get(r).and_then(|row| row.get(c)).filter(|_| written) {
                    let ink = if row[c].is_finite() { Theme::ink_on(ground) } else { theme.faint() };
                    let middle = (f64::midpoint(cell.left, cell.right), f64::midpoint(cell.top, cell.bottom));
                    if !words.is_empty() {
                        sheet.text(words, middle, Type::new(NOTES, ink).at(Side::Middle));
                    }
                }
                c = end;
            }
        }
        for &(r, c) in &self.framed {
            let cell = Area::new((x(c) + 1.0, y(r) + 1.0), (x(c + 1) - 1.0, y(r + 1) - 1.0));
            sheet.frame(cell, theme.chosen(), 2.5, false);
        }
    }

    fn names(&self, sheet: &mut Sheet, area: Area) {
        // Where names would lie on each other, only some are shown.
        let every = |across: f64, count: usize| (NAME * count as f64 / across.max(1.0)).ceil().max(1.0) as usize;
        let look = Type::new(NAMES, sheet.theme.ink());
        let high = area.height() / self.rows.len().max(1) as f64;
        for (i, name) in self.rows.iter().enumerate().step_by(every(area.height() + 0.5, self.rows.len())) {
            let name = fit(name, NAMES, LONGEST.min(longest(&self.rows, LONGEST)).max(20.0));
            sheet.text(&name, (area.left - 5.0, area.top + high * (i as f64 + 0.5)), look.at(Side::Right));
        }
        let wide = area.width() / self.columns.len().max(1) as f64;
        for (i, name) in self.columns.iter().enumerate().step_by(every(area.width() + 0.5, self.columns.len())) {
            let middle = area.left + wide * (i as f64 + 0.5);
            sheet.upright(&fit(name, NAMES, LONGEST), (middle, area.bottom + 5.0), look);
        }
        if self.columns.is_empty() {
            self.counted(sheet, area);
        }
    }

    /// Numbers of columns that have no names.
    fn counted(&self, sheet: &mut Sheet, area: Area) {
        let count = self.values.first().map_or(0, Vec::len);
        let look = Type::new(NOTES, sheet.theme.faint()).at(Side::Middle);
        let (all, step) = round_numbers(0.0, count.saturating_sub(1) as f64, ((area.width() / 60.0) as usize).max(2));
        for value in all.iter().filter(|value| value.fract() == 0.0) {
            let x = area.left + area.width() * (value + 0.5) / count.max(1) as f64;
            sheet.rule(&[(x, area.bottom), (x, area.bottom + 4.0)], look.colour, 1.0, None);
            sheet.text(&number(*value, step.max(1.0)), (x, area.bottom + 11.0), look);
        }
    }

    /// Numbers beside the key: a share of its height, from the bottom, and words.
    fn key_words(&self) -> [(f64, String); 3] {
        let most = self.most();
        let low = if self.scale == Scale::Diverging { -1.0 } else { 0.0 };
        let number = |v: f64| match v.abs() {
            a if a >= 100.0 => format!("{v:.0}"),
            a if a >= 0.01 || a == 0.0 => format!("{v:.2}"),
            _ => format!("{v:.0e}"),
        };
        let beyond = self.values.iter().flatten().any(|v| v.is_finite() && v.abs() > most);
        let top = if beyond { format!("≥{}", number(most)) } else { number(most) };
        [(1.0, top), (0.5, number(most * (1.0 + low) / 2.0)), (0.0, number(most * low))]
    }

    /// What the colours mean.
    fn key(&self, sheet: &mut Sheet, area: Area) {
        const STEPS: i32 = 40;
        let (theme, low) = (sheet.theme, if self.scale == Scale::Diverging { -1.0 } else { 0.0 });
        for i in 0..STEPS {
            let y = |i: i32| area.bottom - area.height() * f64::from(i) / f64::from(STEPS);
            let value = low + (1.0 - low) * (f64::from(i) + 0.5) / f64::from(STEPS);
            sheet.ground(Area { top: y(i + 1), bottom: y(i), ..area }, theme.heat(self.scale, value));
        }
        for (share, words) in self.key_words() {
            let y = area.bottom - 6.0 - (area.height() - 12.0) * share;
            sheet.text(&words, (area.right + 4.0, y), Type::new(NOTES, theme.faint()));
        }
    }
}
