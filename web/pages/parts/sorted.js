// A table that is sorted by its columns and can be taken along as CSV.
import { h, useState } from "../vendor/preact.js";
import { csv } from "../numbers/csv.js";
import { count } from "../numbers/format.js";
import { download } from "./download.js";
import { say } from "./words.js";

/**
 * A column.
 *
 * @template R
 * @typedef {object} Column
 * @property {string} name as the file has it
 * @property {string} label
 * @property {(row: R) => number | string | null} value what rows are sorted by, and what the file has
 * @property {(row: R) => import("preact").ComponentChildren} [show] what is shown, where that is not the value
 * @property {boolean} [filed] whether the file has it; a column that says what another one says already need not be there
 */

/** Rows that are shown before more are asked for. */
const AT_ONCE = 100;

/** The order of two values; what is not known comes last. @param {number | string | null} a @param {number | string | null} b @param {1 | -1} way */
function order(a, b, way) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return way * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
}

/** Rows by a column, others of one value as they were. @template R @param {ReadonlyArray<R>} rows @param {Column<R> | undefined} column @param {1 | -1} way @returns {R[]} */
export function sorted(rows, column, way) {
  return column ? [...rows].sort((a, b) => order(column.value(a), column.value(b), way)) : [...rows];
}

/**
 * What a table is made of; `onPick` is what the button of the first column does.
 *
 * @template R
 * @typedef {{label: string, columns: ReadonlyArray<Column<R>>, rows: ReadonlyArray<R>, file: string, keyOf: (row: R) => string | number, onPick?: (row: R) => void, picked?: string | number | null}} Table
 */

/**
 * A table. A click on a column's head sorts by it, numbers from the greatest; a second one turns the order round, a third one takes
 * it back.
 *
 * @template R @param {Table<R>} table
 */
export const sortedTable = (table) => h(/** @type {import("preact").FunctionComponent<Table<R>>} */ (SortedTable), table);

/** @template R @param {Table<R>} props */
function SortedTable({ label, columns, rows, file, keyOf, onPick, picked }) {
  const [by, setBy] = useState(/** @type {{name: string, way: 1 | -1} | null} */ (null));
  const [shown, setShown] = useState(AT_ONCE);
  const first = rows[0];
  const counts = (/** @type {Column<R>} */ column) => first !== undefined && rows.some((row) => typeof column.value(row) === "number");
  const turn = (/** @type {Column<R>} */ column) => {
    const begin = counts(column) ? -1 : 1;
    if (by?.name !== column.name) setBy({ name: column.name, way: begin });
    else if (by.way === begin) setBy({ name: column.name, way: /** @type {1 | -1} */ (-begin) });
    else setBy(null);
  };
  const all = sorted(rows, columns.find((column) => column.name === by?.name), by?.way ?? 1);
  const filed = columns.filter((column) => column.filed !== false);
  const save = () => download(file, csv([filed.map((column) => column.name), ...all.map((row) => filed.map((column) => column.value(row)))]), "text/csv");
  return h("div", { class: "sorted" },
    h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": label },
      h("table", null,
        h("thead", null, h("tr", null, columns.map((column) => h("th", {
          key: column.name, scope: "col", class: counts(column) ? "number" : "", "aria-sort": by?.name === column.name ? (by.way > 0 ? "ascending" : "descending") : "none",
        }, h("button", { type: "button", class: "plain", onClick: () => turn(column) }, column.label, h("span", { class: "sorted-way", "aria-hidden": "true" }, by?.name === column.name ? (by.way > 0 ? "▲" : "▼") : "")))))),
        h("tbody", null, all.slice(0, shown).map((row) => h("tr", { key: keyOf(row), class: keyOf(row) === picked ? "picked" : "" },
          columns.map((column, i) => {
            const content = column.show ? column.show(row) : (column.value(row) ?? "–");
            return h("td", { key: column.name, class: counts(column) ? "number" : "" },
              i === 0 && onPick ? h("button", { type: "button", class: "plain pick", "aria-pressed": keyOf(row) === picked, onClick: () => onPick(row) }, content) : content);
          })))))),
    h("div", { class: "row" },
      all.length > shown ? h("button", { type: "button", onClick: () => setShown(shown * 4) }, say("moreRows", { n: count(shown), all: count(all.length) })) : null,
      h("button", { type: "button", class: "plain", onClick: save }, "CSV")));
}
