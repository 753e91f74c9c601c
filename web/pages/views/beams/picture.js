// Where everything stands: steps as columns from left to right, hypotheses as rows. A pure function of the search and what is wished; sizes
// are in pixels at full size.
import { LEAST, select } from "./fold.js";

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

/** The width of a letter of the type that tokens are written in. */
export const LETTER = 7.9;
/** The same of the smaller type of numbers. */
export const DIGIT = 6.7;
export const PAD = 9;
/** Between columns, where the edges are. */
export const GAP = 30;
/** Above the rows, where the steps are named. */
export const HEAD = 26;
/** The prompt's own column. */
export const PROMPT = 86;
/** Between the finished ones and the others. */
const BREAK = 14;
const LINE = 17;
/** How far below the uppermost row the prompt stands at most. */
const FAR = 110;

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

/** An item of candidates. @param {Search} search @param {Wish} wish @param {number[]} members @param {Item["kind"]} kind @param {number} row @returns {Item} */
function itemOf(search, wish, members, kind, row) {
  const all = members.map((at) => search.of(at));
  const lines = wish.lines(all);
  const note = wish.note(all, null);
  return {
    key: String(members[0]), kind, members, from: all[0]?.step ?? 1, to: all.at(-1)?.step ?? 1, row, x: 0, y: 0, ...size(lines, note), lines, note, hidden: 0,
    repeats: false, before: null, ghost: null,
  };
}

/** Rows of which the free ones are found: for each, which steps are taken. */
class Rows {
  /** @type {Uint8Array[]} */
  #taken = [];
  #steps;

  /** @param {number} steps */
  constructor(steps) {
    this.#steps = steps;
  }

  /** The first row from `least` on in which these steps are free; they are taken then. @param {number} least @param {number} from @param {number} to */
  put(least, from, to) {
    for (let row = least; ; row++) {
      const taken = (this.#taken[row] ??= new Uint8Array(this.#steps + 1));
      let free = true;
      for (let at = from; at <= to && free; at++) free = taken[at] === 0;
      if (!free) continue;
      taken.fill(1, from, to + 1);
      return row;
    }
  }
}

/**
 * How many rows the finished ones need where others stand below them. While nothing is folded away that is the same at every step of a
 * replay, so that nothing moves.
 *
 * @param {Search} search @param {Set<number> | null} kept those that are shown; null for all
 */
function shelfRows(search, kept) {
  let most = 0;
  for (const column of search.columns) {
    const here = column.filter((one) => (kept ? kept.has(one) : search.stays(search.of(one))));
    const ended = here.filter((one) => search.of(one).reason !== null).length;
    if (ended < here.length) most = Math.max(most, ended);
  }
  return most;
}

/** By candidate, the best score of the texts that it leads to. @param {Search} search @param {Set<number>} kept @returns {Map<number, number>} */
function promise(search, kept) {
  const all = new Map();
  // Children come after their parents, so from the last to the first everything below is known.
  for (const at of [...kept].sort((a, b) => b - a)) {
    const { normalised, score, children } = search.of(at);
    const below = children.flatMap((child) => all.get(child) ?? []);
    all.set(at, below.length > 0 ? Math.max(...below) : (normalised ?? score));
  }
  return all;
}

/** Each candidate once, in each column those that go on by their scores. @param {Search} search @param {Wish} wish @param {import("./fold.js").Shown} shown */
function merged(search, wish, shown) {
  const shelf = shelfRows(search, wish.fold ? shown.kept : null);
  const each = Math.max(1, Math.ceil(search.rules.width / search.rules.groups));
  const rows = new Rows(wish.step);
  const worth = wish.fold ? promise(search, shown.kept) : null;
  const score = (/** @type {number[]} */ part) => worth?.get(/** @type {number} */ (part[0])) ?? search.of(/** @type {number} */ (part[0])).score;
  const first = (/** @type {number[]} */ part) => search.of(/** @type {number} */ (part[0]));
  const ordered = [...shown.parts].sort((a, b) => first(a).step - first(b).step || first(a).group - first(b).group || score(b) - score(a));
  const items = ordered.map((part) => {
    const { reason, group } = first(part);
    const item = itemOf(search, wish, part, reason === null || part.length > 1 ? "kept" : "finished", 0);
    item.row = rows.put(item.kind === "finished" ? 0 : shelf + group * each, item.from, item.to);
    item.hidden = shown.hidden.get(/** @type {number} */ (part[0])) ?? 0;
    return item;
  });
  const lowest = new Map();
  for (const item of items) for (let at = item.from; at <= item.to; at++) lowest.set(at, Math.max(lowest.get(at) ?? -1, item.row));
  const dropped = [...shown.dropped].sort((a, b) => search.of(a).group - search.of(b).group || search.of(b).score - search.of(a).score);
  for (const at of dropped) {
    const item = itemOf(search, wish, [at], "dropped", 0);
    item.row = rows.put(Math.max(shelf, (lowest.get(item.from) ?? -1) + 1), item.from, item.to);
    items.push(item);
  }
  const of = owners(items);
  for (const item of items) item.before = of.get(search.of(/** @type {number} */ (item.members[0])).parent)?.key ?? null;
  const ways = tracks(search, wish, items, of);
  return { items, shelf, ways };
}

/** By candidate, the item that shows it. @param {Item[]} items */
function owners(items) {
  return new Map(items.flatMap((item) => item.members.map((at) => /** @type {[number, Item]} */ ([at, item]))));
}

/** Puts the tokens of tracks that the search does not have below everything else, and says what each track goes along. @param {Search} search @param {Wish} wish @param {Item[]} items @param {Map<number, Item>} of */
function tracks(search, wish, items, of) {
  const below = () => items.reduce((most, item) => Math.max(most, item.row), -1) + 1;
  let row = below();
  const ways = new Map();
  for (const laid of wish.laid) {
    /** @type {string[]} */
    const way = [];
    for (const at of laid.along) {
      let item = of.get(at);
      if (!item) {
        // The reader hides what was dropped, but a track went there.
        item = itemOf(search, wish, [at], "dropped", row);
        item.before = of.get(search.of(at).parent)?.key ?? null;
        items.push(item);
        of.set(at, item);
      }
      if (way.at(-1) !== item.key) way.push(item.key);
    }
    ghosts(wish, laid, laid.along.length, row, items, way);
    ways.set(laid.track.name, way);
    row = below();
  }
  return ways;
}

/** The tokens of a track from a place on: one by one, or folded. @param {Wish} wish @param {Laid} laid @param {number} from @param {number} row @param {Item[]} items @param {string[]} way */
function ghosts(wish, { track }, from, row, items, way) {
  const last = Math.min(track.tokens.length, wish.step) - 1;
  for (let first = from; first <= last; first++) {
    const folded = wish.fold && wish.form === "merged" && last - first >= LEAST;
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

/** Each text in a lane of its own: the finished ones by their ranking, then those that run. @param {Search} search @param {Wish} wish @param {import("./fold.js").Shown} shown */
function lanes(search, wish, shown) {
  const running = search.running(wish.step).sort((a, b) => search.of(a).group - search.of(b).group || search.of(b).score - search.of(a).score);
  const finished = wish.ranking.filter((at) => search.of(at).step <= wish.step && search.stays(search.of(at)));
  const dropped = wish.pruned ? (search.columns[wish.step] ?? []).filter((at) => !search.stays(search.of(at))) : [];
  const part = new Map(shown.parts.flatMap((members) => members.map((at) => /** @type {[number, number[]]} */ ([at, members]))));
  /** @type {Item[]} */
  const items = [];
  /** The item that shows a candidate first. @type {Map<number, Item>} */
  const seen = new Map();
  [...finished, ...running].forEach((end, row) => {
    /** @type {string | null} */
    let before = null;
    for (const at of search.path(end)) {
      const members = part.get(at) ?? [at];
      if (members.length > 1 && members[0] !== at) continue;
      const item = itemOf(search, wish, members, search.of(at).reason !== null && members.length === 1 ? "finished" : "kept", row);
      item.repeats = seen.has(at);
      if (!item.repeats) item.hidden = shown.hidden.get(at) ?? 0;
      item.key = `${row} ${at}`;
      item.before = before;
      for (const one of members) if (!item.repeats) seen.set(one, item);
      before = item.key;
      items.push(item);
    }
  });
  // What was dropped in the last step leaves the lane of the text that it would have continued.
  dropped.forEach((at, i) => {
    const item = itemOf(search, wish, [at], "dropped", finished.length + running.length + i);
    item.before = seen.get(search.of(at).parent)?.key ?? null;
    if (item.before !== null || search.of(at).parent < 0) items.push(item);
  });
  let row = finished.length + running.length + dropped.length;
  const ways = new Map();
  for (const laid of wish.laid) {
    /** @type {string[]} */
    const way = [];
    ghosts(wish, laid, 0, row++, items, way);
    ways.set(laid.track.name, way);
  }
  return { items, shelf: finished.length, ways };
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
