//! A tree that grows to the right: what a search considered.

use crate::colour::Theme;
use crate::error::DrawError;
use crate::label::{cut, pixels};
use crate::sheet::{Area, anchored, line};
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

/// A tree of tokens.
#[derive(Clone, Debug)]
pub struct TreeChart {
    /// The name of the root.
    pub root: String,
    /// The nodes, parents before children.
    pub items: Vec<TreeItem>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct TreeItem {
    /// Its parent's place in the list; none for children of the root.
    pub parent: Option<usize>,
    /// Steps from the root, from 1.
    pub depth: usize,
    /// Its token.
    pub label: String,
    /// Its score, or why it was dropped.
    pub note: String,
    /// What it is.
    pub role: NodeRole,
    /// Whether greedy search goes through it.
    pub greedy: bool,
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRole {
    /// On the winner's path.
    Winner,
    /// A sequence ended with it.
    Finished,
    /// It went on.
    Kept,
    /// It was dropped.
    Pruned,
}

impl TreeChart {
    pub(crate) fn draw(&self, theme: Theme, area: &Area<'_>) -> Result<(), DrawError> {
        let (width, height) = (area.dim_in_pixel().0 as i32, area.dim_in_pixel().1 as i32);
        let depth = self.items.iter().map(|item| item.depth).max().unwrap_or(1).max(1) as i32;
        let (top, bottom, left) = (18, height - 34, 8);
        let root_wide = (pixels(&cut(&self.root, 16), 11) as i32 + 10).min(width / 5);
        let step = (width - left - root_wide - 8) / depth;
        let places = self.places();
        let lanes = places.iter().map(|p| p + 1).max().unwrap_or(1);
        let y = |lane: usize| top + (2 * lane as i32 + 1) * (bottom - top) / (2 * lanes as i32);
        let x = |depth: usize| left + root_wide + (depth as i32 - 1) * step + 14;
        let root = (left, i32::midpoint(top, bottom));
        let gap = (bottom - top) / lanes.max(1) as i32;
        let size = (gap - 1).clamp(5, 12) as u32;
        let end = |i: usize| {
            let room = (f64::from(step - 22) / (f64::from(size) * 0.58)).max(3.0) as usize;
            let name = cut(&self.items[i].label, room);
            let wide = pixels(&name, size) as i32;
            (name, x(self.items[i].depth) + wide)
        };
        // Pruned ones first, so that the winner's line lies on top.
        for role in [NodeRole::Pruned, NodeRole::Kept, NodeRole::Finished, NodeRole::Winner] {
            for (i, item) in self.items.iter().enumerate().filter(|(_, item)| item.role == role) {
                let (colour, thick) = look(theme, role);
                let after =
                    |p: usize| end(p).1 + 4 + self.note(p, size, x(self.items[p].depth) + step - 24 - end(p).1).1;
                let from = item.parent.map_or((root.0 + root_wide - 4, root.1), |p| (after(p), y(places[p])));
                let to = (x(item.depth) - 4, y(places[i]));
                line(area, vec![from, (to.0 - 6, to.1), to], colour, thick)?;
            }
        }
        anchored(area, &cut(&self.root, 16), root, 11, theme.ink(), HPos::Left)?;
        for (i, item) in self.items.iter().enumerate() {
            let (name, right) = end(i);
            let ink = if item.role == NodeRole::Pruned { theme.faint() } else { look(theme, item.role).0 };
            let at = (x(item.depth), y(places[i]));
            anchored(area, &name, at, size, ink, HPos::Left)?;
            if item.greedy {
                let under = at.1 + size as i32 / 2 + 2;
                line(area, vec![(at.0, under), (right, under)], theme.series(2), 2)?;
            }
            let (note, _) = self.note(i, size, x(item.depth) + step - 24 - right);
            anchored(area, &note, (right + 5, at.1), 9, theme.faint(), HPos::Left)?;
        }
        legend(theme, area, height - 14)
    }

    /// Nine pixels for each lane, and what lies around them.
    pub(crate) fn least_height(&self) -> u32 {
        let lanes = self.places().into_iter().max().map_or(0, |last| last + 1);
        (lanes as u32 * 9 + 130).min(8000)
    }

    /// A node's note as far as there is room for it, and the pixels that it takes.
    fn note(&self, i: usize, size: u32, room: i32) -> (String, i32) {
        if size < 8 || room < 26 {
            return (String::new(), 0);
        }
        let note = cut(&self.items[i].note, (f64::from(room) / 5.2) as usize);
        let wide = pixels(&note, 9) as i32 + 6;
        (note, wide)
    }

    /// A lane for each node: leaves one below the other, parents at their best child.
    fn places(&self) -> Vec<usize> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.items.len()];
        let mut roots = Vec::new();
        for (i, item) in self.items.iter().enumerate() {
            item.parent.map_or(&mut roots, |p| &mut children[p]).push(i);
        }
        let mut places = vec![usize::MAX; self.items.len()];
        let mut next = 0;
        // Depth first, without recursion: a search may be hundreds of tokens deep.
        let mut stack: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(node) = stack.pop() {
            if children[node].is_empty() {
                places[node] = next;
                next += 1;
            }
            stack.extend(children[node].iter().rev());
        }
        for node in (0..self.items.len()).rev() {
            if places[node] == usize::MAX {
                let on_path = |&&c: &&usize| self.items[c].role == NodeRole::Winner;
                let own = &children[node];
                places[node] = own.iter().find(on_path).or(own.first()).map_or(0, |&c| places[c]);
            }
        }
        places
    }
}

/// Colour and thickness of a node's line.
fn look(theme: Theme, role: NodeRole) -> (RGBColor, u32) {
    match role {
        NodeRole::Winner => (theme.chosen(), 3),
        NodeRole::Finished => (theme.series(3), 2),
        NodeRole::Kept => (theme.series(0), 2),
        NodeRole::Pruned => (theme.pale(), 1),
    }
}

fn legend(theme: Theme, area: &Area<'_>, y: i32) -> Result<(), DrawError> {
    let roles = [
        ("winner", look(theme, NodeRole::Winner).0),
        ("kept", look(theme, NodeRole::Kept).0),
        ("finished", look(theme, NodeRole::Finished).0),
        ("pruned", look(theme, NodeRole::Pruned).0),
        ("greedy's path", theme.series(2)),
    ];
    let mut x = 12;
    for (name, colour) in roles {
        line(area, vec![(x, y), (x + 16, y)], colour, 3)?;
        anchored(area, name, (x + 20, y), 11, theme.ink(), HPos::Left)?;
        x += 36 + pixels(name, 11) as i32;
    }
    let time = "tokens, from left to right";
    let right = area.dim_in_pixel().0 as i32 - 12;
    anchored(area, time, (right, y), 11, theme.faint(), HPos::Right)
}
