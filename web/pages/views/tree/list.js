// The tree as an indented list, of which only what is seen is drawn.
import { Component, computed, h, useEffect, useRef } from "../../vendor/preact.js";
import { chance, count, fixed, share, unit } from "../../numbers/format.js";
import { total, totalUnit } from "../../numbers/sums.js";
import { endName } from "../../parts/ends.js";
import { show, useNarrow, useWindow } from "../../parts/window.js";
import { vocabulary } from "../../state/generate.js";
import { promptEnd, tip, tree } from "../../state/lab.js";
import { signs } from "../../state/looks.js";
import { joined } from "../../words/glyphs.js";
import { language } from "../../words/words.js";
import { chainLabel } from "./label.js";
import { rest } from "./rows.js";
import { chosen, fold, hits, hoist, list, looked, overlay, places_, reference, root } from "./where.js";
import { say } from "./words.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").TokenRow} TokenRow */
/** @typedef {import("./rows.js").RestRow} RestRow */
/** @typedef {{mine: ReadonlySet<number>, named: ReadonlySet<number>, found: ReadonlySet<number>, counted: boolean}} Ways */

/** The nodes of a path below the prompt's end. @param {number | null} end @returns {Set<number>} */
const below = (end) => new Set(end === null || end >= tree.size ? [] : tree.path(end).filter((node) => node.depth > tree.node(promptEnd.value).depth).map((node) => node.key));

/** The paths that rows tell of. */
export const ways = computed(() => {
  void tree.version.value;
  return { mine: below(tip.value), named: below(reference.value), found: new Set(hits.value), counted: overlay.value !== null };
});

/** Heights of a row in rem: of one line, and of two where the window is narrow. */
const ROW = 1.75;
const NARROW_ROW = 2.9;

/** Tokens whose text is put into a row. */
const LONGEST = 80;

/** The signs of a node's marks. */
export const MARKS = /** @type {const} */ ({ good: "✓", bad: "✗", kept: "★" });

/** A bar as long as something is probable. @param {{p: number | null, left?: boolean}} props */
function Bar({ p, left = false }) {
  return h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: left ? "fill left" : "fill", style: { width: `${100 * Math.min(1, p ?? 0)}%` } }));
}

/** What a row is called. @param {TokenRow} row */
function name(row) {
  if (row.level === 0) return row.key === 0 ? "⟨ ⟩" : joined(tree.path(row.key)).replace(/\s+/g, " ").slice(-120);
  const shown = row.chain.slice(0, LONGEST).map((key) => tree.node(key));
  return chainLabel(shown, signs.value) + (shown.length < row.chain.length ? "…" : "");
}

/** What was drawn of a token beside what chance has: a band of one standard deviation, and a dot. @param {{row: TokenRow}} props */
function Drawn({ row }) {
  const edge = overlay.value?.tally.edge(tree.node(/** @type {number} */ (row.chain[0]))) ?? null;
  if (!edge) return h("span", { role: "gridcell", class: "drawn" });
  const at = (/** @type {number} */ times) => `${(100 * Math.min(1, Math.max(0, times / edge.n))).toFixed(2)}%`;
  const { k, n, mean, deviation } = edge;
  const far = mean !== null && deviation ? (k - mean) / deviation : 0;
  const told = mean === null || deviation === null;
  const words = told ? `${k} / ${n}` : say("band", { k, n, mean: fixed(mean, 1), sd: fixed(deviation, 1) });
  return h("span", { role: "gridcell", class: "drawn", title: words },
    h("svg", { width: "100%", height: 14, "aria-hidden": "true" },
      h("rect", { x: 0, y: 6, width: "100%", height: 2, fill: "var(--line)" }),
      mean !== null && deviation !== null ? [
        h("rect", { key: "band", x: at(mean - deviation), y: 2, width: `calc(${at(mean + deviation)} - ${at(mean - deviation)} + 2px)`, style: { width: `calc(${at(mean + deviation)} - ${at(mean - deviation)} + 2px)` }, height: 10, fill: "var(--series-5)" }),
        h("line", { key: "mean", x1: at(mean), x2: at(mean), y1: 0, y2: 14, stroke: "var(--series-0)", "stroke-width": 2 })] : null,
      h("circle", { cx: at(k), cy: 7, r: 4, fill: "var(--chosen)", stroke: "var(--paper)" })),
    h("span", { class: "unseen" }, words), h("span", { class: "words", "aria-hidden": "true" }, h("b", null, `${k} / ${n}`), told ? "" : ` · ${fixed(mean, 1)} ± ${fixed(deviation, 1)}`), Math.abs(far) >= 2 ? h("b", { class: "far" }, ` ${say("off", { z: (far > 0 ? "+" : "") + fixed(far, 1) })}`) : null);
}

/** @typedef {{row: Row, place: number, high: number, is: boolean, ways: Ways, state: string}} LineProps `is` says whether it is looked at, `state` how numbers and words are written */

/** A row: made anew when something in it has changed, not when the list is scrolled. @extends {Component<LineProps>} */
class Line extends Component {
  /** @override @param {LineProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return /** @type {const} */ (["row", "place", "high", "is", "ways", "state"]).some((name) => next[name] !== now[name]);
  }

  /** @override */
  render() {
    const { row, ...more } = this.props;
    return row.kind === "token" ? Token({ row, ...more }) : Rest({ row, ...more });
  }
}

/** A token's row. @param {Omit<LineProps, "row"> & {row: TokenRow}} props */
function Token({ row, place, high, is, ways }) {
  const node = tree.node(row.key);
  const classes = ["line", row.level === 0 ? "root" : "", is ? "looked" : "", row.chain.some((key) => ways.mine.has(key)) ? "mine" : "", row.chain.some((key) => ways.named.has(key)) ? "named" : "", row.chain.some((key) => ways.found.has(key)) ? "found" : ""];
  return h("div", {
    id: `row-${row.key}`, role: "row", class: classes.filter(Boolean).join(" "), "aria-level": row.level + 1, "aria-expanded": row.leads ? row.open : undefined, "aria-selected": is, "aria-rowindex": place + 2,
    "data-key": row.key, style: { transform: `translateY(${place * high}px)`, height: `${high}px`, "--level": row.level }, onClick: () => (chosen.value = row.key), onDblClick: () => hoist(row.key),
  },
  h("span", { role: "gridcell", class: "name" },
    h("span", { class: "twist", "aria-hidden": "true", onClick: (/** @type {Event} */ event) => { event.stopPropagation(); if (row.leads) fold([row.key], !row.open); } }, row.leads ? (row.open ? "▾" : "▸") : ""),
    h("code", { class: "tokens", title: row.level === 0 ? undefined : name(row) }, name(row)),
    node.mark ? h("span", { class: `mark ${node.mark}`, title: say(node.mark) }, MARKS[node.mark], h("span", { class: "unseen" }, ` ${say(node.mark)}`)) : null,
    node.note ? h("span", { class: "noted", title: node.note }, `✎ ${node.note}`) : null,
    node.end && node.end !== "length" ? h("span", { class: "faint" }, "■", h("span", { class: "unseen" }, say("ended", { why: endName(node.end) }))) : null,
    row.chain.length > 1 && row.together !== null ? h("span", { class: "way" }, say("together", { n: row.chain.length, share: share(Math.exp(row.together)) })) : null),
  row.level === 0 ? null : [
    h("span", { role: "gridcell", class: "p", key: "p" }, h(Bar, { p: row.logprob === null ? null : Math.exp(row.logprob) }), h("span", { class: "number" }, row.logprob === null ? "–" : share(Math.exp(row.logprob)))),
    h("span", { role: "gridcell", class: "number", key: "l" }, total(row.logprob, 3)),
    h("span", { role: "gridcell", class: "number", key: "s", "data-cum": row.cum ?? "" }, total(row.cum, 3)),
    h("span", { role: "gridcell", class: "number", key: "r" }, row.rank === null ? "" : `#${row.rank}`),
    ways.counted ? h(Drawn, { row, key: "d" }) : null]);
}

/** The row of what is left over. @param {Omit<LineProps, "row"> & {row: RestRow}} props */
function Rest({ row, place, high, ways: { counted } }) {
  return h("div", { role: "row", class: "line others", "aria-level": row.level + 1, "aria-rowindex": place + 2, style: { transform: `translateY(${place * high}px)`, height: `${high}px`, "--level": row.level } },
    h("span", { role: "gridcell", class: "name" }, h("span", { class: "twist" }), h("span", { class: "tokens", title: say("others", { n: count(row.count) }) }, counted ? `${say("rest")}: ${count(row.count)}` : say("others", { n: count(row.count) }))),
    h("span", { role: "gridcell", class: "p" }, h(Bar, { p: row.mass, left: true }), h("span", { class: "number" }, row.mass === null ? "–" : share(row.mass))),
    h("span", { role: "gridcell", class: "number" }, row.mass ? total(Math.log(row.mass), 3) : "–"), h("span", { role: "gridcell" }), h("span", { role: "gridcell" }), counted ? h("span", { role: "gridcell", class: "drawn" }) : null);
}

/** What stands above the columns. @param {boolean} counted */
const heads = (counted) => [
  { word: say("token") }, { word: say("probability") }, { word: `log p${counted ? "" : ` (${totalUnit()})`}`, more: totalUnit() }, { word: "Σ log p", more: `${say("sum")} (${say("below")})` }, { word: say("rank") },
  ...(counted ? [{ word: `${say("observed")} · ${say("chanceHas")} ± σ` }] : []),
];

/** The list. */
export function List() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const counted = overlay.value !== null;
  const narrow = useNarrow(counted ? "(max-width: 900px)" : "(max-width: 640px)");
  const lines = narrow ? (counted ? NARROW_ROW + 1.1 : NARROW_ROW) : ROW;
  const high = Math.round(lines * Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
  const all = list.value;
  const { from, to, onScroll } = useWindow(box, all.length, high);
  const place = places_.value.get(looked.value);
  useEffect(() => {
    if (box.current && place !== undefined) show(box.current, place, high, narrow ? 0 : high);
  }, [looked.value, place, high]);
  const state = `${signs.value} ${unit.value} ${language.value}`;
  const drawn = place !== undefined && place >= from && place < to ? all[place] : undefined;
  return h("div", {
    class: `loom${counted ? " counted" : ""}${narrow ? " narrow" : ""}`, ref: box, role: "treegrid", tabIndex: 0, "aria-label": `${say("list")}: ${say("nodes", { n: count(tree.size - 1) })}`, "aria-rowcount": all.length + 1,
    "aria-activedescendant": drawn ? `row-${drawn.key}` : undefined, onScroll,
  },
  h("div", { role: "row", class: "line head", "aria-rowindex": 1 },
    heads(counted).map(({ word, more }) => h("span", { role: "columnheader", key: word, title: more }, word))),
  h("div", { role: "rowgroup", class: "lines", style: { height: `${all.length * high}px` } },
    all.slice(from, to).map((row, i) => h(Line, { key: row.kind === "token" ? row.key : `rest ${row.key}`, row, place: from + i, high, is: from + i === place, ways: ways.value, state }))));
}

/** What is left over behind the node that is looked at, in words. @param {number} key */
export function restOf(key) {
  const { count: n, mass } = rest(tree, key, vocabulary());
  return `${say("others", { n: count(n) })}: ${mass === null ? "–" : share(mass)}`;
}

/** The probability of the root after the prompt's end, where that is known. */
export function massOfRoot() {
  const sum = tree.sum(promptEnd.value, root.value);
  return sum === null ? null : chance(sum);
}
