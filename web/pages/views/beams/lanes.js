// Each text in a lane of its own, so that it can be read; what a lane above shows too is pale.
import { ghosts, itemOf } from "./items.js";

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./picture.js").Item} Item */
/** @typedef {import("./picture.js").Wish} Wish */

/** Each text in a lane of its own: the finished ones by their ranking, then those that run. @param {Search} search @param {Wish} wish @param {import("./fold.js").Shown} shown */
export function lanes(search, wish, shown) {
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
  let row = finished.length + running.length;
  const ways = new Map();
  for (const laid of wish.laid) {
    /** @type {string[]} */
    const way = [];
    ghosts(wish, laid, 0, row++, items, way);
    ways.set(laid.track.name, way);
  }
  // What was dropped in the last step leaves the lane of the text that it would have continued.
  for (const at of dropped) {
    const { parent } = search.of(at);
    const before = seen.get(parent)?.key ?? null;
    if (before !== null || parent < 0) items.push({ ...itemOf(search, wish, [at], "dropped", row++), before });
  }
  return { items, shelf: finished.length, ways };
}
