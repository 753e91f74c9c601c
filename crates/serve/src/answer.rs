//! What sessions come to in, what a client reads out: numbers gathered on the engine's thread, made into JSON elsewhere.
//!
//! `gather` are the listeners: one that waits for the end, one that hands on text as it comes. `logprobs` and `choices` make
//! OpenAI's forms of the numbers, `sse` the lines of a stream.

mod choices;
mod gather;
mod logprobs;
mod sse;
mod tools;

pub(crate) use beamline_openai::finish_reason as finish;
pub(crate) use choices::{Choices, Usage, choice_sequences, created, id, recorded, recorded_news, usage};
pub(crate) use gather::{Answer, Delta, News, Stream, Tops, Watching, Whole};
pub(crate) use logprobs::{
    ChatLogprobs, ChatToken, CompletionLogprobs, Named, Recorded, Texts, continuing, from_beginning, prompt_logprobs,
};
pub(crate) use sse::{Events, Gone, Lines, lines, stream};
pub(crate) use tools::{Calls, ToolCall};
