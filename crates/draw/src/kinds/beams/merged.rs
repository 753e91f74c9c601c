//! The candidates of a search as a tree in which no token comes twice after the same text.

use super::{BeamView, short};
use crate::chart::NodeRole;
use crate::label;
use crate::label::continued;
use beamline::Fate;
use beamline_study::{CandidateNode, SearchTree};
use std::collections::BTreeMap;

/// A token after a text.
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    pub(super) role: NodeRole,
    pub(super) fate: Fate,
    /// Whether a sequence ended with it.
    pub(super) ended: bool,
    pub(super) greedy: bool,
    /// The sum of log-probabilities, in nats.
    score: f64,
    bytes: Vec<u8>,
    label: String,
}

impl Node {
    /// Its numbers, or why it was dropped.
    pub(super) fn note(&self, view: &BeamView) -> String {
        if self.role == NodeRole::Pruned {
            return short(self.fate).to_owned();
        }
        let sum = view.unit.of(self.score);
        match view.length_penalty.filter(|_| self.ended) {
            Some(penalty) => {
                let score = sum / libm::pow(self.depth as f64, penalty);
                format!("{sum:.2}, score {score:.3}")
            }
            None => format!("{sum:.2}"),
        }
    }
}

/// The candidates, those of one token after one text merged into the best that became of them. Parents come first.
pub(super) fn merged(tree: &SearchTree) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut begun: Vec<Vec<u8>> = Vec::new(); // bytes of a character that is not complete, after each node
    let mut places = Vec::with_capacity(tree.candidates.len());
    let mut known: BTreeMap<(Option<usize>, u32), usize> = BTreeMap::new();
    for (i, candidate) in tree.candidates.iter().enumerate() {
        let parent = candidate.parent.map(|parent| places[parent]);
        let role = role(candidate, tree.winner.contains(&i));
        let place = *known.entry((parent, candidate.id)).or_insert(nodes.len());
        places.push(place);
        if let Some(node) = nodes.get_mut(place) {
            node.ended |= candidate.finish_reason.is_some();
            if role > node.role {
                (node.role, node.fate, node.score) = (role, candidate.fate, candidate.score);
            }
            continue;
        }
        let mut open = parent.map_or(Vec::new(), |parent| begun[parent].clone());
        let label = continued(&mut open, candidate.id, &candidate.bytes);
        begun.push(open);
        let above = parent.is_none_or(|parent| nodes[parent].greedy);
        nodes.push(Node {
            parent,
            depth: candidate.depth,
            role,
            fate: candidate.fate,
            ended: candidate.finish_reason.is_some(),
            greedy: above && tree.greedy.get(candidate.depth - 1) == Some(&candidate.id),
            score: candidate.score,
            bytes: candidate.bytes.clone(),
            label,
        });
    }
    nodes
}

fn role(candidate: &CandidateNode, winner: bool) -> NodeRole {
    match candidate.fate {
        _ if winner => NodeRole::Winner,
        _ if candidate.finish_reason.is_some() => NodeRole::Finished,
        Fate::Kept => NodeRole::Kept,
        _ => NodeRole::Pruned,
    }
}

/// Nodes that follow each other as running text: its first space is shown, those between words are spaces.
pub(super) fn running(nodes: &[Node], path: &[usize]) -> String {
    let bytes: Vec<u8> = path.iter().flat_map(|&i| nodes[i].bytes.iter().copied()).collect();
    match (path, std::str::from_utf8(&bytes)) {
        ([_, _, ..], Ok(text)) if path.iter().all(|&i| !nodes[i].bytes.is_empty()) => {
            let shown = label(text, &bytes);
            let first = if shown.starts_with('␣') { "␣" } else { "" };
            first.to_owned() + &shown[first.len()..].replace('␣', " ")
        }
        _ => path.iter().map(|&i| nodes[i].label.as_str()).collect(),
    }
}
