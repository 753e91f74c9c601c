//! Bars from left to right in panels, with a strip of heat under each.

use crate::colour::Scale;
use crate::legend::{self, Entry, Sample};
use crate::measure::{fit, width, wrap};
use crate::sheet::{Area, NAMES, NOTES, Sheet, Side, TITLES, Type};
use crate::ticks::{number, round_numbers};

/// Probabilities with names, in panels that are compared with each other.
#[derive(Clone, Debug)]
pub struct BarChart {
    /// The panels.
    pub panels: Vec<BarPanel>,
    /// Whether each panel has a scale of its own; else one holds for all.
    pub free: bool,
}

/// Bars below a title.
#[derive(Clone, Debug)]
pub struct BarPanel {
    /// What is shown.
    pub title: String,
    /// The bars, from the top down.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its length, 0 to 1.
    pub value: f64,
    /// The length of the outline over it: what it was before.
    pub before: f64,
    /// Whether it is the chosen one.
    pub chosen: bool,
    /// What removed it, where something did.
    pub removed_by: Option<String>,
    /// How many lie between it and the bar above that are not shown.
    pub skipped: usize,
}

/// The least pixels for a panel across, and for a bar down; the most for a bar.
const PANEL: f64 = 300.0;
const STEP: (f64, f64) = (17.0, 26.0);
/// The pixels between panels.
const GAP: f64 = 18.0;
/// The pixels for numbers along the axis, and for the strip under them.
const AXIS: f64 = 18.0;
const STRIP: f64 = 20.0;
/// Higher than this no picture gets; what does not fit is counted.
const MOST: f64 = 16_000.0;

/// What all panels share.
struct Layout {
    columns: usize,
    /// The pixels across of a panel, and of the names and the bars in it.
    panel: f64,
    names: f64,
    bars: f64,
    /// The lines of a title.
    titles: f64,
    /// The bars of each panel.
    most: usize,
}

impl Layout {
    /// The pixels of a panel that are not its bars.
    fn around(&self) -> f64 {
        self.titles * 16.0 + 6.0 + AXIS + STRIP + 12.0
    }
}

impl BarChart {
    pub(crate) fn height(&self, room: f64) -> f64 {
        let layout = self.layout(room);
        let down = self.panels.len().div_ceil(layout.columns) as f64;
        down * (layout.around() + STEP.0 * self.lines(layout.most)) + self.foot(room)
    }

    /// Lines that the longest panel takes, where no more than so many bars are shown.
    fn lines(&self, most: usize) -> f64 {
        let lines = |panel: &BarPanel| {
            let bars = fitting(&panel.bars, most);
            bars.len() + bars.iter().filter(|bar| bar.skipped > 0).count() + usize::from(bars.len() < panel.bars.len())
        };
        self.panels.iter().map(lines).max().unwrap_or(1) as f64
    }

    fn layout(&self, room: f64) -> Layout {
        let count = self.panels.len().max(1);
        let fit_across = ((room + GAP) / (PANEL + GAP)).floor().max(1.0) as usize;
        let columns = count.div_ceil(count.div_ceil(fit_across.min(count)));
        let panel = (room - GAP * (columns - 1) as f64) / columns as f64;
        let bars = || self.panels.iter().flat_map(|panel| &panel.bars);
        let longest = bars().map(|bar| width(&bar.label, NAMES)).fold(0.0, f64::max);
        let names = longest.min(panel * 0.4) + 8.0;
        // Numbers follow their bars: the longest bars leave room for theirs.
        let mut wide = panel - names - 24.0;
        for panel_of in &self.panels {
            let most = self.most(panel_of);
            for bar in &panel_of.bars {
                let (reach, words) = (bar.value.max(bar.before) / most, width(&words(bar), NAMES) + 10.0);
                wide = wide.min((panel - names - words) / reach.max(1e-9));
            }
        }
        let titles = self.panels.iter().map(|p| wrap(&p.title, TITLES, panel, 3).len()).max().unwrap_or(1) as f64;
        let down = count.div_ceil(columns) as f64;
        let most = ((MOST / down - 150.0) / STEP.0) as usize;
        Layout { columns, panel, names, bars: wide.max(20.0), titles, most }
    }

    /// The number at the right end of a panel's axis.
    fn most(&self, panel: &BarPanel) -> f64 {
        let of = |panel: &BarPanel| panel.bars.iter().flat_map(|bar| [bar.value, bar.before]).fold(1e-12, f64::max);
        if self.free { of(panel) } else { self.panels.iter().map(of).fold(1e-12, f64::max) }
    }

    pub(crate) fn draw(&self, sheet: &mut Sheet, area: Area) {
        let layout = self.layout(area.width());
        let down = self.panels.len().div_ceil(layout.columns) as f64;
        let foot = self.foot(area.width());
        let lines = self.lines(layout.most);
        let room = (area.height() - foot) / down - layout.around();
        let step = (room / lines).clamp(STEP.0, STEP.1);
        let high = layout.around() + step * lines;
        for (i, panel) in self.panels.iter().enumerate() {
            let left = area.left + (layout.panel + GAP) * (i % layout.columns) as f64;
            let top = area.top + high * (i / layout.columns) as f64;
            self.panel(sheet, panel, (left, top), &layout, step);
        }
        self.key(sheet, Area { top: area.top + high * down + 4.0, ..area });
    }

    fn panel(&self, sheet: &mut Sheet, panel: &BarPanel, (left, top): (f64, f64), layout: &Layout, step: f64) {
        let (ink, faint) = (sheet.theme.ink(), sheet.theme.faint());
        for (i, line) in wrap(&panel.title, TITLES, layout.panel, 3).iter().enumerate() {
            sheet.text(line, (left, top + 8.0 + 16.0 * i as f64), Type::new(TITLES, ink));
        }
        let zero = left + layout.names;
        let most = self.most(panel);
        let at = |value: f64| zero + layout.bars * value / most;
        let first = top + layout.titles * 16.0 + 6.0;
        let bars = fitting(&panel.bars, layout.most);
        let lines = bars.len() + bars.iter().filter(|bar| bar.skipped > 0).count();
        let bottom = first + step * lines as f64;
        axis(sheet, (zero, layout.bars), (first, bottom), most);
        let mut y = first;
        for bar in &bars {
            if bar.skipped > 0 {
                let words = format!("… {} tokens between", thousands(bar.skipped));
                sheet.text(&words, (zero + 6.0, y + step / 2.0), Type::new(NOTES, faint));
                y += step;
            }
            one(sheet, bar, (zero, y), &at, (layout.names, step));
            y += step;
        }
        if bars.len() < panel.bars.len() {
            let words = format!("{} more that no picture has room for", panel.bars.len() - bars.len());
            sheet.text(&words, (zero + 6.0, y + AXIS + STRIP + step / 2.0), Type::new(NOTES, faint));
        }
        strip(sheet, &bars, Area::new((zero, bottom + AXIS + 2.0), (at(most), bottom + AXIS + STRIP - 4.0)), most);
    }

    /// The pixels down of the key.
    fn foot(&self, room: f64) -> f64 {
        legend::height(&self.entries(crate::Theme::Light), room) + 26.0
    }

    /// What is in the panels, in words.
    fn entries(&self, theme: crate::Theme) -> Vec<Entry> {
        let any = |of: &dyn Fn(&Bar) -> bool| self.panels.iter().flat_map(|panel| &panel.bars).any(of);
        let all = [
            (any(&|bar| bar.value > 0.0 && !bar.chosen), Sample::Block(theme.series(0)), "after the processors"),
            (any(&|bar| bar.chosen), Sample::Block(theme.chosen()), "the chosen token"),
            (any(&|bar| bar.removed_by.is_none()), Sample::Outline(theme.ink()), "the raw model"),
            (any(&|bar| bar.removed_by.is_some()), Sample::Broken(theme.faint()), "removed by a processor"),
        ];
        let shown = all.into_iter().filter(|(is_there, ..)| *is_there);
        shown.map(|(_, sample, name)| Entry { sample, name: name.to_owned() }).collect()
    }

    /// What bars and colours mean.
    fn key(&self, sheet: &mut Sheet, area: Area) {
        let (theme, entries) = (sheet.theme, self.entries(sheet.theme));
        legend::draw(sheet, &entries, (area.left, area.top), area.width());
        let y = area.top + legend::height(&entries, area.width()) + 10.0;
        let most = self.panels.first().map_or(1.0, |panel| self.most(panel));
        let ends = if self.free {
            ["0%".to_owned(), "the panel's greatest".to_owned()]
        } else {
            ["0%".to_owned(), percent(most)]
        };
        let faint = Type::new(NOTES, theme.faint());
        let from = sheet.text(&format!("strips: {}", ends[0]), (area.left, y), faint).right + 6.0;
        let to = from + 80.0;
        for i in 0..40 {
            let at = |i: i32| from + (to - from) * f64::from(i) / 40.0;
            let colour = theme.heat(Scale::Sequential, (f64::from(i) + 0.5) / 40.0);
            sheet.block(Area::new((at(i), y - 5.0), (at(i + 1), y + 5.0)), colour);
        }
        sheet.text(&ends[1], (to + 6.0, y), faint);
    }
}

/// A bar with its name and number.
fn one(sheet: &mut Sheet, bar: &Bar, (zero, top): (f64, f64), at: &dyn Fn(f64) -> f64, (names, step): (f64, f64)) {
    let theme = sheet.theme;
    let (middle, gone) = (top + step / 2.0, bar.removed_by.is_some());
    let ink = if bar.chosen {
        theme.chosen()
    } else if gone {
        theme.faint()
    } else {
        theme.ink()
    };
    let name = fit(&bar.label, NAMES, names - 8.0);
    let place = sheet.text(&name, (zero - 6.0, middle), Type::new(NAMES, ink).at(Side::Right));
    if gone {
        sheet.rule(&[(place.left - 1.0, middle), (place.right + 1.0, middle)], ink, 1.0, None);
    }
    let colour = if bar.chosen { theme.chosen() } else { theme.series(0) };
    sheet.block(Area::new((zero, top + 3.0), (at(bar.value), top + step - 3.0)), colour);
    let outline = Area::new((zero, top + 2.0), (at(bar.before), top + step - 2.0));
    sheet.frame(outline, if gone { theme.faint() } else { theme.ink() }, 1.0, gone);
    sheet.text(&words(bar), (at(bar.value.max(bar.before)) + 5.0, middle), Type::new(NAMES, ink));
}

/// What stands beside a bar.
fn words(bar: &Bar) -> String {
    match &bar.removed_by {
        Some(by) => format!("removed ({by})"),
        None => percent(bar.value) + if bar.chosen { " ◀" } else { "" },
    }
}

/// A probability in percent; one too small for two digits is not said to be nothing.
fn percent(p: f64) -> String {
    if p > 0.0 && p < 0.000_05 { "<0.01%".to_owned() } else { format!("{:.2}%", p * 100.0) }
}

/// A count with its thousands parted.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// The numbers under bars, with the lines of a grid.
fn axis(sheet: &mut Sheet, (zero, wide): (f64, f64), (top, bottom): (f64, f64), most: f64) {
    let (grid, faint) = (sheet.theme.grid(), sheet.theme.faint());
    let (values, step) = round_numbers(0.0, most * 100.0, ((wide / 44.0) as usize).clamp(2, 6));
    let mut free = f64::NEG_INFINITY;
    for value in values {
        let x = zero + wide * value / (most * 100.0);
        sheet.rule(&[(x, top), (x, bottom)], grid, 1.0, None);
        let (words, look) = (format!("{}%", number(value, step)), Type::new(NOTES, faint).at(Side::Middle));
        let place = look.area(&words, (x, bottom + 9.0));
        if place.left > free {
            free = sheet.text(&words, (x, bottom + 9.0), look).right + 4.0;
        }
    }
    sheet.rule(&[(zero, top), (zero, bottom)], faint, 1.0, None);
}

/// The first bars, as many as fit; the chosen one in the last place if it lies further down.
fn fitting(bars: &[Bar], most: usize) -> Vec<Bar> {
    let mut shown: Vec<Bar> = bars.iter().take(most.max(2)).cloned().collect();
    if let Some(at) = bars.iter().position(|bar| bar.chosen).filter(|at| *at >= shown.len()) {
        let last = shown.len() - 1;
        let between = bars[last..=at].iter().map(|bar| bar.skipped).sum::<usize>() + at - last;
        shown[last] = Bar { skipped: between, ..bars[at].clone() };
    }
    shown
}

/// The bars' numbers as colours, in the same order; the chosen one is framed.
fn strip(sheet: &mut Sheet, bars: &[Bar], area: Area, most: f64) {
    let theme = sheet.theme;
    let at = |i: usize| area.left + area.width() * i as f64 / bars.len().max(1) as f64;
    for (i, bar) in bars.iter().enumerate() {
        sheet.block(Area { left: at(i), right: at(i + 1), ..area }, theme.heat(Scale::Sequential, bar.value / most));
    }
    for (i, _) in bars.iter().enumerate().filter(|(_, bar)| bar.chosen) {
        let area = Area::new((at(i), area.top - 1.0), (at(i + 1), area.bottom + 1.0));
        sheet.frame(area, theme.chosen(), 2.0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, skipped: usize, chosen: bool) -> Bar {
        Bar { label: label.to_owned(), value: 0.1, before: 0.1, chosen, removed_by: None, skipped }
    }

    #[test]
    fn a_chosen_bar_that_does_not_fit_comes_last_and_says_what_lies_between() {
        let bars = [bar("a", 0, false), bar("b", 0, false), bar("c", 0, false), bar("d", 7, true)];
        let shown = fitting(&bars, 3);
        assert_eq!(shown.iter().map(|bar| bar.label.as_str()).collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(shown[2].skipped, 8);
        assert_eq!(fitting(&bars, 9).len(), 4);
    }

    #[test]
    fn numbers_say_what_they_are() {
        assert_eq!((thousands(7), thousands(1_234_567)), ("7".into(), "1,234,567".into()));
        assert_eq!((percent(0.12345), percent(0.0), percent(1e-9)), ("12.35%".into(), "0.00%".into(), "<0.01%".into()));
    }
}
