// What is drawn, before it has its place: candidates, chains of them, and tokens of texts beside the search.
import { LEAST } from "./fold.js";

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./picture.js").Item} Item */
/** @typedef {import("./picture.js").Wish} Wish */

/** The width of a letter of the type that tokens are written in. */
const LETTER = 7.9;
/** The same of the smaller type of numbers. */
const DIGIT = 6.7;
/** Between a node's edge and what is written in it. */
export const PAD = 9;
/** The height of a line. */
const LINE = 17;

/** Widths that were counted before. @type {Map<string, number>} */
const counted = new Map();

/** The width of a text in letters of the Latin alphabet: wide ones, such as Korean and Chinese, count two. @param {string} text */
export function cells(text) {
  const before = counted.get(text);
  if (before !== undefined) return before;
  let sum = 0;
  for (const sign of text) sum += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u.test(sign) ? 2 : 1;
  if (counted.size > 20000) counted.clear();
  counted.set(text, sum);
  return sum;
}

/** The size of what is written. @param {string[]} lines @param {string} note */
function size(lines, note) {
  let widest = Math.max(LETTER, cells(note) * DIGIT);
  for (const line of lines) widest = Math.max(widest, cells(line) * LETTER);
  return { width: Math.ceil(widest + 2 * PAD), height: lines.length * LINE + (note ? 15 : 0) + 9 };
}

/** An item of candidates. @param {Search} search @param {Wish} wish @param {number[]} members @param {Item["kind"]} kind @param {number} row @returns {Item} */
export function itemOf(search, wish, members, kind, row) {
  const all = members.map((at) => search.of(at));
  const lines = wish.lines(all);
  const note = wish.note(all, null);
  return {
    key: String(members[0]), kind, members, from: all[0]?.step ?? 1, to: all.at(-1)?.step ?? 1, row, x: 0, y: 0, ...size(lines, note), lines, note, hidden: 0,
    repeats: false, before: null, ghost: null,
  };
}

/** The tokens of a track from a place on: one by one, or folded. @param {Wish} wish @param {import("./paths.js").Laid} laid @param {number} from @param {number} row @param {Item[]} items @param {string[]} way */
export function ghosts(wish, { track }, from, row, items, way) {
  const last = Math.min(track.tokens.length, wish.step) - 1;
  for (let first = from; first <= last; first++) {
    const folded = wish.fold && last - first >= LEAST;
    const place = folded ? last : first;
    const ghost = { track, first, place };
    const lines = wish.lines(track.tokens.slice(first, place + 1));
    const note = wish.note([], ghost);
    const key = `${track.name} ${first}`;
    items.push({
      key, kind: "ghost", members: [], from: first + 1, to: place + 1, row, x: 0, y: 0, ...size(lines, note), lines, note, hidden: 0, repeats: false,
      before: way.at(-1) ?? null, ghost,
    });
    way.push(key);
    first = place;
  }
}
