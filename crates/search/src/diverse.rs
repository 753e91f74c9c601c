//! Diverse beam search: groups of beams, each kept away from what the groups before it chose.

use crate::beam::candidates::{Continuation, Running, best, tell};
use crate::beam::classic::{ClassicFinishedBeams, ranked};
use crate::beam::{EarlyStopping, OUT};
use crate::finish::FinishReason;
use crate::observer::{Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, sound};
use crate::tree::{State, Tree};
use beamline_shape::{Logits, ShapeError};
use beamline_tokens::TokenId;

/// How a diverse beam search is done.
#[derive(Clone, Debug)]
pub struct DiverseOptions {
    /// The number of groups.
    pub groups: usize,
    /// Beams of each group.
    pub beams: usize,
    /// How many of the finished ones to return.
    pub returned: usize,
    /// Scores are divided by the number of new tokens to this power.
    pub length_penalty: f64,
    /// When a group stops looking for better ones.
    pub early_stopping: EarlyStopping,
}

#[doc = include_str!("pages/diverse.md")]
#[derive(Clone, Debug)]
pub struct DiverseBeam {
    options: DiverseOptions,
    stop: Stop,
    groups: Vec<Group>,
    /// The group whose turn it is.
    turn: usize,
    /// What the groups before it have chosen in this step.
    taken: Vec<TokenId>,
    over: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Group {
    running: Vec<Running>,
    finished: ClassicFinishedBeams,
    done: bool,
}

impl DiverseBeam {
    /// A search of these rules.
    pub fn new(options: DiverseOptions, stop: Stop) -> Self {
        let DiverseOptions { beams, length_penalty, early_stopping, .. } = options;
        let running: Vec<Running> = (0..beams).map(|beam| (Tree::ROOT, if beam == 0 { 0.0 } else { OUT })).collect();
        let finished = ClassicFinishedBeams::new(beams, length_penalty, early_stopping, stop.max_new_tokens);
        let groups = vec![Group { running, finished, done: false }; options.groups];
        Self { options, stop, groups, turn: 0, taken: Vec::new(), over: None }
    }

    fn tips(&self, group: usize) -> impl Iterator<Item = Tip> + '_ {
        let first = (group * self.options.beams) as u32;
        self.groups[group].running.iter().zip(first..).map(|(&(node, _), sequence)| Tip { node, sequence })
    }

    /// The next group that is not done.
    fn next_turn(&mut self, from: usize) {
        self.turn = (from..self.groups.len()).find(|&g| !self.groups[g].done).unwrap_or(self.groups.len());
    }

    /// Begins a new step, or ends the search.
    fn end_step(&mut self, tree: &mut Tree, watch: &mut dyn SearchObserver) {
        self.taken.clear();
        self.next_turn(0);
        if self.turn == self.groups.len() {
            self.over = Some("every group has enough");
        }
        let first = self.groups.iter().filter(|group| !group.done).find_map(|group| group.running.first().copied());
        if let Some((node, _)) = first
            && let Some(reason) = self.full(tree.depth(node))
        {
            self.finalize(tree, reason);
            self.over = Some("the length, or the time, is reached");
        }
        if watch.wants() {
            let pools = ranked(self.groups.iter().map(|group| &group.finished));
            watch.on_event(SearchEvent::Pool(&pools));
            self.over.into_iter().for_each(|why| watch.on_event(SearchEvent::Over(why)));
        }
    }

    fn full(&self, depth: usize) -> Option<FinishReason> {
        if depth >= self.stop.max_new_tokens {
            Some(FinishReason::Length)
        } else {
            self.stop.is_late().then_some(FinishReason::Time)
        }
    }

    /// Takes the open beams of groups that are not done into their finished ones.
    fn finalize(&mut self, tree: &mut Tree, reason: FinishReason) {
        for group in self.groups.iter_mut().filter(|group| !group.done) {
            for &(node, sum) in &group.running {
                group.finished.add(node, group.finished.score(sum, tree.depth(node)));
                tree.set_state(node, State::Finished(reason));
            }
        }
    }
}

impl Group {
    /// Lets the candidates become the next beams, or end. Returns the tokens that were taken.
    fn choose(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        candidates: &mut [Continuation],
        beams: usize,
    ) -> Vec<TokenId> {
        let old = std::mem::take(&mut self.running);
        let new = tree.depth(old[0].0) + 1;
        for (rank, c) in candidates.iter_mut().enumerate() {
            if let Some(reason) = c.says_end() {
                let score = self.finished.score(c.sum, new);
                c.fate = if rank < beams { Fate::PoolFull } else { Fate::EndTooLow };
                if rank < beams && self.finished.takes(score) {
                    let node = c.grow(tree, outlooks, &old, Some(reason));
                    self.finished.add(node, score);
                    c.fate = Fate::Finished(reason);
                }
            } else if self.running.len() < beams {
                let node = c.grow(tree, outlooks, &old, None);
                self.running.push((node, c.sum));
                c.fate = Fate::Kept;
            }
        }
        let best = candidates.first().map_or(f32::NEG_INFINITY, |c| c.sum);
        self.done = self.finished.is_done(best, new) || self.running.is_empty();
        self.running.iter().map(|&(node, _)| tree.node(node).token).collect()
    }
}

impl Strategy for DiverseBeam {
    fn wants(&self) -> Wants {
        Wants { log_probabilities: true, ..Wants::default() }
    }

    fn frontier(&mut self, _: &Tree) -> Vec<Tip> {
        if self.over.is_some() { Vec::new() } else { self.tips(self.turn).collect() }
    }

    fn alive(&mut self, _: &Tree) -> Vec<Tip> {
        if self.over.is_some() {
            return Vec::new();
        }
        (0..self.groups.len())
            .filter(|&g| !self.groups[g].done)
            .flat_map(|g| self.tips(g).collect::<Vec<_>>())
            .collect()
    }

    fn taken(&self) -> &[TokenId] {
        &self.taken
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let rows: Vec<&Logits> = outlooks.iter().map(|outlook| outlook.scores).collect();
        let beams = self.options.beams;
        let count = self.stop.candidates(beams);
        let group = &mut self.groups[self.turn];
        let considered = best(&group.running, &rows, count).into_iter();
        let mut candidates: Vec<Continuation> =
            considered.map(|c| Continuation::new(c, &group.running, tree, &self.stop)).collect();
        if candidates.is_empty() && group.finished.held().is_empty() {
            outlooks.iter().try_for_each(sound)?;
        }
        let taken = group.choose(tree, outlooks, &mut candidates, beams);
        if watch.wants() {
            let new = outlooks.first().map_or(1, |outlook| tree.depth(outlook.tip.node) + 1);
            let finished = &group.finished;
            tell(watch, outlooks, &candidates, |sum| finished.score(sum, new));
        }
        self.taken.extend(taken);
        self.next_turn(self.turn + 1);
        if self.turn == self.groups.len() {
            self.end_step(tree, watch);
        }
        Ok(())
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        let finished = ranked(self.groups.iter().map(|group| &group.finished));
        let running =
            self.groups.iter().flat_map(|group| group.running.iter().map(|&(node, sum)| (node, f64::from(sum))));
        let all = finished.into_iter().chain(running.filter(|_| self.over.is_none()));
        all.take(self.options.returned).map(|(node, score)| Found { node, score: Some(score) }).collect()
    }
}
