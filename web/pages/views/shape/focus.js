// Which row of the table is looked at.
import { computed, signal } from "../../vendor/preact.js";
import { loaded } from "./place.js";
import { shown } from "./reading.js";

/** The height of a row, in CSS pixels. */
export const ROW = 28;

/** The token that was chosen to be looked at. */
const chosen = signal(/** @type {number | null} */ (null));

/** The token that the pointer is on. */
export const pointed = signal(/** @type {number | null} */ (null));

/** The place of a token among the rows; -1 where it is not listed. @param {number} id */
export function rowOf(id) {
  const table = shown.value;
  if (!table) return -1;
  if (!table.whole) return Array.prototype.indexOf.call(table.ids, id);
  return rawRank(id) - 1;
}

/** Ranks by id of the logits that are there. */
const ranksById = computed(() => {
  const ranks = loaded.value?.row.ids;
  if (!ranks) return null;
  const by = new Uint32Array(ranks.length);
  for (let i = 0; i < ranks.length; i++) by[/** @type {number} */ (ranks[i])] = i + 1;
  return by;
});

/** A token's rank in the model's own distribution, from 1. @param {number} id */
export const rawRank = (id) => ranksById.value?.[id] ?? 0;

/** The token that is looked at. */
export const focused = computed(() => {
  const table = shown.value;
  const wanted = pointed.value ?? chosen.value;
  return wanted !== null && table && rowOf(wanted) >= 0 ? wanted : (table?.ids[0] ?? null);
});

/** The box in which the table scrolls. @returns {HTMLElement | null} */
const boxOf = () => document.querySelector(".shape-table .box");

/** What covers rows in the box: its head, the row of all others, and half a row on each side. */
export const COVERED = 3 * ROW;

/** Rows of a page of the table. */
export const page = () => Math.max(1, Math.floor(((boxOf()?.clientHeight ?? 0) - COVERED) / ROW) - 1);

/** Looks at a token, and brings its row to where it is seen. @param {number} id */
export function lookAt(id) {
  chosen.value = id;
  pointed.value = null;
  const row = rowOf(id);
  const box = boxOf();
  if (row < 0 || !box) return;
  const [top, room] = [row * ROW, box.clientHeight - COVERED - 8];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - Math.max(0, room) / 2;
  box.scrollIntoView({ block: "nearest" });
}

/** Goes to another row. @param {number} steps */
export function toRow(steps) {
  const table = shown.value;
  if (!table || table.ids.length === 0) return;
  const at = Math.max(0, rowOf(focused.value ?? -1)) + steps;
  const id = table.ids[Math.min(table.ids.length - 1, Math.max(0, at))];
  if (id !== undefined) lookAt(id);
}
