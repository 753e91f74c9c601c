// The tree as areas: a column a token, as high as its path is probable after the root. What is left over in a place is an area, too, so
// that heights always add up.
import { rest, sorted } from "./rows.js";

/** @typedef {import("../../state/tree.js").TokenTree} TokenTree */

/**
 * A token: from `top` down to `top + mass`, of a whole of 1.
 * @typedef {{key: number, step: number, top: number, mass: number, p: number}} Box
 */

/**
 * What is left over behind a node: tokens that are no nodes, and nodes below the cut.
 * @typedef {{key: number, step: number, top: number, mass: number, count: number, cutNodes: number, cutMass: number}} Left
 */

/** @typedef {{boxes: Box[], lefts: Left[], steps: number, unknown: number}} Partition `unknown` counts nodes without a number, which have no height */

/**
 * The areas.
 *
 * @param {TokenTree} tree @param {number} root the node whose mass is the whole
 * @param {{cut: number, vocabulary: number}} how paths that are less probable than the cut are left over
 * @returns {Partition}
 */
export function partition(tree, root, { cut, vocabulary }) {
  const first = { key: root, step: 0, top: 0, mass: 1, p: 1 };
  /** @type {Partition} */
  const all = { boxes: [], lefts: [], steps: 0, unknown: 0 };
  const open = [first];
  for (let box = open.pop(); box; box = open.pop()) {
    all.boxes.push(box);
    all.steps = Math.max(all.steps, box.step);
    if (tree.node(box.key).children.length === 0) continue;
    let [top, cutNodes, cutMass] = [box.top, 0, 0];
    const within = [];
    for (const child of sorted(tree, box.key)) {
      if (child.logprob === null) {
        all.unknown += 1;
        continue;
      }
      const p = Math.exp(child.logprob);
      const mass = box.mass * p;
      if (mass < cut) {
        cutNodes += 1;
        cutMass += mass;
        continue;
      }
      within.push({ key: child.key, step: box.step + 1, top, mass, p });
      top += mass;
    }
    const mass = box.top + box.mass - top;
    if (mass > 1e-9) {
      all.lefts.push({ key: box.key, step: box.step + 1, top, mass, count: rest(tree, box.key, vocabulary).count, cutNodes, cutMass });
      all.steps = Math.max(all.steps, box.step + 1);
    }
    open.push(...within.reverse());
  }
  return all;
}
