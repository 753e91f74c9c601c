// Names of rows and nodes.
import { isText, joined, label } from "../../words/glyphs.js";

/** @typedef {import("../../state/tree.js").Node} Node */

/** What tokens that follow each other are called: their text where it is whole, else each by itself. @param {Node[]} nodes @param {boolean} [signs] */
export function chainLabel(nodes, signs = true) {
  const bytes = nodes.flatMap((node) => node.bytes);
  return isText(bytes) ? label({ text: joined(nodes), bytes }, signs) : nodes.map((node) => label(node, signs)).join("");
}
