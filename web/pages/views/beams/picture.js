// Where everything stands: steps as columns from left to right, hypotheses as rows. A pure function of the search and what is wished; sizes
// are in pixels at full size.
import { select } from "./fold.js";
import { lanes } from "./lanes.js";
import { merged } from "./merged.js";

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./paths.js").Laid} Laid */

/**
 * @typedef {object} Wish
 * @property {number} step the last step that is shown
 * @property {"merged" | "lanes"} form
 * @property {boolean} pruned
 * @property {boolean} fold
 * @property {ReadonlySet<number>} open
 * @property {Laid[]} laid
 * @property {number[]} ranking the finished texts, the best first
 * @property {(members: ReadonlyArray<{id: number, text: string}>) => string[]} lines what is written of a candidate, or of a chain
 * @property {(members: ReadonlyArray<import("./search.js").Candidate>, ghost: Ghost | null) => string} note the line of numbers below it; may be empty
 */

/** @typedef {{track: import("./paths.js").Track, first: number, place: number}} Ghost tokens of a track that the search does not have: from the first to `place` */

/**
 * Something drawn: a candidate, a chain of them, or a token of a track that the search does not have.
 * @typedef {object} Item
 * @property {string} key
 * @property {"kept" | "finished" | "dropped" | "ghost"} kind
 * @property {number[]} members candidates; none of a ghost
 * @property {number} from the step of the first
 * @property {number} to the step of the last
 * @property {number} row
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {string[]} lines
 * @property {string} note
 * @property {number} hidden candidates that led nowhere and are folded away behind it
 * @property {boolean} repeats whether a lane above shows it, too
 * @property {string | null} before the key of what it follows; null where that is the prompt
 * @property {Ghost | null} ghost
 */

/**
 * @typedef {object} Picture
 * @property {Item[]} items
 * @property {Map<string, Item>} by items by their keys
 * @property {Array<{step: number, x: number, width: number}>} columns
 * @property {Map<string, string[]>} ways for each track its items, by their keys
 * @property {number} hidden how many that led nowhere are folded away
 * @property {number} shelf how many rows at the top are the finished ones'
 * @property {number} width
 * @property {number} height
 */

/** Between columns, where the edges are. */
export const GAP = 30;
/** Above the rows, where the steps are named. */
export const HEAD = 26;
/** The prompt's own column. */
export const PROMPT = 86;
/** Between the finished ones and the others. */
const BREAK = 14;
/** How far below the uppermost row the prompt stands at most. */
const FAR = 110;

/** Draws nothing, but says where everything is. @param {Search} search @param {Wish} wish @returns {Picture} */
export function picture(search, wish) {
  const shown = select(search, wish);
  const rough = wish.form === "lanes" ? lanes(search, wish, shown) : merged(search, wish, shown);
  const columns = columnsOf(rough.items, wish);
  const rows = rough.items.reduce((most, item) => Math.max(most, item.row + 1), 0);
  const tall = Array.from({ length: rows }, () => 26);
  for (const item of rough.items) tall[item.row] = Math.max(tall[item.row] ?? 0, item.height);
  const tops = [];
  let y = HEAD;
  for (let row = 0; row < rows; row++) {
    if (row > 0 && row === rough.shelf) y += BREAK;
    tops.push(y);
    y += (tall[row] ?? 0) + 6;
  }
  for (const item of rough.items) {
    const [first, last] = [columns[item.from - 1], columns[item.to - 1]];
    item.x = first?.x ?? 0;
    if (item.to > item.from) item.width = Math.max(item.width, (last?.x ?? 0) + (last?.width ?? 0) - item.x);
    item.y = (tops[item.row] ?? HEAD) + ((tall[item.row] ?? item.height) - item.height) / 2;
  }
  const end = columns.at(-1);
  let hidden = 0;
  for (const count of shown.hidden.values()) hidden += count;
  return { ...rough, hidden, by: new Map(rough.items.map((item) => [item.key, item])), columns, width: (end ? end.x + end.width : PROMPT) + GAP, height: Math.max(y, HEAD + 60) + 6 };
}

/** Columns wide enough for what stands in them; a chain's text takes the room of all its steps. @param {Item[]} items @param {Wish} wish */
function columnsOf(items, { step }) {
  const widths = Array.from({ length: step }, () => 8);
  const gaps = Array.from({ length: step }, () => 0);
  for (const item of items) {
    if (item.from === item.to) widths[item.from - 1] = Math.max(widths[item.from - 1] ?? 0, item.width);
    gaps[item.to - 1] = GAP;
    if (item.from > 1) gaps[item.from - 2] = GAP;
  }
  const wide = items.filter((item) => item.to > item.from).sort((a, b) => a.to - a.from - (b.to - b.from));
  for (const item of wide) {
    let room = 0;
    for (let at = item.from; at <= item.to; at++) room += (widths[at - 1] ?? 0) + (at < item.to ? (gaps[at - 1] ?? 0) : 0);
    const more = Math.max(0, item.width - room) / (item.to - item.from + 1);
    for (let at = item.from; at <= item.to; at++) widths[at - 1] = (widths[at - 1] ?? 0) + more;
  }
  const columns = [];
  let x = PROMPT + GAP;
  for (let at = 0; at < step; at++) {
    columns.push({ step: at + 1, x, width: widths[at] ?? 0 });
    x += (widths[at] ?? 0) + (gaps[at] ?? 0);
  }
  return columns;
}

/** A picture as it was after a step: the same places, without what came later. @param {Picture} whole @param {number} step @returns {Picture} */
export function upTo(whole, step) {
  return { ...whole, items: whole.items.filter((item) => item.to <= step) };
}

/** How high the prompt stands: in the middle of what follows it, but not far below the uppermost. @param {Picture} shown */
export function rootY(shown) {
  const first = shown.items.filter((item) => item.from === 1 && item.kind !== "dropped");
  if (first.length === 0) return HEAD + 20;
  const ys = first.map((item) => item.y + item.height / 2);
  const top = Math.min(...ys);
  return Math.min((top + Math.max(...ys)) / 2, top + FAR);
}
