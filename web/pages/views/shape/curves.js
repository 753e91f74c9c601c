// The curves beside the table: probability by rank, and how much the best tokens hold together.
import { h, useState } from "../../vendor/preact.js";
import { line, scaleLinear, scaleLog } from "../../vendor/d3.js";
import { curve } from "../../numbers/curves.js";
import { count, tenTo } from "../../numbers/format.js";
import { ghost, steady, trusted } from "./reading.js";
import { said, say } from "./words.js";

/** @typedef {import("../../numbers/curves.js").Point} Point */
/** @typedef {import("../../numbers/chain.js").Run} Run */
/** @typedef {"log" | "linear" | "sum"} Kind */

const [WIDTH, HEIGHT] = [340, 216];
const EDGE = { left: 46, right: 10, top: 12, bottom: 30 };
/** The least probability that is drawn on a logarithmic axis. */
const LEAST = 1e-9;

/** Curves that are drawn again and again. @type {WeakMap<import("../../numbers/row.js").Row, Point[]>} */
const made = new WeakMap();

/** The curve of a row, made once. @param {import("../../numbers/row.js").Row} row */
function points(row) {
  const before = made.get(row);
  if (before) return before;
  const all = curve(row);
  made.set(row, all);
  return all;
}

/** Where tokens were cut off. @param {Run} run */
function cuts(run) {
  return run.stages.filter(({ before, row }) => row.left < before.left && before.ids[0] === row.ids[0]).map(({ name, row, share }) => ({ name, rank: row.left, share }));
}

/** The axes of a kind of curve. @param {Kind} kind @param {Point[][]} curves @param {number} kept */
function scales(kind, curves, kept) {
  const last = Math.max(2, ...curves.map((points) => points.at(-1)?.rank ?? 1));
  const top = Math.max(...curves.map((points) => points[0]?.p ?? 0));
  const across = /** @type {[number, number]} */ ([EDGE.left, WIDTH - EDGE.right]);
  const up = /** @type {[number, number]} */ ([HEIGHT - EDGE.bottom, EDGE.top]);
  const near = Math.min(last, Math.max(20, Math.min(200, Math.ceil(kept * 1.25))));
  const least = Math.max(LEAST, Math.min(...curves.map((points) => points.at(-1)?.p ?? 1)));
  return {
    x: kind === "linear" ? scaleLinear([1, near], across) : scaleLog([1, last], across),
    y: kind === "log" ? scaleLog([10 ** Math.floor(Math.log10(least)), 1], up) : scaleLinear([0, kind === "sum" ? 1 : top], up).nice(5),
    last: kind === "linear" ? near : last,
  };
}

/** Marks on a logarithmic axis: powers of ten, not too many. @param {number} from @param {number} to */
function powers(from, to) {
  const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  const each = Math.max(1, Math.ceil((high - low) / 5));
  const all = [];
  for (let power = low; power <= high; power += each) all.push(10 ** power);
  return all;
}

/** A power of ten, or a share, as a mark says it. @param {number} value */
const mark = (value) => (value === 0 ? "0" : value >= 0.01 ? (value <= 1 ? `${Number((100 * value).toPrecision(3))} %` : count(value)) : tenTo(Math.round(Math.log10(value))));

/** The axes. @param {{kind: Kind, x: any, y: any, last: number}} props */
function Axes({ kind, x, y, last }) {
  const across = kind === "linear" ? x.ticks(5).filter((/** @type {number} */ v) => v >= 1 && Number.isInteger(v)) : powers(1, last);
  const up = kind === "log" ? powers(y.domain()[0], 1) : y.ticks(5);
  const ground = HEIGHT - EDGE.bottom;
  return h("g", { class: "axes" },
    up.map((/** @type {number} */ value) => h("g", { key: value }, h("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value), class: "grid" }), h("text", { class: "axis", x: EDGE.left - 5, y: y(value) + 4, "text-anchor": "end" }, mark(value)))),
    across.map((/** @type {number} */ value) => h("text", { key: value, class: "axis", x: x(value), y: ground + 14, "text-anchor": "middle" }, count(value))),
    h("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: ground, y2: ground, class: "ground" }),
    h("text", { class: "axis", x: WIDTH - EDGE.right, y: HEIGHT - 3, "text-anchor": "end" }, `${say("rank")} →`));
}

/** The lines at which tokens were cut off. @param {{cuts: Array<{name: string, rank: number, share?: number | undefined}>, kind: Kind, x: any, y: any, last: number}} props */
function Cuts({ cuts, kind, x, y, last }) {
  return h("g", null, cuts.filter(({ rank }) => rank <= last).map(({ name, rank, share }, i) => {
    const at = x(rank);
    const right = at > WIDTH / 2;
    return h("g", { key: name },
      h("line", { x1: at, x2: at, y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "cut-line" }),
      kind === "sum" && share !== undefined ? h("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(share), y2: y(share), class: "cut-line" }) : null,
      h("text", { class: "cut-name", x: right ? at - 4 : at + 4, y: EDGE.top + 9 + 13 * (i % 4) + (kind === "sum" ? 90 : 0), "text-anchor": right ? "end" : "start" }, `${said(name)} · ${count(rank)}`));
  }));
}

/** The drawing. @param {{kind: Kind, run: Run}} props */
function Drawing({ kind, run }) {
  const after = trusted.value ? run.row : run.raw;
  const seen = kind === "sum" && trusted.value ? run.stages.find(({ name }) => name === "top_p")?.before : undefined;
  const before = trusted.value ? ghost.value?.row : undefined;
  const all = [
    { row: run.raw, style: "of-raw" },
    ...(seen && seen !== run.raw ? [{ row: seen, style: "of-input" }] : []),
    ...(before ? [{ row: before, style: "of-ghost" }] : []),
    ...(after !== run.raw ? [{ row: after, style: "of-after" }] : []),
  ].map(({ row, style }) => ({ style, points: points(row) }));
  const { x, y, last } = scales(kind, all.map(({ points }) => points), after.left);
  const height = (/** @type {Point} */ point) => (kind === "sum" ? y(point.together) : y(kind === "log" ? Math.max(point.p, y.domain()[0] ?? LEAST) : point.p)) ?? 0;
  const path = line(/** @type {any} */ ((/** @type {Point} */ point) => x(point.rank)), /** @type {any} */ (height));
  return h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img", "aria-label": say(/** @type {any} */ (`${kind}About`)) },
    h(Axes, { kind, x, y, last }),
    trusted.value ? h(Cuts, { cuts: cuts(run), kind, x, y, last }) : null,
    all.map(({ style, points }) => h("path", { key: style, class: `curve ${style}`, d: path(/** @type {any} */ (points.filter(({ rank }) => rank <= last))) ?? "" })));
}

/** The curves, one at a time. */
export function Curves() {
  const [kind, choose] = useState(/** @type {Kind} */ ("log"));
  const run = steady.value;
  if (!run) return null;
  return h("section", { class: "card curves", "aria-label": say("curves") },
    h("div", { class: "row", role: "group", "aria-label": say("curves") },
      /** @type {Kind[]} */ (["log", "linear", "sum"]).map((name) => h("button", { key: name, type: "button", class: "small", "aria-pressed": kind === name, onClick: () => choose(name) }, say(/** @type {any} */ (name))))),
    h(Drawing, { kind, run }),
    h(Legend, { kind, run }));
}

/** Which line is which. @param {{kind: Kind, run: Run}} props */
function Legend({ kind, run }) {
  const input = kind === "sum" && run.stages.some(({ name, before }) => name === "top_p" && before !== run.raw);
  const all = [["of-raw", say("raw")], ...(trusted.value ? [["of-after", say("after")], ...(ghost.value ? [["of-ghost", say("before")]] : []), ...(input ? [["of-input", say("topPSees")]] : [])] : [])];
  return h("p", { class: "legend" }, all.map(([style, text]) => h("span", { key: style }, h("span", { class: `key ${style}`, "aria-hidden": "true" }), text)));
}
