//! The few shapes that charts have.

mod bars;
mod heat;
mod plot;
mod tree;

pub use bars::{Bar, BarChart, BarPanel};
pub use heat::HeatChart;
pub use plot::{Along, Axis, AxisScale, Hue, Mark, PlotChart, Series, SeriesKind};
pub use tree::{NodeRole, TreeChart, TreeItem};

use crate::sheet::{Area, Sheet};

/// A chart.
#[derive(Clone, Debug)]
pub enum Chart {
    /// Bars from left to right, a line each, in panels.
    Bars(BarChart),
    /// Lines, columns and dots along two axes.
    Plot(PlotChart),
    /// A matrix as colours.
    Heat(HeatChart),
    /// A tree that grows to the right.
    Tree(TreeChart),
}

impl Chart {
    /// The chart as rows that each fit into this width: a long text is broken.
    pub(crate) fn rows(&self, width: f64) -> Vec<Self> {
        match self {
            Self::Plot(chart) => chart.rows(width).into_iter().map(Self::Plot).collect(),
            _ => vec![self.clone()],
        }
    }

    /// The pixels down that it needs at this width so that all of it can be read.
    pub(crate) fn height(&self, width: f64) -> f64 {
        match self {
            Self::Bars(chart) => chart.height(width),
            Self::Plot(chart) => chart.height(width),
            Self::Heat(chart) => chart.height(width),
            Self::Tree(chart) => chart.height(width),
        }
    }

    pub(crate) fn draw(&self, sheet: &mut Sheet, area: Area) {
        match self {
            Self::Bars(chart) => chart.draw(sheet, area),
            Self::Plot(chart) => chart.draw(sheet, area),
            Self::Heat(chart) => chart.draw(sheet, area),
            Self::Tree(chart) => chart.draw(sheet, area),
        }
    }
}
