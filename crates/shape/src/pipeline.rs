//! Processors in order.

use crate::{Logits, ShapeError};
use beamline_tokens::{TokenId, TokenList};

/// What a row of logits follows, and what else a processor may look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Prompt and generated tokens. Looking at the end, at one place or at the length costs the same however long the text
    /// is; going through all of it does not.
    pub tokens: &'a TokenList,
    /// How many of them are the prompt's.
    pub prompt_len: usize,
    /// Uniform in `[0, 1)`, for a processor that tosses a coin (XTC).
    pub coin: f64,
    /// Tokens that other groups of beams have chosen at this step.
    pub taken: &'a [TokenId],
    /// The logits that the model gives without the prompt, where guidance asks for them.
    pub unguided: Option<&'a [f32]>,
}

/// One change to a row of logits.
///
/// `apply` may be called again for the same row and gives the same result; only `accept` moves a processor's state, so
/// a row can be shaped once for choosing and once more for showing.
///
/// This is where own processors come in: a type of yours goes into a [`Pipeline`] beside those of this crate. State that
/// `accept` moves must be cheap to copy, since `fork` is called for each hypothesis that forks.
///
/// ```
/// use beamline_shape::{Context, Logits, Pipeline, Processor};
/// use beamline_tokens::{TokenId, TokenList};
///
/// /// Lowers a token by one for each time in a row that it has been said.
/// #[derive(Clone, Default)]
/// struct Echo(u32);
///
/// impl Processor for Echo {
///     fn name(&self) -> &str {
///         "echo"
///     }
///     fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
///         if let Some(last) = context.tokens.last() {
///             logits.update(last, |value| value - self.0 as f32);
///         }
///     }
///     fn accept(&mut self, before: &TokenList, token: TokenId) {
///         self.0 = if before.last() == Some(token) { self.0 + 1 } else { 1 };
///     }
///     fn fork(&self) -> Box<dyn Processor> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut pipeline = Pipeline::new(vec![Box::new(Echo::default())]);
/// let mut text = TokenList::new();
/// for token in [2, 1, 1].map(TokenId) {
///     pipeline.accept(&text, token);
///     text.push(token);
/// }
/// let mut logits = Logits::of(&[0.0, 0.0, 0.0]);
/// pipeline.shape(&mut logits, &Context { tokens: &text, ..Context::default() }, &mut |_, _| {})?;
/// assert_eq!(logits, Logits::of(&[0.0, -2.0, 0.0]));
/// # Ok::<(), beamline_shape::ShapeError>(())
/// ```
#[doc(alias = "LogitsProcessor")]
#[doc(alias = "LogitsWarper")]
#[doc(alias = "sampler")]
pub trait Processor: Send {
    /// Its name: that of the registry for a processor of this crate, any for one of your own. Errors, traces and tables of
    /// steps name it by this.
    fn name(&self) -> &str;
    /// Shapes one row. A row without any token left comes too, and stays as it is.
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>);
    /// Hears that `token` was chosen to follow `before`.
    fn accept(&mut self, _before: &TokenList, _token: TokenId) {}
    /// A copy that goes its own way, for a hypothesis that forks.
    fn fork(&self) -> Box<dyn Processor>;
    /// Whether the text may end as it has come so far; none where the processor has no say in it, as all but grammars.
    fn is_complete(&mut self) -> Option<bool> {
        None
    }
    /// Whether the text is whole and nothing but an end token may follow; false where the processor has no say in it, as all
    /// but grammars.
    fn is_finished(&mut self) -> bool {
        false
    }
    /// Why it cannot go on, where it left no token for another reason than that none is allowed: a limit of a grammar's.
    fn stuck(&self) -> Option<&str> {
        None
    }
    /// Whether it tosses a coin, so that sequences over one prompt differ from the first row on.
    fn is_random(&self) -> bool {
        false
    }
}

/// Processors in the order in which they act.
#[doc(alias = "LogitsProcessorList")]
pub struct Pipeline(Vec<Box<dyn Processor>>);

impl Pipeline {
    /// A pipeline of these processors; an empty one changes nothing.
    pub fn new(processors: Vec<Box<dyn Processor>>) -> Self {
        Self(processors)
    }

    /// The processors, in order.
    pub fn into_processors(self) -> Vec<Box<dyn Processor>> {
        self.0
    }

    /// Names in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|processor| processor.name()).collect()
    }

    /// Forks of the processors that know whether a text may end.
    #[must_use]
    pub fn judges(&mut self) -> Self {
        Self(self.0.iter_mut().filter_map(|processor| processor.is_complete().map(|_| processor.fork())).collect())
    }

    /// Whether the text may end as it has come so far, by all processors that know; none where none does.
    pub fn is_complete(&mut self) -> Option<bool> {
        self.0.iter_mut().filter_map(|processor| processor.is_complete()).reduce(|all, one| all && one)
    }

    /// Whether the text is finished: all processors that know let it end, and by one of them nothing else may follow.
    pub fn is_finished(&mut self) -> bool {
        self.is_complete() == Some(true) && self.0.iter_mut().any(|processor| processor.is_finished())
    }

    /// Whether a processor tosses coins.
    pub fn is_random(&self) -> bool {
        self.0.iter().any(|processor| processor.is_random())
    }

    /// Applies every processor in order; `seen` is shown the row after each. False where the row cannot be chosen from
    /// afterwards: [`shape`](Self::shape) tells why.
    pub fn apply(&mut self, logits: &mut Logits, context: &Context<'_>, seen: &mut dyn FnMut(&str, &Logits)) -> bool {
        for processor in &mut self.0 {
            processor.apply(logits, context);
            seen(processor.name(), logits);
        }
        logits.fault().is_none()
    }

    /// Applies every processor in order as [`apply`](Self::apply) does, and looks at the row after each to know whose fault
    /// it is where nothing can be chosen.
    ///
    /// # Errors
    /// When no token is left at the end, naming the processor that took the last one, or when a score is not finite. A
    /// processor may also put tokens back that an earlier one removed; that is no error.
    pub fn shape(
        &mut self,
        logits: &mut Logits,
        context: &Context<'_>,
        seen: &mut dyn FnMut(&str, &Logits),
    ) -> Result<(), ShapeError> {
        // Whose fault it is is known at the end; until then it is a place, so that no name is copied for nothing.
        let mut fault = None;
        for (place, processor) in self.0.iter_mut().enumerate() {
            processor.apply(logits, context);
            fault = logits.fault().map(|new| fault.unwrap_or((place, new)));
            seen(processor.name(), logits);
        }
        let Some((place, fault)) = fault else { return Ok(()) };
        let (processor, stuck) = (self.0[place].name().to_owned(), self.0[place].stuck());
        Err(match stuck.filter(|_| fault.is_empty()) {
            Some(reason) => ShapeError::Stuck { processor, reason: reason.to_owned() },
            None if fault.is_empty() => ShapeError::Empty { processor },
            None => ShapeError::Overflow { processor },
        })
    }

    /// Tells every processor that `token` was chosen to follow `before`.
    pub fn accept(&mut self, before: &TokenList, token: TokenId) {
        self.0.iter_mut().for_each(|processor| processor.accept(before, token));
    }

    /// A copy that goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(self.0.iter().map(|processor| processor.fork()).collect())
    }
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pipeline").field(&self.names()).finish()
    }
}
