//! A search as a tree: every candidate it considered, and what became of each.

use crate::error::Error;
use crate::observe::{Event, Interest, Observer, What};
use crate::options::Settings;
use crate::run::Engine;
use crate::run::{Prompt, Session};
use beamline_search::{Candidate, Fate, Happening, State};
use beamline_tokens::{Special, TokenId};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What a search of one prompt considered.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// The prompt's text.
    pub prompt: String,
    /// The candidates, parents before children; the prompt itself is not among them.
    pub candidates: Vec<Branching>,
    /// The winner's candidates, from the first token to the last, as places in `candidates`.
    pub winner: Vec<usize>,
    /// What greedy search would have said, as ids: one token for each of the winner's at the most.
    pub greedy: Vec<u32>,
}

/// A candidate of a search.
#[derive(Clone, Debug, Serialize)]
pub struct Branching {
    /// What it follows, as a place in [`History::candidates`]; null for the prompt.
    pub parent: Option<usize>,
    /// Tokens from the prompt to it, its own among them.
    pub depth: usize,
    /// Its token.
    pub id: u32,
    /// The token's text.
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its log-probability after the processors, in nats.
    pub logprob: f64,
    /// The score of the sequence that ends in it.
    pub score: f64,
    /// Its place among the candidates of its step, from 1.
    pub rank: usize,
    /// `kept`, `finished`, or why it went no further.
    pub fate: &'static str,
    /// Why a sequence ended with it, where one did.
    pub finish_reason: Option<&'static str>,
}

#[derive(Default)]
struct Collector(Vec<Candidate>);

impl Observer for Collector {
    fn wants(&self, interest: Interest) -> bool {
        interest == Interest::Search
    }
    fn event(&mut self, event: &Event<'_>) {
        if let What::Search { happening: Happening::Candidate(candidate), .. } = &event.what {
            self.0.push(*candidate);
        }
    }
}

impl Engine {
    /// Runs a search and gives all that it considered, with greedy search beside it.
    ///
    /// ```
    /// use beamline::{Engine, OpenOptions, Prompt, Settings};
    /// let engine = Engine::open(&"builtin".parse()?, &OpenOptions::default(), &mut ())?;
    /// let mut settings = Settings::default();
    /// settings.config(&serde_json::json!({"num_beams": 3, "max_new_tokens": 4}))?;
    /// let history = engine.history(&Prompt::Text("Once".into()), &settings)?;
    /// assert_eq!((history.winner.len(), history.greedy.len()), (4, 4));
    /// assert!(history.candidates.iter().any(|candidate| candidate.fate == "rank beyond the width"));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`generate`](Self::generate).
    pub fn history(&self, prompt: &Prompt, given: &Settings) -> Result<History, Error> {
        let settings = self.settings(given)?;
        let mut greedy = Settings::default();
        greedy.config(&json!({"do_sample": false, "num_beams": 1, "penalty_alpha": 0.0}))?;
        for name in ["max_new_tokens", "max_length", "eos_token_id"] {
            if let Some(setting) = settings.get(name) {
                greedy.config(&json!({name: setting.value.json()}))?;
            }
        }
        let mut plain = [self.session(prompt, &self.settings(&greedy)?)?];
        let mut sessions = [self.session(prompt, &settings)?];
        let mut told = Collector::default();
        while self.step(&mut sessions, &mut told)?.more {}
        while self.step(&mut plain, &mut ())?.more {}
        let [session] = &sessions;
        let greedy = plain[0].results().first().map(|found| plain[0].tree().path(found.node)).unwrap_or_default();
        let prompt = self.tokenizer().decode(session.prompt(), Special::Write, beamline_tokens::Beginning::Text);
        Ok(self.told(prompt, session, &told.0, &greedy))
    }

    fn told(&self, prompt: String, session: &Session, told: &[Candidate], greedy: &[TokenId]) -> History {
        let mut places = BTreeMap::new();
        let mut candidates: Vec<Branching> = Vec::new();
        for candidate in told {
            let parent = places.get(&candidate.parent).copied();
            if let Some(node) = candidate.node {
                places.insert(node, candidates.len());
            }
            candidates.push(Branching {
                parent,
                depth: session.tree().depth(candidate.parent) + 1,
                id: candidate.token.0,
                text: self.tokenizer().vocabulary().text(candidate.token),
                bytes: self.tokenizer().vocabulary().bytes(candidate.token).to_vec(),
                logprob: candidate.logprob,
                score: candidate.score,
                rank: candidate.rank,
                fate: candidate.fate.name(),
                finish_reason: match (candidate.fate, candidate.node.map(|node| session.state(node))) {
                    (Fate::Finished(reason), _) | (_, Some(State::Finished(reason))) => Some(reason.name()),
                    _ => None,
                },
            });
        }
        let branch = session.results().first().map(|found| session.tree().branch(found.node)).unwrap_or_default();
        let winner: Vec<usize> = branch.iter().filter_map(|node| places.get(node).copied()).collect();
        let greedy = greedy.iter().take(winner.len().max(1)).map(|token| token.0).collect();
        History { prompt, candidates, winner, greedy }
    }
}
