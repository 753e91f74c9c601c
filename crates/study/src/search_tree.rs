//! A search as a tree: every candidate it considered, and what became of each.

use crate::error::StudyError;
use beamline::{
    Beginning, Considered, Engine, Event, EventKind, Fate, Interest, Observer, Options, Prompt, SearchEvent, Session,
    Special, State, TokenId,
};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::collections::BTreeMap;

/// What a search of one prompt considered.
#[derive(Clone, Debug, Serialize)]
pub struct SearchTree {
    /// The prompt's text.
    pub prompt: String,
    /// The candidates, parents before children; the prompt itself is not among them.
    pub candidates: Vec<CandidateNode>,
    /// The winner's candidates, from the first token to the last, as places in `candidates`.
    pub winner: Vec<usize>,
    /// What greedy search would have said, as ids: one token for each of the winner's at the most.
    pub greedy: Vec<u32>,
}

/// A candidate of a search.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateNode {
    /// What it follows, as a place in [`SearchTree::candidates`]; null for the prompt.
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
    /// What became of it; serialised, it is the word that a trace has for it.
    #[serde(serialize_with = "as_in_traces")]
    pub fate: Fate,
    /// Why a sequence ended with it, where one did.
    pub finish_reason: Option<&'static str>,
}

/// Results that are read by programs name a fate as traces do ([`Fate::name`]).
fn as_in_traces<S: Serializer>(fate: &Fate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fate.name())
}

#[derive(Default)]
struct Collector(Vec<Considered>);

impl Observer for Collector {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        interest == Interest::Search
    }
    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Search { event: SearchEvent::Candidate(candidate), .. } = &event.kind {
            self.0.push(*candidate);
        }
    }
}

/// Runs a search and gives all that it considered (the tree of a beam search, say), with greedy search beside it.
///
/// ```
/// use beamline::{Engine, Fate, Prompt, Options};
/// use beamline_study::search_tree;
/// let engine = Engine::open("builtin")?;
/// let mut settings = Options::default();
/// settings.config(&serde_json::json!({"num_beams": 3, "max_new_tokens": 4}))?;
/// let tree = search_tree(&engine, &Prompt::Text("Once".into()), &settings)?;
/// assert_eq!((tree.winner.len(), tree.greedy.len()), (4, 4));
/// assert!(tree.candidates.iter().any(|candidate| candidate.fate == Fate::BeyondWidth));
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`Engine::generate`].
pub fn search_tree(engine: &Engine, prompt: &Prompt, given: &Options) -> Result<SearchTree, StudyError> {
    let plan = engine.plan(given)?;
    let mut greedy = Options::default();
    greedy.config(&json!({"do_sample": false, "num_beams": 1, "penalty_alpha": 0.0}))?;
    for name in ["max_new_tokens", "max_length", "eos_token_id"] {
        if let Some(setting) = plan.options().get(name) {
            greedy.config(&json!({name: setting.value.json()}))?;
        }
    }
    let mut plain = [engine.session(prompt, &engine.plan(&greedy)?)?];
    let mut sessions = [engine.session(prompt, &plan)?];
    let mut told = Collector::default();
    engine.run(&mut sessions, &mut told)?;
    engine.run(&mut plain, &mut ())?;
    let [session] = &sessions;
    let greedy = plain[0].results().first().map(|found| plain[0].tree().path(found.node)).unwrap_or_default();
    let prompt = engine.tokenizer().decode(session.prompt(), Special::Write, Beginning::Text);
    Ok(told_tree(engine, prompt, session, &told.0, &greedy))
}

fn told_tree(
    engine: &Engine,
    prompt: String,
    session: &Session,
    told: &[Considered],
    greedy: &[TokenId],
) -> SearchTree {
    let mut places = BTreeMap::new();
    let mut candidates: Vec<CandidateNode> = Vec::new();
    for candidate in told {
        let parent = places.get(&candidate.parent).copied();
        if let Some(node) = candidate.node {
            places.insert(node, candidates.len());
        }
        candidates.push(CandidateNode {
            parent,
            depth: session.tree().depth(candidate.parent) + 1,
            id: candidate.token.0,
            text: engine.tokenizer().vocabulary().text(candidate.token),
            bytes: engine.tokenizer().vocabulary().bytes(candidate.token).to_vec(),
            logprob: candidate.logprob,
            score: candidate.score,
            rank: candidate.rank,
            fate: candidate.fate,
            finish_reason: match (candidate.fate, candidate.node.map(|node| session.tree().node(node).state)) {
                (Fate::Finished(reason), _) | (_, Some(State::Finished(reason))) => Some(reason.name()),
                _ => None,
            },
        });
    }
    let branch = session.results().first().map(|found| session.tree().branch(found.node)).unwrap_or_default();
    let winner: Vec<usize> = branch.iter().filter_map(|node| places.get(node).copied()).collect();
    let greedy = greedy.iter().take(winner.len().max(1)).map(|token| token.0).collect();
    SearchTree { prompt, candidates, winner, greedy }
}
