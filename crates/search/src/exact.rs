//! Exact search: the most probable text, with a proof.

use crate::beam::{Beam, BeamOptions, EarlyStopping};
use crate::observer::{Considered, Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::{Certificate, Found, Outlook, Strategy, Tip, Wants};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;
use beamline_tokens::TokenId;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Instant;

const TOGETHER: usize = Exact::TOGETHER;

/// Beginnings remembered at a time; beyond it the least probable are given up, and the bound says so.
const MOST: usize = 1 << 21;

/// How an exact search is done.
#[derive(Clone, Copy, Debug)]
pub struct ExactOptions {
    /// How many of the most probable sequences to find.
    pub returned: usize,
    /// Beams of the search that comes first, for a score to beat.
    pub beams: usize,
    /// The most nodes to look beyond, those of the beam search among them.
    pub budget: usize,
}

#[doc = include_str!("pages/exact.md")]
pub struct Exact {
    options: ExactOptions,
    stop: Stop,
    /// The search that comes first.
    beam: Option<Beam>,
    beam_score: Option<f64>,
    open: BinaryHeap<Beginning>,
    /// What is being looked beyond, with its score.
    asked: Vec<(NodeId, f32)>,
    /// The best complete sequences, the best first.
    best: Vec<(NodeId, f32)>,
    /// The greatest score among the beginnings that were given up.
    lost: f32,
    nodes: usize,
    deadline: Option<Instant>,
    over: bool,
}

/// A text that may be the beginning of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Beginning {
    score: f32,
    parent: NodeId,
    /// None for the root itself.
    token: Option<TokenId>,
    logprob: f32,
}

/// Passes on what the beam search considers, but not its pool nor that it is over: the search goes on.
struct Within<'a>(&'a mut dyn SearchObserver);

impl SearchObserver for Within<'_> {
    fn wants(&self) -> bool {
        self.0.wants()
    }
    fn on_event(&mut self, event: SearchEvent<'_>) {
        if matches!(event, SearchEvent::Candidate(_)) {
            self.0.on_event(event);
        }
    }
}

impl Eq for Beginning {}
impl PartialOrd for Beginning {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Beginning {
    /// The more probable is greater; of equals the one that is found first: the older parent, the lower token.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |b: &Self| (b.parent, b.token);
        self.score.total_cmp(&other.score).then_with(|| place(other).cmp(&place(self)))
    }
}

impl Exact {
    /// Nodes looked beyond in one pass.
    pub const TOGETHER: usize = 16;

    /// A search of these rules.
    pub fn new(options: ExactOptions, mut stop: Stop) -> Self {
        // A text cut short by time is no text to compare with others.
        let deadline = stop.deadline.take();
        let first = BeamOptions {
            beams: options.beams.max(options.returned),
            returned: options.returned,
            length_penalty: 0.0,
            early_stopping: EarlyStopping::Never,
            randomness: None,
        };
        let root = Beginning { score: 0.0, parent: Tree::ROOT, token: None, logprob: 0.0 };
        Self {
            options,
            beam: Some(Beam::new(first, stop.clone())),
            stop,
            beam_score: None,
            open: BinaryHeap::from([root]),
            asked: Vec::new(),
            best: Vec::new(),
            lost: f32::NEG_INFINITY,
            nodes: 0,
            deadline,
            over: false,
        }
    }

    /// What a beginning must surpass to matter.
    fn to_beat(&self) -> f32 {
        let full = self.best.len() >= self.options.returned;
        if full { self.best.last().map_or(f32::NEG_INFINITY, |best| best.1) } else { f32::NEG_INFINITY }
    }

    fn bound(&self) -> f32 {
        let asked = self.asked.iter().map(|asked| asked.1).fold(self.lost, f32::max);
        self.open.peek().map_or(asked, |beginning| asked.max(beginning.score))
    }

    /// Takes the best beginnings to be looked beyond next.
    fn ask(&mut self, tree: &mut Tree, watch: &mut dyn SearchObserver) {
        self.asked.clear();
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            self.over = true;
            return;
        }
        while self.asked.len() < TOGETHER && self.nodes + self.asked.len() < self.options.budget {
            let Some(beginning) = self.open.peek().copied().filter(|b| b.score > self.to_beat()) else { break };
            self.open.pop();
            let node = match beginning.token {
                None => Tree::ROOT,
                Some(token) => {
                    tree.grow(beginning.parent, token, f64::from(beginning.logprob), f64::from(beginning.score))
                }
            };
            if let Some(token) = beginning.token.filter(|_| watch.wants()) {
                watch.on_event(SearchEvent::Candidate(Considered {
                    parent: beginning.parent,
                    sequence: self.asked.len() as u32,
                    token,
                    node: Some(node),
                    logprob: f64::from(beginning.logprob),
                    score: f64::from(beginning.score),
                    normalised: None,
                    rank: self.nodes + self.asked.len() + 1,
                    fate: Fate::Kept,
                }));
            }
            self.asked.push((node, beginning.score));
        }
        self.over = self.asked.is_empty();
    }

    /// Takes a complete sequence if it is among the best.
    fn complete(
        &mut self,
        tree: &mut Tree,
        outlook: &Outlook<'_>,
        token: TokenId,
        value: f32,
        score: f32,
        end: State,
    ) -> Option<NodeId> {
        // The beam search may have found it before.
        let known = |&(node, _): &(NodeId, f32)| {
            tree.node(node).token == token
                && tree.same_path(tree.node(node).parent.unwrap_or(Tree::ROOT), outlook.tip.node)
        };
        if score <= self.to_beat() || self.best.iter().any(known) {
            return None;
        }
        let node = tree.grow(outlook.tip.node, token, f64::from(value), f64::from(score));
        tree.set_state(node, end);
        let at = self.best.partition_point(|best| best.1 >= score);
        self.best.insert(at, (node, score));
        self.best.truncate(self.options.returned);
        Some(node)
    }

    /// Looks beyond one beginning.
    fn expand(&mut self, tree: &mut Tree, outlook: &Outlook<'_>, score: f32, watch: &mut dyn SearchObserver) {
        for (token, value) in outlook.scores.iter().filter(|&(_, value)| value > f32::NEG_INFINITY) {
            let sum = score + value;
            let (mut fate, mut node) = (Fate::Bounded, None);
            if sum > self.to_beat() {
                if let Some(reason) = self.stop.after(tree, outlook.tip.node, token) {
                    node = self.complete(tree, outlook, token, value, sum, State::Finished(reason));
                    fate = node.map_or(Fate::PoolFull, |_| Fate::Finished(reason));
                } else {
                    self.open.push(Beginning {
                        score: sum,
                        parent: outlook.tip.node,
                        token: Some(token),
                        logprob: value,
                    });
                    fate = Fate::Kept;
                }
            }
            if watch.wants() && fate != Fate::Bounded {
                watch.on_event(SearchEvent::Candidate(Considered {
                    parent: outlook.tip.node,
                    sequence: outlook.tip.sequence,
                    token,
                    node,
                    logprob: f64::from(value),
                    score: f64::from(sum),
                    normalised: None,
                    rank: self.nodes,
                    fate,
                }));
            }
        }
        if self.open.len() > MOST {
            self.give_up();
        }
    }

    /// Forgets the less probable half of the beginnings.
    fn give_up(&mut self) {
        let mut all = std::mem::take(&mut self.open).into_sorted_vec();
        let keep = all.split_off(all.len() / 2);
        self.lost = all.last().map_or(self.lost, |best| self.lost.max(best.score));
        self.open = keep.into();
    }

    /// Takes over what the beam search found.
    fn begin(&mut self, tree: &mut Tree, found: &[Found], watch: &mut dyn SearchObserver) {
        let finished = found.iter().filter(|found| tree.node(found.node).state != State::Open);
        self.best = finished.filter_map(|found| Some((found.node, found.score? as f32))).collect();
        self.beam_score = self.best.first().map(|best| f64::from(best.1));
        self.beam = None;
        self.ask(tree, watch);
    }
}

impl Strategy for Exact {
    fn wants(&self) -> Wants {
        Wants { log_probabilities: true, revisits: true, ..Wants::default() }
    }

    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        if let Some(beam) = &mut self.beam {
            return beam.frontier(tree);
        }
        let tips = self.asked.iter().zip(0..).map(|(&(node, _), sequence)| Tip { node, sequence });
        if self.over { Vec::new() } else { tips.collect() }
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        if let Some(beam) = &mut self.beam {
            beam.grow(tree, outlooks, &mut Within(watch))?;
            self.nodes += outlooks.len();
            if beam.frontier(tree).is_empty() {
                let found = beam.results(tree);
                self.begin(tree, &found, watch);
            }
            return Ok(());
        }
        self.nodes += outlooks.len();
        let asked = std::mem::take(&mut self.asked);
        for (outlook, (_, score)) in outlooks.iter().zip(asked) {
            self.expand(tree, outlook, score, watch);
        }
        self.ask(tree, watch);
        if self.over && watch.wants() {
            let pool: Vec<(NodeId, f64)> = self.best.iter().map(|&(node, score)| (node, f64::from(score))).collect();
            watch.on_event(SearchEvent::Pool(&pool));
            let proved = self.bound() <= self.to_beat();
            let why = if proved { "no other beginning can win" } else { "the budget, or the time, is spent" };
            watch.on_event(SearchEvent::Over(why));
        }
        Ok(())
    }

    fn results(&self, tree: &Tree) -> Vec<Found> {
        if let Some(beam) = &self.beam {
            return beam.results(tree);
        }
        self.best.iter().map(|&(node, score)| Found { node, score: Some(f64::from(score)) }).collect()
    }

    fn certificate(&self) -> Option<Certificate> {
        let best = f64::from(self.best.first()?.1);
        // A beginning below the n-th best does not matter, however it goes on.
        let bound = if self.bound() > self.to_beat() { f64::from(self.bound()).max(best) } else { best };
        Some(Certificate { best, bound, beam: self.beam_score, nodes: self.nodes })
    }
}
