//! Constrained beam search: the best text that contains given phrases.

use crate::beam::candidates::{Continuation, Running, best, tell};
use crate::beam::classic::{ClassicFinishedBeams, ranked};
use crate::beam::{EarlyStopping, OUT};
use crate::constraint::{Phrases, Progress};
use crate::finish::FinishReason;
use crate::observer::{Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::{Logits, ShapeError};
use beamline_tokens::TokenId;
use std::collections::BTreeMap;

/// How a constrained beam search is done.
#[derive(Clone, Debug)]
pub struct ConstrainedOptions {
    /// The number of hypotheses, 2 or more.
    pub beams: usize,
    /// How many of the finished ones to return.
    pub returned: usize,
    /// Scores are divided by the number of new tokens to this power.
    pub length_penalty: f64,
    /// When to stop looking for better ones.
    pub early_stopping: EarlyStopping,
    /// What the text must contain.
    pub phrases: Phrases,
}

#[doc = include_str!("pages/constrained.md")]
#[derive(Clone, Debug)]
pub struct ConstrainedBeam {
    options: ConstrainedOptions,
    stop: Stop,
    running: Vec<Running>,
    /// How far each running hypothesis has come with its phrases.
    progress: Vec<Progress>,
    finished: ClassicFinishedBeams,
    over: Option<&'static str>,
}

/// A candidate with its own progress.
struct Banked {
    candidate: Continuation,
    progress: Progress,
    bank: usize,
}

impl ConstrainedBeam {
    /// A search of these rules, after `prompt`.
    pub fn new(options: ConstrainedOptions, stop: Stop, prompt: &[TokenId]) -> Self {
        let running = (0..options.beams).map(|beam| (Tree::ROOT, if beam == 0 { 0.0 } else { OUT })).collect();
        let progress = vec![Progress::of(&options.phrases, prompt); options.beams];
        let finished = ClassicFinishedBeams::new(
            options.beams,
            options.length_penalty,
            options.early_stopping,
            stop.max_new_tokens,
        );
        Self { options, stop, running, progress, finished, over: None }
    }

    /// Parts the candidates into those that go on, at most as many as beams, and those that end, which are finished.
    fn part(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        all: Vec<Continuation>,
        new: usize,
    ) -> (Vec<Banked>, Vec<Continuation>) {
        let (mut open, mut rest) = (Vec::new(), Vec::new());
        for (rank, mut c) in all.into_iter().enumerate() {
            if let Some(reason) = c.says_end() {
                let score = self.finished.score(c.sum, new);
                c.fate = Fate::EndTooLow;
                if rank < self.options.beams && self.progress[c.beam].is_met() {
                    c.fate = Fate::PoolFull;
                    if self.finished.takes(score) {
                        let node = c.grow(tree, outlooks, &self.running, Some(reason));
                        self.finished.add(node, score);
                        c.fate = Fate::Finished(reason);
                    }
                }
                rest.push(c);
            } else if open.len() < self.options.beams {
                let mut progress = self.progress[c.beam].clone();
                progress.add(c.token);
                open.push(Banked { candidate: c, bank: progress.bank(), progress });
            } else {
                rest.push(c);
            }
        }
        (open, rest)
    }

    /// The continuations that bring a phrase further and are not among the candidates.
    fn injected(&self, tree: &Tree, outlooks: &[Outlook<'_>], open: &[Banked]) -> Vec<Banked> {
        // Beams may hold one text twice, so texts are compared, not nodes.
        let mut known: BTreeMap<TokenId, Vec<NodeId>> = BTreeMap::new();
        for banked in open {
            known.entry(banked.candidate.token).or_default().push(self.running[banked.candidate.beam].0);
        }
        let mut extra = Vec::new();
        for (beam, state) in self.progress.iter().enumerate().filter(|(_, state)| !state.is_met()) {
            let tokens = state.advance();
            let banks = state.advanced_banks(&tokens);
            for (token, bank) in tokens.into_iter().zip(banks) {
                let parent = self.running[beam].0;
                let known = known.entry(token).or_default();
                if known.iter().any(|&node| tree.same_path(node, parent)) {
                    continue;
                }
                known.push(parent);
                let mut progress = state.clone();
                progress.add(token);
                let value = outlooks[beam].scores.get(token).unwrap_or(f32::NEG_INFINITY);
                let sum = value + self.running[beam].1;
                let mut candidate = Continuation::new((beam, token, sum), &self.running, tree, &self.stop);
                // An end token that a phrase asks for is part of the text here.
                candidate.ended = candidate.ended.filter(|reason| matches!(reason, FinishReason::Length));
                extra.push(Banked { candidate, progress, bank });
            }
        }
        extra
    }

    /// Chooses among candidates and injected ones: the best of each bank in turn.
    fn select(&self, open: Vec<Banked>, extra: Vec<Banked>) -> (Vec<Banked>, Vec<Continuation>) {
        if extra.is_empty() {
            return (open, Vec::new());
        }
        let mut all: Vec<Banked> = open.into_iter().chain(extra).collect();
        let key = |b: &Banked| (b.bank * 100) as f32 + b.candidate.sum;
        all.sort_by(|a, b| key(b).total_cmp(&key(a)));
        let mut depths = vec![0usize; all.len()];
        for i in 1..all.len() {
            let same = all[i].bank == all[i - 1].bank;
            depths[i] = if same { depths[i - 1] + 1 } else { 0 };
        }
        let mut order: Vec<(usize, Banked)> = depths.into_iter().zip(all).collect();
        order.sort_by_key(|(depth, _)| *depth);
        let rest = order.split_off(self.options.beams.min(order.len()));
        // One that a processor has removed keeps its place too, as in transformers; nothing comes of it.
        let kept = order.into_iter().map(|(_, b)| b).collect();
        (kept, rest.into_iter().map(|(_, b)| b.candidate).collect())
    }

    /// Takes open hypotheses at the end: those with all phrases, and the others too where there are too few.
    fn finalize(&mut self, tree: &mut Tree, reason: FinishReason) {
        let met = |i: &usize| self.progress[*i].is_met();
        let (said, unsaid): (Vec<usize>, Vec<usize>) = (0..self.running.len()).partition(met);
        let few = said.len() < self.options.returned;
        for i in said.into_iter().chain(unsaid.into_iter().filter(|_| few)) {
            let (node, sum) = self.running[i];
            // One that a processor has removed is no text to return.
            if sum == f32::NEG_INFINITY {
                continue;
            }
            self.finished.add(node, self.finished.score(sum, tree.depth(node)));
            tree.set_state(node, State::Finished(reason));
        }
    }

    /// Why there is no next step.
    fn judge(&mut self, tree: &mut Tree, best: f32, new: usize) -> Option<&'static str> {
        if self.finished.is_done(best, new) {
            return Some("as good as can be expected");
        }
        let late = self.stop.is_late();
        if new >= self.stop.max_new_tokens || late {
            self.finalize(tree, if late { FinishReason::Time } else { FinishReason::Length });
            return Some("the length, or the time, is reached");
        }
        let ends = |&(node, _): &Running| self.stop.eos.contains(&tree.node(node).token);
        if self.running.iter().all(ends) {
            self.finalize(tree, FinishReason::Eos);
            return Some("every hypothesis ends in an end token that was asked for");
        }
        None
    }
}

impl Strategy for ConstrainedBeam {
    fn wants(&self) -> Wants {
        Wants { log_probabilities: true, ..Wants::default() }
    }

    fn frontier(&mut self, _: &Tree) -> Vec<Tip> {
        let tips = self.running.iter().zip(0..).map(|(&(node, _), sequence)| Tip { node, sequence });
        if self.over.is_some() { Vec::new() } else { tips.collect() }
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let rows: Vec<&Logits> = outlooks.iter().map(|outlook| outlook.scores).collect();
        let count = self.stop.candidates(self.options.beams);
        let new = outlooks.first().map_or(1, |outlook| tree.depth(outlook.tip.node) + 1);
        let considered = best(&self.running, &rows, count).into_iter();
        let candidates: Vec<Continuation> =
            considered.map(|c| Continuation::new(c, &self.running, tree, &self.stop)).collect();
        if candidates.is_empty() && self.finished.held().is_empty() {
            outlooks.iter().try_for_each(sound)?;
        }
        let greatest = candidates.first().map_or(f32::NEG_INFINITY, |c| c.sum);
        let (open, mut told) = self.part(tree, outlooks, candidates, new);
        let extra = self.injected(tree, outlooks, &open);
        let (kept, rest) = self.select(open, extra);
        told.extend(rest);
        let old = std::mem::take(&mut self.running);
        self.progress.clear();
        for Banked { mut candidate, progress, .. } in kept {
            let node: NodeId = candidate.grow(tree, outlooks, &old, None);
            candidate.fate = Fate::Kept;
            self.running.push((node, candidate.sum));
            self.progress.push(progress);
            told.push(candidate);
        }
        self.over = self.judge(tree, greatest, new);
        if self.over.is_some() && self.finished.held().is_empty() {
            return Err(ShapeError::Unmet);
        }
        if watch.wants() {
            told.sort_by(|a, b| b.sum.total_cmp(&a.sum));
            tell(watch, outlooks, &told, |sum| self.finished.score(sum, new));
            watch.on_event(SearchEvent::Pool(&ranked(std::iter::once(&self.finished))));
            self.over.into_iter().for_each(|why| watch.on_event(SearchEvent::Over(why)));
        }
        Ok(())
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        let finished = ranked(std::iter::once(&self.finished));
        let running = self.running.iter().map(|&(node, sum)| (node, f64::from(sum)));
        let all = finished.into_iter().chain(running.filter(|_| self.over.is_none()));
        all.take(self.options.returned).map(|(node, score)| Found { node, score: Some(score) }).collect()
    }
}
