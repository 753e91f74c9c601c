//! What can be wrong with options: a variant for each mistake.

/// Why options cannot be used as they are. The words name the option, its value or range, and the way out.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// No option has this name.
    #[error("unknown option {name}{}", meant(*near))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was probably meant.
        near: Option<&'static str>,
        /// Every option there is.
        known: Vec<&'static str>,
    },
    /// A field of transformers' that would change the result, and that nothing here does.
    #[error("{name} is an option of transformers that is not supported here; {remedy}")]
    Unsupported {
        /// The field.
        name: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// A part of a list of options that is not `name=value`.
    #[error("options are name=value pairs with commas between, got {part:?}; write top_k=50")]
    NotAPair {
        /// The part.
        part: String,
    },
    /// A config that is another kind of JSON.
    #[error("a config must be a JSON object")]
    NotAnObject,
    /// An option that the search asked for does not look at.
    #[error("{option} has no effect on {search}; it needs {}, or leave it out", needs.join(" or "))]
    NoEffect {
        /// The option.
        option: &'static str,
        /// The search that the other options ask for, in words.
        search: &'static str,
        /// Any of these would give it an effect.
        needs: &'static [&'static str],
    },
    /// An option whose processor is not among those to apply.
    #[error("{option} has no effect: {why}; leave it out, or list the processors yourself")]
    NotListed {
        /// The option.
        option: &'static str,
        /// Why its processor is not there.
        why: &'static str,
    },
    /// Two options that shut each other out.
    #[error("{one} and {other} do not go together: {why}; leave one out")]
    Exclusive {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why.
        why: &'static str,
    },
    /// An option that does nothing by itself.
    #[error("{option} {why}; add {missing}, or leave it out")]
    Incomplete {
        /// The option.
        option: &'static str,
        /// What is wrong with it alone.
        why: &'static str,
        /// What must stand beside it.
        missing: &'static str,
    },
    /// More sequences than the search can give.
    #[error(
        "num_return_sequences must be at most {limit}, which is {most}, got {got}; raise {limit}, or ask for fewer"
    )]
    TooManySequences {
        /// The option that bounds them.
        limit: &'static str,
        /// Its value.
        most: u64,
        /// What was asked for.
        got: usize,
    },
    /// Groups that do not divide the beams.
    #[error("num_beam_groups must divide num_beams, which is {beams}, got {groups}; choose another number")]
    UnevenGroups {
        /// The beams.
        beams: usize,
        /// The groups.
        groups: usize,
    },
    /// A phrase that must come and whose every alternative is suppressed.
    #[error("force_words_ids asks for {phrase:?}, of which suppress_tokens allows nothing; take it out of one")]
    SuppressedPhrase {
        /// The phrase: its alternatives.
        phrase: Vec<Vec<u32>>,
    },
    /// A token that must come and must not.
    #[error("{forced} and {suppressed} name the same token {id}; it cannot be both, take it out of one")]
    ForcedAndSuppressed {
        /// The option that forces it.
        forced: &'static str,
        /// The option that suppresses it.
        suppressed: &'static str,
        /// The token.
        id: u32,
    },
    /// A model's own file that asks for draws at temperature 0.
    #[error(
        "the model's own files set do_sample to true and temperature to 0, at which nothing can be drawn; give --temperature 0.7, or another above 0, or --do-sample=false for greedy search"
    )]
    ZeroTemperature,
    /// A token beyond the model's vocabulary.
    #[error("{option} {id} is beyond the vocabulary; ids must be in 0..={}", vocab - 1)]
    UnknownToken {
        /// The option that names it.
        option: &'static str,
        /// The token.
        id: u32,
        /// How many tokens there are.
        vocab: usize,
    },
    /// Phrases that need more tokens than may come.
    #[error("force_words_ids needs {least} tokens at the least, but only {room} may come; raise max_new_tokens")]
    NoRoomForPhrases {
        /// The fewest tokens that hold all phrases.
        least: usize,
        /// How many may come.
        room: usize,
    },
    /// A prompt to move away from that fills the context.
    #[error("negative_prompt_ids has {tokens} tokens; this model's context of {context} leaves room for at most {}", context - 1)]
    NegativeTooLong {
        /// Its tokens.
        tokens: usize,
        /// The model's context, in tokens.
        context: usize,
    },
    /// A length that the prompt alone has.
    #[error("max_length is {length}, but the prompt alone has {prompt} tokens; raise it, or give max_new_tokens")]
    LengthIsPrompt {
        /// The length.
        length: u64,
        /// The prompt's tokens.
        prompt: usize,
    },
    /// An assistant that nobody has loaded.
    #[error("the assistant {name:?} has not been loaded; give it to the engine first")]
    NoAssistant {
        /// Its name.
        name: String,
    },
    /// A processor that is listed twice.
    #[error("processors lists {name} twice; name each once")]
    ListedTwice {
        /// Its name.
        name: &'static str,
    },
    /// A processor that does not exist.
    #[error("processors must be names of processors, got {name:?}{}", meant(*near))]
    UnknownProcessor {
        /// What was asked for.
        name: String,
        /// What was probably meant.
        near: Option<&'static str>,
        /// Every processor there is.
        known: Vec<&'static str>,
    },
}

/// What was probably meant, as the end of a sentence.
fn meant(near: Option<&'static str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean {near}?"))
}
