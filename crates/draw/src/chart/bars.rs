//! Bars from left to right, with a strip of heat under them.

use crate::colour::{Scale, Theme};
use crate::error::DrawError;
use crate::label::{cut, pixels};
use crate::sheet::{Area, anchored, block, frame, text};
use plotters::style::text_anchor::HPos;

/// Named shares, the longest bar first.
#[derive(Clone, Debug)]
pub struct BarChart {
    /// The chart's own title.
    pub title: String,
    /// The bars.
    pub bars: Vec<Bar>,
    /// What the bars measure.
    pub unit: String,
    /// Whether to show the same numbers as a strip of heat below.
    pub strip: bool,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its length, 0 to 1.
    pub value: f64,
    /// The length of the pale bar behind it: what it was before.
    pub before: f64,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

impl BarChart {
    pub(crate) fn draw(&self, theme: Theme, area: &Area<'_>) -> Result<(), DrawError> {
        let (width, height) = (area.dim_in_pixel().0 as i32, area.dim_in_pixel().1 as i32);
        text(area, &cut(&self.title, (width / 8) as usize), (8, 2), 13, theme.ink())?;
        let foot = if self.strip { 44 } else { 18 };
        let room = height - 24 - foot;
        // Bars thinner than this cannot be read; the chosen one is always among those shown.
        let bars = self.fitting((room / 9).max(1) as usize);
        let step = (room / bars.len().max(1) as i32).clamp(9, 26);
        let size = (step - 3).clamp(6, 13) as u32;
        let names: Vec<String> = bars.iter().map(|bar| cut(&bar.label, 18)).collect();
        let left = names.iter().map(|name| pixels(name, size)).max().unwrap_or(0) as i32 + 14;
        let right = width - 52;
        let most = bars.iter().flat_map(|bar| [bar.value, bar.before]).fold(1e-12, f64::max);
        let at = |value: f64| left + (f64::from((right - left).max(1)) * value / most) as i32;
        for (i, (bar, name)) in bars.iter().zip(&names).enumerate() {
            let top = 24 + i as i32 * step;
            let (middle, colour) = (top + step / 2, if bar.chosen { theme.chosen() } else { theme.series(0) });
            let ink = if bar.chosen { theme.chosen() } else { theme.ink() };
            anchored(area, name, (left - 6, middle), size, ink, HPos::Right)?;
            block(area, (left, top + 2), (at(bar.before), top + step - 2), theme.pale())?;
            block(area, (left, top + 3), (at(bar.value), top + step - 3), colour)?;
            let mark = if bar.chosen { " ◀" } else { "" };
            let number = format!("{:.2}%{mark}", bar.value * 100.0);
            let ink = if bar.value > 0.0 { ink } else { theme.faint() };
            anchored(area, &number, (at(bar.value.max(bar.before)) + 4, middle), size.min(11), ink, HPos::Left)?;
        }
        if self.strip {
            strip(theme, area, &bars, (left, right, height - 36), most)?;
        }
        let lost = match self.bars.len() - bars.len() {
            0 => String::new(),
            n => format!("; {n} more"),
        };
        text(area, &format!("{}{lost}", self.unit), (left, height - 14), 10, theme.faint())
    }

    /// The first bars, as many as fit; the chosen one in the last place if it lies further down.
    fn fitting(&self, most: usize) -> Vec<&Bar> {
        let mut bars: Vec<&Bar> = self.bars.iter().take(most).collect();
        if let Some(chosen) = self.bars.iter().skip(most).find(|bar| bar.chosen) {
            bars.pop();
            bars.push(chosen);
        }
        bars
    }
}

/// The bars' numbers as colours, in the same order; the chosen one is framed.
fn strip(
    theme: Theme,
    area: &Area<'_>,
    bars: &[&Bar],
    (left, right, top): (i32, i32, i32),
    most: f64,
) -> Result<(), DrawError> {
    let count = bars.len().max(1) as i32;
    let at = |i: usize| left + (right - left) * i as i32 / count;
    for (i, bar) in bars.iter().enumerate() {
        block(area, (at(i), top), (at(i + 1), top + 18), theme.heat(Scale::Sequential, bar.value / most))?;
    }
    for (i, _) in bars.iter().enumerate().filter(|(_, bar)| bar.chosen) {
        frame(area, (at(i), top - 1), (at(i + 1), top + 19), theme.chosen())?;
    }
    Ok(())
}
