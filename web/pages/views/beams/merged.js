// Each candidate once: in every column those that go on by their scores, the finished ones above them, what was dropped below.
import { ghosts, itemOf } from "./items.js";

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./picture.js").Item} Item */
/** @typedef {import("./picture.js").Wish} Wish */

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
export function merged(search, wish, shown) {
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
