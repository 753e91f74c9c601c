//! What goes into the model in one step (continuous batching): those who decode first, then pieces of waiting prompts.

use super::branch::Branch;
use super::draft::Ahead;
use super::engine::Engine;
use super::session::Session;
use crate::error::Error;
use crate::observe::SessionId;
use beamline_model::{KvCache, ModelError, Part, Probe, Rows, Site, Span, Want};
use beamline_search::NodeId;
use beamline_tokens::TokenId;
use std::collections::VecDeque;
use std::ops::Range;

/// Tokens of all sequences together in one pass: enough to use the model well, few enough to bound memory.
const PASS: usize = 2048;

/// Tokens of one long prompt that go through the model together.
const CHUNK: usize = 512;

/// Tokens of a prompt whose every logit or hidden state is wanted that go through the model together.
const SHOWN: usize = 64;

/// Tokens of a prompt that are read in every step, however many others decode: nobody waits for ever.
const LEAST: usize = 16;

/// How many tokens one step may take through the model (chunked prefill).
///
/// Sequences that decode go first and always, one token each (more with a draft). What is left of the budget, at least
/// sixteen tokens, is for prompts: half of it for that whose session began first, the rest for those that need least. A prompt
/// that does not fit is read piece by piece, over several steps. So a long prompt never holds its neighbours for longer than
/// the budget, a short one passes it, and it goes on all the same. Results do not depend on it, bit for bit.
///
/// ```
/// use beamline::Budget;
/// assert_eq!(Budget::tokens(0), Budget::tokens(1));
/// assert_eq!(Budget::default(), Budget::ALL);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Budget(usize);

impl Budget {
    /// Every prompt is read to its end in the step in which it joins: the best throughput where nobody waits for a token.
    pub const ALL: Self = Self(usize::MAX);

    /// At most so many tokens a step; 0 is taken as 1.
    pub fn tokens(tokens: usize) -> Self {
        Self(tokens.max(1))
    }
}

impl Budget {
    /// The tokens of a step.
    pub(super) fn most(self) -> usize {
        self.0
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::ALL
    }
}

/// One node of one session, taken out for a step.
pub(crate) struct Item {
    pub(crate) session: usize,
    pub(crate) node: NodeId,
    pub(crate) branch: Branch,
    /// Tokens that the caches lack and that are fed in this step, a draft after them.
    text: Vec<TokenId>,
    unguided: Vec<TokenId>,
    pub(crate) draft: VecDeque<TokenId>,
    /// Only a piece of a prompt: no row is wanted yet.
    pub(crate) waits: bool,
    /// Rows of logits: the node's own, then one for each token of the draft.
    pub(crate) rows: Range<usize>,
    pub(crate) unguided_rows: Range<usize>,
}

impl Item {
    fn tokens(&self) -> usize {
        self.text.len() + self.unguided.len()
    }

    /// Whether all that is lacking is the last token: it decodes.
    fn decodes(&self) -> bool {
        self.text.len() <= 1 && self.unguided.len() <= 1
    }

    /// Leaves at most `most` tokens to be fed now, and never the last one.
    fn cut(&mut self, most: usize) -> usize {
        let text = most.min(self.text.len() - 1);
        self.text.truncate(text);
        let unguided = (most - text).min(self.unguided.len().saturating_sub(1));
        self.unguided.truncate(unguided);
        self.waits = true;
        text + unguided
    }
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

/// What a session would take through the model to be chosen from.
struct Need {
    session: usize,
    id: SessionId,
    items: Vec<Item>,
    /// It goes on with all that it needs: what it lacks is one token, or its draws are shared with others.
    first: bool,
}

impl Need {
    fn tokens(&self) -> usize {
        self.items.iter().map(Item::tokens).sum()
    }

    /// Leaves at most `most` tokens to be fed now; gives how many are.
    fn cut(&mut self, most: usize) -> usize {
        let all = self.tokens();
        if all <= most {
            return all;
        }
        let cut = |left: usize, item: &mut Item| left - item.cut(left);
        most - self.items.iter_mut().fold(most, cut)
    }
}

/// Shares so many tokens out among those that read prompts: half is sure for the oldest, the rest goes to the others, those first
/// that need least, and what they leave to the oldest too.
fn share(needs: &mut [Need], most: usize) {
    let mut readers: Vec<&mut Need> = needs.iter_mut().filter(|need| !need.first).collect();
    readers.sort_by_key(|need| need.id);
    let Some((oldest, later)) = readers.split_first_mut() else { return };
    let sure = if later.is_empty() { most } else { most.div_ceil(2).min(oldest.tokens()) };
    later.sort_by_key(|need| (need.tokens(), need.id));
    let left = later.iter_mut().fold(most - sure, |left, need| left - need.cut(left));
    oldest.cut(sure + left);
}

/// Shares the rows of a step among the sessions whose sequences can wait, where there are too many for all of them at once.
fn share_rows(sessions: &mut [Session]) {
    let waiting: Vec<&mut Session> =
        sessions.iter_mut().filter(|session| !session.is_done() && session.turns.most().is_some()).collect();
    let most = waiting.iter().filter_map(|session| session.turns.most()).min().unwrap_or(usize::MAX);
    let tips: usize = waiting.iter().map(|session| session.pending.len()).sum();
    let parts = if tips <= most { 1 } else { waiting.len() };
    for session in waiting {
        session.turns.share(parts);
    }
}

impl Engine {
    /// Takes the branches of all nodes alive whose turn it is, and decides which tokens of them are fed in this step.
    pub(super) fn gather(&self, sessions: &mut [Session], budget: Budget) -> Vec<Item> {
        share_rows(sessions);
        let mut needs: Vec<Need> = sessions
            .iter_mut()
            .enumerate()
            .filter(|(_, session)| !session.is_done())
            .map(|(session, s)| {
                let items: Vec<Item> = s
                    .take_turn()
                    .into_iter()
                    .map(|(node, mut branch)| {
                        let feed = s.feed(node, &mut branch);
                        let (draft, rows, unguided_rows) = (VecDeque::new(), 0..0, 0..0);
                        let (text, unguided) = (feed.text, feed.unguided);
                        Item { session, node, branch, text, unguided, draft, waits: false, rows, unguided_rows }
                    })
                    .collect();
                let first = s.shares_draws() || items.iter().all(Item::decodes);
                Need { session, id: s.id(), items, first }
            })
            .collect();
        let deciding: usize = needs.iter().filter(|need| need.first).map(Need::tokens).sum();
        share(&mut needs, budget.0.saturating_sub(deciding).max(LEAST.min(budget.0)));
        for need in needs.iter_mut().filter(|need| need.items.iter().all(|item| !item.waits)) {
            self.guess(&mut sessions[need.session], &mut need.items);
        }
        needs.into_iter().filter(|need| !sessions[need.session].is_done()).flat_map(|need| need.items).collect()
    }

    /// Lets a session's drafter guess ahead (speculative decoding).
    fn guess(&self, session: &mut Session, items: &mut [Item]) {
        if session.drafter.is_none() {
            return;
        }
        // Rows of drafts are bounded as those of sequences are.
        let mut most = session.turns.now();
        for item in items {
            let draft = self.draft(session, item, most);
            most = most.saturating_sub(draft.as_ref().map_or(0, Vec::len));
            match draft {
                Ok(draft) => {
                    item.text.extend(&draft);
                    if !item.unguided.is_empty() {
                        item.unguided.extend(&draft);
                    }
                    item.draft = draft.into();
                }
                Err(error) => return session.fail(error),
            }
        }
    }

    /// The tokens that a session's drafter expects after a node: as many as there is room for, at most `most`.
    fn draft(&self, session: &mut Session, item: &Item, most: usize) -> Result<Vec<TokenId>, Error> {
        let Item { node, ref branch, ref text, .. } = *item;
        let room = session.room(node, self.model().geometry().context).min(most);
        let Some(mut drafter) = session.drafter.take_if(|_| room > 0) else { return Ok(Vec::new()) };
        // What the cache has and what is to be fed are prompt and path, and a copy of the list shares them.
        let mut tokens = branch.cache.tokens().clone();
        tokens.extend(text);
        let sequence = session.pending.iter().find(|tip| tip.node == node).map_or(0, |tip| tip.sequence);
        let prompt_len = session.prompt().len();
        let draft = drafter.draft(&Ahead { tokens: &tokens, prompt_len, room, sequence, pipeline: &branch.pipeline });
        session.drafter = Some(drafter);
        draft
    }

    /// Runs the beginnings of long prompts, so that what is left of each item fits into a pass beside others. A session
    /// whose numbers overflow fails by itself.
    pub(super) fn prefill(&self, sessions: &mut [Session], items: &mut Vec<Item>) -> Result<(), ModelError> {
        for item in items.iter_mut() {
            let session = &mut sessions[item.session];
            let keep = if item.waits { 0 } else { 1 + item.draft.len() };
            let fed = if session.wants().hidden {
                self.feed_showing(item, keep)
            } else {
                let most = CHUNK.max(keep);
                let text = self.feed_all_but(most, &mut item.branch.cache, &mut item.text);
                match &mut item.branch.unguided {
                    Some(cache) => text.and_then(|()| self.feed_all_but(most, cache, &mut item.unguided)),
                    None => text,
                }
            };
            attribute(session, fed)?;
        }
        items.retain(|item| !sessions[item.session].is_done());
        Ok(())
    }

    /// Runs the beginning of a text in chunks, so that its last `rest` tokens are left, at least one.
    pub(super) fn feed_all_but(
        &self,
        rest: usize,
        cache: &mut KvCache,
        feed: &mut Vec<TokenId>,
    ) -> Result<(), ModelError> {
        while feed.len() > rest.max(1) {
            let later = feed.split_off(CHUNK.min(feed.len() - rest.max(1)));
            self.model().forward(&mut [Span { tokens: feed, cache, want: Want::Nothing }], &mut ())?;
            *feed = later;
        }
        Ok(())
    }

    /// Runs all of a text but its last `keep` tokens, keeping the hidden states.
    fn feed_showing(&self, item: &mut Item, keep: usize) -> Result<(), ModelError> {
        while item.text.len() > keep {
            let later = item.text.split_off(SHOWN.min(item.text.len() - keep));
            let mut hidden = Hidden::default();
            let span = Span { tokens: &item.text, cache: &mut item.branch.cache, want: Want::All };
            self.model().forward(&mut [span], &mut hidden)?;
            item.branch.hidden.append(&mut hidden.0);
            item.branch.states += item.text.len();
            item.text = later;
        }
        Ok(())
    }

    /// The rows of every item, in as few passes over the weights as memory allows. Where a pass is refused, its sessions
    /// are run one by one, so that only those at fault fail.
    pub(super) fn forward(&self, sessions: &mut [Session], items: &mut [Item]) -> Result<Rows, ModelError> {
        let mut all = Rows::new(Vec::new(), self.model().geometry().vocab)?;
        let mut rest = items;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fits = |item: &&mut Item| {
                tokens += item.tokens();
                tokens <= PASS
            };
            let count = rest.iter_mut().take_while(fits).count().max(1);
            let (group, later) = rest.split_at_mut(count);
            rest = later;
            let before: Vec<[usize; 2]> = group.iter().map(|item| item.branch.lengths()).collect();
            let show = group.iter().any(|item| sessions[item.session].wants().hidden);
            let Err(error) = self.pass(group, show, &mut all) else { continue };
            if broken(&error) || group.len() == 1 {
                attribute(&mut sessions[group[0].session], Err(error))?;
                continue;
            }
            for (item, before) in group.iter_mut().zip(before) {
                item.branch.truncate(before);
                if !sessions[item.session].is_done() {
                    let run = self.pass(std::slice::from_mut(item), show, &mut all);
                    attribute(&mut sessions[item.session], run)?;
                }
            }
        }
        Ok(all)
    }

    /// One pass over the weights.
    fn pass(&self, group: &mut [Item], show: bool, all: &mut Rows) -> Result<(), ModelError> {
        let mut spans = Vec::new();
        let mut at = all.len();
        for item in group.iter_mut() {
            let count = if item.waits { 0 } else { 1 + item.draft.len() };
            let want = if item.waits { Want::Nothing } else { Want::Tail(count) };
            if !item.text.is_empty() {
                item.rows = at..at + count;
                at += count;
                spans.push(Span { tokens: &item.text, cache: &mut item.branch.cache, want });
            }
            if let Some(cache) = item.branch.unguided.as_mut().filter(|_| !item.unguided.is_empty()) {
                item.unguided_rows = at..at + count;
                at += count;
                spans.push(Span { tokens: &item.unguided, cache, want });
            }
        }
        if spans.is_empty() {
            return Ok(());
        }
        let mut hidden = Hidden::default();
        // A probe is asked for at every layer; nobody listens unless a search compares hidden states.
        let rows = if show {
            self.model().forward(&mut spans, &mut hidden)?
        } else {
            self.model().forward(&mut spans, &mut ())?
        };
        let width = hidden.0.len() / rows.len().max(1);
        all.append(rows);
        let mut parts = hidden.0.chunks_exact(width.max(1));
        for item in group {
            item.branch.hidden.extend(parts.by_ref().take(item.rows.len()).flatten());
            item.branch.states += item.rows.len();
            parts.by_ref().take(item.unguided_rows.len()).for_each(drop);
        }
        Ok(())
    }
}

/// Whether an error is the model's, not that of what was fed: every session would meet it.
fn broken(error: &ModelError) -> bool {
    matches!(error, ModelError::Weights { .. })
}

/// Makes an error the session's own, unless it is the model's.
fn attribute(session: &mut Session, result: Result<(), ModelError>) -> Result<(), ModelError> {
    match result {
        Err(error) if broken(&error) => Err(error),
        Err(error) => {
            session.fail(error.into());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
