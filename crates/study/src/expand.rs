//! A tree of continuations: what else might follow, the most probable first.

use crate::error::StudyError;
use beamline::{
    Considered, Engine, Fate, FinishReason, Found, NodeId, Options, Outlook, Plan, Prompt, SearchEvent, SearchObserver,
    Session, ShapeError, State, Stop, Strategy, Tip, TokenId, Tree, Wants,
};
use serde::Serialize;
use serde_json::json;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

/// Nodes looked beyond in one pass.
const TOGETHER: usize = 16;

/// Options that choose among continuations, of which a tree has all.
const CHOOSING: [&str; 12] = [
    "max_new_tokens",
    "max_length",
    "num_return_sequences",
    "num_beams",
    "best_of",
    "penalty_alpha",
    "exact_search",
    "arithmetic_sampling",
    "force_words_ids",
    "prompt_lookup_num_tokens",
    "assistant",
    "rng",
];

/// How far a tree of continuations grows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Growth {
    /// Tokens of the longest continuation.
    pub depth: usize,
    /// The most children of a node.
    pub children: usize,
    /// Children are taken, the most probable first, until their probabilities sum to this: 1 for as many as may be, 0 for the
    /// best alone.
    pub cover_p: f64,
    /// The least probability of a node's whole continuation.
    pub min_mass: f64,
    /// The most nodes.
    pub budget: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { depth: 3, children: 5, cover_p: 1.0, min_mass: 0.0, budget: 256 }
    }
}

/// A tree of continuations. Serialised, it is the JSON of the server's `/v1/expand`.
#[derive(Clone, Debug, Serialize)]
pub struct Expansion {
    /// The version of this layout.
    pub schema: u32,
    /// The prompt's tokens.
    pub prompt_token_ids: Vec<u32>,
    /// In the order in which they grew: children of one node together, the most probable first, and those of a more
    /// probable continuation before those of others.
    pub nodes: Vec<ExpandedNode>,
    /// Whether it ended because there were as many nodes as it may have.
    pub budget_spent: bool,
}

/// One token of a tree of continuations.
#[derive(Clone, Debug, Serialize)]
pub struct ExpandedNode {
    /// Its number, from 1.
    pub id: usize,
    /// The number of what it follows; 0 for the prompt.
    pub parent: usize,
    /// The token's id.
    pub token: u32,
    /// Its bytes as text.
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The raw model's log-probability, in nats.
    pub logprob: f64,
    /// The log-probability by which it was taken: after the processors where they were asked for, else `logprob`.
    pub logprob_processed: f64,
    /// The sum of `logprob_processed` from the prompt to here.
    pub cum: f64,
    /// Its place in the raw distribution, from 1.
    pub rank: usize,
    /// The probability of all tokens in its place that are no nodes: the same for siblings.
    pub rest: f64,
    /// `eos`, `stop`, or `length` where nothing longer was asked for or the context is full; null where it may go on.
    pub finish_reason: Option<&'static str>,
}

/// A continuation that may be looked beyond.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Beginning {
    cum: f64,
    node: NodeId,
}

impl Eq for Beginning {}
impl PartialOrd for Beginning {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Beginning {
    /// The more probable is greater; of equals the one that grew first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.cum.total_cmp(&other.cum).then(other.node.cmp(&self.node))
    }
}

/// How a tree of continuations grows, as a search: for sessions that others step. [`expand`] is this with a loop of its own.
///
/// ```
/// use beamline::{Budget, Engine};
/// use beamline_study::{Expanding, Growth};
/// let engine = Engine::open("builtin")?;
/// let plan = Expanding::plan(&engine, None, Growth { depth: 2, children: 3, ..Growth::default() })?;
/// let mut sessions = [engine.session("Once upon a", &plan)?];
/// let mut told = 0;
/// while engine.step(&mut sessions, Budget::ALL, &mut ())?.more {
///     told += Expanding::nodes(&engine, &sessions[0], told).len(); // as they grow
/// }
/// told += Expanding::nodes(&engine, &sessions[0], told).len();
/// assert_eq!(told, 3 + 3 * 3);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
#[derive(Debug)]
pub struct Expanding {
    growth: Growth,
    stop: Stop,
    open: BinaryHeap<Beginning>,
    /// What is being looked beyond.
    asked: Vec<NodeId>,
    grown: usize,
}

impl Expanding {
    /// How such a tree is grown: from the raw model, or after the processors that options ask for, the model's own
    /// among them.
    ///
    /// # Errors
    /// When a number is out of its range, or an option cannot be or has no effect.
    pub fn plan(engine: &Engine, processed: Option<&Options>, growth: Growth) -> Result<Plan, StudyError> {
        growth.check()?;
        let plan = processed.map_or_else(|| raw(engine, growth), |given| shaped(engine, given, growth))?;
        Ok(plan.strategy(move |stop, _| Self::new(growth, stop)))
    }

    fn new(growth: Growth, stop: Stop) -> Self {
        Self { growth, stop, open: BinaryHeap::new(), asked: vec![Tree::ROOT], grown: 0 }
    }

    /// The nodes of a session of such a plan, but for the `known` first: those that have grown since.
    pub fn nodes(engine: &Engine, session: &Session, known: usize) -> Vec<ExpandedNode> {
        let (tree, vocabulary) = (session.tree(), engine.tokenizer().vocabulary());
        // Siblings grow together, so all of them are here.
        let mut taken: BTreeMap<usize, f64> = BTreeMap::new();
        let new = || tree.since(known + 1).filter_map(|(id, node)| Some((id, node.parent?.index(), node)));
        for (_, parent, node) in new() {
            *taken.entry(parent).or_default() += libm::exp(node.logprob);
        }
        let listed = |(id, parent, node): (NodeId, usize, &beamline::Node)| ExpandedNode {
            id: id.index(),
            parent,
            token: node.token.0,
            text: vocabulary.text(node.token),
            bytes: vocabulary.bytes(node.token).to_vec(),
            logprob: node.raw.map_or(node.logprob, |raw| raw.logprob),
            logprob_processed: node.logprob,
            cum: node.score,
            rank: node.raw.map_or(0, |raw| raw.rank),
            rest: (1.0 - taken.get(&parent).copied().unwrap_or_default()).max(0.0),
            finish_reason: match node.state {
                State::Finished(reason) => Some(reason.name()),
                State::Open => None,
            },
        };
        new().map(listed).collect()
    }

    /// The children of one node.
    fn take(&mut self, tree: &mut Tree, outlook: &Outlook<'_>, watch: &mut dyn SearchObserver) {
        let (parent, log_sum) = (outlook.tip.node, outlook.scores.sums().log_sum());
        let before = tree.node(parent).score;
        let most = self.growth.children.min(self.growth.budget - self.grown);
        let mut covered = 0.0;
        for (place, (token, value)) in outlook.scores.top(most, 0.0).into_iter().enumerate() {
            let logprob = f64::from(value) - log_sum;
            let cum = before + logprob;
            if place > 0 && covered >= self.growth.cover_p || libm::exp(cum) < self.growth.min_mass {
                break;
            }
            covered += libm::exp(logprob);
            let ended = self.stop.after(tree, parent, token);
            let node = tree.grow(parent, token, logprob, cum);
            match ended {
                Some(reason) => tree.set_state(node, State::Finished(reason)),
                None => self.open.push(Beginning { cum, node }),
            }
            self.grown += 1;
            if watch.wants() {
                tell(watch, outlook.tip, (token, node), (logprob, cum), place + 1, ended);
            }
        }
    }

    /// Takes the most probable beginnings to be looked beyond next.
    fn ask(&mut self) {
        self.asked.clear();
        let late = self.stop.deadline.is_some_and(|deadline| std::time::Instant::now() > deadline);
        while self.asked.len() < TOGETHER && self.grown < self.growth.budget && !late {
            let Some(beginning) = self.open.pop() else { break };
            self.asked.push(beginning.node);
        }
    }
}

/// A plan without processors. Texts still end at the model's end tokens.
fn raw(engine: &Engine, growth: Growth) -> Result<Plan, StudyError> {
    let mut given = Options::new();
    given.config(&json!({"max_new_tokens": growth.depth}))?;
    if let Some(ends) = engine.defaults().get("eos_token_id") {
        given.config(&json!({"eos_token_id": ends.value.json()}))?;
    }
    Ok(engine.plan_without_defaults(&given)?)
}

/// A plan with the processors that are asked for.
fn shaped(engine: &Engine, given: &Options, growth: Growth) -> Result<Plan, StudyError> {
    if let Some(option) = CHOOSING.into_iter().find(|name| given.get(name).is_some()) {
        return Err(StudyError::NotForTrees { option });
    }
    let mut given = given.clone();
    // A model's own wishes for another search do not count.
    given.config(&json!({"max_new_tokens": growth.depth, "num_beams": 1, "penalty_alpha": 0.0}))?;
    Ok(engine.plan(&given)?)
}

/// Tells of a token that was taken.
fn tell(
    watch: &mut dyn SearchObserver,
    tip: Tip,
    (token, node): (TokenId, NodeId),
    (logprob, score): (f64, f64),
    rank: usize,
    ended: Option<FinishReason>,
) {
    watch.on_event(SearchEvent::Candidate(Considered {
        parent: tip.node,
        sequence: tip.sequence,
        token,
        node: Some(node),
        logprob,
        score,
        normalised: None,
        rank,
        fate: ended.map_or(Fate::Kept, Fate::Finished),
    }));
}

impl Strategy for Expanding {
    fn wants(&self) -> Wants {
        // The most probable beginning may be anywhere in the tree.
        Wants { revisits: true, ..Wants::default() }
    }

    fn most_alive(&self) -> Option<usize> {
        Some(TOGETHER)
    }

    fn frontier(&mut self, _: &Tree) -> Vec<Tip> {
        self.asked.iter().zip(0..).map(|(&node, sequence)| Tip { node, sequence }).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        for outlook in outlooks {
            if let Some(fault) = outlook.fault {
                return Err(fault.clone());
            }
            self.take(tree, outlook, watch);
        }
        self.ask();
        Ok(())
    }

    /// None: all of the tree is the result.
    fn results(&self, _: &Tree) -> Vec<Found> {
        Vec::new()
    }
}

impl Growth {
    /// Holds numbers to their ranges.
    fn check(&self) -> Result<(), StudyError> {
        for (name, value) in [("depth", self.depth), ("children", self.children), ("budget", self.budget)] {
            if value == 0 {
                return Err(StudyError::Range { name, least: 1, most: u32::MAX as usize, value, hint: "" });
            }
        }
        for (name, value) in [("cover_p", self.cover_p), ("min_mass", self.min_mass)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(StudyError::Share { name, value });
            }
        }
        Ok(())
    }
}

impl Expansion {
    /// The tree that a session of [`Expanding::plan`] has come to.
    pub fn of(engine: &Engine, session: &Session, growth: Growth) -> Self {
        let nodes = Expanding::nodes(engine, session, 0);
        Self {
            schema: 1,
            prompt_token_ids: session.prompt().iter().map(|token| token.0).collect(),
            budget_spent: nodes.len() >= growth.budget,
            nodes,
        }
    }
}

/// Grows a tree of what may follow a prompt, the most probable continuations first: by the raw model, or after the processors that
/// `processed` asks for.
///
/// ```
/// use beamline::{Engine, Prompt};
/// use beamline_study::{Growth, expand};
/// let engine = Engine::open("builtin")?;
/// let growth = Growth { depth: 2, children: 2, ..Growth::default() };
/// let tree = expand(&engine, &Prompt::from("Once upon a"), None, growth)?;
/// assert_eq!((tree.nodes[0].text.as_str(), tree.nodes[0].rank), (" time", 1));
/// assert_eq!(tree.nodes.len(), 2 + 2 * 2);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`Expanding::plan`] and [`Engine::generate`].
pub fn expand(
    engine: &Engine,
    prompt: &Prompt,
    processed: Option<&Options>,
    growth: Growth,
) -> Result<Expansion, StudyError> {
    let mut sessions = [engine.session(prompt, &Expanding::plan(engine, processed, growth)?)?];
    engine.run(&mut sessions, &mut ())?;
    Ok(Expansion::of(engine, &sessions[0], growth))
}
