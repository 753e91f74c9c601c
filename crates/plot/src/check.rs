//! What a request asks for in vain.

use crate::error::PlotError;
use crate::kind::PlotKind;
use crate::request::PlotRequest;
use PlotKind::{Attention, Beams, Compare, Cumulative, Embeddings, Heat, Next, Surprisal, Sweep, Temperature};
use beamline::Options;

/// The most tokens, or candidates, that may be asked for.
const MOST_TOP: usize = 1_000_000;

/// The most texts of a value.
const MOST_SEEDS: usize = 1024;

impl PlotRequest {
    /// Refuses what the picture has no use for: arguments of other kinds, decoding options where the raw model is shown, and
    /// numbers out of their ranges. It needs no model; [`figure`](Self::figure) begins with it.
    ///
    /// ```
    /// use beamline::Options;
    /// use beamline_plot::{PlotKind, PlotRequest};
    /// let request = PlotRequest::new(PlotKind::Histogram);
    /// assert!(request.check(&Options::new()).is_ok());
    /// let error = request.check(&Options::list("top_k=5")?).unwrap_err();
    /// assert!(error.to_string().starts_with("top_k has no effect on plot histogram"));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When something is asked for in vain.
    pub fn check(&self, given: &Options) -> Result<(), PlotError> {
        self.belongs()?;
        self.is_in_range()?;
        let cuts = |name: &str| self.kind == Cumulative && ["top_k", "top_p"].contains(&name);
        match given.iter().map(|(name, _)| name).find(|name| self.kind.is_raw() && !cuts(name)) {
            Some(option) => Err(PlotError::NoEffect { option, kind: self.kind }),
            None => Ok(()),
        }
    }

    /// Whether all arguments given are the kind's own.
    fn belongs(&self) -> Result<(), PlotError> {
        type Own = (&'static [&'static str], bool, &'static [PlotKind]);
        let own: [Own; 12] = [
            (&["top"], self.top.is_some() && !self.linear, &[Next, Heat, Beams]),
            (&["free_scales"], self.free_scales, &[Next]),
            (&["linear"], self.linear, &[Temperature, Cumulative]),
            (&["side_by_side"], self.side_by_side, &[Embeddings]),
            (&["bits"], self.bits, &[Beams, Surprisal, Compare, Sweep]),
            (&["temperatures"], !self.temperatures.is_empty(), &[Temperature]),
            (&["layer"], self.layer.is_some(), &[Attention]),
            (&["head"], self.head.is_some(), &[Attention]),
            (&["run"], !self.run.is_empty(), &[Next, Heat, Compare]),
            (&["by"], self.by.is_some(), &[Compare]),
            (&["over", "values"], self.over.is_some() || !self.values.is_empty(), &[Sweep]),
            (&["seeds"], self.seeds.is_some(), &[Sweep]),
        ];
        match own.into_iter().find(|(_, is_given, kinds)| *is_given && !kinds.contains(&self.kind)) {
            Some((arguments, _, kinds)) => Err(PlotError::Misplaced { arguments, kinds, kind: self.kind }),
            None => Ok(()),
        }
    }

    /// Whether all numbers are some that can be.
    fn is_in_range(&self) -> Result<(), PlotError> {
        let count = |argument, must, value: Option<usize>, most| match value.filter(|n| !(1..=most).contains(n)) {
            Some(value) => Err(PlotError::Range { argument, must, value: value.to_string() }),
            None => Ok(()),
        };
        count("top", "an integer in 1..=1000000", self.top, MOST_TOP)?;
        count("seeds", "an integer in 1..=1024", self.seeds, MOST_SEEDS)?;
        let wrong = |argument, must, value: f64| PlotError::Range { argument, must, value: value.to_string() };
        if let Some(&value) = self.temperatures.iter().find(|&&t| !(t.is_finite() && t > 0.0)) {
            return Err(wrong("temperatures", "numbers above 0", value));
        }
        match self.values.iter().find(|x| !x.is_finite()) {
            Some(&value) => Err(wrong("values", "finite numbers", value)),
            None => Ok(()),
        }
    }
}
