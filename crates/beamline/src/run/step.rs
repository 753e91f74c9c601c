//! One step of many sessions: one pass over the weights, then each search grows.

use crate::error::Error;
use crate::observe::{Event, Interest, Observer, Told, What};
use crate::run::Engine;
use crate::run::feed::{Job, Work};
use crate::run::prefill::{CHUNK, feed_all_but};
use crate::run::session::{Session, Step};
use crate::run::shaping::shape;
use beamline_kernels::RowSums;
use beamline_model::{KvCache, Rows, Span, Want};
use beamline_search::{NodeId, Outlook, Tip};
use beamline_tokens::TokenId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Instant;

impl Engine {
    /// Carries every session one step on, with a single pass over the weights (long prompts in chunks before it).
    ///
    /// A session with a draft may come several tokens further in one step.
    ///
    /// # Errors
    /// When the model overflows, or processors leave no token. The sessions are spent then: what they have come to can be
    /// read, but they cannot go on.
    pub fn step(&self, sessions: &mut [Session], observer: &mut dyn Observer) -> Result<Step, Error> {
        let started = Instant::now();
        let mut jobs = self.jobs(sessions)?;
        if jobs.is_empty() {
            return Ok(Step::default());
        }
        let rows = self.forward(&mut jobs)?;
        if jobs.iter().any(|job| sessions[job.session].wants().hidden && job.hidden.is_empty()) {
            return Err(Error::Option(
                "this model does not show its hidden states, which penalty_alpha needs; leave it out".to_owned(),
            ));
        }
        let forward = started.elapsed();
        let started = Instant::now();
        let drafted = jobs.iter().map(|job| job.draft.len()).sum();
        let mut work: Vec<BTreeMap<NodeId, Work>> = sessions.iter().map(|_| BTreeMap::new()).collect();
        for job in jobs {
            let Job { session, node, branch, draft, rows, unguided_rows: unguided, hidden, states, .. } = job;
            work[session].insert(node, Work { branch, draft, rows, unguided, hidden, states });
        }
        let mut accepted = 0;
        for (s, (session, work)) in sessions.iter_mut().zip(work).enumerate() {
            if work.is_empty() {
                session.strategy.idle();
            } else {
                accepted += self.choose(s, session, work, &rows, observer)?;
                if session.is_done() {
                    self.measure_results(session)?;
                }
            }
        }
        let more = sessions.iter().any(|session| !session.is_done());
        Ok(Step { more, forward, choose: started.elapsed(), accepted, drafted })
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
            let tips: Vec<Tip> = session.pending.iter().copied().filter(|tip| work.contains_key(&tip.node)).collect();
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
            if observer.wants(Interest::Rows) {
                for outlook in &outlooks {
                    let tokens = session.tokens(outlook.tip.node);
                    let what = What::Row { tokens: &tokens, outlook: *outlook };
                    observer.event(&Event { session: s, step: session.steps, what });
                }
            }
            self.grow(s, session, &outlooks, observer)?;
            session.spare.extend(shaped.into_iter().map(|shaped| shaped.scores));
            let before: Vec<NodeId> = work.keys().copied().collect();
            work = advance(session, work);
            accepted += work.keys().filter(|node| !before.contains(node)).count();
            if !session.pending.iter().any(|tip| work.contains_key(&tip.node)) {
                return Ok(accepted);
            }
        }
    }

    /// Measures what the model itself thought of the tokens of a search that is over, where that is not known: of an exact
    /// search, whose nodes grow long after their rows were seen.
    fn measure_results(&self, session: &mut Session) -> Result<(), Error> {
        if !session.measures {
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
            feed_all_but(self.model(), CHUNK.max(branch.len()), &mut cache, &mut feed)?;
            let span = Span { tokens: &feed, cache: &mut cache, want: Want::Tail(branch.len()) };
            let rows = self.model().forward(&mut [span], &mut ())?;
            for (row, &node) in branch.iter().enumerate() {
                let measure = self.measure(rows.row(row), session.tree.node(node).token);
                session.tree.set_raw(node, measure);
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
        let sums: Vec<RowSums> = if session.measures || observer.wants(Interest::Search) {
            outlooks.iter().map(|outlook| self.sums(outlook.raw)).collect()
        } else {
            Vec::new()
        };
        let log_sums: Vec<f64> = sums.iter().map(RowSums::log_sum).collect();
        let mut told = Told { observer, session: s, step: session.steps, outlooks, log_sums: &log_sums };
        let before = session.tree.len();
        session.strategy.grow(&mut session.tree, outlooks, &mut told)?;
        session.steps += 1;
        if session.measures {
            let grown: Vec<(NodeId, Option<NodeId>, TokenId)> =
                session.tree.since(before).map(|(id, node)| (id, node.parent, node.token)).collect();
            for (id, parent, token) in grown {
                if let Some(i) = outlooks.iter().position(|outlook| Some(outlook.tip.node) == parent) {
                    session.tree.set_raw(id, Self::measured(outlooks[i].raw, &sums[i], token));
                }
            }
        }
        session.pending = session.strategy.frontier(&session.tree);
        Ok(())
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
            known.insert(node, Known { draft, rows, unguided });
            continue;
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
