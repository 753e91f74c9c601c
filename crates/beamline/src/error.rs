//! What can go wrong, and whose fault it is.

mod option;

pub use option::OptionError;

use beamline_chat::ChatError;
use beamline_model::{LoadError, ModelError};
use beamline_shape::ShapeError;
use beamline_tokens::TokensError;
use std::path::PathBuf;

/// Whose fault an error is; faces make exit codes and HTTP statuses of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A value or its use: the caller can mend it.
    Usage,
    /// The model: not found, not valid, or not to be downloaded.
    Model,
    /// It failed while running.
    Run,
}

/// Why nothing came out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A checkpoint that cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A vocabulary that cannot be used.
    #[error("{}: {source}", path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TokensError,
    },
    /// A file that could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No model of this name.
    #[error("no model {name:?}: {reason}")]
    NoModel {
        /// What was asked for.
        name: String,
        /// Why it is none.
        reason: String,
    },
    /// The hub did not give the model.
    #[cfg(feature = "hub")]
    #[error(transparent)]
    Hub(#[from] beamline_hub::HubError),
    /// Threads or instructions that cannot be had.
    #[error(transparent)]
    Compute(#[from] beamline_kernels::ComputeError),
    /// A value out of its range, or a row left empty.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A text that has no tokens.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// A forward pass that was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An option that does not exist, or does not apply.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// A conversation that cannot be rendered.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// A model without a chat template, or without one of this name.
    #[error("{}", no_template(model, asked.as_deref(), names, problem.as_deref()))]
    NoChatTemplate {
        /// The model.
        model: String,
        /// The name that was asked for.
        asked: Option<String>,
        /// Those that there are.
        names: Vec<String>,
        /// Why others could not be read.
        problem: Option<String>,
    },
    /// A prompt without a token, for a model without a begin token.
    #[error("the prompt is empty, and this model has no begin token; give some text")]
    EmptyPrompt,
    /// A token of a prompt that the model does not have.
    #[error("token id {id} is beyond the vocabulary; ids must be in 0..={}", vocab - 1)]
    UnknownToken {
        /// The token.
        id: u32,
        /// How many tokens there are.
        vocab: usize,
    },
    /// A prompt that fills the model's context.
    #[error("the prompt has {tokens} tokens; this model's context of {context} leaves room for a prompt of at most {}", context - 1)]
    PromptTooLong {
        /// Its tokens.
        tokens: usize,
        /// The model's context, in tokens.
        context: usize,
    },
    /// A prompt that is longer than the model's context by so much that it was not tokenized to its end.
    #[error("the prompt has more than {tokens} tokens; this model's context of {context} leaves room for a prompt of at most {}", context - 1)]
    PromptFarTooLong {
        /// Those that were counted.
        tokens: usize,
        /// The model's context, in tokens.
        context: usize,
    },
    /// A tokenizer that has more tokens than the model.
    #[error(
        "the tokenizer makes token {id} of this text, and the model has {vocab}: its files contradict each other; take a tokenizer that is the model's"
    )]
    TokenizerTooLarge {
        /// The token.
        id: u32,
        /// How many tokens the model has.
        vocab: usize,
    },
    /// A text to be scored that is longer than the model's context.
    #[error("the text has {tokens} tokens, which is more than this model's context of {context}; score it in parts")]
    TextTooLong {
        /// Its tokens.
        tokens: usize,
        /// The model's context, in tokens.
        context: usize,
    },
    /// An assistant whose tokens mean something else.
    #[error(
        "the assistant {assistant:?} has another vocabulary than {model:?}; it must have the same tokens under the same ids"
    )]
    AssistantVocabulary {
        /// The assistant's name.
        assistant: String,
        /// The model's name.
        model: String,
    },
    /// A search that compares hidden states, on a model that does not show them.
    #[error("this model does not show its hidden states, which penalty_alpha needs; leave it out")]
    NoHiddenStates,
    /// A plan that another engine made: its defaults and its vocabulary are another model's.
    #[error("the plan was made by another engine; make it with this one")]
    ForeignPlan,
    /// Keys and values that another model computed: the same tokens mean other numbers to it.
    #[error("the keys and values were computed by another model; begin without them")]
    ForeignCache,
    /// Rows that share one stream of random numbers and were not stepped together.
    #[error(
        "a batch of {rows} rows that share one stream of random numbers (rng torch) was stepped with {present} of them, or in another order; step all of them together, or use rng counter"
    )]
    TornBatch {
        /// The rows of the batch.
        rows: usize,
        /// How many of them were there.
        present: usize,
    },
    /// A session that was cancelled.
    #[error("the session was cancelled")]
    Cancelled,
    /// What [`Engine::interruptible`](crate::Engine::interruptible) looks at said that nobody waits any more. Sessions stand
    /// where they stood and may be stepped again.
    #[error("interrupted")]
    Interrupted,
    /// A session whose time was up before its prompt was read.
    #[error("max_time was over before the prompt was read; allow more time")]
    Late,
    /// A session whose model turned out to be broken while it ran.
    #[error("the model is broken: {reason}")]
    Broken {
        /// What was found.
        reason: String,
    },
    /// A trace that cannot be read again.
    #[error("line {line} of the trace: {reason}")]
    Trace {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a conversation has no template.
fn no_template(model: &str, asked: Option<&str>, names: &[String], problem: Option<&str>) -> String {
    let which = asked.map_or(String::new(), |name| format!(" {name:?}"));
    match (problem, names) {
        (Some(problem), _) => format!("the chat templates of {model} cannot be read: {problem}"),
        (None, []) => {
            format!(
                "there is no chat template{which} with {model}; give one of your own, or a prompt in place of messages"
            )
        }
        (None, names) => {
            format!("there is no chat template{which} with {model} that is meant; name one of {}", names.join(", "))
        }
    }
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Load(_)
            | Self::Vocabulary { .. }
            | Self::Read { .. }
            | Self::NoModel { .. }
            | Self::TokenizerTooLarge { .. }
            | Self::Model(ModelError::Weights { .. }) => Fault::Model,
            #[cfg(feature = "hub")]
            Self::Hub(error) if error.fault() == beamline_hub::Fault::Usage => Fault::Usage,
            #[cfg(feature = "hub")]
            Self::Hub(_) => Fault::Model,
            Self::Chat(ChatError::NoStack { .. })
            | Self::Model(ModelError::NotFinite)
            | Self::Shape(
                ShapeError::Empty { .. } | ShapeError::Stuck { .. } | ShapeError::Unmet | ShapeError::Overflow { .. },
            ) => Fault::Run,
            Self::Broken { .. }
            | Self::Chat(ChatError::Size { .. } | ChatError::Template { .. } | ChatError::Endless { .. })
            | Self::NoChatTemplate { problem: Some(_), .. } => Fault::Model,
            Self::Cancelled | Self::Interrupted | Self::Late => Fault::Run,
            Self::Compute(_)
            | Self::Shape(_)
            | Self::Tokens(_)
            | Self::Model(_)
            | Self::Options(_)
            | Self::Chat(_)
            | Self::NoChatTemplate { .. }
            | Self::EmptyPrompt
            | Self::UnknownToken { .. }
            | Self::PromptTooLong { .. }
            | Self::PromptFarTooLong { .. }
            | Self::TextTooLong { .. }
            | Self::AssistantVocabulary { .. }
            | Self::NoHiddenStates
            | Self::ForeignPlan
            | Self::ForeignCache
            | Self::TornBatch { .. }
            | Self::Trace { .. } => Fault::Usage,
        }
    }
}
