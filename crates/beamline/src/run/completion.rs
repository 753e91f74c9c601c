//! What came out: sequences with every token's numbers.

use super::batch::Budget;
use super::engine::Engine;
use super::prompt::Prompt;
use super::session::Session;
use super::stream::SequenceText;
use super::timings::Timings;
use crate::error::Error;
use crate::observe::Observer;
use crate::options::Plan;
use beamline_search::{Certificate, FinishReason, Found, NodeId, State, TokenStats};
use beamline_tokens::{Beginning, Special};
use serde::Serialize;
use serde_json::Value;

/// The result of [`Engine::generate`]. Serialised, it is the JSON of the command line.
#[derive(Clone, Debug, Serialize)]
pub struct Completion {
    /// The version of this layout.
    pub schema: u32,
    /// The model.
    pub model: ModelInfo,
    /// Every option with its value and where it came from.
    pub effective_config: Value,
    /// The prompts, in order.
    pub prompts: Vec<PromptInfo>,
    /// The sequences, by prompt, then rank.
    pub sequences: Vec<Sequence>,
    /// Counts of tokens.
    pub usage: Usage,
    /// How long it took.
    pub timings: Timings,
}

/// What the model is.
#[derive(Clone, Debug, Serialize)]
pub struct ModelInfo {
    /// Its name, as it was asked for.
    pub name: String,
    /// `gpt2`, `llama`, ...
    pub architecture: String,
    /// The number of weights.
    pub parameters: usize,
    /// The format that most weights are held in.
    pub dtype: String,
}

/// A prompt and its tokens.
#[derive(Clone, Debug, Serialize)]
pub struct PromptInfo {
    /// The text.
    pub text: String,
    /// Its tokens.
    pub token_ids: Vec<u32>,
    /// What an exact search proved; absent for other searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Proof>,
}

/// What an exact search proved.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Proof {
    /// Whether the first sequence is the most probable one: no other text can win.
    pub is_mode: bool,
    /// The first sequence's log-probability, in nats.
    pub best: f64,
    /// No sequence has a greater log-probability than this.
    pub bound: f64,
    /// What a beam search found.
    pub beam: Option<f64>,
    /// Beginnings looked beyond.
    pub nodes: usize,
}

impl From<Certificate> for Proof {
    fn from(certificate: Certificate) -> Self {
        let Certificate { best, bound, beam, nodes } = certificate;
        Self { is_mode: bound <= best, best, bound, beam, nodes }
    }
}

/// A continuation of a prompt.
#[derive(Clone, Debug, Serialize)]
pub struct Sequence {
    /// The prompt's number, from 0.
    pub prompt: usize,
    /// Its place among the prompt's sequences, from 0.
    pub rank: usize,
    /// The new tokens, the end token among them.
    pub token_ids: Vec<u32>,
    /// The new text, without special tokens.
    pub text: String,
    /// `eos`, `length`, `stop` or `time`.
    pub finish_reason: Option<&'static str>,
    /// The stop string that ended it.
    pub stop_string: Option<String>,
    /// Whether it ended because the model's context was full, before it was as long as asked for.
    pub context_full: bool,
    /// Whether the text is whole by the grammar that it is held to (`json_schema`, `regex`, `lark`); null without one.
    pub grammar_complete: Option<bool>,
    /// A beam's score.
    pub score: Option<f64>,
    /// The raw model's log-probability of the new tokens, in nats.
    pub sum_logprob: f64,
    /// Each new token.
    pub tokens: Vec<GeneratedToken>,
}

/// A new token with its numbers; those of the raw model are over the whole vocabulary.
#[derive(Clone, Debug, Serialize)]
pub struct GeneratedToken {
    /// Its id.
    pub id: u32,
    /// Its bytes as text; U+FFFD where they are part of a character.
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The raw model's log-probability, in nats.
    pub logprob: f64,
    /// The log-probability after the processors.
    pub logprob_processed: f64,
    /// Its place in the raw distribution, from 1.
    pub rank: usize,
    /// The entropy of the raw distribution, in nats.
    pub entropy: f64,
}

/// Counts of tokens.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    /// Of all prompts.
    pub prompt_tokens: usize,
    /// Of all sequences.
    pub new_tokens: usize,
}

impl Engine {
    /// Continues one prompt to its end.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let completion = engine.complete("Once upon a time", &engine.plan(&Options::new().max_new_tokens(3))?)?;
    /// assert_eq!(completion.sequences[0].token_ids.len(), 3);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`generate`](Self::generate).
    pub fn complete(&self, prompt: impl Into<Prompt>, plan: &Plan) -> Result<Completion, Error> {
        self.generate(&[prompt.into()], plan)
    }

    /// Continues prompts to their ends, together.
    ///
    /// # Errors
    /// As for [`session`](Self::session) and [`step`](Self::step); and the first session's own error, where one fails. Who
    /// wants the others' results steps the sessions.
    pub fn generate(&self, prompts: &[Prompt], plan: &Plan) -> Result<Completion, Error> {
        let mut sessions = self.sessions(prompts, plan)?;
        self.run(&mut sessions, &mut ())?;
        Ok(self.completion(&sessions))
    }

    /// Steps sessions to their ends, together, while `observer` watches.
    ///
    /// # Errors
    /// As for [`step`](Self::step); and the first session's own error, where one has failed, when all others have ended.
    pub fn run(&self, sessions: &mut [Session], observer: &mut dyn Observer) -> Result<(), Error> {
        while self.step(sessions, Budget::ALL, observer)?.more {}
        match sessions.iter_mut().find_map(Session::take_error) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// What is known of the model.
    pub fn info(&self) -> ModelInfo {
        let description = self.description();
        ModelInfo {
            name: self.name().to_owned(),
            architecture: description.architecture.clone(),
            parameters: description.parameters,
            dtype: description.dtype.to_string(),
        }
    }

    /// A prompt as text: as it was given, or its tokens with special ones written out.
    pub fn prompt_text(&self, prompt: &Prompt) -> String {
        match prompt {
            Prompt::Text(text) => text.clone(),
            Prompt::Ids(tokens) => self.tokenizer().decode(tokens, Special::Write, Beginning::Text),
        }
    }

    /// What sessions have come to, whether they are at their ends, have failed or were interrupted. The options shown are
    /// those of the first.
    pub fn completion(&self, sessions: &[Session]) -> Completion {
        let info = |session: &Session| PromptInfo {
            text: self.prompt_text(session.given()),
            token_ids: session.prompt().iter().map(|token| token.0).collect(),
            certificate: session.certificate().map(Proof::from),
        };
        let sequences: Vec<Sequence> =
            sessions.iter().enumerate().flat_map(|(prompt, session)| self.sequences_of(prompt, session)).collect();
        let timings = Timings::longest(self.load_seconds(), sessions.iter().map(Session::timings));
        let after_first = |sequence: &Sequence| sequence.token_ids.len().saturating_sub(1);
        let decoded = sequences.iter().map(after_first).sum::<usize>() as f64;
        Completion {
            schema: 1,
            model: self.info(),
            effective_config: sessions.first().map_or(Value::Null, |session| session.plan().effective_config()),
            prompts: sessions.iter().map(info).collect(),
            usage: Usage {
                prompt_tokens: sessions.iter().map(|session| session.prompt().len()).sum(),
                new_tokens: sequences.iter().map(|sequence| sequence.token_ids.len()).sum(),
            },
            timings: timings.with_rate(decoded),
            sequences,
        }
    }

    /// The sequences that one session has come to, the best first, as in a [`Completion`] of it alone: for who keeps no more of
    /// it.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let mut sessions = [engine.session("Once upon a time", &engine.plan(&Options::new().max_new_tokens(5))?)?];
    /// engine.run(&mut sessions, &mut ())?;
    /// assert_eq!(engine.sequences(&sessions[0])[0].text, engine.completion(&sessions).sequences[0].text);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn sequences(&self, session: &Session) -> Vec<Sequence> {
        self.sequences_of(0, session)
    }

    fn sequences_of(&self, prompt: usize, session: &Session) -> Vec<Sequence> {
        let found = session.results().into_iter().enumerate();
        found.map(|(rank, found)| self.sequence(prompt, rank, session, found)).collect()
    }

    fn sequence(&self, prompt: usize, rank: usize, session: &Session, found: Found) -> Sequence {
        let tree = session.tree();
        let node = found.node;
        let path = tree.path(node);
        let tokens: Vec<GeneratedToken> =
            tree.branch(node).into_iter().map(|id| self.generated_token(session, id)).collect();
        let finish = match session.state(node) {
            State::Finished(reason) => Some(reason),
            State::Open => None,
        };
        let stop_string = finish.and_then(|reason| session.plan().stop_string(reason));
        Sequence {
            prompt,
            rank,
            token_ids: path.iter().map(|token| token.0).collect(),
            text: self.text(session, node),
            finish_reason: finish.map(FinishReason::name),
            stop_string: stop_string.map(str::to_owned),
            context_full: session.is_context_full(node),
            grammar_complete: session.is_grammar_complete(node),
            score: found.score,
            sum_logprob: tokens.iter().fold(0.0, |sum, token| sum + token.logprob),
            tokens,
        }
    }
}

impl Engine {
    /// A token that a session has grown, with its numbers: as in a [`Completion`], for who shows tokens as they come
    /// ([`TextDelta::node`](crate::TextDelta::node)).
    ///
    /// # Panics
    /// When the session has no such node, or it is the root.
    pub fn generated_token(&self, session: &Session, node: NodeId) -> GeneratedToken {
        let node = session.tree().node(node);
        let raw = node.raw.unwrap_or(TokenStats { logprob: f64::NAN, rank: 0, entropy: f64::NAN });
        GeneratedToken {
            id: node.token.0,
            text: self.tokenizer().vocabulary().text(node.token),
            bytes: self.tokenizer().vocabulary().bytes(node.token).to_vec(),
            logprob: raw.logprob,
            logprob_processed: node.logprob,
            rank: raw.rank,
            entropy: raw.entropy,
        }
    }

    /// The text that a sequence has come to, without special tokens; up to the stop string that ended it, if that is to be
    /// cut. What [`TextDeltas`](crate::TextDeltas) gives piece by piece, joined.
    pub fn text(&self, session: &Session, last: NodeId) -> String {
        let mut text = SequenceText::new(self.tokenizer(), session);
        let certain = text.extend(&session.tree().path(last), session, last);
        certain + text.finish(session, last)
    }
}
