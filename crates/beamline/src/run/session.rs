//! One prompt on its way to text: a tree, a strategy, and what each tip needs to grow.

use crate::options::recipe::Recipe;
use crate::run::draft::Drafter;
use beamline_model::{Geometry, KvCache};
use beamline_search::{Certificate, Coins, Found, NodeId, State, Strategy, Tip, Tree, Wants};
use beamline_shape::{Logits, Pipeline};
use beamline_tokens::TokenId;
use std::collections::BTreeMap;
use std::time::Duration;

/// A prompt, as text or as tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// Text, taken as it is.
    Text(String),
    /// Token ids, taken as they are: no begin token is added.
    Ids(Vec<TokenId>),
}

/// What one call of [`Engine::step`](crate::Engine::step) did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Whether any session goes on.
    pub more: bool,
    /// Time spent in the model.
    pub forward: Duration,
    /// Time spent shaping and choosing.
    pub choose: Duration,
    /// Tokens that a draft guessed rightly.
    pub accepted: usize,
    /// Tokens that a draft guessed.
    pub drafted: usize,
}

/// What a tip of the tree needs to grow: its caches and its processors, forked together.
pub(crate) struct Branch {
    pub(crate) cache: KvCache,
    /// The text without its prompt, where guidance asks for it.
    pub(crate) unguided: Option<KvCache>,
    pub(crate) pipeline: Pipeline,
}

impl Branch {
    /// A copy that goes its own way.
    fn fork(&self) -> Self {
        Self { cache: self.cache.clone(), unguided: self.unguided.clone(), pipeline: self.pipeline.fork() }
    }
}

/// A prompt being continued.
pub struct Session {
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
    /// What each distinct pending node needs.
    pub(crate) branches: BTreeMap<NodeId, Branch>,
    /// The prompt's own branch, for strategies that go back.
    trunk: Option<Branch>,
    /// Processors of tips that share a node but have shaped their rows apart, by node and sequence.
    pub(crate) own: BTreeMap<(NodeId, u32), Pipeline>,
    /// Rows to shape in, kept so that nothing is allocated for each token.
    pub(crate) spare: Vec<Logits>,
    /// Steps taken.
    pub(crate) steps: usize,
    /// Whether to note what the model itself thought of each token.
    pub(crate) measures: bool,
}

/// A text and how far a branch has come in it: what is still to be fed.
pub(crate) struct Feed {
    pub(crate) text: Vec<TokenId>,
    pub(crate) unguided: Vec<TokenId>,
}

impl Session {
    pub(crate) fn new(prompt: Vec<TokenId>, recipe: Recipe, geometry: Geometry) -> Self {
        let (tree, mut strategy) = (Tree::new(), recipe.strategy);
        let pending = strategy.frontier(&tree);
        let unguided = recipe.negative.is_some().then(|| KvCache::new(geometry));
        let branch = Branch { cache: KvCache::new(geometry), unguided, pipeline: recipe.pipeline };
        Self {
            prompt,
            negative: recipe.negative.unwrap_or_default(),
            tree,
            strategy,
            coins: recipe.coins,
            drafter: recipe.drafter,
            max_new_tokens: recipe.max_new_tokens,
            pending,
            branches: BTreeMap::from([(Tree::ROOT, branch)]),
            trunk: None,
            own: BTreeMap::new(),
            spare: Vec::new(),
            steps: 0,
            measures: true,
        }
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

    /// Whether the text of the first sequence may be shown as it comes: it only ever grows.
    pub fn streams(&self) -> bool {
        self.strategy.streams()
    }

    /// What an exact search has proved so far.
    pub fn certificate(&self) -> Option<Certificate> {
        self.strategy.certificate()
    }

    /// True when nothing is left to grow.
    pub fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// Blocks of keys and values that this session holds in memory, those that branches share counted once.
    pub fn cache_blocks(&self) -> usize {
        let caches =
            self.branches.values().chain(&self.trunk).flat_map(|b| std::iter::once(&b.cache).chain(&b.unguided));
        KvCache::distinct_blocks(caches)
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

    /// Prompt and path of a node.
    pub(crate) fn tokens(&self, node: NodeId) -> Vec<TokenId> {
        self.after(&self.prompt, node)
    }

    fn after(&self, begin: &[TokenId], node: NodeId) -> Vec<TokenId> {
        let mut tokens = begin.to_vec();
        tokens.extend(self.tree.path(node));
        tokens
    }

    /// What a branch's caches lack of a node's text: its last token at the least, whose row is wanted.
    pub(crate) fn feed(&self, node: NodeId, branch: &mut Branch) -> Feed {
        let lacking = |mut tokens: Vec<TokenId>, cache: &mut KvCache| {
            cache.truncate(tokens.len() - 1);
            tokens.split_off(cache.len())
        };
        let unguided = branch.unguided.as_mut();
        Feed {
            text: lacking(self.tokens(node), &mut branch.cache),
            unguided: unguided.map_or(Vec::new(), |cache| lacking(self.after(&self.negative, node), cache)),
        }
    }

    /// Takes the caches of nodes whose rows are not known back to before their last token: drafts that went another way
    /// are forgotten.
    pub(crate) fn cut_all_but(&mut self, known: impl Fn(NodeId) -> bool) {
        for (node, branch) in self.branches.iter_mut().filter(|(node, _)| !known(**node)) {
            let before = self.tree.depth(*node).saturating_sub(1);
            branch.cache.truncate(self.prompt.len() + before);
            if let Some(cache) = &mut branch.unguided {
                cache.truncate(self.negative.len() + before);
            }
        }
    }

    /// Every node alive without a branch inherits from its nearest ancestor that has one: the last heir takes it, the
    /// others fork it. So a sequence without siblings never copies its cache. Branches without heirs go.
    pub(crate) fn hand_down(&mut self, mut from: BTreeMap<NodeId, Branch>) {
        if self.wants().revisits && self.trunk.is_none() {
            self.trunk = from.get(&Tree::ROOT).map(Branch::fork);
        }
        let mut heirs: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        let alive = self.alive_nodes();
        self.branches.retain(|node, _| alive.binary_search(node).is_ok());
        for node in alive {
            if !self.branches.contains_key(&node) {
                heirs.entry(self.ancestor(node, &from)).or_default().push(node);
            }
        }
        for (ancestor, nodes) in heirs {
            let mut branch = from.remove(&ancestor);
            for (i, &node) in nodes.iter().enumerate() {
                let last = i + 1 == nodes.len();
                let heir = match &branch {
                    Some(_) if last => branch.take(),
                    Some(branch) => Some(branch.fork()),
                    None => self.trunk.as_ref().map(Branch::fork),
                };
                let Some(mut heir) = heir else { continue };
                let sequence = self.pending.iter().find(|tip| tip.node == node).map(|tip| tip.sequence);
                if let Some(own) = sequence.and_then(|sequence| self.own.remove(&(ancestor, sequence))) {
                    heir.pipeline = own;
                }
                self.accept(&mut heir, ancestor, node);
                self.branches.insert(node, heir);
            }
        }
    }

    /// The nearest ancestor that has a branch among these, or else the root.
    fn ancestor(&self, node: NodeId, from: &BTreeMap<NodeId, Branch>) -> NodeId {
        let mut at = node;
        while let Some(parent) = self.tree.node(at).parent.filter(|_| !from.contains_key(&at)) {
            at = parent;
        }
        at
    }

    /// Tells a branch's processors of the tokens between two nodes.
    fn accept(&self, branch: &mut Branch, from: NodeId, to: NodeId) {
        let path = self.tree.path(to);
        let new = &path[self.tree.depth(from)..];
        if let [token] = new {
            // The usual case: the cache knows what comes before.
            let known = self.prompt.len() + path.len() - 1;
            branch.pipeline.accept(&branch.cache.tokens().prefix(known), *token);
        } else {
            let tokens = self.tokens(to);
            for at in tokens.len() - new.len()..tokens.len() {
                branch.pipeline.accept(&tokens[..at].into(), tokens[at]);
            }
        }
    }

    /// How many tokens may be guessed after a node: at least one more is chosen by the search itself.
    pub(crate) fn room(&self, node: NodeId, context: usize) -> usize {
        let depth = self.tree.depth(node);
        let longest = self.prompt.len().max(self.negative.len()) + depth;
        (self.max_new_tokens - depth - 1).min(context - longest)
    }

    /// Whether to note the raw model's log-probability, rank and entropy of every token, which takes a little time; on
    /// unless switched off. What ranks by them needs them.
    pub fn measure(&mut self, on: bool) {
        self.measures = on;
    }

    /// How a node's sequence ended, if it has.
    pub(crate) fn state(&self, node: NodeId) -> State {
        self.tree.node(node).state
    }
}
