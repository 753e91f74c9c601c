//! A tree of texts: what a search considered.

mod across;
mod down;

use crate::colour::{Colour, Theme};
use crate::legend::{self, Entry, Sample};
use crate::measure::{width, wrap};
use crate::sheet::{Area, NAMES, NOTES, Sheet, Type};

/// A tree of texts.
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
    /// Its text: a token, or several between which nothing branches.
    pub label: String,
    /// Its score, or why it was dropped.
    pub note: String,
    /// What it is.
    pub role: NodeRole,
    /// Whether greedy search goes through it.
    pub greedy: bool,
}

/// What became of a node; what comes later was more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeRole {
    /// It was dropped.
    Pruned,
    /// It went on.
    Kept,
    /// A sequence ended with it.
    Finished,
    /// On the winner's path.
    Winner,
}

/// The pixels from one line of a node to the next, and between a node and the next.
const LINE: f64 = 14.0;
const AIR: f64 = 4.0;

/// A node's text as it is drawn: lines, and a note after the last or below it.
struct Words {
    lines: Vec<String>,
    /// The note, in parts where it stands below.
    notes: Vec<String>,
    below: bool,
}

impl Words {
    fn new(label: &str, note: &str, room: f64) -> Self {
        let lines = wrap(label, NAMES, room, 40);
        let last = lines.last().map_or(0.0, |line| width(line, NAMES));
        let below = !note.is_empty() && last + 6.0 + width(note, NOTES) > room;
        let whole = !below || width(note, NOTES) <= room;
        let notes = if whole { vec![note.to_owned()] } else { parts(note).map(str::to_owned).collect() };
        Self { lines, notes, below }
    }

    fn width(&self) -> f64 {
        let widest = self.lines.iter().map(|line| width(line, NAMES)).fold(0.0, f64::max);
        let notes = self.notes.iter().map(|note| width(note, NOTES)).fold(0.0, f64::max);
        let last = self.lines.last().map_or(0.0, |line| width(line, NAMES));
        widest.max(if self.below || notes == 0.0 { notes } else { last + 6.0 + notes })
    }

    fn height(&self) -> f64 {
        LINE * (self.lines.len() + if self.below { self.notes.len() } else { 0 }) as f64 + AIR
    }

    /// Where its first line is, seen from its middle.
    fn first(&self) -> f64 {
        (LINE + AIR - self.height()) / 2.0
    }

    /// Draws it from a left edge around a middle.
    fn draw(&self, sheet: &mut Sheet, (x, middle): (f64, f64), ink: Colour, greedy: bool) {
        let (faint, green) = (sheet.theme.faint(), sheet.theme.series(2));
        let mut y = middle + self.first();
        let mut right = x;
        for line in &self.lines {
            right = sheet.text(line, (x, y), Type::new(NAMES, ink)).right;
            if greedy {
                sheet.rule(&[(x, y + 7.0), (right.max(x + 6.0), y + 7.0)], green, 1.5, None);
            }
            y += LINE;
        }
        for (i, note) in self.notes.iter().filter(|note| !note.is_empty()).enumerate() {
            let at = if self.below { (x, y + LINE * i as f64) } else { (right + 6.0, y - LINE) };
            sheet.text(note, at, Type::new(NOTES, faint));
        }
    }
}

/// Where a note may be broken.
fn parts(note: &str) -> impl Iterator<Item = &str> {
    note.split(", ")
}

impl TreeChart {
    /// The children of each node, and those of the root.
    fn children(&self) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.items.len()];
        let mut roots = Vec::new();
        for (i, item) in self.items.iter().enumerate() {
            item.parent.map_or(&mut roots, |p| &mut children[p]).push(i);
        }
        (children, roots)
    }

    /// The child with which a path goes on: the winner's, else the first of those that went farthest.
    fn main_child(&self, children: &[usize]) -> Option<usize> {
        children.iter().copied().rev().max_by_key(|&child| self.items[child].role)
    }

    pub(crate) fn height(&self, room: f64) -> f64 {
        let body = across::Layout::new(self, room).map_or_else(|| down::height(self, room), |layout| layout.height());
        body + legend::height(&self.entries(Theme::Light), room) + 12.0
    }

    pub(crate) fn draw(&self, sheet: &mut Sheet, area: Area) {
        let entries = self.entries(sheet.theme);
        let end = match across::Layout::new(self, area.width()) {
            Some(layout) => layout.draw(self, sheet, area),
            None => down::draw(self, sheet, area),
        };
        legend::draw(sheet, &entries, (area.left, end + 12.0), area.width());
    }

    /// Names of what is in the tree.
    fn entries(&self, theme: Theme) -> Vec<Entry> {
        let named = [
            (NodeRole::Winner, "the winner"),
            (NodeRole::Finished, "ended"),
            (NodeRole::Kept, "kept"),
            (NodeRole::Pruned, "dropped"),
        ];
        let there = named.into_iter().filter(|(role, _)| self.items.iter().any(|item| item.role == *role));
        let mut entries: Vec<Entry> = there
            .map(|(role, name)| Entry { sample: Sample::Line(look(theme, role).0), name: name.to_owned() })
            .collect();
        if self.items.iter().any(|item| item.greedy) {
            let name = "underlined: greedy search's path".to_owned();
            entries.push(Entry { sample: Sample::Line(theme.series(2)), name });
        }
        entries
    }
}

/// Colour and thickness of a node's line.
fn look(theme: Theme, role: NodeRole) -> (Colour, f64) {
    match role {
        NodeRole::Winner => (theme.chosen(), 3.0),
        NodeRole::Finished => (theme.series(3), 2.0),
        NodeRole::Kept => (theme.series(0), 2.0),
        NodeRole::Pruned => (theme.pale(), 1.0),
    }
}

/// The colour of a node's text.
fn ink(theme: Theme, role: NodeRole) -> Colour {
    if role == NodeRole::Pruned { theme.faint() } else { look(theme, role).0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(labels: &[(Option<usize>, &str)]) -> TreeChart {
        let item = |(parent, label): &(Option<usize>, &str)| TreeItem {
            parent: *parent,
            label: (*label).to_owned(),
            note: "-1.25".to_owned(),
            role: NodeRole::Kept,
            greedy: false,
        };
        TreeChart { root: "The prompt of it all".to_owned(), items: labels.iter().map(item).collect() }
    }

    #[test]
    fn a_tree_that_is_too_deep_to_go_across_goes_down_and_loses_no_word() {
        let deep: Vec<(Option<usize>, &str)> =
            (0..24).map(|i| (if i < 2 { None } else { Some(i - i % 2 - 2) }, "wonderful")).collect();
        let chart = chart(&deep);
        for room in [292.0, 772.0, 1572.0, 3000.0] {
            assert_eq!(across::Layout::new(&chart, room).is_some(), room > 1000.0, "{room}");
            let mut sheet = Sheet::new(Theme::Light);
            chart.draw(&mut sheet, Area::new((0.0, 0.0), (room, chart.height(room))));
            let svg = sheet.finish((room, 100.0), 1.0, "");
            assert_eq!(svg.matches(">wonderful<").count(), 24, "{room}");
            assert_eq!(svg.matches(">-1.25<").count(), 24, "{room}");
        }
    }
}
