//! A matrix as colours, with a key.

use crate::colour::{Scale, Theme};
use crate::error::DrawError;
use crate::label::{cut, pixels};
use crate::sheet::{Area, anchored, block, text, upright};
use plotters::style::text_anchor::HPos;

/// Numbers in rows and columns, as colours.
#[derive(Clone, Debug)]
pub struct HeatChart {
    /// The chart's own title.
    pub title: String,
    /// Names of rows; there may be none.
    pub rows: Vec<String>,
    /// Names of columns; there may be none.
    pub columns: Vec<String>,
    /// `[rows][columns]`; places that are no numbers stay empty.
    pub values: Vec<Vec<f64>>,
    /// The number with the deepest colour, which all greater ones share; none for the greatest.
    pub most: Option<f64>,
    /// How numbers become colours.
    pub scale: Scale,
    /// What columns are.
    pub x: String,
    /// What rows are.
    pub y: String,
}

impl HeatChart {
    pub(crate) fn draw(&self, theme: Theme, area: &Area<'_>) -> Result<(), DrawError> {
        let (width, height) = (area.dim_in_pixel().0 as i32, area.dim_in_pixel().1 as i32);
        text(area, &cut(&self.title, (width / 8) as usize), (8, 2), 13, theme.ink())?;
        let (rows, columns) = (self.values.len().max(1), self.values.first().map_or(1, Vec::len).max(1));
        let longest = |names: &[String]| names.iter().map(|name| pixels(&cut(name, 14), 10)).max().unwrap_or(0) as i32;
        let (left, bottom) = (longest(&self.rows) + 26, height - 22 - longest(&self.columns) - 6);
        let (right, top) = (width - 70, 26);
        let x = |i: usize| left + ((right - left).max(1) as usize * i / columns) as i32;
        let y = |i: usize| top + ((bottom - top).max(1) as usize * i / rows) as i32;
        let own = || self.values.iter().flatten().filter(|v| v.is_finite()).fold(1e-12f64, |m, v| m.max(v.abs()));
        let most = self.most.unwrap_or_else(own);
        for (r, row) in self.values.iter().enumerate() {
            // Cells narrower than a pixel share one: the one that is farthest from zero is shown.
            let mut c = 0;
            while c < row.len() {
                let mut end = c + 1;
                while end < row.len() && x(end) == x(c) {
                    end += 1;
                }
                let value = row[c..end].iter().copied().fold(0.0f64, |m, v| if v.abs() > m.abs() { v } else { m });
                if row[c].is_finite() {
                    block(area, (x(c), y(r)), (x(end), y(r + 1)), theme.heat(self.scale, value / most))?;
                }
                c = end;
            }
        }
        self.names(theme, area, &x, &y, (left, bottom))?;
        anchored(area, &self.x, (i32::midpoint(left, right), height - 10), 11, theme.ink(), HPos::Center)?;
        if !self.y.is_empty() {
            let middle = i32::midpoint(top, bottom) - pixels(&self.y, 11) as i32 / 2;
            upright(area, &self.y, (10, middle), 11, theme.ink())?;
        }
        self.key(theme, area, (right + 10, top, bottom), most)
    }

    fn names(
        &self,
        theme: Theme,
        area: &Area<'_>,
        x: &dyn Fn(usize) -> i32,
        y: &dyn Fn(usize) -> i32,
        (left, bottom): (i32, i32),
    ) -> Result<(), DrawError> {
        // Where names would lie on each other, only some are shown.
        let every = |across: i32, count: usize| (12 * count).div_ceil(across.max(1) as usize).max(1);
        for (i, name) in self.rows.iter().enumerate().step_by(every(y(self.rows.len()) - y(0), self.rows.len())) {
            let middle = i32::midpoint(y(i), y(i + 1));
            anchored(area, &cut(name, 14), (left - 4, middle), 10, theme.ink(), HPos::Right)?;
        }
        for (i, name) in
            self.columns.iter().enumerate().step_by(every(x(self.columns.len()) - x(0), self.columns.len()))
        {
            let middle = i32::midpoint(x(i), x(i + 1));
            upright(area, &cut(name, 14), (middle, bottom + 4), 10, theme.ink())?;
        }
        Ok(())
    }

    /// What the colours mean.
    fn key(
        &self,
        theme: Theme,
        area: &Area<'_>,
        (left, top, bottom): (i32, i32, i32),
        most: f64,
    ) -> Result<(), DrawError> {
        const STEPS: i32 = 40;
        let low = if self.scale == Scale::Diverging { -1.0 } else { 0.0 };
        for i in 0..STEPS {
            let y = |i: i32| bottom - (bottom - top) * i / STEPS;
            let value = low + (1.0 - low) * (f64::from(i) + 0.5) / f64::from(STEPS);
            block(area, (left, y(i + 1)), (left + 12, y(i)), theme.heat(self.scale, value))?;
        }
        let number = |v: f64| if v.abs() >= 0.01 || v == 0.0 { format!("{v:.2}") } else { format!("{v:.0e}") };
        for (value, y) in
            [(most, top + 5), (most * (1.0 + low) / 2.0, i32::midpoint(top, bottom)), (most * low, bottom - 5)]
        {
            anchored(area, &number(value), (left + 16, y), 10, theme.faint(), HPos::Left)?;
        }
        Ok(())
    }
}
