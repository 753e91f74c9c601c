//! A tree that grows downwards, a line or more for each node: for trees too deep for the sheet's width.
//!
//! A node's other children come first, one step to the right; then follows the one with which the path goes on, right below
//! the node itself. So the winner is one straight line.

use super::{TreeChart, Words, ink, look};
use crate::sheet::{Area, Sheet};

/// The pixels of a step to the right; fewer where there are many.
const STEP: f64 = 18.0;

/// A node on its way down.
struct Line {
    item: usize,
    /// Steps to the right.
    level: usize,
    words: Words,
    /// The pixels from the top to its middle.
    middle: f64,
}

/// All nodes from the top down, the pixels of a step, the prompt above them, and the height of all.
fn lines(tree: &TreeChart, room: f64) -> (Vec<Line>, f64, Words, f64) {
    let (children, roots) = tree.children();
    let mut order = Vec::new();
    let mut stack = Vec::new();
    let push = |stack: &mut Vec<(usize, usize)>, all: &[usize], level: usize| {
        let main = tree.main_child(all);
        // What is taken last from the stack goes on below.
        stack.extend(main.map(|child| (child, level)));
        stack.extend(all.iter().rev().filter(|&&child| Some(child) != main).map(|&child| (child, level + 1)));
    };
    push(&mut stack, &roots, 1);
    while let Some((item, level)) = stack.pop() {
        order.push((item, level));
        push(&mut stack, &children[item], level);
    }
    let deepest = order.iter().map(|(_, level)| *level).max().unwrap_or(1) as f64;
    let step = STEP.min(room * 0.5 / deepest);
    let root = Words::new(&tree.root, "", room);
    let mut top = root.height() + 4.0;
    let line = |(item, level): (usize, usize)| {
        let words = Words::new(&tree.items[item].label, &tree.items[item].note, room - step * level as f64 - 8.0);
        let middle = top + words.height() / 2.0;
        top += words.height();
        Line { item, level, words, middle }
    };
    let lines: Vec<Line> = order.into_iter().map(line).collect();
    (lines, step, root, top)
}

pub(super) fn height(tree: &TreeChart, room: f64) -> f64 {
    lines(tree, room).3
}

/// Draws the tree from the upper edge on; gives where it ends.
pub(super) fn draw(tree: &TreeChart, sheet: &mut Sheet, area: Area) -> f64 {
    let (lines, step, root, height) = lines(tree, area.width());
    let x = |level: usize| area.left + step * level as f64;
    let mut places = vec![(0, 0.0); tree.items.len()];
    for line in &lines {
        places[line.item] = (line.level, area.top + line.middle + line.words.first());
    }
    let mut order: Vec<usize> = (0..tree.items.len()).collect();
    order.sort_by_key(|&i| tree.items[i].role);
    for i in order {
        let (level, y) = places[i];
        let (colour, thick) = look(sheet.theme, tree.items[i].role);
        // A link goes down below its parent's first letter, then to the right.
        let (from, above) = tree.items[i].parent.map_or((1, area.top + root.height() - 4.0), |p| places[p]);
        let trunk = x(from.min(level)) - step * 0.5;
        sheet.rule(&[(trunk, above + 2.0), (trunk, y), (x(level) - 3.0, y)], colour, thick, None);
    }
    root.draw(sheet, (area.left, area.top + root.height() / 2.0), sheet.theme.ink(), false);
    for line in &lines {
        let item = &tree.items[line.item];
        let at = (x(line.level), area.top + line.middle);
        line.words.draw(sheet, at, ink(sheet.theme, item.role), item.greedy);
    }
    area.top + height
}
