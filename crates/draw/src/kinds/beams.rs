//! The tree of a search.

mod merged;

use crate::chart::{Chart, NodeRole, TreeChart, TreeItem};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::unit::Unit;
use beamline::Fate;
use beamline_study::{CandidateNode, SearchTree};
use merged::{Node, merged};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What of a search's tree is drawn, and what is said of it.
#[derive(Clone, Debug)]
pub struct BeamView {
    /// Dropped candidates of each step, the best.
    pub pruned: usize,
    /// Tokens from the prompt on; none for all.
    pub steps: Option<usize>,
    /// The unit of scores.
    pub unit: Unit,
    /// What kind of search it was, with its width: "beam search with 3 beams". It may be empty.
    pub search: String,
    /// The length penalty by which ended sequences are ranked, where they are: sum of log p over length to this power.
    pub length_penalty: Option<f64>,
}

/// Candidates of a step that were kept and are drawn, beside the winner's and greedy's.
const KEPT: usize = 32;

/// What a search considered: time to the right; what it kept, dropped (and why) and finished, the winner, and the path
/// that greedy search takes. Tokens between which nothing branches stand together. A token that a search looked at several
/// times after the same text is drawn once, as the best that became of it. Of the dropped, `pruned` of each step are drawn,
/// the best, and of those kept at the most 32 beside the winner's; with `steps`, no more than the first so many. The data
/// has all.
///
/// # Errors
/// When the search considered nothing.
pub fn beams(tree: &SearchTree, view: &BeamView) -> Result<Figure, DrawError> {
    if tree.candidates.is_empty() {
        return Err(DrawError::Nothing("this search considers no candidates; try num_beams 3".to_owned()));
    }
    let nodes = merged(tree);
    let drawn = drawn(&nodes, view);
    let items = segments(&nodes, &drawn, view);
    let row = |(i, c): (usize, &CandidateNode)| -> Vec<Value> {
        let winner = tree.winner.contains(&i);
        let own = [json!(i), json!(c.parent), json!(c.depth), json!(c.id), json!(c.text), json!(c.logprob)];
        own.into_iter().chain([json!(c.score), json!(c.rank), json!(c.fate.name()), json!(winner)]).collect()
    };
    Ok(Figure {
        title: "What the search considered".to_owned(),
        note: note(&nodes, &drawn, view),
        charts: vec![Chart::Tree(TreeChart { root: shown_prompt(&tree.prompt), items })],
        columns: 1,
        least_width: 0,
        data: Data::new(
            &["node", "parent", "depth", "id", "token", "logprob", "score", "rank", "fate", "winner"],
            tree.candidates.iter().enumerate().map(row).collect(),
            json!(tree),
        ),
    })
}

/// The prompt with its line ends visible.
fn shown_prompt(prompt: &str) -> String {
    prompt.replace('\n', "↵ ").replace(char::is_control, "·")
}

/// Which nodes are drawn.
fn drawn(nodes: &[Node], view: &BeamView) -> Vec<bool> {
    let deepest = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    let (mut dropped, mut kept) = (vec![0; deepest + 1], vec![0; deepest + 1]);
    let mut drawn = vec![false; nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        let lost = node.parent.is_some_and(|parent| !drawn[parent]);
        if lost || view.steps.is_some_and(|steps| node.depth > steps) {
            continue;
        }
        let (count, most) = match node.role {
            NodeRole::Kept => (&mut kept[node.depth], KEPT),
            NodeRole::Pruned => (&mut dropped[node.depth], view.pruned),
            NodeRole::Finished | NodeRole::Winner => (&mut 0, usize::MAX),
        };
        if !node.greedy {
            *count += 1;
        }
        drawn[i] = node.greedy || *count <= most;
    }
    drawn
}

/// Drawn nodes as items of the chart: a node joins its parent where it is the only child and of the same kind.
fn segments(nodes: &[Node], drawn: &[bool], view: &BeamView) -> Vec<TreeItem> {
    let mut children = vec![0; nodes.len()];
    for (i, node) in nodes.iter().enumerate().filter(|(i, _)| drawn[*i]) {
        debug_assert!(node.parent.is_none_or(|parent| parent < i), "parents come first");
        if let Some(parent) = node.parent {
            children[parent] += 1;
        }
    }
    let mut places = vec![usize::MAX; nodes.len()];
    let mut items: Vec<TreeItem> = Vec::new();
    let mut texts: Vec<Vec<usize>> = Vec::new();
    for (i, node) in nodes.iter().enumerate().filter(|(i, _)| drawn[*i]) {
        let alike = |parent: &usize| {
            children[*parent] == 1 && nodes[*parent].role == node.role && nodes[*parent].greedy == node.greedy
        };
        let note = node.note(view);
        if let Some(parent) = node.parent.filter(alike) {
            places[i] = places[parent];
            texts[places[i]].push(i);
            items[places[i]].note = note;
            continue;
        }
        places[i] = items.len();
        texts.push(vec![i]);
        items.push(TreeItem {
            parent: node.parent.map(|parent| places[parent]),
            label: String::new(),
            note,
            role: node.role,
            greedy: node.greedy,
        });
    }
    for (item, text) in items.iter_mut().zip(&texts) {
        item.label = merged::running(nodes, text);
    }
    items
}

/// The line below the title: which search, what the numbers are, what the words mean, and what is not drawn.
fn note(nodes: &[Node], drawn: &[bool], view: &BeamView) -> String {
    let mut parts = Vec::new();
    if !view.search.is_empty() {
        parts.push(view.search.clone());
    }
    parts.push(format!("numbers: sum of {} p, in {}", view.unit.log(), view.unit.name()));
    let shown = || nodes.iter().zip(drawn).filter(|(_, drawn)| **drawn).map(|(node, _)| node);
    if let Some(penalty) = view.length_penalty.filter(|_| shown().any(|node| node.ended)) {
        let over = if penalty == 1.0 { "length".to_owned() } else { format!("length^{penalty}") };
        parts.push(format!("score of what ended: that sum / {over}, by which it is ranked"));
    }
    let words: BTreeSet<&str> =
        shown().filter(|node| node.role == NodeRole::Pruned).filter_map(|node| meaning(node.fate)).collect();
    parts.extend(words.into_iter().map(str::to_owned));
    let deepest = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    if let Some(steps) = view.steps.filter(|&steps| steps < deepest) {
        parts.push(format!("the first {steps} of {deepest} tokens"));
    }
    let left = drawn.iter().filter(|drawn| !**drawn).count();
    if left > 0 {
        parts.push(format!("{left} more candidates are not drawn"));
    }
    parts.join("; ")
}

/// Why a candidate was dropped, in as few words as fit beside it.
fn short(fate: Fate) -> &'static str {
    match fate {
        Fate::BeyondWidth => "too low",
        Fate::EndTooLow => "end too low",
        // All but one are not chosen, where tokens are chosen one by one; the others were not dropped.
        Fate::NotChosen | Fate::Kept | Fate::Finished(_) => "",
        Fate::PoolFull => "pool full",
        Fate::Stopped => "stopped",
        Fate::Bounded => "cannot win",
        Fate::Replaced => "replaced",
    }
}

/// What those words mean.
fn meaning(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::BeyondWidth => Some("too low: beyond the width of the search"),
        Fate::EndTooLow => Some("end too low: it would have ended a text, but others ranked higher"),
        Fate::NotChosen | Fate::Kept | Fate::Finished(_) => None,
        Fate::PoolFull => Some("pool full: enough better texts had ended"),
        Fate::Stopped => Some("stopped: the search took no more texts"),
        Fate::Bounded => Some("cannot win: no continuation of it can be better"),
        Fate::Replaced => Some("replaced: a later look showed a better one"),
    }
}
