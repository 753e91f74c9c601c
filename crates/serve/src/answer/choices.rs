//! Parts that all of OpenAI's answers have.

use super::gather::{Answer, Delta};
use super::logprobs::Recorded;
use beamline::{Completion, Sequence, Session};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use utoipa::ToSchema;

/// Counts of tokens.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
    prompt_tokens_details: PromptTokens,
}

/// More about a prompt's tokens.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct PromptTokens {
    /// Tokens that did not have to be read, since another prompt began with them.
    cached_tokens: usize,
}

/// Counts the tokens of sessions that came to so many new tokens.
pub(crate) fn usage<'a>(sessions: impl Iterator<Item = &'a Session>, completion_tokens: usize) -> Usage {
    let (mut prompt_tokens, mut cached_tokens) = (0, 0);
    for session in sessions {
        prompt_tokens += session.prompt().len();
        cached_tokens += session.reused_tokens();
    }
    Usage {
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        prompt_tokens_details: PromptTokens { cached_tokens },
    }
}

impl Usage {
    /// Of so many tokens read and written.
    pub(crate) fn of(prompt_tokens: usize, completion_tokens: usize) -> Self {
        let (total_tokens, prompt_tokens_details) =
            (prompt_tokens + completion_tokens, PromptTokens { cached_tokens: 0 });
        Self { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details }
    }
}

/// The sequences of a completion in the order of their choices: each prompt's, then again for each copy that is asked for.
pub(crate) fn choice_sequences(completion: &Completion, copies: usize) -> Vec<&Sequence> {
    let prompts = completion.prompts.len();
    let of = |prompt: usize| completion.sequences.iter().filter(move |sequence| sequence.prompt == prompt);
    (0..prompts).flat_map(|prompt| (0..copies).flat_map(move |_| of(prompt))).collect()
}

/// How many choices a prompt has: each of the sequences returned, and all of them so many times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choices {
    /// A search without chance has one answer; `n` asks for more.
    pub(crate) copies: usize,
    pub(crate) returned: usize,
}

impl Choices {
    /// How many there are for each prompt.
    pub(crate) fn each(self) -> usize {
        self.copies.saturating_mul(self.returned)
    }

    /// The places of a sequence among all choices.
    pub(crate) fn of(self, place: usize, sequence: usize) -> impl Iterator<Item = usize> {
        (0..self.copies).map(move |copy| (place * self.copies + copy) * self.returned + sequence)
    }
}

/// A sequence's tokens with the best beside them.
pub(crate) fn recorded(answer: &Answer, sequence: &Sequence) -> Vec<Recorded> {
    let session = &answer.sessions[sequence.prompt];
    let nodes = session.tree().branch(session.results()[sequence.rank].node);
    let best = |node| answer.tops.before(sequence.prompt, session, node);
    sequence.tokens.iter().zip(nodes).map(|(token, node)| Recorded::generated(token, best(node))).collect()
}

/// The same of new text.
pub(crate) fn recorded_news(delta: &Delta) -> Vec<Recorded> {
    delta.tokens.iter().map(|(token, best)| Recorded::generated(token, best.clone())).collect()
}

/// Seconds since 1970.
pub(crate) fn created() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A name for an answer that no other answer of this process has.
pub(crate) fn id(kind: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{kind}-{:x}-{:x}", since.as_micros(), COUNT.fetch_add(1, Ordering::Relaxed))
}
