//! Two axes on the sheet, and what is drawn along them.

use super::axis::LONGEST;
use super::{Along, Axis, Mark, Series, SeriesKind};
use crate::measure::{fit, width};
use crate::sheet::{Area, NAMES, NOTES, Sheet, Side, Type};

/// Two axes with their place.
pub(super) struct Axes<'a> {
    pub(super) x: &'a Axis,
    pub(super) y: &'a Axis,
    pub(super) area: Area,
}

impl Axes<'_> {
    fn across(&self, x: f64) -> f64 {
        self.area.left + self.area.width() * (x - self.x.range.0) / (self.x.range.1 - self.x.range.0)
    }

    fn up(&self, y: f64) -> f64 {
        self.area.bottom - self.area.height() * (y - self.y.range.0) / (self.y.range.1 - self.y.range.0)
    }

    /// Lines at round numbers, and the numbers or names; `whole` is the place of the whole chart.
    pub(super) fn grid(&self, sheet: &mut Sheet, whole: Area) {
        let (grid, faint, ink) = (sheet.theme.grid(), sheet.theme.faint(), sheet.theme.ink());
        for (value, words) in self.y.ticks(self.area.height()) {
            let y = self.up(value);
            sheet.rule(&[(self.area.left, y), (self.area.right, y)], grid, 1.0, None);
            sheet.text(&words, (self.area.left - 6.0, y), Type::new(NOTES, faint).at(Side::Right));
        }
        let names = &self.x.names;
        if names.is_empty() {
            for (value, words) in self.x.ticks_across(self.area.width()) {
                let x = self.across(value);
                sheet.rule(&[(x, self.area.top), (x, self.area.bottom)], grid, 1.0, None);
                // Numbers at the ends stay within the chart.
                let half = width(&words, NOTES) / 2.0;
                let at = x.clamp(whole.left + half, (whole.right - half).max(whole.left + half));
                sheet.text(&words, (at, self.area.bottom + 10.0), Type::new(NOTES, faint).at(Side::Middle));
            }
        }
        for (i, name) in names.iter().enumerate() {
            let name = fit(name, NAMES, LONGEST);
            sheet.upright(&name, (self.across(i as f64), self.area.bottom + 6.0), Type::new(NAMES, ink));
        }
        let ends =
            [(self.area.left, self.area.top), (self.area.left, self.area.bottom), (self.area.right, self.area.bottom)];
        sheet.rule(&ends, faint, 1.0, None);
        let middle = f64::midpoint(self.area.left, self.area.right);
        let label = fit(&self.x.label, NAMES, whole.width());
        let half = width(&label, NAMES) / 2.0;
        let middle = middle.min(whole.right - half).max(whole.left + half);
        sheet.text(&label, (middle, whole.bottom - 9.0), Type::new(NAMES, ink).at(Side::Middle));
    }

    pub(super) fn series(&self, sheet: &mut Sheet, series: &Series) {
        let colour = series.hue.of(sheet.theme);
        let finite = series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
        let places: Vec<(f64, f64)> = finite.map(|(x, y)| (self.across(x), self.up(y))).collect();
        match &series.kind {
            // A line needs two ends.
            SeriesKind::Line | SeriesKind::Dashes if places.len() == 1 => sheet.dot(places[0], 2.5, colour, None),
            SeriesKind::Line => sheet.line(&places, colour, 2.0, None),
            SeriesKind::Dashes => sheet.line(&places, colour, 2.0, Some((6.0, 4.0))),
            SeriesKind::Columns(wide) => {
                let half = self.area.width() / (self.x.range.1 - self.x.range.0) * wide / 2.0;
                for (x, y) in places {
                    sheet.block(Area::new((x - half, y), (x + half, self.up(0.0f64.max(self.y.range.0)))), colour);
                }
            }
            SeriesKind::Dots { errors } => {
                for ((x, _), (low, high)) in series.points.iter().zip(errors).filter(|(_, (low, high))| high > low) {
                    let x = self.across(*x);
                    sheet.line(&[(x, self.up(*low)), (x, self.up(*high))], colour, 1.5, None);
                }
                for at in places {
                    sheet.dot(at, 4.0, colour, None);
                }
            }
            SeriesKind::Rings => {
                let hole = sheet.theme.paper();
                for at in places {
                    sheet.dot(at, 4.0, colour, Some(hole));
                }
            }
        }
    }

    /// Lines at places; gives those whose names found no free place beside them.
    pub(super) fn marks(&self, sheet: &mut Sheet, marks: &[Mark], in_legend: &[usize]) -> Vec<usize> {
        for mark in marks {
            let ends = match mark.along {
                Along::X => [(self.across(mark.at), self.area.top), (self.across(mark.at), self.area.bottom)],
                Along::Y => [(self.area.left, self.up(mark.at)), (self.area.right, self.up(mark.at))],
            };
            sheet.line(&ends, mark.hue.of(sheet.theme), 1.5, Some((4.0, 3.0)));
        }
        let mut lost = Vec::new();
        for (i, mark) in marks.iter().enumerate() {
            if mark.label.is_empty() || in_legend.contains(&i) {
                continue;
            }
            let look = Type::new(NAMES, mark.hue.of(sheet.theme));
            if !sheet.place(&mark.label, self.area, self.beside(mark), look) {
                lost.push(i);
            }
        }
        lost
    }

    /// Places for a mark's name, the best first: beside its line, on either side, along all of it.
    fn beside(&self, mark: &Mark) -> Vec<((f64, f64), Side)> {
        let mut places = Vec::new();
        match mark.along {
            Along::X => {
                let x = self.across(mark.at);
                let steps = (self.area.height() / 4.0) as usize;
                for step in 2..steps {
                    let y = self.area.top + 4.0 * step as f64;
                    places.extend([((x + 6.0, y), Side::Left), ((x - 6.0, y), Side::Right)]);
                }
            }
            Along::Y => {
                let y = self.up(mark.at);
                let steps = (self.area.width() / 6.0) as usize;
                for step in 1..steps {
                    let x = self.area.right - 6.0 * step as f64;
                    places.extend([((x, y - 11.0), Side::Right), ((x, y + 11.0), Side::Right)]);
                }
            }
        }
        places
    }
}
