// The table: tokens by rank, and their probability after each stage. Rows are drawn as far as they are seen; the last one, always there,
// is all others.
import { h, useRef } from "../../vendor/preact.js";
import { chance, count, share, unit } from "../../numbers/format.js";
import { useWindow } from "../../parts/window.js";
import { signs } from "../../state/looks.js";
import { label } from "../../words/glyphs.js";
import { COVERED, focused, lookAt, pointed, rawRank, ROW } from "./focus.js";
import { loaded, next, texts } from "./place.js";
import { ghost, shown, trusted, verdict } from "./reading.js";
import { said, say } from "./words.js";

/** @typedef {import("./reading.js").Column} Column */
/** @typedef {import("./reading.js").Shown} Shown */

/** A row of all others tells of those that are not seen, so the window follows each row. */
const WINDOW = { beyond: 4, stride: 1, covered: COVERED };

/** A probability in the reader's unit. @param {number} p */
const shownAs = (p) => (unit.value === "percent" ? share(p) : chance(Math.log(p)));

/** A token as it is shown. @param {number} id */
export const name = (id) => (texts.value ? label(texts.value(id), signs.value) : `#${id}`);

/** The columns' widths. @param {number} columns */
const grid = (columns) => ({ gridTemplateColumns: `var(--rank) var(--name) repeat(${columns}, minmax(0, 1fr))` });

/** The head: stages with their rules and what they left. @param {{table: Shown}} props */
function Head({ table }) {
  return h("div", { role: "row", class: "line head", "aria-rowindex": 1, style: grid(table.columns.length) },
    h("span", { role: "columnheader", class: "rank" }, say("rank")),
    h("span", { role: "columnheader", class: "name" }, say("token")),
    table.columns.map((column, i) => h("span", { role: "columnheader", class: "cell", key: `${column.name}${i}` },
      h("b", { title: said(column.name) }, said(column.name)),
      h("span", { class: "rule", title: column.rule }, column.rule || say(column.name === "raw" ? "modelOwn" : "leftTokens", { n: count(column.left) })))));
}

/** A bar, drawn out of its full width: what moves with a slider is painted anew, and nothing is laid out. @param {{p: number, most: number, kind?: string}} props */
function Bar({ p, most, kind = "fill" }) {
  return h("span", { class: kind, "aria-hidden": "true", style: { transform: `scaleX(${Math.min(1, p / most).toFixed(3)})` } }); // a thousandth of a cell is not seen
}

/** One cell. @param {{column: Column, before: Column | undefined, id: number, most: number, ghostly: number | null, cut: boolean}} props */
function Cell({ column, before, id, most, ghostly, cut }) {
  const p = column.p(id);
  const was = ghostly === null ? null : h(Bar, { p: ghostly, most, kind: "was" });
  if (p === 0) {
    const here = before !== undefined && before.p(id) > 0;
    return h("span", { role: "cell", class: `cell ${here ? "removed" : "gone"}` },
      here ? h("span", { class: "by", title: column.rule }, "✕ ", said(column.name)) : h("span", { class: "unseen" }, say("gone")), was);
  }
  return h("span", { role: "cell", class: `cell${cut ? " cut" : ""}`, "data-rule": cut ? column.rule : undefined },
    h(Bar, { p, most }), was, h("span", { class: "number" }, shownAs(p)));
}

/** A row. @param {{table: Shown, row: number, most: number, drawn: number | null}} props */
function Line({ table, row, most, drawn }) {
  const id = /** @type {number} */ (table.ids[row]);
  const below = table.ids[row + 1];
  const kind = `${id === focused.value ? " focused" : ""}${id === next.value?.id ? " came" : ""}${table.removedBy(id) ? " out" : ""}`;
  const end = table.columns.length - 1;
  const cut = (/** @type {number} */ i) => i > 0 && i < end && below !== undefined && table.columns[i]?.p(below) === 0 && (table.columns[i - 1]?.p(below) ?? 0) > 0 && (table.columns[i]?.p(id) ?? 0) > 0;
  const edge = table.columns.some((_, i) => cut(i)) ? " edge" : "";
  return h("div", {
    role: "row", class: `line${kind}${edge}`, "aria-rowindex": row + 2, "data-id": id, style: { ...grid(table.columns.length), top: `${row * ROW}px` },
    onPointerEnter: () => (pointed.value = id), onClick: () => lookAt(id),
  },
  h("span", { role: "cell", class: "rank" }, id === next.value?.id ? h("span", { class: "mark", title: say("cameNext") }, "▸", h("span", { class: "unseen" }, say("cameNext"))) : null, count(rawRank(id))),
  h("span", { role: "rowheader", class: "name" }, name(id), id === drawn ? h("span", { class: "dot", title: say("drawnHere") }, " ●", h("span", { class: "unseen" }, say("drawnHere"))) : null),
  table.columns.map((column, i) => h(Cell, {
    key: `${column.name}${i}`, column, before: i === end ? undefined : table.columns[i - 1], id, most,
    ghostly: i === end && ghost.value && trusted.value ? ghost.value.row.p(id) : null,
    cut: cut(i),
  })));
}

/** All tokens whose rows are not seen. @param {{table: Shown, from: number, to: number, whole: number}} props */
function Rest({ table, from, to, whole }) {
  const mass = (/** @type {Column} */ column) => {
    let seen = 0;
    for (let row = from; row < to; row++) seen += column.p(/** @type {number} */ (table.ids[row]));
    return Math.max(0, 1 - seen);
  };
  const n = whole - (to - from);
  return h("div", { role: "row", class: "line rest", "aria-rowindex": table.ids.length + 2, style: grid(table.columns.length) },
    h("span", { role: "rowheader", class: "others" }, say("others", { n: count(n) })),
    table.columns.map((column, i) => {
      const p = mass(column);
      return h("span", { role: "cell", class: "cell", key: `${column.name}${i}` },
        h(Bar, { p, most: 1 }),
        h("span", { class: "number" }, p < 1e-12 ? "0 %" : share(p)));
    }));
}

/** The table, with the rows that are seen. @param {{table: Shown}} props */
function Rows({ table }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const total = table.ids.length;
  const { from, to, first, last, onScroll } = useWindow(box, total, ROW, WINDOW);
  const rows = [];
  for (let row = from; row < to; row++) rows.push(row);
  const best = /** @type {number} */ (table.ids[0]);
  const most = Math.max(...table.columns.flatMap((column) => [column.p(best), column.stage ? column.stage.row.kept > 0 ? column.p(/** @type {number} */ (column.stage.row.ids[0])) : 0 : 0]), 1e-12);
  const drawn = verdict.value?.step?.chosen.id ?? null;
  return h("div", { class: "shape-table" },
    h("div", {
      class: "box", ref: box, tabIndex: 0, role: "table", "aria-label": say("table"), "aria-rowcount": total + 2, onScroll,
      onPointerLeave: () => (pointed.value = null),
    },
    h("div", { class: "wide", role: "rowgroup", style: { minWidth: `calc(var(--rank) + var(--name) + ${5.5 * table.columns.length}rem)` } }, h(Head, { table }),
      h("div", { class: "space", role: "presentation", style: { height: `${total * ROW}px` } }, rows.map((row) => h(Line, { key: table.ids[row], table, row, most, drawn }))),
      h(Rest, { table, from: first, to: last, whole: loaded.value?.row.kept ?? total }))));
}

/** The table, once there is one. */
export function Table() {
  return shown.value && h(Rows, { table: shown.value });
}
