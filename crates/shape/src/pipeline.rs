//! Processors in order.

use crate::{Logits, ShapeError};
use beamline_tokens::TokenId;

/// What a row of logits follows.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Prompt and generated tokens.
    pub tokens: &'a [TokenId],
    /// How many of them are the prompt's.
    pub prompt_len: usize,
}

/// One change to a row of logits.
///
/// `apply` may be called again for the same row and gives the same result; only `accept` moves a processor's state, so
/// a row can be shaped once for choosing and once more for showing.
pub trait Processor: Send {
    /// Its name in the registry.
    fn name(&self) -> &'static str;
    /// Shapes one row.
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>);
    /// Hears of the token that was chosen.
    fn accept(&mut self, _token: TokenId) {}
    /// A copy that goes its own way, for a hypothesis that forks.
    fn fork(&self) -> Box<dyn Processor>;
}

/// Processors in the order in which they act.
pub struct Pipeline(Vec<Box<dyn Processor>>);

impl Pipeline {
    /// A pipeline of these processors; an empty one changes nothing.
    pub fn new(processors: Vec<Box<dyn Processor>>) -> Self {
        Self(processors)
    }

    /// Names in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|processor| processor.name()).collect()
    }

    /// Applies every processor in order; `seen` is shown the row after each.
    ///
    /// # Errors
    /// When a processor leaves no token, naming it.
    pub fn shape(
        &mut self,
        logits: &mut Logits,
        context: &Context<'_>,
        seen: &mut dyn FnMut(&'static str, &Logits),
    ) -> Result<(), ShapeError> {
        for processor in &mut self.0 {
            processor.apply(logits, context);
            if logits.max() == f32::NEG_INFINITY {
                return Err(ShapeError::Empty { processor: processor.name() });
            }
            seen(processor.name(), logits);
        }
        Ok(())
    }

    /// Tells every processor which token was chosen.
    pub fn accept(&mut self, token: TokenId) {
        self.0.iter_mut().for_each(|processor| processor.accept(token));
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
