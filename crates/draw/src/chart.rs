//! The few shapes that charts have.

mod bars;
mod heat;
mod plot;
mod tree;

pub use bars::{Bar, BarChart};
pub use heat::HeatChart;
pub use plot::{Along, Axis, Mark, PlotChart, Series, SeriesKind};
pub use tree::{NodeRole, TreeChart, TreeItem};

use crate::colour::Theme;
use crate::error::DrawError;
use crate::sheet::Area;

/// A chart.
#[derive(Clone, Debug)]
pub enum Chart {
    /// Bars from left to right, a line each.
    Bars(BarChart),
    /// Lines, columns and dots along two axes.
    Plot(PlotChart),
    /// A matrix as colours.
    Heat(HeatChart),
    /// A tree that grows to the right.
    Tree(TreeChart),
}

impl Chart {
    /// Pixels down that a whole figure needs so that this chart can be read.
    pub(crate) fn least_height(&self) -> u32 {
        match self {
            Self::Tree(chart) => chart.least_height(),
            _ => 0,
        }
    }

    pub(crate) fn draw(&self, theme: Theme, area: &Area<'_>) -> Result<(), DrawError> {
        match self {
            Self::Bars(chart) => chart.draw(theme, area),
            Self::Plot(chart) => chart.draw(theme, area),
            Self::Heat(chart) => chart.draw(theme, area),
            Self::Tree(chart) => chart.draw(theme, area),
        }
    }
}
