// What of the tree is shown, and which node is looked at. The tree itself knows nothing of it.
import { computed, effect, signal } from "../../vendor/preact.js";
import { name as work } from "../../state/keep.js";
import { promptEnd, tip, tree } from "../../state/lab.js";
import { vocabulary } from "../../state/generate.js";
import { find } from "./find.js";
import { places, rows } from "./rows.js";

/** The node that was made the root of what is shown, while the prompt ends where it did then. */
const hoisted = signal(/** @type {{at: number, end: number} | null} */ (null));

/** The node that was chosen to be looked at. */
export const chosen = signal(/** @type {number | null} */ (null));

/** Nodes whose children are not shown. */
const collapsed = signal(/** @type {ReadonlySet<number>} */ (new Set()));

/** Whether tokens without branches share a row. */
export const joins = signal(true);

/** The least probability of a path that the icicle shows. */
export const cut = signal(0.002);

/** The end of the reference text in the tree. */
export const reference = signal(/** @type {number | null} */ (null));

/** The samples that are shown, with the options and seeds by which they were drawn, and what their probabilities are after. */
export const overlay = signal(/** @type {{tally: import("./tally.js").Tally, by: string, after: string, seeds: number[]} | null} */ (null));

/** What is looked for. */
export const wanted = signal("");

/** The root of what is shown. */
export const root = computed(() => {
  void tree.version.value;
  return hoisted.value?.end === promptEnd.value ? hoisted.value.at : promptEnd.value;
});

/** Whether a node is another, or stands below it. @param {number} above @param {number} key */
export function below(above, key) {
  if (key >= tree.size) return false;
  for (let at = tree.node(key); ; at = tree.node(at.parent)) {
    if (at.key === above) return true;
    if (at.parent < 0) return false;
  }
}

/** The node that is looked at. */
export const looked = computed(() => (chosen.value !== null && below(root.value, chosen.value) ? chosen.value : root.value));

/** The rows of the list. */
export const list = computed(() => {
  void tree.version.value;
  const [end, mine, tally] = [promptEnd.value, tip.value, overlay.value?.tally];
  return rows(tree, root.value, {
    collapsed: collapsed.value, joins: joins.value, promptEnd: end, vocabulary: vocabulary(),
    ends: (node) => node.key === end || node.key === mine || (tally?.count(node.key) ?? 0) > 0 || node.mark !== "" || node.note !== "",
  });
});

/** The row of each node. */
export const places_ = computed(() => places(list.value));

/** The nodes with which what is looked for ends. */
export const hits = computed(() => {
  void tree.version.value;
  return wanted.value === "" ? [] : find(tree, root.value, wanted.value);
});

/** Shows the children of these nodes, or does not. @param {Iterable<number>} keys @param {boolean} shown */
export function fold(keys, shown) {
  const next = new Set(collapsed.value);
  for (const key of keys) shown ? next.delete(key) : next.add(key);
  collapsed.value = next;
}

/** Looks at a node; what it stands below is opened. @param {number} key */
export function look(key) {
  const above = tree.path(key).slice(0, -1).map((node) => node.key).filter((node) => collapsed.value.has(node));
  if (above.length > 0) fold(above, true);
  chosen.value = key;
}

/** Makes a node the root of what is shown. @param {number} key */
export function hoist(key) {
  hoisted.value = { at: key, end: promptEnd.value };
}

/** Makes the node above the root the root; the prompt's end is passed by on the way to all of the tree. */
export function rise() {
  const here = root.value;
  if (here === promptEnd.value || tree.node(here).parent < 0) hoist(0);
  else hoist(tree.node(here).parent);
  chosen.value = here;
}

/** Goes to another row. @param {number} steps */
export function move(steps) {
  const at = places_.value.get(looked.value) ?? 0;
  for (let place = at + steps; place >= 0 && place < list.value.length; place += Math.sign(steps)) {
    const row = list.value[place];
    if (row?.kind === "token") return void (chosen.value = row.key);
  }
}

/** Opens a row, or goes to the first below it. */
export function inward() {
  const row = list.value[places_.value.get(looked.value) ?? 0];
  if (row?.kind !== "token" || !row.leads) return;
  if (!row.open) fold([row.key], true);
  else move(1);
}

/** Closes a row, or goes to the one above it. */
export function outward() {
  const place = places_.value.get(looked.value) ?? 0;
  const row = list.value[place];
  if (row?.kind !== "token") return;
  if (row.leads && row.open && row.level > 0) return fold([row.key], false);
  const above = tree.node(/** @type {number} */ (row.chain[0])).parent;
  if (above >= 0 && row.level > 0) chosen.value = above;
}

/** Closes all rows below the root. */
export function foldAll() {
  collapsed.value = new Set([...tree].filter((node) => node.key !== root.value && node.children.length > 0).map((node) => node.key));
}

/** Opens all rows. */
export function unfoldAll() {
  collapsed.value = new Set();
}

/** Goes to the next place where what is looked for ends, or the one before. @param {1 | -1} way */
export function toHit(way) {
  const all = hits.value;
  if (all.length === 0) return;
  const at = all.indexOf(looked.value);
  look(/** @type {number} */ (all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]));
}

// Another work has other nodes: what was said of those of the last one is forgotten.
effect(() => {
  void work.value;
  hoisted.value = overlay.value = null;
  chosen.value = reference.value = null;
  collapsed.value = new Set();
  wanted.value = "";
});
