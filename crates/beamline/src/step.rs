//! One step of many sessions: one pass over the weights, then each search grows.

use crate::draft::Ahead;
use crate::engine::Engine;
use crate::error::Error;
use crate::event::{Event, Interest, Observer, Stages, Told, What};
use crate::session::{Branch, Session, Step};
use beamline_kernels::RowSums;
use beamline_model::{KvCache, Part, Probe, Rows, Site, Span, Want};
use beamline_search::{NodeId, Outlook, Purpose, Tip};
use beamline_shape::{Context, Logits, ShapeError};
use beamline_tokens::TokenId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Instant;

/// Tokens of a prompt that go through the model together: enough to use it well, few enough to bound memory. Chunks do
/// not change results.
const CHUNK: usize = 512;

/// Tokens of all sequences together in one pass.
const PASS: usize = 2048;

/// One pending node of one session, taken out for a step.
struct Job {
    session: usize,
    node: NodeId,
    branch: Branch,
    /// Tokens that the caches lack, a draft after them.
    feed: Vec<TokenId>,
    unguided: Vec<TokenId>,
    draft: VecDeque<TokenId>,
    /// Rows of logits: the node's own, then one for each token of the draft.
    rows: Range<usize>,
    unguided_rows: Range<usize>,
    /// Hidden states of what was fed.
    hidden: Vec<f32>,
    states: usize,
}

/// A job on its way through shaping and choosing.
struct Work {
    branch: Branch,
    draft: VecDeque<TokenId>,
    rows: Range<usize>,
    unguided: Range<usize>,
    hidden: Vec<f32>,
    /// How many hidden states there are.
    states: usize,
}

/// Collects the model's last hidden states.
#[derive(Default)]
struct Hidden(Vec<f32>);

impl Probe for Hidden {
    fn wants(&self, site: Site) -> bool {
        site.part == Part::FinalNorm
    }
    fn visit(&mut self, _: Site, rows: &mut [f32]) {
        self.0.extend_from_slice(rows);
    }
}

impl Engine {
    /// Carries every session one step on, with a single pass over the weights (long prompts in chunks before it).
    ///
    /// A session with a draft may come several tokens further in one step.
    ///
    /// # Errors
    /// When the model overflows, or processors leave no token.
    pub fn step(&self, sessions: &mut [Session], observer: &mut dyn Observer) -> Result<Step, Error> {
        let started = Instant::now();
        let mut jobs = self.jobs(sessions)?;
        if jobs.is_empty() {
            return Ok(Step::default());
        }
        let rows = self.forward(&mut jobs)?;
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
            }
        }
        let more = sessions.iter().any(|session| !session.is_done());
        Ok(Step { more, forward, choose: started.elapsed(), accepted, drafted })
    }

    fn jobs(&self, sessions: &mut [Session]) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        for (session, s) in sessions.iter_mut().enumerate() {
            for (node, mut branch) in std::mem::take(&mut s.branches) {
                let feed = s.feed(node, &mut branch);
                let draft = self.draft(s, node, &branch)?;
                jobs.push(Job {
                    session,
                    node,
                    branch,
                    unguided: if feed.unguided.is_empty() {
                        Vec::new()
                    } else {
                        [feed.unguided, draft.clone()].concat()
                    },
                    feed: [feed.text, draft.clone()].concat(),
                    draft: draft.into(),
                    rows: 0..0,
                    unguided_rows: 0..0,
                    hidden: Vec::new(),
                    states: 0,
                });
            }
        }
        // Hidden states of every token are wanted, so those of early chunks too.
        for job in &mut jobs {
            if sessions[job.session].wants().hidden {
                self.feed_showing(job)?;
            } else {
                let draft = job.draft.len();
                self.feed_all_but(CHUNK + draft, &mut job.branch.cache, &mut job.feed)?;
                if let Some(cache) = &mut job.branch.unguided {
                    self.feed_all_but(CHUNK + draft, cache, &mut job.unguided)?;
                }
            }
        }
        Ok(jobs)
    }

    /// The tokens that a session's drafter expects after a node: as many as there is room for.
    fn draft(&self, session: &mut Session, node: NodeId, branch: &Branch) -> Result<Vec<TokenId>, Error> {
        let Some(mut drafter) = session.drafter.take() else { return Ok(Vec::new()) };
        let tokens = session.tokens(node);
        let room = self.model().geometry().context - tokens.len();
        let sequence = session.pending.iter().find(|tip| tip.node == node).map_or(0, |tip| tip.sequence);
        let draft = drafter.draft(&Ahead {
            tokens: &tokens,
            prompt_len: session.prompt().len(),
            room,
            sequence,
            pipeline: &branch.pipeline,
        });
        session.drafter = Some(drafter);
        draft
    }

    /// Runs the beginning of a long prompt, so that at most `rest` tokens are left.
    pub(crate) fn feed_all_but(&self, rest: usize, cache: &mut KvCache, feed: &mut Vec<TokenId>) -> Result<(), Error> {
        while feed.len() > rest {
            let later = feed.split_off(CHUNK.min(feed.len() - 1));
            self.model().forward(&mut [Span { tokens: feed, cache, want: Want::Nothing }], &mut ())?;
            *feed = later;
        }
        Ok(())
    }

    /// The same, down to the last token, keeping the hidden states.
    fn feed_showing(&self, job: &mut Job) -> Result<(), Error> {
        const ROWS: usize = 64;
        while job.feed.len() > 1 {
            let later = job.feed.split_off(ROWS.min(job.feed.len() - 1));
            let mut hidden = Hidden::default();
            let span = Span { tokens: &job.feed, cache: &mut job.branch.cache, want: Want::All };
            self.model().forward(&mut [span], &mut hidden)?;
            job.hidden.append(&mut hidden.0);
            job.states += job.feed.len();
            job.feed = later;
        }
        Ok(())
    }

    /// The rows of every job.
    fn forward(&self, jobs: &mut [Job]) -> Result<Rows, Error> {
        // Memory is bounded by the tokens that go through together, not by the batch.
        let mut all = Rows::new(Vec::new(), self.model().geometry().vocab)?;
        let mut rest = jobs;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fits = |job: &&mut Job| {
                tokens += job.feed.len() + job.unguided.len();
                tokens <= PASS
            };
            let count = rest.iter_mut().take_while(fits).count().max(1);
            let (group, later) = rest.split_at_mut(count);
            let mut hidden = Hidden::default();
            let mut spans = Vec::new();
            let mut at = all.len();
            for job in group.iter_mut() {
                let count = 1 + job.draft.len();
                job.rows = at..at + count;
                at += count;
                spans.push(Span { tokens: &job.feed, cache: &mut job.branch.cache, want: Want::Tail(count) });
                if let Some(cache) = &mut job.branch.unguided {
                    job.unguided_rows = at..at + count;
                    at += count;
                    spans.push(Span { tokens: &job.unguided, cache, want: Want::Tail(count) });
                }
            }
            all.append(self.model().forward(&mut spans, &mut hidden)?);
            let width =
                hidden.0.len() / (group.iter().map(|job| job.rows.len() + job.unguided_rows.len()).sum::<usize>());
            let mut parts = hidden.0.chunks_exact(width.max(1));
            for job in group {
                job.hidden.extend(parts.by_ref().take(job.rows.len()).flatten());
                job.states += job.rows.len();
                parts.by_ref().take(job.unguided_rows.len()).for_each(drop);
            }
            rest = later;
        }
        Ok(all)
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
            let depth = session.tree.depth(tips[0].node);
            work = advance(session, work);
            accepted += work.keys().filter(|&&node| session.tree.depth(node) > depth).count();
            if !session.pending.iter().any(|tip| work.contains_key(&tip.node)) {
                return Ok(accepted);
            }
        }
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
                session.tree.nodes().skip(before - 1).map(|(id, node)| (id, node.parent, node.token)).collect();
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

/// A row after the processors.
struct Shaped {
    scores: Logits,
    fault: Option<ShapeError>,
}

/// Shapes a row for every tip. Tips of one node share a row, unless a processor tosses coins.
fn shape(
    s: usize,
    session: &mut Session,
    tips: &[Tip],
    work: &mut BTreeMap<NodeId, Work>,
    rows: &Rows,
    observer: &mut dyn Observer,
) -> Vec<Shaped> {
    let log_probabilities = session.wants().log_probabilities;
    let taken = session.strategy.taken().to_vec();
    let mut all: Vec<Shaped> = Vec::with_capacity(tips.len());
    for (i, &tip) in tips.iter().enumerate() {
        let Some(work) = work.get_mut(&tip.node) else { continue };
        let mut scores = session.spare.pop().unwrap_or_default();
        let twin = tips[..i].iter().position(|other| other.node == tip.node);
        if let Some(twin) = twin.filter(|_| !work.branch.pipeline.is_random()) {
            scores.clone_from(&all[twin].scores);
            let fault = all[twin].fault.clone();
            all.push(Shaped { scores, fault });
            continue;
        }
        scores.load(rows.row(work.rows.start));
        if log_probabilities {
            scores.log_softmax();
        }
        let len = session.prompt().len() + session.tree.depth(tip.node);
        let depth = session.tree.depth(tip.node) as u32;
        let context = Context {
            tokens: &work.branch.cache.tokens()[..len],
            prompt_len: session.prompt().len(),
            coin: session.coins.toss(tip.sequence, depth, Purpose::Processor, 0),
            taken: &taken,
            unguided: (!work.unguided.is_empty()).then(|| rows.row(work.unguided.start)),
        };
        let mut stages = observer.wants(Interest::Stages).then(|| Stages::new(&scores));
        let step = session.steps;
        let fault = work.branch.pipeline.shape(&mut scores, &context, &mut |processor, row| {
            if let Some(stages) = &mut stages {
                let what = What::Stage(stages.after(tip, processor, row));
                observer.event(&Event { session: s, step, what });
            }
        });
        all.push(Shaped { scores, fault: fault.err() });
    }
    all
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
