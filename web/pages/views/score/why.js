// Why logarithms: the product of probabilities beside the sum of their logarithms, up to the token that is looked at.
import { h } from "../../vendor/preact.js";
import { line, scaleLinear } from "../../vendor/d3.js";
import { count, logarithm, power, tenTo } from "../../numbers/format.js";
import { label } from "../../words/glyphs.js";
import { SMALLEST, foreseen, running } from "./product.js";
import { focused, nodes } from "./state.js";
import { say } from "./words.js";

const [WIDTH, HEIGHT, LEFT, BELOW] = [720, 190, 62, 22];

/** Points that are drawn at most. */
const POINTS = 500;

/** Every so many-th place, and the last. @param {number} n */
function drawn(n) {
  const each = Math.max(1, Math.ceil(n / POINTS));
  return Array.from({ length: n }, (_, i) => i).filter((i) => i % each === 0 || i === n - 1);
}

/** A product as it is written: the digits that the computer has. @param {number} value */
const written = (value) => (value === 0 ? "0" : value >= 0.001 ? value.toPrecision(6) : value.toExponential(4).replace("-", "−"));

/** The curve. @param {{all: import("./product.js").Running, at: number}} props `at` is the place that is looked at */
function Curve({ all, at }) {
  const n = all.sums.length;
  const x = scaleLinear([0, Math.max(1, n - 1)], [LEFT, WIDTH - 8]);
  const low = Math.min(Number(all.sums[n - 1]) * 1.03, -5);
  const y = scaleLinear([0, low], [8, HEIGHT - BELOW]);
  const path = (/** @type {number} */ to) => line(/** @type {any} */ ((/** @type {number} */ i) => x(i)), /** @type {any} */ ((/** @type {number} */ i) => y(Number(all.sums[i]))))(/** @type {any} */ (drawn(to))) ?? "";
  const floors = /** @type {const} */ ([["f32", SMALLEST.f32, "32"], ["f64", SMALLEST.f64, "64"]]);
  const ticks = scaleLinear([0, low / Math.LN10], [8, HEIGHT - BELOW]).ticks(5).filter((tick) => tick <= 0 && Number.isInteger(tick));
  return h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("drawing") },
    h("svg", { class: "product", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": say("drawing") },
      ticks.map((tick) => h("g", { key: tick }, h("line", { x1: LEFT, x2: WIDTH - 8, y1: y(tick * Math.LN10), y2: y(tick * Math.LN10), stroke: "var(--grid)" }), h("text", { class: "axis", x: LEFT - 6, y: y(tick * Math.LN10) + 4, "text-anchor": "end" }, tick === 0 ? "1" : tenTo(tick)))),
      floors.map(([name, floor, bits]) => (floor < low ? null : h("g", { key: name },
        h("line", { x1: LEFT, x2: WIDTH - 8, y1: y(floor), y2: y(floor), stroke: "var(--bad)", "stroke-dasharray": name === "f32" ? "2 3" : "8 4" }),
        h("text", { class: "axis", x: WIDTH - 10, y: y(floor) - 4, "text-anchor": "end" }, `${say(name === "f32" ? "in32" : "in64")}: 0`, h("title", null, bits))))),
      // Bands under the line: as far as the products go.
      h("path", { class: "band f32", d: path(all.narrowLost ?? n) }),
      h("path", { class: "band f64", d: path(all.lost ?? n) }),
      h("path", { class: "band log", d: path(n) }),
      [all.narrowLost, all.lost].map((lost, i) => (lost === null ? null : h("text", { key: i, class: "end", x: x(lost), y: y(Number(all.sums[lost])) + 5, "text-anchor": "middle" }, "✕"))),
      h("line", { x1: x(at), x2: x(at), y1: 4, y2: HEIGHT - BELOW, stroke: "var(--chosen)", "stroke-width": 2 }),
      h("circle", { cx: x(at), cy: y(Number(all.sums[at])), r: 4, fill: "var(--chosen)" }),
      h("text", { class: "axis", x: LEFT, y: HEIGHT - 6 }, "1"),
      h("text", { class: "axis", x: WIDTH - 8, y: HEIGHT - 6, "text-anchor": "end" }, `${say("tokenAxis")} ${count(n)}`)));
}

/** What became of a product. @param {{bits: number, lost: number | null, at: number, soon: number}} props */
function Fate({ bits, lost, at, soon }) {
  if (lost !== null && lost <= at) return h("span", { class: "lost" }, say("lost", { n: count(lost + 1), bits }));
  return h("span", { class: "faint" }, Number.isFinite(soon) ? say("soon", { n: count((lost ?? soon - 1) + 1) }) : "");
}

/** The panel. */
export function Why() {
  const known = nodes.value.filter(({ node }) => node.logprob !== null);
  if (known.length < 2) return null;
  const all = running(known.map(({ node }) => Number(node.logprob)));
  const found = known.findIndex(({ node }) => node.key === focused.value);
  const at = found < 0 ? known.length - 1 : found;
  const mean = Number(all.sums[known.length - 1]) / known.length;
  const sum = Number(all.sums[at]);
  const row = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ value, /** @type {import("preact").ComponentChild} */ fate) =>
    h("tr", { key, "data-row": key }, h("th", { scope: "row" }, h("svg", { width: 26, height: 14, "aria-hidden": "true" }, h("path", { class: `band ${key}`, d: "M2 7H24" })), name), h("td", { class: "value" }, value), h("td", null, fate));
  return h("details", { class: "why-logs", open: true }, h("summary", null, say("product")),
    h("p", { class: "hint" }, say("upToToken", { n: count(at + 1), all: count(known.length), token: label(/** @type {import("./scored.js").Placed} */ (known[at]).node) })),
    h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("product") }, h("table", null, h("tbody", null,
      row("f32", say("in32"), written(Number(all.narrow[at])), h(Fate, { bits: 32, lost: all.narrowLost, at, soon: foreseen(mean, SMALLEST.f32) })),
      row("f64", say("in64"), written(Number(all.products[at])), h(Fate, { bits: 64, lost: all.lost, at, soon: foreseen(mean, SMALLEST.f64) })),
      row("log", say("sumOf"), logarithm(sum, 4), h("span", { class: "faint" }, `= ${power(sum)}`))))),
    h(Curve, { all, at }));
}
