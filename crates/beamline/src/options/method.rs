//! Which search some options mean.

use super::settings::Options;
use beamline_search::Exact;

impl Options {
    /// The most sequences that the search asked for keeps at a time, each with keys and values of its own.
    pub(crate) fn most_branches(&self) -> usize {
        let most = match SearchMethod::of(self) {
            SearchMethod::Greedy => 1,
            SearchMethod::Sampling | SearchMethod::ArithmeticSampling => self.size("num_return_sequences"),
            SearchMethod::BestOf => self.size("best_of"),
            SearchMethod::ContrastiveSearch => self.size("top_k"),
            SearchMethod::ExactSearch => self.size("num_beams").max(Exact::TOGETHER),
            _ => self.size("num_beams"),
        };
        most.max(1)
    }
}

/// A way to choose tokens. What an option means depends on the others, so this is decided in one place.
///
/// ```
/// use beamline::{Options, SearchMethod};
/// let options = Options::list("num_beams=4,do_sample=true")?;
/// assert_eq!(SearchMethod::of(&options), SearchMethod::BeamSampling);
/// assert_eq!(SearchMethod::of(&options).name(), "beam sampling");
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SearchMethod {
    /// The most probable token at each step.
    Greedy,
    /// Tokens drawn at random (ancestral sampling, under whatever truncation the processors do).
    Sampling,
    /// Several samples, of which the best are returned.
    BestOf,
    /// Samples spaced evenly over all that could be said (Vilnis et al., 2023).
    ArithmeticSampling,
    /// The most probable hypotheses, several at a time.
    BeamSearch,
    /// Beams whose continuations are drawn.
    BeamSampling,
    /// Groups of beams that keep away from each other (Vijayakumar et al., 2018).
    DiverseBeamSearch,
    /// Beams that must say given phrases.
    ConstrainedBeamSearch,
    /// Sequences drawn without replacement (Kool et al., 2019).
    StochasticBeamSearch,
    /// Probable tokens that are unlike the text so far (Su et al., 2022).
    ContrastiveSearch,
    /// The most probable text, with a proof.
    ExactSearch,
}

impl SearchMethod {
    /// The search that options ask for, whether or not they go together.
    pub fn of(options: &Options) -> Self {
        Self::decide(|name| options.is_on(name, usize::MAX))
    }

    /// Decides by which options are on.
    pub(super) fn decide(on: impl Fn(&str) -> bool) -> Self {
        if on("exact_search") {
            return Self::ExactSearch;
        }
        if on("num_beams") {
            return match () {
                () if on("stochastic_beams") && on("do_sample") => Self::StochasticBeamSearch,
                () if on("num_beam_groups") => Self::DiverseBeamSearch,
                () if on("force_words_ids") => Self::ConstrainedBeamSearch,
                () if on("do_sample") => Self::BeamSampling,
                () => Self::BeamSearch,
            };
        }
        match () {
            () if on("penalty_alpha") => Self::ContrastiveSearch,
            () if !on("do_sample") => Self::Greedy,
            () if on("best_of") => Self::BestOf,
            () if on("arithmetic_sampling") => Self::ArithmeticSampling,
            () => Self::Sampling,
        }
    }

    /// Its name in running text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greedy => "greedy search",
            Self::Sampling => "sampling",
            Self::BestOf => "best of n",
            Self::ArithmeticSampling => "arithmetic sampling",
            Self::BeamSearch => "beam search",
            Self::BeamSampling => "beam sampling",
            Self::DiverseBeamSearch => "diverse beam search",
            Self::ConstrainedBeamSearch => "constrained beam search",
            Self::StochasticBeamSearch => "stochastic beam search",
            Self::ContrastiveSearch => "contrastive search",
            Self::ExactSearch => "exact search",
        }
    }
}
