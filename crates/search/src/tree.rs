//! Every token that a search considered, and what became of it.

use crate::finish::FinishReason;
use beamline_tokens::TokenId;

/// A node's number in its tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(u32);

/// What became of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It may still grow.
    Open,
    /// A sequence ended here.
    Finished(FinishReason),
}

/// What the model itself, before any processor, thought of a token.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TokenStats {
    /// Log-probability over the whole vocabulary, in nats.
    pub logprob: f64,
    /// Its place in that distribution, from 1; of equals the lower id comes first.
    pub rank: usize,
    /// The entropy of that distribution, in nats.
    pub entropy: f64,
}

/// A token at a place in the tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it follows; none for the root, which stands for the prompt.
    pub parent: Option<NodeId>,
    /// The token.
    pub token: TokenId,
    /// Its log-probability after the processors, as the strategy counted it.
    pub logprob: f64,
    /// The score of the path from the root on, as the strategy counted it; for most the sum of `logprob`.
    pub score: f64,
    /// How many tokens lie between the root and it, its own among them.
    pub depth: u32,
    /// What became of it.
    pub state: State,
    /// What the model itself thought, where that was asked for.
    pub raw: Option<TokenStats>,
}

/// A tree of tokens over one prompt.
#[doc(alias = "hypotheses")]
#[derive(Clone, PartialEq, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl NodeId {
    /// Its place in the order in which nodes grew; the root is 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// The prompt.
    pub const ROOT: NodeId = NodeId(0);

    /// A tree of nothing but its root.
    pub fn new() -> Self {
        let root =
            Node { parent: None, token: TokenId(0), logprob: 0.0, score: 0.0, depth: 0, state: State::Open, raw: None };
        Self { nodes: vec![root] }
    }

    /// A node.
    ///
    /// # Panics
    /// When the id is another tree's.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes but the root, in the order in which they grew.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().skip(1).map(|(i, node)| (NodeId(i as u32), node))
    }

    /// Those that grew since there were `len` nodes.
    pub fn since(&self, len: usize) -> impl Iterator<Item = (NodeId, &Node)> {
        (len as u32..).map(NodeId).zip(&self.nodes[len..])
    }

    /// The number of nodes, the root among them.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True before anything grew.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// Adds a token below `parent`, with its log-probability and the score of the path that it ends.
    pub fn grow(&mut self, parent: NodeId, token: TokenId, logprob: f64, score: f64) -> NodeId {
        let depth = self.node(parent).depth + 1;
        self.nodes.push(Node { parent: Some(parent), token, logprob, score, depth, state: State::Open, raw: None });
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Says what became of a node.
    pub fn set_state(&mut self, id: NodeId, state: State) {
        self.nodes[id.0 as usize].state = state;
    }

    /// Notes what the model itself thought of a node's token.
    pub fn set_raw(&mut self, id: NodeId, stats: TokenStats) {
        self.nodes[id.0 as usize].raw = Some(stats);
    }

    /// The nodes from the root's child to `id`, in order.
    pub fn branch(&self, id: NodeId) -> Vec<NodeId> {
        self.branch_from(Self::ROOT, id)
    }

    /// The nodes below `from` down to `id`, in order. Walks no further back.
    pub(crate) fn branch_from(&self, from: NodeId, mut id: NodeId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        while let Some(parent) = self.node(id).parent.filter(|_| id != from) {
            nodes.push(id);
            id = parent;
        }
        nodes.reverse();
        nodes
    }

    /// The tokens from the root to `id`.
    pub fn path(&self, id: NodeId) -> Vec<TokenId> {
        self.branch(id).into_iter().map(|node| self.node(node).token).collect()
    }

    /// The last `count` tokens of the path to `id`, or all of them where it is shorter. Walks no further back.
    pub fn last_tokens(&self, mut id: NodeId, count: usize) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(count);
        while let Some(parent) = self.node(id).parent.filter(|_| tokens.len() < count) {
            tokens.push(self.node(id).token);
            id = parent;
        }
        tokens.reverse();
        tokens
    }

    /// Whether the tokens from the root to `a` are those to `b`: goes back only as far as tokens agree and nodes differ, so
    /// it is told at once of most.
    pub(crate) fn same_path(&self, mut a: NodeId, mut b: NodeId) -> bool {
        while a != b {
            let (left, right) = (self.node(a), self.node(b));
            let (Some(before_a), Some(before_b)) = (left.parent, right.parent) else { return false };
            if left.depth != right.depth || left.token != right.token {
                return false;
            }
            (a, b) = (before_a, before_b);
        }
        true
    }

    /// How many tokens lie between the root and `id`, `id`'s among them.
    pub fn depth(&self, id: NodeId) -> usize {
        self.node(id).depth as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_where_their_tokens_are() {
        let mut tree = Tree::new();
        let mut ids = vec![Tree::ROOT];
        // Two parents of each token, among them twins.
        for (parent, token) in [(0, 1), (0, 1), (0, 2), (1, 3), (2, 3), (3, 3), (4, 1), (5, 1), (5, 1), (4, 5)] {
            ids.push(tree.grow(ids[parent], TokenId(token), 0.0, 0.0));
        }
        for &a in &ids {
            for &b in &ids {
                assert_eq!(tree.same_path(a, b), tree.path(a) == tree.path(b), "{a:?} {b:?}");
            }
        }
    }
}
