//! One prompt on its way to text: a tree, a strategy, and what each tip needs to grow.

use crate::recipe::Recipe;
use beamline_model::{Geometry, KvCache};
use beamline_search::{NodeId, Outlook, State, Strategy, Tree};
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
}

/// Watches a search while it runs. `()` watches nothing.
pub trait Observer {
    /// Session `session` is about to choose what follows `tokens` (prompt and path).
    fn outlook(&mut self, _session: usize, _tokens: &[TokenId], _outlook: &Outlook<'_>) {}
}

impl Observer for () {}

/// What a tip of the tree needs to grow: its cache and its processors, forked together.
pub(crate) struct Branch {
    pub(crate) cache: KvCache,
    pub(crate) pipeline: Pipeline,
    /// The row being shaped; kept so that nothing is allocated for each token.
    pub(crate) scores: Logits,
}

impl Branch {
    /// A copy that goes its own way.
    fn fork(&self) -> Self {
        Self { cache: self.cache.clone(), pipeline: self.pipeline.fork(), scores: Logits::default() }
    }
}

/// A prompt being continued.
pub struct Session {
    prompt: Vec<TokenId>,
    tree: Tree,
    strategy: Box<dyn Strategy>,
    /// The nodes to grow next, as the strategy asked for them.
    pub(crate) pending: Vec<NodeId>,
    /// What each distinct pending node needs.
    pub(crate) branches: BTreeMap<NodeId, Branch>,
    /// Whether to note what the model itself thought of each token.
    pub(crate) measures: bool,
}

impl Session {
    pub(crate) fn new(prompt: Vec<TokenId>, recipe: Recipe, geometry: Geometry, measures: bool) -> Self {
        let (tree, mut strategy) = (Tree::new(), recipe.strategy);
        let pending = strategy.frontier(&tree);
        let branch = Branch { cache: KvCache::new(geometry), pipeline: recipe.pipeline, scores: Logits::default() };
        Self { prompt, tree, strategy, pending, branches: BTreeMap::from([(Tree::ROOT, branch)]), measures }
    }

    /// The prompt's tokens.
    pub fn prompt(&self) -> &[TokenId] {
        &self.prompt
    }

    /// Every token considered so far.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The last nodes of the sequences, the best first.
    pub fn results(&self) -> Vec<NodeId> {
        self.strategy.results(&self.tree)
    }

    /// True when nothing is left to grow.
    pub fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// Prompt and path of a node.
    pub(crate) fn tokens(&self, node: NodeId) -> Vec<TokenId> {
        let mut tokens = self.prompt.clone();
        tokens.extend(self.tree.path(node));
        tokens
    }

    /// Takes the branches of the pending nodes, each with the tokens that its cache does not hold yet.
    pub(crate) fn take_branches(&mut self) -> Vec<(NodeId, Branch, Vec<TokenId>)> {
        std::mem::take(&mut self.branches)
            .into_iter()
            .map(|(node, branch)| {
                let feed = self.tokens(node).split_off(branch.cache.len());
                (node, branch, feed)
            })
            .collect()
    }

    /// Lets the strategy grow the tree; `note` is called for every new node, where measures are wanted.
    pub(crate) fn grow(&mut self, outlooks: &[Outlook<'_>], note: impl Fn(&mut Tree, NodeId)) {
        let before = self.tree.len();
        self.strategy.grow(&mut self.tree, outlooks);
        if self.measures {
            let grown: Vec<NodeId> = self.tree.nodes().skip(before - 1).map(|(node, _)| node).collect();
            for node in grown {
                note(&mut self.tree, node);
            }
        }
        self.pending = self.strategy.frontier(&self.tree);
    }

    /// Every pending node inherits from its nearest ancestor that has a branch: the last heir takes it, the others fork
    /// it. So a sequence without siblings never copies its cache.
    pub(crate) fn hand_down(&mut self, mut from: BTreeMap<NodeId, Branch>) {
        let mut heirs: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        let mut distinct = self.pending.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for node in distinct {
            let mut at = node;
            while !from.contains_key(&at) {
                at = self.tree.node(at).parent.expect("a pending node descends from one that had a branch");
            }
            heirs.entry(at).or_default().push(node);
        }
        for (ancestor, nodes) in heirs {
            let mut branch = from.remove(&ancestor);
            let steps = |node| self.tree.branch(node).len() - self.tree.branch(ancestor).len();
            for (i, &node) in nodes.iter().enumerate() {
                let heir = if i + 1 == nodes.len() { branch.take() } else { branch.as_ref().map(Branch::fork) };
                let Some(mut heir) = heir else { continue };
                let path = self.tree.path(node);
                path[path.len() - steps(node)..].iter().for_each(|&token| heir.pipeline.accept(token));
                self.branches.insert(node, heir);
            }
        }
    }

    /// How each result ended, if it has.
    pub(crate) fn state(&self, node: NodeId) -> State {
        self.tree.node(node).state
    }
}
