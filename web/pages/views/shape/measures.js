// How spread a distribution is: tokens left, entropy, effective choices, varentropy; before the processors, after them, and as it was.
import { h } from "../../vendor/preact.js";
import { scaleLinear } from "../../vendor/d3.js";
import { amount, count, fixed, share } from "../../numbers/format.js";
import { ghost, steady, trusted } from "./reading.js";
import { say } from "./words.js";

/** @typedef {import("../../numbers/row.js").Row} Row */

const SIZE = 200;
const EDGE = { left: 32, right: 8, top: 10, bottom: 30 };
/** Where the quadrants meet, in nats: a matter of taste. */
const MIDDLE = 3;

/** The rows that are compared. */
function rows() {
  const run = steady.value;
  if (!run) return [];
  const before = trusted.value && ghost.value ? [{ name: say("before"), row: ghost.value.row, style: "of-ghost" }] : [];
  return [{ name: say("raw"), row: run.raw, style: "of-raw" }, ...(trusted.value ? [{ name: say("after"), row: run.row, style: "of-after" }] : []), ...before];
}

/** The numbers. */
export function Measures() {
  const all = rows();
  const line = (/** @type {string} */ title, /** @type {(row: Row) => string} */ of, /** @type {string} */ data = "") =>
    h("tr", null, h("th", { scope: "row" }, title), all.map(({ name, row }) => h("td", { key: name, class: "number", "data-measure": data }, of(row))));
  return h("section", { class: "card measures", "aria-label": say("measures") },
    h("table", null,
      h("thead", null, h("tr", null, h("td", null, h("span", { class: "unseen" }, say("measures"))), all.map(({ name, style }) => h("th", { key: name, scope: "col", class: "number" }, h("span", { class: `key ${style}`, "aria-hidden": "true" }), name)))),
      h("tbody", null,
        line(say("left"), (row) => count(row.left), "left"),
        line(say("choices"), (row) => fixed(Math.exp(row.sums.entropy), 2), "choices"),
        line(say("entropy"), (row) => amount(row.sums.entropy), "entropy"),
        line(say("varentropy"), (row) => fixed(row.sums.varentropy, 3), "varentropy"),
        line(say("best"), (row) => (row.ids[0] === undefined ? "–" : share(row.p(row.ids[0]))), "best"))));
}

/** Entropy and varentropy as a place in the plane. */
export function Quadrant() {
  const all = rows();
  if (all.length === 0) return null;
  const most = (/** @type {(row: Row) => number} */ of) => Math.max(2 * MIDDLE, 1.1 * Math.max(...all.map(({ row }) => of(row))));
  const x = scaleLinear([0, most((row) => row.sums.entropy)], [EDGE.left, SIZE * 1.7 - EDGE.right]);
  const y = scaleLinear([0, most((row) => row.sums.varentropy)], [SIZE - EDGE.bottom, EDGE.top]);
  const [right, ground] = [SIZE * 1.7 - EDGE.right, SIZE - EDGE.bottom];
  const place = (/** @type {Row} */ row) => ({ cx: x(row.sums.entropy), cy: y(row.sums.varentropy) });
  const [raw, after] = all;
  const note = (/** @type {"sure" | "fork" | "flat" | "torn"} */ word, /** @type {number} */ left, /** @type {number} */ top, /** @type {string} */ anchor) =>
    h("text", { class: "axis note", x: left, y: top, "text-anchor": anchor }, say(word));
  return h("section", { class: "card", "aria-label": say("quadrant") }, h("h3", null, say("quadrant")),
    h("svg", { viewBox: `0 0 ${SIZE * 1.7} ${SIZE}`, class: "plot", role: "img", "aria-label": all.map(({ name, row }) => `${name}: H ${amount(row.sums.entropy)}, V ${fixed(row.sums.varentropy, 2)}`).join("; ") },
      h("line", { class: "grid", x1: x(MIDDLE), x2: x(MIDDLE), y1: EDGE.top, y2: ground }), h("line", { class: "grid", x1: EDGE.left, x2: right, y1: y(MIDDLE), y2: y(MIDDLE) }),
      note("sure", EDGE.left + 4, ground - 5, "start"), note("fork", EDGE.left + 4, EDGE.top + 10, "start"), note("flat", right - 2, ground - 5, "end"), note("torn", right - 2, EDGE.top + 10, "end"),
      h("line", { class: "ground", x1: EDGE.left, x2: right, y1: ground, y2: ground }), h("line", { class: "ground", x1: EDGE.left, x2: EDGE.left, y1: EDGE.top, y2: ground }),
      [0, MIDDLE, 2 * MIDDLE].map((value) => h("text", { key: `x${value}`, class: "axis", x: x(value), y: ground + 13, "text-anchor": "middle" }, value)),
      [MIDDLE, 2 * MIDDLE].map((value) => h("text", { key: `y${value}`, class: "axis", x: EDGE.left - 5, y: y(value) + 4, "text-anchor": "end" }, value)),
      h("text", { class: "axis", x: right, y: SIZE - 3, "text-anchor": "end" }, `${say("entropy")} (nat) →`), h("text", { class: "axis", x: 2, y: EDGE.top, "text-anchor": "start" }, "V"),
      raw && after ? h("line", { class: "way", x1: place(raw.row).cx, y1: place(raw.row).cy, x2: place(after.row).cx, y2: place(after.row).cy }) : null,
      all.map(({ name, row, style }) => h("circle", { key: name, class: `point ${style}`, r: 5, ...place(row) }))),
    h("p", { class: "hint" }, say("quadrantHint")));
}
