//! One prompt on its way to text: a tree, a strategy, and what each tip needs to grow.

mod branches;

use super::branch::Branch;
use super::cached_text::CachedText;
use super::draft::Drafter;
use super::prompt::Prompt;
use super::setup::SearchSetup;
use super::timings::{Step, Timings};
use super::turns::Turns;
use crate::error::Error;
use crate::observe::SessionId;
use crate::options::Plan;
use beamline_model::{Geometry, KvCache};
use beamline_search::{
    Certificate, Coins, FinishReason, Found, NodeId, State, StopStrings, Strategy, Tip, Tree, Wants,
};
use beamline_shape::{Logits, Pipeline};
use beamline_tokens::{TokenId, TokenList};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// Whether a session notes what the model itself, before any processor, thought of every token that it grows
/// (log-probability, rank, entropy), which takes a little time for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RawStats {
    /// They are noted.
    #[default]
    On,
    /// They are not: log-probabilities and entropies of a result are NaN then, ranks 0.
    Off,
}

/// The rows of a batch that share one stream of random numbers, as in torch: all of them step together, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SharedDraws {
    /// The id of the batch's first session.
    pub(crate) batch: SessionId,
    pub(crate) row: usize,
    pub(crate) rows: usize,
}

/// A prompt being continued. It owns its plan, its prompt and its timings; it may be stepped beside any others, and dropped
/// or cancelled between steps. What goes wrong with it is its own state ([`error`](Self::error)), and the results of
/// others keep their bits.
pub struct Session {
    id: SessionId,
    plan: Plan,
    /// The prompt, as it was given.
    given: Prompt,
    prompt: Vec<TokenId>,
    /// The prompt to move away from, where guidance is on.
    negative: Vec<TokenId>,
    pub(crate) tree: Tree,
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) coins: Coins,
    pub(crate) drafter: Option<Box<dyn Drafter>>,
    /// The tips to grow next, as the strategy asked for them.
    pub(crate) pending: Vec<Tip>,
    /// The most new tokens.
    max_new_tokens: usize,
    /// Whether a text of that many tokens fills the model's context, and more were asked for.
    fills_context: bool,
    /// Forks of the processors that know whether a text may end (grammars), before its first token.
    judges: Pipeline,
    /// What each distinct pending node needs.
    pub(crate) branches: BTreeMap<NodeId, Branch>,
    /// Whose turn it is among them.
    pub(crate) turns: Turns,
    /// The prompt's own branch, for strategies that go back.
    trunk: Option<Branch>,
    /// Keys and values of the longest text that has ended.
    ended: Option<KvCache>,
    /// Processors of tips that share a node but have shaped their rows apart, by node and sequence.
    pub(crate) own: BTreeMap<(NodeId, u32), Pipeline>,
    /// Rows to shape in, kept so that nothing is allocated for each token.
    pub(crate) spare: Vec<Logits>,
    /// Steps taken.
    pub(crate) steps: usize,
    raw_stats: RawStats,
    shared_draws: Option<SharedDraws>,
    /// The stop strings before which texts are cut.
    cut: Option<StopStrings>,
    /// When to stop, whatever there is.
    pub(crate) deadline: Option<Instant>,
    timings: Timings,
    reused_tokens: usize,
    failed: Option<Error>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("prompt_tokens", &self.prompt.len())
            .field("nodes", &self.tree.len())
            .field("steps", &self.steps)
            .field("done", &self.is_done())
            .field("error", &self.failed)
            .finish_non_exhaustive()
    }
}

/// What a session begins with.
pub(crate) struct Start {
    pub(crate) id: SessionId,
    pub(crate) plan: Plan,
    pub(crate) given: Prompt,
    pub(crate) prompt: Vec<TokenId>,
    pub(crate) setup: SearchSetup,
    pub(crate) geometry: Geometry,
    /// Keys and values of a beginning of the prompt.
    pub(crate) cache: KvCache,
    pub(crate) shared_draws: Option<SharedDraws>,
    pub(crate) cut: Option<StopStrings>,
    pub(crate) load_seconds: f64,
}

impl Session {
    pub(crate) fn new(start: Start) -> Self {
        let Start { id, plan, given, prompt, setup, geometry, cache, shared_draws, cut, load_seconds } = start;
        let (tree, mut strategy, mut pipeline) = (Tree::new(), setup.strategy, setup.pipeline);
        let judges = pipeline.judges();
        let pending = strategy.frontier(&tree);
        let unguided = setup.negative.is_some().then(|| KvCache::new(geometry));
        // Who compares hidden states must see those of the whole prompt.
        let cache = if strategy.wants().hidden { KvCache::new(geometry) } else { cache };
        let reused_tokens = cache.len();
        let branch = Branch::new(cache, unguided, pipeline);
        Self {
            id,
            plan,
            given,
            prompt,
            negative: setup.negative.unwrap_or_default(),
            tree,
            strategy,
            coins: setup.coins,
            drafter: setup.drafter,
            max_new_tokens: setup.max_new_tokens,
            fills_context: setup.fills_context,
            judges,
            pending,
            branches: BTreeMap::from([(Tree::ROOT, branch)]),
            turns: setup.turns,
            trunk: None,
            ended: None,
            own: BTreeMap::new(),
            spare: Vec::new(),
            steps: 0,
            raw_stats: RawStats::On,
            shared_draws,
            cut,
            deadline: setup.deadline,
            timings: Timings::new(load_seconds),
            reused_tokens,
            failed: None,
        }
    }

    /// Its number: unique in its engine, and greater than those of sessions that began before.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// What it was asked to do.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The prompt, as it was given.
    pub fn given(&self) -> &Prompt {
        &self.given
    }

    /// The prompt's tokens.
    pub fn prompt(&self) -> &[TokenId] {
        &self.prompt
    }

    /// The tokens that the search has kept or finished so far.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The sequences, the best first.
    pub fn results(&self) -> Vec<Found> {
        self.strategy.results(&self.tree)
    }

    /// Whether texts may be shown as they come: each of them only ever grows.
    pub fn streams(&self) -> bool {
        self.strategy.streams()
    }

    /// What an exact search has proved so far.
    pub fn certificate(&self) -> Option<Certificate> {
        self.strategy.certificate()
    }

    /// True when nothing is left to grow: all texts have ended, or the session has failed or was cancelled.
    pub fn is_done(&self) -> bool {
        self.pending.is_empty() || self.failed.is_some()
    }

    /// Why it cannot go on, where that is so: its processors left no token, its numbers overflowed, its time was up before
    /// its prompt was read, or it was cancelled. What it had come to can still be read.
    pub fn error(&self) -> Option<&Error> {
        self.failed.as_ref()
    }

    /// The reason why it cannot go on, given away; the session stays done.
    pub(crate) fn take_error(&mut self) -> Option<Error> {
        self.pending.clear();
        self.failed.take()
    }

    /// Ends it between two steps: its memory is free at once, and [`error`](Self::error) says that it was cancelled. One
    /// that is done already stays as it is.
    pub fn cancel(&mut self) {
        if !self.is_done() {
            self.fail(Error::Cancelled);
        }
    }

    /// Notes why it cannot go on, and lets go of what only going on would need.
    pub(crate) fn fail(&mut self, error: Error) {
        self.failed.get_or_insert(error);
        self.branches.clear();
        self.trunk = None;
        self.own.clear();
        self.spare.clear();
    }

    /// How many tokens of its prompt it did not have to read, since their keys and values were handed in.
    #[doc(alias = "cached_tokens")]
    pub fn reused_tokens(&self) -> usize {
        self.reused_tokens
    }

    /// How long it took, as far as it has come.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Counts a step in that it took part in.
    pub(crate) fn took(&mut self, step: &Step, chose: bool) {
        self.timings.add(step, chose);
    }

    /// Whether its draws are shared with other rows of its batch, so that all of them must step together.
    pub(crate) fn shares_draws(&self) -> bool {
        self.shared_draws.is_some()
    }

    pub(crate) fn shared_draws(&self) -> Option<SharedDraws> {
        self.shared_draws
    }

    /// Whether it ran out of time before its prompt was read, with nothing to show.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        !self.is_done()
            && self.steps == 0
            && self.timings.begun()
            && self.deadline.is_some_and(|deadline| now > deadline)
    }

    /// Ends its sequences where they stand if its time is up: where some of them have not had their turn. Says whether it was.
    pub(crate) fn end_late(&mut self) -> bool {
        if self.deadline.is_none_or(|deadline| Instant::now() <= deadline) {
            return false;
        }
        for tip in std::mem::take(&mut self.pending) {
            self.tree.set_state(tip.node, State::Finished(FinishReason::Time));
        }
        self.pending = self.strategy.frontier(&self.tree);
        true
    }

    /// The branches whose turn it is in this step.
    pub(crate) fn take_turn(&mut self) -> BTreeMap<NodeId, Branch> {
        self.turns.take(&mut self.branches, self.tree.len())
    }

    /// Blocks of keys and values that this session holds in memory, those that branches share counted once.
    pub fn cache_blocks(&self) -> usize {
        let caches =
            self.branches.values().chain(&self.trunk).flat_map(|b| std::iter::once(&b.cache).chain(&b.unguided));
        KvCache::distinct_blocks(caches.chain(&self.ended))
    }

    /// Keys and values of the prompt and of what has been generated, as far as they have been computed: of the branch that
    /// has come furthest, or of the text that ended last. For another session to begin with, or for a
    /// [`PrefixStore`](crate::PrefixStore).
    pub(crate) fn longest_cache(&self) -> Option<&KvCache> {
        let live = self.branches.values().map(|branch| &branch.cache);
        // Of equals the first: by node, so that it does not depend on chance.
        live.chain(&self.ended).rev().max_by_key(|cache| cache.len())
    }

    /// Takes over keys and values before the first step, as far as the prompt begins with their tokens. Who compares hidden
    /// states must see those of the whole prompt, and begins with nothing.
    pub(super) fn begin_from(&mut self, from: CachedText) {
        let (hidden, model) = (self.wants().hidden, from.model());
        let Some(branch) = self.branches.get_mut(&Tree::ROOT).filter(|branch| branch.cache.is_empty() && !hidden)
        else {
            return;
        };
        if let Ok(cache) = from.beginning_of(&self.prompt, model) {
            self.reused_tokens = cache.len();
            branch.cache = cache;
        }
    }

    /// Lets go of the keys and values of a session that is done; [`Engine::cached_text`](crate::Engine::cached_text) is
    /// empty from then on. Texts and numbers stay.
    pub fn free_cache(&mut self) {
        if self.is_done() {
            self.branches.clear();
            (self.ended, self.trunk) = (None, None);
        }
    }

    /// At most so many blocks of keys and values will it hold while it runs, for who admits sessions by memory: the prompt once, and
    /// for each branch that its search keeps all that may follow, copies of unfinished blocks among it.
    ///
    /// ```
    /// use beamline::{Engine, Options};
    /// let engine = Engine::open("builtin")?;
    /// let options = Options::new().num_beams(4).max_new_tokens(20);
    /// let session = engine.session("Once upon a time", &engine.plan(&options)?)?;
    /// assert_eq!(session.most_cache_blocks(), 1 + 4 * 3); // 4 tokens, and four times 20 with an unfinished block
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn most_cache_blocks(&self) -> usize {
        let blocks = |tokens: usize| tokens.div_ceil(Geometry::BLOCK);
        let branches = self.most_branches();
        let each = blocks(self.max_new_tokens) + 1;
        let all = blocks(self.prompt.len()).saturating_add(branches.saturating_mul(each));
        if self.negative.is_empty() {
            return all;
        }
        all.saturating_add(blocks(self.negative.len())).saturating_add(branches.saturating_mul(each))
    }

    /// The most branches that its search keeps at a time.
    pub fn most_branches(&self) -> usize {
        self.strategy.most_alive().unwrap_or_else(|| self.plan.options().most_branches())
    }

    /// The stop strings before which texts are cut.
    pub(crate) fn cut(&self) -> Option<&StopStrings> {
        self.cut.as_ref()
    }

    pub(crate) fn wants(&self) -> Wants {
        self.strategy.wants()
    }

    /// The distinct nodes that may still be asked for.
    pub(crate) fn alive_nodes(&mut self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.strategy.alive(&self.tree).iter().map(|tip| tip.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Prompt and path of a node. Walks to the root: for who looks on, not for steps.
    pub(crate) fn tokens(&self, node: NodeId) -> Vec<TokenId> {
        let mut tokens = self.prompt.clone();
        tokens.extend(self.tree.path(node));
        tokens
    }

    /// How many tokens may be guessed after a node: at least one more is chosen by the search itself.
    pub(crate) fn room(&self, node: NodeId, context: usize) -> usize {
        let depth = self.tree.depth(node);
        let longest = self.prompt.len().max(self.negative.len()) + depth;
        (self.max_new_tokens - depth - 1).min(context - longest)
    }

    /// The most new tokens that a text may come to: as asked for, or what the model's context has room for.
    pub fn max_new_tokens(&self) -> usize {
        self.max_new_tokens
    }

    /// Whether a node's sequence ended because the model's context is full, before it was as long as asked for.
    pub fn is_context_full(&self, node: NodeId) -> bool {
        self.fills_context && self.state(node) == State::Finished(FinishReason::Length)
    }

    /// Whether the text up to a node is whole by the grammar that it is held to (`json_schema`, `regex`, `lark`); none
    /// where there is no grammar. Walks from the root: for results, not for steps.
    pub fn is_grammar_complete(&self, node: NodeId) -> Option<bool> {
        let mut judges = self.judges.fork();
        judges.is_complete()?;
        let mut before = TokenList::new();
        self.prompt.iter().for_each(|&token| before.push(token));
        for token in self.tree.path(node) {
            judges.accept(&before, token);
            before.push(token);
        }
        judges.is_complete()
    }

    /// Says whether to note the raw model's log-probability, rank and entropy of every token; they are noted unless this
    /// switches them off. What ranks by them needs them.
    pub fn raw_stats(&mut self, stats: RawStats) {
        self.raw_stats = stats;
    }

    /// Whether the raw model's numbers are noted.
    pub(crate) fn notes_stats(&self) -> bool {
        self.raw_stats == RawStats::On
    }

    /// How a node's sequence ended, if it has.
    pub fn state(&self, node: NodeId) -> State {
        self.tree.node(node).state
    }
}
