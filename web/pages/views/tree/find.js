// A text in the branches: found in bytes, so that it may begin and end within tokens, and parts of characters count.
import { sorted } from "./rows.js";

/** @typedef {import("../../state/tree.js").TokenTree} TokenTree */

/** Latin letters are found in either case. @param {number} byte */
const fold = (byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

/**
 * Where a text ends in the branches below a node, in the order of the list.
 *
 * @param {TokenTree} tree @param {number} root @param {string} text
 * @returns {number[]} nodes
 */
export function find(tree, root, text) {
  const wanted = [...new TextEncoder().encode(text)].map(fold);
  if (wanted.length === 0) return [];
  const found = [];
  /** @type {Array<{key: number, before: number[]}>} */
  const open = [{ key: root, before: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const bytes = [...next.before, ...tree.node(next.key).bytes.map(fold)];
    if (next.key !== root && holds(bytes, wanted)) found.push(next.key);
    // One byte less than is wanted: what ended in a node is not found again in the next.
    const before = wanted.length > 1 ? bytes.slice(-(wanted.length - 1)) : [];
    for (const child of sorted(tree, next.key).reverse()) open.push({ key: child.key, before });
  }
  return found;
}

/** Whether bytes hold others. @param {number[]} bytes @param {number[]} wanted */
function holds(bytes, wanted) {
  for (let at = 0; at + wanted.length <= bytes.length; at++) if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
  return false;
}
