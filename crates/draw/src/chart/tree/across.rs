//! A tree that grows to the right.

use super::{AIR, TreeChart, TreeItem, Words, ink, look, parts};
use crate::measure::width;
use crate::sheet::{Area, NAMES, NOTES, Sheet};

/// The pixels for the link between a node and its children.
const LINK: f64 = 24.0;
/// Nodes are no wider than this, and are made no narrower than this, nor than their longest word up to that.
const WIDEST: f64 = 240.0;
const LEAST: f64 = 36.0;
const WORD: f64 = 120.0;

/// Where the nodes of a tree are, from its left upper corner on.
pub(super) struct Layout {
    root: Words,
    /// The pixels that the root's column takes.
    root_wide: f64,
    words: Vec<Words>,
    /// Left edges and middles of nodes.
    places: Vec<(f64, f64)>,
    root_middle: f64,
    height: f64,
}

impl Layout {
    /// The layout in so many pixels across; none where a word would have to be cut.
    pub(super) fn new(tree: &TreeChart, room: f64) -> Option<Self> {
        let root_room = (room / 5.0).clamp(60.0, 220.0);
        let root = Words::new(&tree.root, "", root_room);
        let root_wide = root.width();
        let longest = |text: &str| text.split(' ').map(|word| width(word, NAMES)).fold(0.0, f64::max);
        let noted = |note: &str| parts(note).map(|part| width(part, NOTES)).fold(0.0, f64::max);
        // The widest nodes with which the longest path still fits; no word is cut for it.
        let mut cap = WIDEST;
        let mut words = loop {
            let word = |item: &TreeItem| longest(&item.label).min(WORD).max(noted(&item.note)).max(cap);
            let words: Vec<Words> =
                tree.items.iter().map(|item| Words::new(&item.label, &item.note, word(item))).collect();
            let mut ends = vec![root_wide; tree.items.len()];
            for (i, item) in tree.items.iter().enumerate() {
                ends[i] = item.parent.map_or(root_wide, |p| ends[p]) + LINK + words[i].width();
            }
            if ends.iter().all(|end| *end <= room) {
                break words;
            }
            cap -= 8.0;
            if cap < LEAST {
                return None;
            }
        };
        // What nothing follows has the room as far as the edge.
        let (children, _) = tree.children();
        let mut ends = vec![root_wide; tree.items.len()];
        for (i, item) in tree.items.iter().enumerate() {
            let x = item.parent.map_or(root_wide, |p| ends[p]) + LINK;
            if children[i].is_empty() {
                let wide = (room - x).min(WIDEST).max(words[i].width());
                words[i] = Words::new(&item.label, &item.note, wide);
            }
            ends[i] = x + words[i].width();
        }
        let mut layout = Self { root, root_wide, words, places: Vec::new(), root_middle: 0.0, height: 0.0 };
        layout.put(tree);
        Some(layout)
    }

    /// Gives each node its place: children one below the other, parents beside the child with which their path goes on.
    fn put(&mut self, tree: &TreeChart) {
        let (children, roots) = tree.children();
        let count = tree.items.len();
        let mut high = vec![0.0f64; count];
        for i in (0..count).rev() {
            let below: f64 = children[i].iter().map(|&child| high[child]).sum();
            high[i] = below.max(self.words[i].height());
        }
        let mut tops = vec![0.0; count];
        let stack = |start: f64, all: &[usize], tops: &mut Vec<f64>| {
            let mut top = start;
            for &child in all {
                tops[child] = top;
                top += high[child];
            }
        };
        stack(0.0, &roots, &mut tops);
        for i in 0..count {
            // Children that are together less high than their parent stand in its middle.
            let below: f64 = children[i].iter().map(|&child| high[child]).sum();
            let start = tops[i] + (high[i] - below) / 2.0;
            stack(start, &children[i], &mut tops);
        }
        let mut places = vec![(0.0, 0.0); count];
        for i in (0..count).rev() {
            let half = self.words[i].height() / 2.0;
            let middle = tree.main_child(&children[i]).map_or(tops[i] + high[i] / 2.0, |child| places[child].1);
            places[i].1 = middle.clamp(tops[i] + half, (tops[i] + high[i] - half).max(tops[i] + half));
        }
        for (i, item) in tree.items.iter().enumerate() {
            places[i].0 = LINK + item.parent.map_or(self.root_wide, |p| places[p].0 + self.words[p].width());
        }
        let all: f64 = roots.iter().map(|&root| high[root]).sum();
        let half = self.root.height() / 2.0;
        let middle = tree.main_child(&roots).map_or(half, |child| places[child].1);
        self.height = all.max(self.root.height());
        self.root_middle = middle.clamp(half, (self.height - half).max(half));
        self.places = places;
    }

    pub(super) fn height(&self) -> f64 {
        self.height + AIR
    }

    /// Draws the tree from the upper edge on; gives where it ends.
    pub(super) fn draw(&self, tree: &TreeChart, sheet: &mut Sheet, area: Area) -> f64 {
        let down = area.top;
        let mut order: Vec<usize> = (0..tree.items.len()).collect();
        // Pruned ones first, so that the winner's line lies on top.
        order.sort_by_key(|&i| tree.items[i].role);
        for i in order {
            let (x, y) = self.places[i];
            let (colour, thick) = look(sheet.theme, tree.items[i].role);
            let from = tree.items[i].parent.map_or((self.root_wide, self.root_middle), |p| {
                (self.places[p].0 + self.words[p].width(), self.places[p].1)
            });
            let at = |x: f64, y: f64| (area.left + x, down + y);
            let path = [at(from.0 + 4.0, from.1), at(x - 10.0, y), at(x - 4.0, y)];
            sheet.rule(&path, colour, thick, None);
        }
        let root = (area.left, down + self.root_middle);
        self.root.draw(sheet, root, sheet.theme.ink(), false);
        for (i, item) in tree.items.iter().enumerate() {
            let (x, y) = self.places[i];
            self.words[i].draw(sheet, (area.left + x, down + y), ink(sheet.theme, item.role), item.greedy);
        }
        down + self.height()
    }
}
