//! What came out: sequences with every token's numbers.

use crate::error::Error;
use crate::options::{Setting, Settings};
use crate::run::Engine;
use crate::run::session::{Prompt, Session, Step};
use beamline_search::{Certificate, FinishReason, Found, NodeId, State, StopStrings};
use beamline_shape::OptionValue;
use beamline_tokens::{Beginning, Special, TokenId};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

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

/// Seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Timings {
    /// Opening and loading the model.
    pub load_s: f64,
    /// The first step: prompts in, first tokens out.
    pub prefill_s: f64,
    /// All further steps.
    pub decode_s: f64,
    /// Tokens after each sequence's first, a second; null if there are none.
    pub decode_tokens_per_s: Option<f64>,
    #[serde(skip)]
    begun: bool,
}

impl Timings {
    pub(crate) fn new(load_s: f64) -> Self {
        Self { load_s, prefill_s: 0.0, decode_s: 0.0, decode_tokens_per_s: None, begun: false }
    }

    /// Counts one step in.
    pub fn add(&mut self, step: &Step) {
        let seconds = (step.forward + step.choose).as_secs_f64();
        *(if self.begun { &mut self.decode_s } else { &mut self.prefill_s }) += seconds;
        self.begun = true;
    }
}

impl Engine {
    /// Timings that begin with this engine's loading.
    pub fn timings(&self) -> Timings {
        Timings::new(self.load_seconds())
    }

    /// Continues prompts to their ends.
    ///
    /// # Errors
    /// As for [`settings`](Self::settings), [`session`](Self::session) and [`step`](Self::step).
    pub fn generate(&self, prompts: &[Prompt], given: &Settings) -> Result<Completion, Error> {
        let settings = self.settings(given)?;
        let mut sessions = self.sessions(prompts, &settings)?;
        let mut timings = Timings::new(self.load_seconds());
        loop {
            let step = self.step(&mut sessions, &mut ())?;
            timings.add(&step);
            if !step.more {
                return Ok(self.completion(prompts, &settings, &sessions, timings));
            }
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

    /// What sessions have come to, whether they are at their ends or were interrupted. `settings` come from
    /// [`settings`](Self::settings).
    pub fn completion(
        &self,
        prompts: &[Prompt],
        settings: &Settings,
        sessions: &[Session],
        timings: Timings,
    ) -> Completion {
        let ids = |tokens: &[TokenId]| tokens.iter().map(|token| token.0).collect::<Vec<_>>();
        let info = |(prompt, session): (&Prompt, &Session)| PromptInfo {
            text: match prompt {
                Prompt::Text(text) => text.clone(),
                Prompt::Ids(tokens) => self.tokenizer().decode(tokens, Special::Write, Beginning::Text),
            },
            token_ids: ids(session.prompt()),
            certificate: session.certificate().map(Proof::from),
        };
        let sequences: Vec<Sequence> = sessions
            .iter()
            .enumerate()
            .flat_map(|(prompt, session)| {
                let ranked = session.results().into_iter().enumerate();
                ranked
                    .map(move |(rank, found)| self.sequence(prompt, rank, session, found, settings))
                    .collect::<Vec<_>>()
            })
            .collect();
        Completion {
            schema: 1,
            model: self.info(),
            effective_config: settings.effective(),
            prompts: prompts.iter().zip(sessions).map(info).collect(),
            usage: Usage {
                prompt_tokens: sessions.iter().map(|session| session.prompt().len()).sum(),
                new_tokens: sequences.iter().map(|sequence| sequence.token_ids.len()).sum(),
            },
            timings: Timings {
                decode_tokens_per_s: (timings.decode_s > 0.0).then(|| {
                    let after_first = |sequence: &Sequence| sequence.token_ids.len().saturating_sub(1);
                    sequences.iter().map(after_first).sum::<usize>() as f64 / timings.decode_s
                }),
                ..timings
            },
            sequences,
        }
    }

    fn sequence(&self, prompt: usize, rank: usize, session: &Session, found: Found, settings: &Settings) -> Sequence {
        let tree = session.tree();
        let node = found.node;
        let path = tree.path(node);
        let tokens: Vec<GeneratedToken> = tree
            .branch(node)
            .into_iter()
            .map(|id| {
                let node = tree.node(id);
                let raw =
                    node.raw.unwrap_or(beamline_search::Measure { logprob: f64::NAN, rank: 0, entropy: f64::NAN });
                GeneratedToken {
                    id: node.token.0,
                    text: self.tokenizer().vocabulary().text(node.token),
                    bytes: self.tokenizer().vocabulary().bytes(node.token).to_vec(),
                    logprob: raw.logprob,
                    logprob_processed: node.logprob,
                    rank: raw.rank,
                    entropy: raw.entropy,
                }
            })
            .collect();
        let finish = match session.state(node) {
            State::Finished(reason) => Some(reason),
            State::Open => None,
        };
        let stop_string = finish.and_then(|reason| stop_string(settings, reason));
        Sequence {
            prompt,
            rank,
            token_ids: path.iter().map(|token| token.0).collect(),
            text: self.text(session, node, settings),
            finish_reason: finish.map(FinishReason::name),
            stop_string: stop_string.map(str::to_owned),
            score: found.score,
            sum_logprob: tokens.iter().fold(0.0, |sum, token| sum + token.logprob),
            tokens,
        }
    }
}

impl Engine {
    /// The text that a sequence has come to, without special tokens; up to the stop string that ended it, if that is to be
    /// cut.
    pub fn text(&self, session: &Session, last: NodeId, settings: &Settings) -> String {
        let stops = settings.stops_to_cut();
        let stopped = matches!(session.state(last), State::Finished(FinishReason::Stop(_)));
        if stopped && !stops.is_empty() {
            self.before_stop(&stops, session, last)
        } else {
            self.tokenizer().decode(&session.tree().path(last), Special::Drop, Beginning::Continuation)
        }
    }

    /// The text of a sequence up to where the stop string began that ended it.
    fn before_stop(&self, stops: &[String], session: &Session, last: NodeId) -> String {
        let (tree, vocabulary) = (session.tree(), self.tokenizer().vocabulary());
        let node = tree.node(last);
        let strings = StopStrings::new(stops, Arc::clone(vocabulary), session.prompt());
        let found = node.parent.and_then(|parent| strings.found(tree, parent, node.token));
        let path = tree.path(last);
        let all: usize = path.iter().map(|&token| vocabulary.bytes(token).len()).sum();
        // One that began in the prompt has all of the text in it.
        let mut left = all.saturating_sub(found.map_or(0, |found| found.back));
        let mut bytes = Vec::new();
        for token in path {
            let own = vocabulary.bytes(token);
            let part = &own[..own.len().min(left)];
            left -= part.len();
            if !vocabulary.is_special(token) {
                bytes.extend_from_slice(part);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The stop string by which a sequence ended.
fn stop_string(settings: &Settings, reason: FinishReason) -> Option<&str> {
    match (reason, settings.get("stop_strings")?) {
        (FinishReason::Stop(i), Setting { value: OptionValue::Texts(texts), .. }) => texts.get(i).map(String::as_str),
        _ => None,
    }
}
