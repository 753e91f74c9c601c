//! Why there is no picture.

use crate::kind::PlotKind;
use beamline::{Error, Fault};
use beamline_draw::DrawError;
use beamline_study::StudyError;
use std::fmt;

/// Why a request gave no figure. It names arguments by the fields of [`PlotRequest`](crate::PlotRequest).
///
/// ```
/// use beamline::{Fault, Options};
/// use beamline_plot::{PlotKind, PlotRequest};
/// let request = PlotRequest { free_scales: true, ..PlotRequest::new(PlotKind::Heat) };
/// let error = request.check(&Options::new()).unwrap_err();
/// assert_eq!(error.to_string(), "free_scales belongs to plot next; leave it out of plot heat");
/// assert_eq!(error.fault(), Fault::Usage);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PlotError {
    /// Arguments that belong to other kinds.
    Misplaced {
        /// The arguments: one, or those that go together.
        arguments: &'static [&'static str],
        /// The kinds that they belong to.
        kinds: &'static [PlotKind],
        /// The kind that was asked for.
        kind: PlotKind,
    },
    /// A decoding option that changes nothing of what the raw model says.
    NoEffect {
        /// The option.
        option: &'static str,
        /// The kind that was asked for.
        kind: PlotKind,
    },
    /// A number out of its range.
    Range {
        /// The argument.
        argument: &'static str,
        /// What it must be, in words.
        must: &'static str,
        /// What was given.
        value: String,
    },
    /// A sweep without values, over an option that has no usual ones.
    NoValues {
        /// The option.
        option: String,
    },
    /// A way to choose that cannot be read.
    Way {
        /// What was written.
        text: String,
        /// Why.
        source: Box<StudyError>,
    },
    /// Beams in a picture of one step.
    OneStep {
        /// The way's name.
        way: String,
    },
    /// A field of JSON that is no argument.
    Unknown {
        /// The field.
        name: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// A field of JSON whose value is not one that it can have; or no JSON of a request at all, where it has no name.
    Unreadable {
        /// The argument, with the place in it, such as `temperatures[1]`.
        argument: String,
        /// Why.
        reason: String,
    },
    /// The engine or a study refused what was asked of it, or failed.
    Study(StudyError),
    /// What was found cannot be drawn.
    Draw(DrawError),
}

impl PlotError {
    /// Whose fault it is: all that this crate refuses is mended by asking for something else; engine, studies and drawing
    /// know their own errors.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Study(error) => error.fault(),
            Self::Draw(error) => error.fault(),
            _ => Fault::Usage,
        }
    }

    /// The message in a face's own names: `name` makes one of an argument's, such as `--free-scales` of `free_scales`.
    ///
    /// ```
    /// use beamline::Options;
    /// use beamline_plot::{PlotKind, PlotRequest};
    /// let request = PlotRequest { head: Some(1), ..PlotRequest::new(PlotKind::Next) };
    /// let error = request.check(&Options::new()).unwrap_err();
    /// let flag = |name: &str| format!("--{}", name.replace('_', "-"));
    /// assert_eq!(error.named(flag), "--head belongs to plot attention; leave it out of plot next");
    /// ```
    pub fn named(&self, name: impl Fn(&str) -> String) -> String {
        match self {
            Self::Misplaced { arguments, kinds, kind } => {
                let arguments: Vec<String> = arguments.iter().map(|argument| name(argument)).collect();
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                format!(
                    "{} belongs to plot {}; leave it out of plot {kind}",
                    arguments.join(" and "),
                    kinds.join(" and ")
                )
            }
            Self::NoEffect { option, kind } => {
                format!("{option} has no effect on plot {kind}, which shows the raw model; leave it out")
            }
            Self::Range { argument, must, value } => format!("{} must be {must}, got {value}", name(argument)),
            Self::NoValues { option } => {
                format!("a sweep over {option} needs its values; give {} 1,2,3", name("values"))
            }
            Self::Way { text, source } => format!("{} {text:?}: {source}", name("run")),
            Self::OneStep { way } => format!(
                "{way}: plot next and heat show one step, after which beams have not chosen yet; see plot beams"
            ),
            Self::Unknown { name: field, near } => {
                let shown: String = field.chars().take(100).collect();
                let remedy = near.map_or("leave it out".to_owned(), |near| format!("did you mean {}?", name(near)));
                format!("a plot has no argument {shown:?}; {remedy}")
            }
            Self::Unreadable { argument, reason } if argument == "." => reason.clone(),
            Self::Unreadable { argument, reason } => format!("{}: {reason}", name(argument)),
            Self::Study(error) => error.to_string(),
            Self::Draw(error) => error.to_string(),
        }
    }
}

impl fmt::Display for PlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(str::to_owned))
    }
}

impl std::error::Error for PlotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // What an error says already is not its source: it would be told twice.
        match self {
            Self::Study(error) => error.source(),
            Self::Draw(error) => error.source(),
            _ => None,
        }
    }
}

impl From<StudyError> for PlotError {
    fn from(error: StudyError) -> Self {
        Self::Study(error)
    }
}

impl From<DrawError> for PlotError {
    fn from(error: DrawError) -> Self {
        Self::Draw(error)
    }
}

impl From<Error> for PlotError {
    fn from(error: Error) -> Self {
        Self::Study(error.into())
    }
}
