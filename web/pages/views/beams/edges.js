// The edges of the drawing: as wide as a step was probable; over them the best text's, greedy search's and the reader's own.
import { h } from "../../vendor/preact.js";
import { begun, laid } from "./looked.js";
import { PROMPT, rootY } from "./picture.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Item} Item */

/** Pixels of a step that was certain; one that was hardly possible still has a hair line. */
const WIDEST = 9;

/** The line from what an item follows to the item. @param {Picture} shown @param {Item} item @param {Item | null} before @param {number} [shift] how far beside its own place */
function line(shown, item, before, shift = 0) {
  const [x0, y0] = before ? [before.x + before.width, before.y + before.height / 2 + shift] : [PROMPT, rootY(shown) + shift];
  const column = before ? shown.columns[before.to - 1] : undefined;
  const out = Math.max(x0, column ? column.x + column.width : x0);
  const [x1, y1] = [item.x, item.y + item.height / 2 + shift];
  const bend = (x1 - out) / 2;
  return `M${x0} ${y0}H${out.toFixed(1)}C${(out + bend).toFixed(1)} ${y0} ${(x1 - bend).toFixed(1)} ${y1} ${x1} ${y1}`;
}

/** The items of the best text, by their keys. @param {Picture} shown @param {number | null} best @returns {Set<string>} */
export function bestWay(shown, best) {
  const way = new Set();
  const search = begun.value?.search;
  if (best === null || !search) return way;
  const path = new Set(search.path(best));
  // In lanes the uppermost lane that ends with it is its own.
  const end = shown.items.find((item) => item.members.at(-1) === best);
  for (let item = end; item; item = item.before === null ? undefined : shown.by.get(item.before)) if (item.members.some((at) => path.has(at))) way.add(item.key);
  return way;
}

/** The edges. @param {{shown: Picture, items: Item[], way: Set<string>, near: boolean}} props `way` holds the items of the best text */
export function Edges({ shown, items, way, near }) {
  const search = begun.value?.search;
  if (!search) return null;
  const before = (/** @type {Item} */ item) => (item.before === null ? null : (shown.by.get(item.before) ?? null));
  const chance = (/** @type {Item} */ item) => (item.members[0] === undefined ? 0 : Math.exp(search.of(item.members[0]).logprob));
  const dropped = items.filter((item) => item.kind === "dropped").map((item) => line(shown, item, before(item))).join("");
  const kept = items.filter((item) => item.kind === "kept" || item.kind === "finished");
  const bests = kept.filter((item) => way.has(item.key));
  return h("g", { class: near ? "edges" : "edges distant", "aria-hidden": "true" },
    h("path", { class: "dropped", d: dropped }),
    near
      ? kept.filter((item) => !way.has(item.key)).map((item) => h("path", { key: item.key, class: item.repeats ? "kept repeats" : "kept", d: line(shown, item, before(item)), "stroke-width": 1 + WIDEST * chance(item) }))
      : h("path", { class: "kept", d: kept.map((item) => line(shown, item, before(item))).join(""), "stroke-width": 0.75 }),
    bests.map((item) => h("path", { key: `best ${item.key}`, class: "best", d: line(shown, item, before(item)), "stroke-width": near ? 2 + WIDEST * chance(item) : 2 })),
    [...laid.value].reverse().map(({ track }) => h(Way, { key: track.name, shown, items, name: track.name, near })));
}

/** The line of a text beside the search. @param {{shown: Picture, items: Item[], name: "greedy" | "reference", near: boolean}} props */
function Way({ shown, items, name, near }) {
  const seen = new Set(items.map((item) => item.key));
  const way = shown.ways.get(name) ?? [];
  const shift = name === "greedy" ? -2.5 : 2.5;
  const d = way.map((key, i) => {
    const item = shown.by.get(key);
    const before = i === 0 ? null : (shown.by.get(way[i - 1] ?? "") ?? null);
    return item && (seen.has(key) || seen.has(way[i + 1] ?? "")) ? line(shown, item, before, shift) : "";
  }).join("");
  return h("path", { class: name, d, "stroke-width": near ? 2.25 : 1.75 });
}
