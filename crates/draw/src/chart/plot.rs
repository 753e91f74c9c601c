//! Lines, steps, columns and dots along two axes.

use crate::colour::Theme;
use crate::error::DrawError;
use crate::label::{cut, pixels};
use crate::sheet::{Area, anchored, block, line, style, upright};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

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

/// An axis. A logarithmic one has its numbers' decimal logarithms.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// From where to where.
    pub range: (f64, f64),
    /// Whether places are powers of ten.
    pub log: bool,
    /// Names in place of numbers: a name for each whole place from 0.
    pub names: Vec<String>,
}

impl Axis {
    /// An axis that has room for these numbers.
    pub fn over(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = if high > low { (high - low) * 0.05 } else { 0.5 };
        Self { label: label.to_owned(), range: (low - room, high + room), log: false, names: Vec::new() }
    }

    /// An axis that holds these values, and begins at zero.
    pub fn from_zero(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let high = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
        let high = if high > 0.0 { high * 1.06 } else { 1.0 };
        Self { label: label.to_owned(), range: (0.0, high), log: false, names: Vec::new() }
    }

    fn number(&self, v: f64) -> String {
        if !self.log {
            let span = self.range.1 - self.range.0;
            if span >= 1e6 {
                return format!("{v:.0e}");
            }
            let digits = if span >= 20.0 {
                0
            } else if span >= 2.0 {
                1
            } else if span >= 0.2 {
                2
            } else {
                3
            };
            let text = format!("{v:.digits$}");
            return if text.trim_start_matches('-').trim_matches(['0', '.']).is_empty() {
                "0".to_owned()
            } else {
                text
            };
        }
        let whole = v.round();
        if (v - whole).abs() > 1e-6 {
            return String::new();
        }
        if (0.0..4.0).contains(&whole) { format!("{:.0}", libm::pow(10.0, whole)) } else { format!("1e{whole:.0}") }
    }
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// Its colour's number.
    pub colour: usize,
    /// How it is drawn.
    pub kind: SeriesKind,
    /// The points; those that are no numbers are left out.
    pub points: Vec<(f64, f64)>,
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
    /// A dot for each, with a bar up and down as far as `errors` has it (zero for none).
    Dots {
        /// How far each point may be off.
        errors: Vec<f64>,
    },
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
}

/// Across which axis a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Upright, at a place of x.
    X,
    /// Level, at a place of y.
    Y,
}

type Axes<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

impl PlotChart {
    pub(crate) fn draw(&self, theme: Theme, area: &Area<'_>) -> Result<(), DrawError> {
        // A few names fit into the chart; more stand beside it.
        if self.named().len() < 4 || area.dim_in_pixel().0 < 480 {
            return self.draw_axes(theme, area).map(|_| ());
        }
        let (left, right) = area.split_horizontally(area.dim_in_pixel().0 as i32 - 190);
        let top = self.draw_axes(theme, &left)?;
        self.draw_legend(theme, &right, (182, top))
    }

    /// Series that have a name.
    fn named(&self) -> Vec<&Series> {
        self.series.iter().filter(|series| !series.name.is_empty()).collect()
    }

    /// Everything but a legend beside the chart; gives how far down the chart begins.
    fn draw_axes(&self, theme: Theme, area: &Area<'_>) -> Result<i32, DrawError> {
        let names = self.longest_name();
        let mut builder = ChartBuilder::on(area);
        let (ink, faint) = (theme.ink(), theme.faint());
        builder.margin(6).margin_right(16).x_label_area_size(36 + names).y_label_area_size(54);
        if !self.title.is_empty() {
            let wide = (area.dim_in_pixel().0 / 8) as usize;
            builder.caption(cut(&self.title, wide), style(13, ink));
        }
        let mut axes = builder
            .build_cartesian_2d(self.x.range.0..self.x.range.1, self.y.range.0..self.y.range.1)
            .map_err(DrawError::chart)?;
        let (x_number, y_number) = (|v: &f64| self.x.number(*v), |v: &f64| self.y.number(*v));
        let mut mesh = axes.configure_mesh();
        mesh.x_desc(if names > 0 { "" } else { &self.x.label }).y_desc(&self.y.label);
        mesh.axis_style(faint).light_line_style(theme.paper()).bold_line_style(theme.grid());
        mesh.label_style(style(11, faint)).axis_desc_style(style(12, ink));
        mesh.x_label_formatter(&x_number).y_label_formatter(&y_number).y_labels(7).x_labels(8);
        if names > 0 {
            mesh.disable_x_mesh().x_labels(0);
        }
        mesh.draw().map_err(DrawError::chart)?;
        for series in &self.series {
            draw_series(theme, &mut axes, series)?;
        }
        self.draw_marks(theme, area, &mut axes)?;
        self.draw_names(theme, area, &axes)?;
        let (right, top) = axes.backend_coord(&(self.x.range.1, self.y.range.1));
        let (base_x, base_y) = area.get_base_pixel();
        let corner = (right - base_x - 6, top - base_y + 6);
        if self.named().len() > 1 && (self.named().len() < 4 || area.dim_in_pixel().0 < 480) {
            self.draw_legend(theme, area, corner)?;
        }
        Ok(corner.1)
    }

    /// Pixels that the longest name along x takes, reading upwards.
    fn longest_name(&self) -> u32 {
        self.x.names.iter().map(|name| pixels(&cut(name, 14), 10)).max().unwrap_or(0)
    }

    fn draw_names(&self, theme: Theme, area: &Area<'_>, axes: &Axes<'_, '_>) -> Result<(), DrawError> {
        if self.x.names.is_empty() {
            return Ok(());
        }
        let (base_x, base_y) = area.get_base_pixel();
        let place = |x: f64| axes.backend_coord(&(x, self.y.range.0));
        let wide = place(1.0).0 - place(0.0).0;
        // Where names would lie on each other, only some are shown.
        let every = (12 / wide.max(1)).max(0) as usize + 1;
        for (i, name) in self.x.names.iter().enumerate().step_by(every) {
            let (x, y) = place(i as f64);
            let at = (x - base_x, y - base_y + 6);
            upright(area, &cut(name, 14), at, 10, theme.ink())?;
        }
        let (left, right) = (place(self.x.range.0).0, place(self.x.range.1).0);
        let bottom = area.dim_in_pixel().1 as i32 - 12;
        anchored(area, &self.x.label, (i32::midpoint(left, right) - base_x, bottom), 12, theme.ink(), HPos::Center)
    }

    fn draw_marks(&self, theme: Theme, area: &Area<'_>, axes: &mut Axes<'_, '_>) -> Result<(), DrawError> {
        let (base_x, base_y) = area.get_base_pixel();
        // Names of upright lines stand below the legend.
        let below = if self.named().len() > 1 { 16 * self.named().len() as i32 + 20 } else { 8 };
        for (i, mark) in self.marks.iter().enumerate() {
            let colour = theme.series(i + 1);
            let (from, to, shift) = match mark.along {
                Along::X => ((mark.at, self.y.range.0), (mark.at, self.y.range.1), (5, below + 14 * i as i32)),
                Along::Y => ((self.x.range.0, mark.at), (self.x.range.1, mark.at), (-6, -10)),
            };
            let line = DashedPathElement::new([from, to], 4, 3, colour.stroke_width(1));
            axes.draw_series(std::iter::once(line)).map_err(DrawError::chart)?;
            let (x, y) = axes.backend_coord(&to);
            // A name that would leave the chart stands on the other side of its line.
            let width = pixels(&mark.label, 11) as i32;
            let edge = axes.backend_coord(&(self.x.range.1, mark.at)).0;
            let over = mark.along == Along::X && x + shift.0 + width > edge;
            let (dx, side) = match mark.along {
                Along::X if !over => (shift.0, HPos::Left),
                Along::X => (-shift.0, HPos::Right),
                Along::Y => (shift.0, HPos::Right),
            };
            let at = (x - base_x + dx, y - base_y + shift.1);
            anchored(area, &mark.label, at, 11, colour, side)?;
        }
        Ok(())
    }

    /// Names of series below a right upper corner, each beside its colour.
    fn draw_legend(&self, theme: Theme, area: &Area<'_>, (right, top): (i32, i32)) -> Result<(), DrawError> {
        let named = self.named();
        let names: Vec<String> = named.iter().map(|series| cut(&series.name, 24)).collect();
        let wide = names.iter().map(|name| pixels(name, 11)).max().unwrap_or(0) as i32;
        let left = right - wide - 30;
        block(area, (left - 6, top), (right, top + 16 * named.len() as i32 + 4), theme.paper())?;
        for (i, (series, name)) in named.iter().zip(&names).enumerate() {
            let (y, colour) = (top + 10 + 16 * i as i32, theme.series(series.colour));
            let pieces: &[(i32, i32)] =
                if series.kind == SeriesKind::Dashes { &[(0, 7), (11, 18)] } else { &[(0, 18)] };
            for (from, to) in pieces {
                line(area, vec![(left + from, y), (left + to, y)], colour, 3)?;
            }
            anchored(area, name, (left + 24, y), 11, theme.ink(), HPos::Left)?;
        }
        Ok(())
    }
}

fn draw_series(theme: Theme, axes: &mut Axes<'_, '_>, series: &Series) -> Result<(), DrawError> {
    let colour = theme.series(series.colour);
    let points: Vec<(f64, f64)> =
        series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    match &series.kind {
        SeriesKind::Line => {
            let line = PathElement::new(points, colour.stroke_width(2));
            axes.draw_series(std::iter::once(line)).map_err(DrawError::chart)?;
        }
        SeriesKind::Dashes => {
            let line = DashedPathElement::new(points, 6, 4, colour.stroke_width(2));
            axes.draw_series(std::iter::once(line)).map_err(DrawError::chart)?;
        }
        SeriesKind::Columns(width) => {
            let half = width / 2.0;
            let column = |(x, y): (f64, f64)| Rectangle::new([(x - half, 0.0), (x + half, y)], colour.filled());
            axes.draw_series(points.into_iter().map(column)).map_err(DrawError::chart)?;
        }
        SeriesKind::Dots { errors } => {
            let bars = series.points.iter().zip(errors).filter(|(_, e)| **e > 0.0);
            let bar = |((x, y), e): (&(f64, f64), &f64)| {
                PathElement::new(vec![(*x, y - e), (*x, y + e)], colour.stroke_width(1))
            };
            axes.draw_series(bars.map(bar)).map_err(DrawError::chart)?;
            axes.draw_series(points.into_iter().map(|point| Circle::new(point, 4, colour.filled())))
                .map_err(DrawError::chart)?;
        }
    }
    Ok(())
}
