//! Branches from step to step: what each still lacks of its text, and who inherits it.

use super::{Branch, Session};
use beamline_model::KvCache;
use beamline_search::{NodeId, Tree};
use beamline_tokens::TokenId;
use std::collections::BTreeMap;

/// A text and how far a branch has come in it: what is still to be fed.
pub(crate) struct Feed {
    pub(crate) text: Vec<TokenId>,
    pub(crate) unguided: Vec<TokenId>,
}

impl Session {
    /// What a branch's caches lack of a node's text: its last token at the least, whose row is wanted.
    pub(crate) fn feed(&self, node: NodeId, branch: &mut Branch) -> Feed {
        let unguided = branch.unguided.as_mut();
        Feed {
            text: self.lacking(&self.prompt, node, &mut branch.cache),
            unguided: unguided.map_or(Vec::new(), |cache| self.lacking(&self.negative, node, cache)),
        }
    }

    /// What a cache lacks of a beginning and a node's path; walks no further back than that.
    fn lacking(&self, begin: &[TokenId], node: NodeId, cache: &mut KvCache) -> Vec<TokenId> {
        let all = begin.len() + self.tree.depth(node);
        cache.truncate(all - 1);
        let mut tokens = begin.get(cache.len()..).unwrap_or_default().to_vec();
        let of_path = all - cache.len() - tokens.len();
        tokens.extend(self.tree.last_tokens(node, of_path));
        tokens
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
        if alive.is_empty() {
            // What has been computed may serve another session that begins with the same tokens.
            let live = std::mem::take(&mut self.branches);
            self.ended = live.into_values().chain(from.into_values()).map(|b| b.cache).rev().max_by_key(KvCache::len);
            self.trunk = None;
            return;
        }
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
        let depth = self.tree.depth(to);
        let new = self.tree.last_tokens(to, depth - self.tree.depth(from));
        let known = self.prompt.len() + depth - new.len();
        let mut before = branch.cache.tokens().prefix(known);
        for token in new {
            branch.pipeline.accept(&before, token);
            before.push(token);
        }
    }
}
