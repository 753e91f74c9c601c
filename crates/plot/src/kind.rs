//! The kinds of pictures, by name.

use beamline::nearest;
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// A kind of picture.
///
/// ```
/// use beamline_plot::PlotKind;
/// assert_eq!("beams".parse(), Ok(PlotKind::Beams));
/// let error = "beems".parse::<PlotKind>().unwrap_err();
/// assert!(error.to_string().contains("did you mean beams?"));
/// assert!(PlotKind::ALL.iter().all(|kind| kind.name().parse() == Ok(*kind)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum PlotKind {
    /// Next-token probabilities, and what each method makes of them.
    Next,
    /// What each method makes of the next token, as a heat map.
    Heat,
    /// Sorted token probabilities at several temperatures.
    Temperature,
    /// How many tokens have which probability.
    Histogram,
    /// The best tokens' probability together, with the cuts of top-k and top-p.
    Cumulative,
    /// The tree of a beam search, or of any other.
    Beams,
    /// Surprise, token by token, of the prompt and its continuation.
    Surprisal,
    /// Token embeddings, positions, and their sum.
    Embeddings,
    /// Where a head of a layer looks.
    Attention,
    /// Surprisal or entropy of several runs over time.
    Compare,
    /// Variety and probability against temperature or top-p.
    Sweep,
}

/// A name that is no [`PlotKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no plot {name:?}; {}", match near {
    Some(near) => format!("did you mean {near}?"),
    None => format!("there are {}", PlotKind::ALL.map(PlotKind::name).join(", ")),
})]
pub struct UnknownKind {
    /// What was asked for.
    pub name: String,
    /// What was probably meant.
    pub near: Option<&'static str>,
}

impl PlotKind {
    /// All of them, from what a model expects to what searches make of it.
    pub const ALL: [Self; 11] = [
        Self::Next,
        Self::Heat,
        Self::Temperature,
        Self::Histogram,
        Self::Cumulative,
        Self::Beams,
        Self::Surprisal,
        Self::Embeddings,
        Self::Attention,
        Self::Compare,
        Self::Sweep,
    ];

    /// Its name: one word, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Heat => "heat",
            Self::Temperature => "temperature",
            Self::Histogram => "histogram",
            Self::Cumulative => "cumulative",
            Self::Beams => "beams",
            Self::Surprisal => "surprisal",
            Self::Embeddings => "embeddings",
            Self::Attention => "attention",
            Self::Compare => "compare",
            Self::Sweep => "sweep",
        }
    }

    /// What it shows, in a line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Next => "Next-token probabilities, and what each method makes of them",
            Self::Heat => "What each method makes of the next token, as a heat map",
            Self::Temperature => "Sorted token probabilities at several temperatures",
            Self::Histogram => "How many tokens have which probability",
            Self::Cumulative => "The best tokens' probability together, with the cuts of top-k and top-p",
            Self::Beams => "The tree of a beam search, or of any other",
            Self::Surprisal => "Surprise, token by token, of the prompt and its continuation",
            Self::Embeddings => "Token embeddings, positions, and their sum",
            Self::Attention => "Where a head of a layer looks",
            Self::Compare => "Surprisal or entropy of several runs over time",
            Self::Sweep => "Variety and probability against temperature or top-p",
        }
    }

    /// Whether it shows the raw model, so that decoding options choose nothing. A cumulative plot reads top_k and top_p as the
    /// places where to cut.
    ///
    /// ```
    /// use beamline_plot::PlotKind;
    /// assert!(PlotKind::Cumulative.is_raw() && !PlotKind::Next.is_raw());
    /// ```
    pub fn is_raw(self) -> bool {
        matches!(self, Self::Temperature | Self::Histogram | Self::Cumulative | Self::Embeddings | Self::Attention)
    }
}

impl fmt::Display for PlotKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PlotKind {
    type Err = UnknownKind;
    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownKind { name: name.to_owned(), near: nearest(name, Self::ALL.map(Self::name)) })
    }
}

impl TryFrom<String> for PlotKind {
    type Error = UnknownKind;
    fn try_from(name: String) -> Result<Self, UnknownKind> {
        name.parse()
    }
}
