//! An iterator of rows in, an iterator of completed rows out, in the same order.

use crate::queue::{Counts, Queue};
use crate::row::{Completed, Row};
use crate::settings::Settings;
use beamline::{Engine, Error};
use std::sync::Arc;

/// Completed rows, in the order of the rows that go in. Rows are taken out of the iterator as they are needed, so that a
/// stream without an end takes no more memory than a short one.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_batch::{Row, Rows, Settings};
/// use std::sync::Arc;
/// let engine = Arc::new(Engine::open("builtin")?);
/// let settings = Settings { options: Options::new().max_new_tokens(5), ..Settings::default() };
/// let prompts = ["Once upon a time", "It was", "She said"];
/// let rows = prompts.into_iter().zip(0..).map(|(prompt, number)| Row::new(number, prompt));
/// for (row, prompt) in Rows::new(engine, &settings, rows)?.zip(prompts) {
///     println!("{prompt}{}", row?.outcome.expect("a completion")[0].text);
/// }
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Debug)]
pub struct Rows<I> {
    queue: Queue,
    from: I,
    /// Whether the iterator has come to its end, or the model was found to be broken.
    ended: bool,
}

/// What came of looking for the next row.
#[derive(Clone, Debug)]
pub enum Next {
    /// A row.
    Row(Completed),
    /// All have come out.
    End,
    /// The caller would not go on. Nothing is lost: asked again, it goes on where it was.
    Interrupted,
}

impl<I: Iterator<Item = Row>> Rows<I> {
    /// Begins. No row is computed before one is asked for.
    ///
    /// # Errors
    /// As for [`Queue::new`].
    pub fn new(engine: Arc<Engine>, settings: &Settings, rows: I) -> Result<Self, Error> {
        Ok(Self { queue: Queue::new(engine, settings)?, from: rows, ended: false })
    }

    /// The queue, for its counts and its seed.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The next row. Before each step `goes_on` is asked whether to go on, and told what has been done.
    ///
    /// # Errors
    /// When the model itself is broken.
    pub fn next_while(&mut self, goes_on: &mut dyn FnMut(Counts) -> bool) -> Result<Next, Error> {
        loop {
            while !self.ended && self.queue.wants() {
                match self.from.next() {
                    Some(row) => self.queue.push(row),
                    None => self.ended = true,
                }
            }
            if let Some(row) = self.queue.pop() {
                return Ok(Next::Row(row));
            }
            if self.queue.is_empty() && self.ended {
                return Ok(Next::End);
            }
            if !goes_on(self.queue.counts()) {
                return Ok(Next::Interrupted);
            }
            self.queue.step()?;
        }
    }
}

impl<I: Iterator<Item = Row>> Iterator for Rows<I> {
    type Item = Result<Completed, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_while(&mut |_| true) {
            Ok(Next::Row(row)) => Some(Ok(row)),
            Ok(Next::End | Next::Interrupted) => None,
            Err(error) => Some(Err(error)),
        }
    }
}
