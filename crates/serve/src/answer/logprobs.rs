//! Log-probabilities in OpenAI's forms. A number is the same to the bit wherever it stands: that of a chosen token, and of the same
//! token among the best.

use super::gather::Best;
use crate::scheduler::ScoredText;
use beamline::{GeneratedToken, Special, TextState, TokenId, Tokenizer, Vocabulary};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A token with its log-probability and the best beside it.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) id: TokenId,
    /// None for a first token, which follows nothing.
    pub(crate) logprob: Option<f64>,
    pub(crate) best: Best,
}

impl Recorded {
    /// A token that was generated.
    pub(crate) fn generated(token: &GeneratedToken, best: Best) -> Self {
        Self { id: TokenId(token.id), logprob: Some(token.logprob), best }
    }

    /// The tokens of a text that was scored from its first token on.
    pub(crate) fn scored(tokens: &[TokenId], scored: &ScoredText) -> Vec<Self> {
        let with = |(i, &id): (usize, &TokenId)| {
            let at = i.checked_sub(scored.from);
            let logprob = at.and_then(|at| scored.stats.get(at)).map(|stats| stats.logprob);
            let best = at.and_then(|at| scored.top.get(at)).cloned().unwrap_or_default();
            Self { id, logprob, best }
        };
        tokens.iter().enumerate().map(with).collect()
    }
}

/// How tokens are named: by their texts, or by their ids (`return_tokens_as_token_ids`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Texts {
    Text,
    Ids,
}

impl Texts {
    fn of(self, vocabulary: &Vocabulary, id: TokenId) -> String {
        match self {
            Self::Text => token_text(vocabulary, id),
            Self::Ids => by_id(id),
        }
    }
}

fn by_id(id: TokenId) -> String {
    format!("token_id:{}", id.0)
}

/// A token's text; one that is a part of a character is written as its bytes, as OpenAI does: `bytes:\xe2\x80`.
pub(crate) fn token_text(vocabulary: &Vocabulary, id: TokenId) -> String {
    let bytes = vocabulary.bytes(id);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().fold("bytes:".to_owned(), |text, byte| text + &format!("\\x{byte:02x}")),
    }
}

/// The numbers of a completion's tokens.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct CompletionLogprobs {
    /// The tokens' texts.
    tokens: Vec<String>,
    /// Their log-probabilities, in nats; null for a first token, which follows nothing.
    token_logprobs: Vec<Option<f64>>,
    /// The best tokens at each place, and the chosen one; null for a first token.
    #[schema(value_type = Vec<Option<std::collections::BTreeMap<String, f64>>>)]
    top_logprobs: Vec<Option<Map<String, Value>>>,
    /// Where each token begins in the text, in characters.
    text_offset: Vec<usize>,
}

/// Writes tokens of one text down, in pieces as they come.
pub(crate) struct Named<'a> {
    tokenizer: &'a Tokenizer,
    texts: Texts,
    state: TextState,
    characters: usize,
}

impl<'a> Named<'a> {
    /// Begins behind so many characters.
    pub(crate) fn new(tokenizer: &'a Tokenizer, texts: Texts, state: TextState, characters: usize) -> Self {
        Self { tokenizer, texts, state, characters }
    }

    /// The next tokens.
    pub(crate) fn next(&mut self, tokens: &[Recorded]) -> CompletionLogprobs {
        let mut all = CompletionLogprobs::default();
        for token in tokens {
            all.text_offset.push(self.characters);
            all.tokens.push(self.texts.of(self.tokenizer.vocabulary(), token.id));
            all.token_logprobs.push(token.logprob);
            all.top_logprobs.push(token.logprob.map(|logprob| self.listed(token, logprob)));
            self.characters += self.state.push(self.tokenizer, token.id).chars().count();
        }
        all
    }

    /// The best by name, the chosen one among them. Of two tokens with one text the second is named by its id, so that none is
    /// lost.
    fn listed(&self, token: &Recorded, logprob: f64) -> Map<String, Value> {
        let mut map = Map::new();
        let chosen = token.best.iter().all(|(id, _)| *id != token.id).then_some((token.id, logprob));
        for (id, logprob) in token.best.iter().copied().chain(chosen) {
            let name = self.texts.of(self.tokenizer.vocabulary(), id);
            let name = if map.contains_key(&name) { by_id(id) } else { name };
            map.insert(name, json!(logprob));
        }
        map
    }
}

impl CompletionLogprobs {
    /// These, and others after them.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.tokens.extend(other.tokens);
        self.token_logprobs.extend(other.token_logprobs);
        self.text_offset.extend(other.text_offset);
        self.top_logprobs.extend(other.top_logprobs);
        self
    }
}

/// The numbers of an answer's tokens, in a chat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChatLogprobs {
    content: Vec<ChatToken>,
    /// There are none.
    refusal: Option<Value>,
}

/// A token of an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChatToken {
    token: String,
    logprob: f64,
    bytes: Vec<u8>,
    top_logprobs: Vec<ChatAlternative>,
}

/// A token that might have been there.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct ChatAlternative {
    token: String,
    logprob: f64,
    bytes: Vec<u8>,
}

impl ChatLogprobs {
    /// Of these tokens.
    pub(crate) fn new(vocabulary: &Vocabulary, texts: Texts, tokens: &[Recorded]) -> Self {
        let bytes = |id: TokenId| vocabulary.bytes(id).to_vec();
        let alternative = |&(id, logprob): &(TokenId, f64)| ChatAlternative {
            token: texts.of(vocabulary, id),
            logprob,
            bytes: bytes(id),
        };
        let token = |token: &Recorded| ChatToken {
            token: texts.of(vocabulary, token.id),
            logprob: token.logprob.unwrap_or_default(),
            bytes: bytes(token.id),
            top_logprobs: token.best.iter().map(alternative).collect(),
        };
        Self { content: tokens.iter().map(token).collect(), refusal: None }
    }
}

impl ChatLogprobs {
    /// Token by token.
    pub(crate) fn tokens(self) -> Vec<ChatToken> {
        self.content
    }
}

/// The numbers of a prompt's tokens, as vLLM has them: for each token an object by ids; null for the first.
pub(crate) fn prompt_logprobs(vocabulary: &Vocabulary, tokens: &[TokenId], scored: &ScoredText) -> Value {
    let entry = |id: TokenId, logprob: f64, rank: usize| json!({"logprob": logprob, "rank": rank, "decoded_token": token_text(vocabulary, id)});
    let mut all = vec![Value::Null; scored.from.min(tokens.len())];
    for (i, stats) in scored.stats.iter().enumerate() {
        let mut map = Map::new();
        let chosen = tokens[scored.from + i];
        map.insert(chosen.0.to_string(), entry(chosen, stats.logprob, stats.rank));
        for (place, &(id, logprob)) in scored.top.get(i).into_iter().flatten().enumerate() {
            map.insert(id.0.to_string(), entry(id, logprob, place + 1));
        }
        all.push(Value::Object(map));
    }
    Value::Array(all)
}

/// The numbers of a prompt's tokens, `text` being the prompt. A begin token that the tokenizer put in front of a text is no part
/// of it.
pub(crate) fn from_beginning(
    tokenizer: &Tokenizer,
    texts: Texts,
    text: &str,
    tokens: &[Recorded],
) -> CompletionLogprobs {
    let state = || TextState::new(tokenizer, Special::Write, beamline::Beginning::Text);
    let added = tokens.first().map(|token| token.id).filter(|id| tokenizer.begin() == Some(*id));
    let added = added.is_some_and(|id| !text.as_bytes().starts_with(tokenizer.vocabulary().bytes(id)));
    let (begin, rest) = tokens.split_at(usize::from(added));
    Named::new(tokenizer, texts, state(), 0).next(begin).then(Named::new(tokenizer, texts, state(), 0).next(rest))
}

/// Where text stands that continues a prompt.
pub(crate) fn continuing(tokenizer: &Tokenizer) -> TextState {
    TextState::new(tokenizer, Special::Drop, beamline::Beginning::Continuation)
}
