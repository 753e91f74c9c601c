//! Why a study gave no result.

use beamline::{Error, Fault};

/// Why a study gave no result.
///
/// ```
/// use beamline_study::{StudyError, Variant};
/// let error = ": ".parse::<Variant>().expect_err("it sets nothing");
/// assert!(matches!(error, StudyError::NoOption { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The engine refused what was asked of it, or failed.
    #[error(transparent)]
    Engine(Box<Error>),
    /// The engine refused one of several variants.
    #[error("{variant}: {source}")]
    Variant {
        /// The variant's name.
        variant: String,
        /// Why.
        source: Box<Error>,
    },
    /// A variant that asks for several texts of one seed.
    #[error("{variant}: a way gives one text for each seed; leave num_return_sequences out, and ask for more seeds")]
    SeveralTexts {
        /// The variant's name.
        variant: String,
    },
    /// A variant that sets nothing.
    #[error("{text:?} sets no option; write greedy for greedy search")]
    NoOption {
        /// What was written.
        text: String,
    },
    /// A variant by a name that none has.
    #[error(
        "{text:?} is neither a way's name nor name=value pairs{}; ways with names are {}; or write options, as in top_k=50,do_sample=true",
        near.map_or(String::new(), |near| format!("; did you mean {near}?")),
        known.join(", ")
    )]
    NoSuchWay {
        /// What was written.
        text: String,
        /// What was probably meant.
        near: Option<&'static str>,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A comparison of no variants.
    #[error("nothing to compare; give at least one way")]
    NoVariant,
    /// A search that came to no text.
    #[error("a search ended without a text; raise max_new_tokens")]
    NoText,
    /// An option that a sweep sets itself.
    #[error("{option} is not for sweeps: each value has texts of several seeds already")]
    NotForSweeps {
        /// The option.
        option: String,
    },
    /// A number out of its range.
    #[error("{name} must be in {least}..={most}, got {value}{hint}")]
    Range {
        /// What it counts.
        name: &'static str,
        /// The least that it may be.
        least: usize,
        /// The most that it may be.
        most: usize,
        /// What was given.
        value: usize,
        /// The way out: empty, or words that follow the value.
        hint: &'static str,
    },
    /// A share of a whole that is none.
    #[error("{name} must be in 0..=1, got {value}")]
    Share {
        /// What it is.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A tree of continuations that another search was asked for with.
    #[error("{option} has no effect on a tree of continuations; leave it out")]
    NotForTrees {
        /// The option.
        option: &'static str,
    },
    /// A text that is longer than the model's context.
    #[error("the {what} has {tokens} tokens; this model's context holds {context}; {hint}")]
    TooLong {
        /// What it is: the text, or the prompt.
        what: &'static str,
        /// Its tokens.
        tokens: usize,
        /// The most tokens that the model can read.
        context: usize,
        /// The way out.
        hint: &'static str,
    },
    /// A benchmark that is longer than the model's context.
    #[error("{prompt} prompt and {new} new tokens do not fit into the model's context of {context}; ask for fewer")]
    NoRoom {
        /// Tokens of a prompt.
        prompt: usize,
        /// New tokens.
        new: usize,
        /// The most tokens that the model can read.
        context: usize,
    },
    /// A token id that the model does not have.
    #[error("token id {id} is beyond the vocabulary; ids must be in 0..={last}")]
    NoToken {
        /// The id.
        id: u32,
        /// The greatest id there is.
        last: usize,
    },
    /// A text without a token where two are compared.
    #[error("a text without a token cannot be compared; give two texts")]
    EmptyText,
    /// Two texts that differ in a token which has no probability, since it follows nothing.
    #[error("the texts differ in their first token, which follows nothing and so has no probability; give a prefix")]
    NothingBefore,
    /// A model that does not show what was to be looked at.
    #[error("this model shows no {what}; choose a GPT-2 or Llama-shaped one")]
    NotShown {
        /// What was to be looked at.
        what: &'static str,
    },
    /// A text that is no bundle.
    #[error("not a bundle: {reason}; give a page or a bundle that report wrote")]
    NoBundle {
        /// What is wrong with it.
        reason: String,
    },
    /// A bundle whose sequences name prompts that it has not, or lack numbers.
    #[error("not a bundle: its sequences do not fit its prompts")]
    UnfitBundle,
    /// A bundle of another layout.
    #[error("the bundle's schema must be 1, got {0}")]
    Schema(u32),
    /// A bundle that another model made.
    #[error("the bundle was made with {made}, and this model is {this}; give the same one with --model")]
    OtherModel {
        /// The bundle's model.
        made: String,
        /// The model at hand.
        this: String,
    },
}

impl StudyError {
    /// Whose fault it is: the engine's own errors know; all others are mended by asking for something else.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Engine(error) => error.fault(),
            _ => Fault::Usage,
        }
    }
}

impl From<Error> for StudyError {
    fn from(error: Error) -> Self {
        Self::Engine(Box::new(error))
    }
}

/// A model that refused a pass, as the engine would report it.
impl From<beamline::ModelError> for StudyError {
    fn from(error: beamline::ModelError) -> Self {
        Error::from(error).into()
    }
}
