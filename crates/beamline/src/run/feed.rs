//! What goes into the model in one step: the tokens that caches lack, and guesses after them.

use crate::error::Error;
use crate::run::Engine;
use crate::run::draft::Ahead;
use crate::run::prefill::{CHUNK, feed_all_but};
use crate::run::session::{Branch, Session};
use beamline_model::{Part, Probe, Rows, Site, Span, Want};
use beamline_search::NodeId;
use beamline_tokens::TokenId;
use std::collections::VecDeque;
use std::ops::Range;

/// Tokens of all sequences together in one pass.
const PASS: usize = 2048;

/// One pending node of one session, taken out for a step.
pub(crate) struct Job {
    pub(crate) session: usize,
    pub(crate) node: NodeId,
    pub(crate) branch: Branch,
    /// Tokens that the caches lack, a draft after them.
    feed: Vec<TokenId>,
    unguided: Vec<TokenId>,
    pub(crate) draft: VecDeque<TokenId>,
    /// Rows of logits: the node's own, then one for each token of the draft.
    pub(crate) rows: Range<usize>,
    pub(crate) unguided_rows: Range<usize>,
    /// Hidden states of what was fed.
    pub(crate) hidden: Vec<f32>,
    pub(crate) states: usize,
}

/// A job on its way through shaping and choosing.
pub(crate) struct Work {
    pub(crate) branch: Branch,
    pub(crate) draft: VecDeque<TokenId>,
    pub(crate) rows: Range<usize>,
    pub(crate) unguided: Range<usize>,
    pub(crate) hidden: Vec<f32>,
    /// How many hidden states there are.
    pub(crate) states: usize,
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
    /// Takes the branches of all nodes alive, and feeds all but the end of long prompts.
    pub(crate) fn jobs(&self, sessions: &mut [Session]) -> Result<Vec<Job>, Error> {
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
                feed_all_but(self.model(), CHUNK + draft, &mut job.branch.cache, &mut job.feed)?;
                if let Some(cache) = &mut job.branch.unguided {
                    feed_all_but(self.model(), CHUNK + draft, cache, &mut job.unguided)?;
                }
            }
        }
        Ok(jobs)
    }

    /// The tokens that a session's drafter expects after a node: as many as there is room for.
    fn draft(&self, session: &mut Session, node: NodeId, branch: &Branch) -> Result<Vec<TokenId>, Error> {
        let Some(mut drafter) = session.drafter.take() else { return Ok(Vec::new()) };
        let tokens = session.tokens(node);
        let room = session.room(node, self.model().geometry().context);
        if room == 0 {
            session.drafter = Some(drafter);
            return Ok(Vec::new());
        }
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

    /// Runs all of a prompt but its last token, keeping the hidden states.
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
    pub(crate) fn forward(&self, jobs: &mut [Job]) -> Result<Rows, Error> {
        // What is computed together is bounded; the rows wanted are as many as there are tips.
        let mut all: Option<Rows> = None;
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
            let mut at = all.as_ref().map_or(0, Rows::len);
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
            let rows = self.model().forward(&mut spans, &mut hidden)?;
            match &mut all {
                Some(all) => all.append(rows),
                None => all = Some(rows),
            }
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
        match all {
            Some(all) => Ok(all),
            None => Ok(Rows::new(Vec::new(), self.model().geometry().vocab)?),
        }
    }
}
