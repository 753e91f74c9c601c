//! The tree of a search.

use crate::chart::{Chart, NodeRole, TreeChart, TreeItem};
use crate::error::DrawError;
use crate::figure::{Data, Figure};
use crate::label::continued;
use beamline::Fate;
use beamline_study::{CandidateNode, SearchTree};
use serde_json::json;

/// What a search considered: time to the right; what it kept, dropped (and why) and finished, the winner, and the path
/// that greedy search takes. Of the dropped, `pruned` of each step are drawn, the best, and of
/// those kept at the most 32 beside the winner's; with `steps`, no more than the first so many. The data has all.
///
/// # Errors
/// When the search considered nothing.
pub fn beams(tree: &SearchTree, pruned: usize, steps: Option<usize>) -> Result<Figure, DrawError> {
    if tree.candidates.is_empty() {
        return Err(DrawError::Nothing("this search considers no candidates; try num_beams 3".to_owned()));
    }
    let items = items(tree, pruned, steps);
    let left = tree.candidates.len() - items.len();
    let deepest = deepest(tree);
    let cut = steps
        .filter(|&steps| steps < deepest)
        .map_or(String::new(), |n| format!("; the first {n} of {deepest} tokens"));
    let more = if left > 0 { format!("{cut}; {left} more candidates are not drawn") } else { cut };
    Ok(Figure {
        title: "What the search considered".to_owned(),
        note: format!("numbers are scores; too low: beyond the width of the search{more}"),
        charts: vec![Chart::Tree(TreeChart { root: tree.prompt.clone(), items })],
        columns: 1,
        data: data(tree),
    })
}

/// The candidates that are drawn.
fn items(tree: &SearchTree, pruned: usize, steps: Option<usize>) -> Vec<TreeItem> {
    let greedy = on_greedy_path(tree);
    let mut places = vec![None; tree.candidates.len()];
    let mut items: Vec<TreeItem> = Vec::new();
    let mut dropped = vec![0; deepest(tree) + 1];
    let mut kept = dropped.clone();
    for (i, (candidate, label)) in tree.candidates.iter().zip(labels(tree)).enumerate() {
        let lost = candidate.parent.is_some_and(|parent| places[parent].is_none());
        if lost || steps.is_some_and(|steps| candidate.depth > steps) {
            continue;
        }
        let role = role(tree, i);
        let crowd = match role {
            NodeRole::Kept => Some((&mut kept[candidate.depth], KEPT)),
            NodeRole::Pruned => Some((&mut dropped[candidate.depth], pruned)),
            _ => None,
        };
        if let Some((count, most)) = crowd.filter(|_| !greedy[i]) {
            *count += 1;
            if *count > most {
                continue;
            }
        }
        places[i] = Some(items.len());
        let note = match role {
            NodeRole::Pruned => short(candidate.fate).to_owned(),
            _ => format!("{:.2}", candidate.score),
        };
        items.push(TreeItem {
            parent: candidate.parent.and_then(|parent| places[parent]),
            depth: candidate.depth,
            label,
            note,
            role,
            greedy: greedy[i],
        });
    }
    items
}

/// Each candidate's label after those of the tokens before it.
fn labels(tree: &SearchTree) -> Vec<String> {
    let mut begun: Vec<Vec<u8>> = Vec::new(); // bytes of a character that is not complete, after each candidate
    let label = |candidate: &CandidateNode| {
        let mut open = candidate.parent.map_or(Vec::new(), |parent| begun[parent].clone());
        let label = continued(&mut open, &candidate.bytes);
        begun.push(open);
        label
    };
    tree.candidates.iter().map(label).collect()
}

/// Which candidates are on the path that greedy search takes.
fn on_greedy_path(tree: &SearchTree) -> Vec<bool> {
    let mut path: Vec<usize> = Vec::new(); // by depth
    let on_path = |(i, candidate): (usize, &CandidateNode)| {
        let follows = candidate.depth == 1
            || path.get(candidate.depth - 2).is_some_and(|before| candidate.parent == Some(*before));
        let is_greedy = follows && tree.greedy.get(candidate.depth - 1) == Some(&candidate.id);
        if is_greedy && path.len() < candidate.depth {
            path.push(i);
        }
        is_greedy
    };
    tree.candidates.iter().enumerate().map(on_path).collect()
}

fn role(tree: &SearchTree, i: usize) -> NodeRole {
    let candidate = &tree.candidates[i];
    match candidate.fate {
        _ if tree.winner.contains(&i) => NodeRole::Winner,
        _ if candidate.finish_reason.is_some() => NodeRole::Finished,
        Fate::Kept => NodeRole::Kept,
        _ => NodeRole::Pruned,
    }
}

fn deepest(tree: &SearchTree) -> usize {
    tree.candidates.iter().map(|candidate| candidate.depth).max().unwrap_or(0)
}

/// All candidates, drawn or not.
fn data(tree: &SearchTree) -> Data {
    let row = |(i, c): (usize, &CandidateNode)| {
        let winner = tree.winner.contains(&i);
        vec![
            json!(i),
            json!(c.parent),
            json!(c.depth),
            json!(c.id),
            json!(c.text),
            json!(c.logprob),
            json!(c.score),
            json!(c.rank),
            json!(c.fate.name()),
            json!(winner),
        ]
    };
    let columns = ["node", "parent", "depth", "id", "token", "logprob", "score", "rank", "fate", "winner"];
    Data::new(&columns, tree.candidates.iter().enumerate().map(row).collect(), json!(tree))
}

/// Candidates of a step that were kept and are drawn, beside the winner's and greedy's.
const KEPT: usize = 32;

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
