//! One step of many sessions: one pass over the weights, then each search grows.

use super::batch::{Budget, Item};
use super::engine::Engine;
use super::session::{Session, SharedDraws};
use super::shaping::{Work, shape};
use super::timings::Step;
use crate::error::Error;
use crate::observe::{Event, EventKind, Forward, Interest, Observer};
use beamline_kernels::RowSums;
use beamline_model::{KvCache, ModelError, Rows, Span, Want};
use beamline_search::{NodeId, Outlook, Tip};
use beamline_tokens::TokenId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Instant;

impl Engine {
    /// Carries every session one step on, with as few passes over the weights as memory allows. Sessions may join and
    /// leave between steps; those that are done are passed over.
    ///
    /// `budget` bounds the tokens of a step: a session whose prompt does not fit into it reads a piece, and is chosen from
    /// in a later step. A session with a draft may come several tokens further in one step. What goes wrong with a session
    /// is its own state ([`Session::error`]).
    ///
    /// # Errors
    /// When the model itself is broken (a weight is NaN): no session can go on then, and all of them have failed. When it
    /// is interrupted ([`Engine::interruptible`]): all of them may be stepped again.
    #[doc(alias = "scheduler")]
    pub fn step(&self, sessions: &mut [Session], budget: Budget, observer: &mut dyn Observer) -> Result<Step, Error> {
        self.is_wanted()?;
        let started = Instant::now();
        sessions.iter_mut().filter(|session| session.is_late(started)).for_each(|session| session.fail(Error::Late));
        for session in sessions.iter_mut().filter(|session| !session.is_done() && session.turns.is_behind()) {
            if session.end_late() {
                session.hand_down(BTreeMap::new());
            }
        }
        fail_torn_batches(sessions);
        let mut items = self.gather(sessions, budget);
        let (rows, tokens) = match self.rows(sessions, &mut items) {
            Ok(rows) => rows,
            Err(error) => {
                let all = sessions.iter_mut().filter(|session| !session.is_done());
                all.for_each(|session| session.fail(Error::Broken { reason: error.to_string() }));
                return Err(error.into());
            }
        };
        let forward = started.elapsed();
        let started = Instant::now();
        let drafted = items.iter().map(|item| item.draft.len()).sum();
        let mut took_part = vec![false; sessions.len()];
        for item in &items {
            took_part[item.session] = true;
        }
        let work = sort(sessions, items);
        let (mut accepted, mut chose) = (0, vec![false; sessions.len()]);
        for (s, (session, work)) in sessions.iter_mut().zip(work).enumerate() {
            if !work.is_empty() {
                chose[s] = true;
                match self.choose(s, session, work, &rows, observer).and_then(|accepted| {
                    let over = session.is_done();
                    if over { self.fill_token_stats(session).map(|()| accepted) } else { Ok(accepted) }
                }) {
                    Ok(more) => accepted += more,
                    Err(error) => session.fail(error),
                }
            } else if session.is_done() {
                session.strategy.idle();
            }
        }
        let more = sessions.iter().any(|session| !session.is_done());
        let step = Step { more, forward, choose: started.elapsed(), tokens, accepted, drafted };
        for (s, session) in sessions.iter_mut().enumerate().filter(|(s, _)| took_part[*s]) {
            session.took(&step, chose[s]);
        }
        Ok(step)
    }

    /// Runs what was gathered through the model: the rows, and how many tokens that took.
    fn rows(&self, sessions: &mut [Session], items: &mut Vec<Item>) -> Result<(Rows, usize), ModelError> {
        let held = |items: &[Item]| items.iter().flat_map(|item| item.branch.lengths()).sum::<usize>();
        let before = held(items);
        self.prefill(sessions, items)?;
        let rows = self.forward(sessions, items)?;
        let tokens = held(items).saturating_sub(before);
        items.retain(|item| !sessions[item.session].is_done());
        for item in items.iter().filter(|item| !item.waits) {
            let session = &mut sessions[item.session];
            if session.wants().hidden && item.branch.hidden.is_empty() {
                session.fail(Error::NoHiddenStates);
            }
        }
        items.retain(|item| !sessions[item.session].is_done());
        Ok((rows, tokens))
    }

    /// Shapes the rows of one session and lets its strategy choose; goes on while what it chose was drafted.
    fn choose(
        &self,
        s: usize,
        session: &mut Session,
        mut work: BTreeMap<NodeId, Work>,
        rows: &Rows,
        observer: &mut dyn Observer,
    ) -> Result<usize, Error> {
        let mut accepted = 0;
        loop {
            let mut known = session.pending.iter().copied().filter(|tip| work.contains_key(&tip.node));
            let tips: Vec<Tip> = known.by_ref().take(session.turns.now()).collect();
            let later = known.next().is_some();
            let shaped = shape(s, session, &tips, &mut work, rows, observer);
            let outlook = |i: usize| Outlook {
                tip: tips[i],
                raw: rows.row(work[&tips[i].node].rows.start),
                scores: &shaped[i].scores,
                fault: shaped[i].fault.as_ref(),
                hidden: &work[&tips[i].node].hidden,
                states: work[&tips[i].node].states,
            };
            let outlooks: Vec<Outlook<'_>> = (0..tips.len()).map(outlook).collect();
            if observer.wants(s, Interest::Rows) {
                for outlook in &outlooks {
                    let tokens = session.tokens(outlook.tip.node);
                    let kind = EventKind::Row { tokens: &tokens, outlook: *outlook };
                    observer.event(&Event { session: s, id: session.id(), step: session.steps, kind });
                }
            }
            self.grow(s, session, &outlooks, observer)?;
            session.spare.extend(shaped.into_iter().map(|shaped| shaped.scores));
            let over = later && session.end_late();
            // A step is over when everyone has had its turn.
            session.steps += usize::from(over || !later && !session.turns.is_behind());
            let before: Vec<NodeId> = work.keys().copied().collect();
            work = advance(session, work);
            accepted += work.keys().filter(|node| !before.contains(node)).count();
            if !session.pending.iter().any(|tip| work.contains_key(&tip.node)) {
                return Ok(accepted);
            }
        }
    }

    /// Notes what the model itself thought of the tokens of a search that is over, where that is not known: of an exact
    /// search, whose nodes grow long after their rows were seen.
    fn fill_token_stats(&self, session: &mut Session) -> Result<(), Error> {
        if !session.notes_stats() {
            return Ok(());
        }
        for found in session.results() {
            let branch = session.tree.branch(found.node);
            if branch.iter().all(|&node| session.tree.node(node).raw.is_some()) {
                continue;
            }
            let mut feed = session.tokens(found.node);
            feed.pop();
            let mut cache = KvCache::new(self.model().geometry());
            self.feed_all_but(branch.len().max(1), &mut cache, &mut feed)?;
            let span = Span { tokens: &feed, cache: &mut cache, want: Want::Tail(branch.len()) };
            let rows = self.model().forward(&mut [span], &mut ())?;
            for (row, &node) in branch.iter().enumerate() {
                let stats = self.token_stats(rows.row(row), session.tree.node(node).token);
                session.tree.set_raw(node, stats);
            }
        }
        Ok(())
    }

    /// Lets a session's strategy grow its tree, and notes what the model itself thought of what grew.
    fn grow(
        &self,
        s: usize,
        session: &mut Session,
        outlooks: &[Outlook<'_>],
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let sums: Vec<RowSums> = if session.notes_stats() || observer.wants(s, Interest::Search) {
            outlooks.iter().map(|outlook| self.sums(outlook.raw)).collect()
        } else {
            Vec::new()
        };
        let log_sums: Vec<f64> = sums.iter().map(RowSums::log_sum).collect();
        let mut told =
            Forward { observer, session: s, id: session.id(), step: session.steps, outlooks, log_sums: &log_sums };
        let before = session.tree.len();
        session.strategy.grow(&mut session.tree, outlooks, &mut told)?;
        if session.notes_stats() {
            let grown: Vec<(NodeId, Option<NodeId>, TokenId)> =
                session.tree.since(before).map(|(id, node)| (id, node.parent, node.token)).collect();
            for (id, parent, token) in grown {
                if let Some(i) = outlooks.iter().position(|outlook| Some(outlook.tip.node) == parent) {
                    session.tree.set_raw(id, Self::token_stats_of(outlooks[i].raw, &sums[i], token));
                }
            }
        }
        session.pending = session.strategy.frontier(&session.tree);
        Ok(())
    }
}

/// Parts items by session: work for those that can be chosen from, and branches back to those that wait.
fn sort(sessions: &mut [Session], items: Vec<Item>) -> Vec<BTreeMap<NodeId, Work>> {
    let mut waiting = vec![false; sessions.len()];
    items.iter().filter(|item| item.waits).for_each(|item| waiting[item.session] = true);
    let mut work: Vec<BTreeMap<NodeId, Work>> = sessions.iter().map(|_| BTreeMap::new()).collect();
    for item in items {
        let Item { session, node, mut branch, draft, rows, unguided_rows: unguided, .. } = item;
        if waiting[session] {
            sessions[session].branches.insert(node, branch);
            continue;
        }
        let (hidden, states) = (std::mem::take(&mut branch.hidden), std::mem::take(&mut branch.states));
        work[session].insert(node, Work { branch, draft, rows, unguided, hidden, states });
    }
    work
}

/// Fails rows of a batch that share one stream of random numbers and are not all here, in order: each row's draws would be
/// another's.
fn fail_torn_batches(sessions: &mut [Session]) {
    let mut batches: BTreeMap<_, Vec<SharedDraws>> = BTreeMap::new();
    for shared in sessions.iter().filter_map(Session::shared_draws) {
        batches.entry(shared.batch).or_default().push(shared);
    }
    batches.retain(|_, rows| {
        let whole = rows.len() == rows[0].rows && rows.iter().enumerate().all(|(i, shared)| shared.row == i);
        !whole
    });
    for session in sessions.iter_mut().filter(|session| !session.is_done()) {
        if let Some(shared) = session.shared_draws().filter(|shared| batches.contains_key(&shared.batch)) {
            let present = batches[&shared.batch].len();
            session.fail(Error::TornBatch { rows: shared.rows, present });
        }
    }
}

/// Rows that are known already: what is left of the draft, and the places of the rows.
#[derive(Clone)]
struct Known {
    draft: VecDeque<TokenId>,
    rows: Range<usize>,
    unguided: Range<usize>,
}

/// Hands the branches of grown nodes down, and gives back those alive whose rows are known already: their token was
/// drafted, or they have not had their turn.
fn advance(session: &mut Session, work: BTreeMap<NodeId, Work>) -> BTreeMap<NodeId, Work> {
    let mut known: BTreeMap<NodeId, Known> = BTreeMap::new();
    let mut branches = BTreeMap::new();
    let alive = session.alive_nodes();
    for (node, work) in work {
        let Work { branch, mut draft, mut rows, mut unguided, .. } = work;
        branches.insert(node, branch);
        if alive.contains(&node) {
            known.insert(node, Known { draft: draft.clone(), rows: rows.clone(), unguided: unguided.clone() });
        }
        let Some(expected) = draft.pop_front() else { continue };
        rows.start += 1;
        unguided.start += usize::from(!unguided.is_empty());
        let grown = |id: &&NodeId| {
            let child = session.tree.node(**id);
            child.parent == Some(node) && child.token == expected
        };
        for &child in alive.iter().filter(grown) {
            let (draft, rows, unguided) = (draft.clone(), rows.clone(), unguided.clone());
            known.insert(child, Known { draft, rows, unguided });
        }
    }
    session.hand_down(branches);
    session.cut_all_but(|node| known.contains_key(&node));
    let take = |(node, known): (NodeId, Known)| {
        let branch = session.branches.remove(&node)?;
        let Known { draft, rows, unguided } = known;
        Some((node, Work { branch, draft, rows, unguided, hidden: Vec::new(), states: 0 }))
    };
    known.into_iter().filter_map(take).collect()
}
