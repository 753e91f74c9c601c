// The stores of works, of their nodes and of their runs.
import { nextTask, range, transact as anyTransact, within } from "../browser/database.js";

/**
 * A record of the store of works: what is kept of one, but for its nodes and runs.
 * @typedef {Omit<import("./keep.js").Work, "nodes" | "runs"> & {size?: number}} Kept `size` is how many of the nodes that lie there count: those behind it
 *   were written by a page that was closed before it was done
 */

/** The stores of works. */
const STORES = /** @type {const} */ (["works", "nodes", "runs"]);

/** @typedef {Record<typeof STORES[number], IDBObjectStore>} Stores */

/** Milliseconds that one transaction is filled for: more would keep the page from drawing a frame. */
const SLICE = 6;
/** Nodes that are read at once. */
const PORTION = 500;

/** One transaction on them. @template T @param {IDBDatabase} database @param {IDBTransactionMode} mode @param {(stores: Stores) => IDBRequest<T>} what @returns {Promise<T>} what the request gave */
const transact = (database, mode, what) => anyTransact(database, STORES, mode, what);

/** All works. @returns {Promise<Kept[]>} */
export const all = () => within((database) => transact(database, "readonly", ({ works }) => works.getAll()));

/**
 * Takes a work for this window, unless another one has gone on with it since.
 *
 * @param {string} name @param {number | undefined} last when this window kept it last @param {number} now
 * @returns {Promise<boolean>} whether it is this window's
 */
export const claim = (name, last, now) => within(async (database) => {
  let isOwn = true;
  await transact(database, "readwrite", ({ works }) => {
    const asked = works.get(name);
    asked.onsuccess = () => {
      const there = /** @type {Kept | undefined} */ (asked.result);
      isOwn = there === undefined || there.at === last;
      if (there && isOwn) works.put({ ...there, at: now });
    };
    return asked;
  });
  return isOwn;
});

/**
 * Writes a work. Nodes go in portions, each in a transaction and a task of its own, so that a page with thousands of them still draws; the record,
 * which says how many count, goes last: whatever ends the page before leaves the work as it was.
 *
 * @param {Kept} work @param {ReadonlyArray<import("./tree.js").Node>} nodes @param {ReadonlyArray<import("./runs.js").Run>} newRuns
 */
export const write = (work, nodes, newRuns) => within(async (database) => {
  for (let at = 0; at < nodes.length; await nextTask()) {
    await transact(database, "readwrite", (stores) => {
      const until = performance.now() + SLICE;
      let asked = stores.nodes.put({ ...nodes[at++], work: work.name });
      while (at < nodes.length && performance.now() < until) asked = stores.nodes.put({ ...nodes[at++], work: work.name });
      return asked;
    });
  }
  await transact(database, "readwrite", (stores) => {
    for (const run of newRuns) stores.runs.put({ ...run, work: work.name });
    return stores.works.put(work);
  });
});

/** Reads a work by its name. @param {string} name @returns {Promise<import("./keep.js").Work | undefined>} */
export const read = (name) => within(async (database) => {
  const work = /** @type {Kept | undefined} */ (await transact(database, "readonly", ({ works }) => works.get(name)));
  if (!work) return undefined;
  const nodes = /** @type {import("./tree.js").Node[]} */ ([]);
  for (let portion = PORTION; portion === PORTION && nodes.length < (work.size ?? Infinity); await nextTask()) {
    const came = await transact(database, "readonly", (stores) => stores.nodes.getAll(range(name, nodes.length), PORTION));
    nodes.push(...came);
    portion = came.length;
  }
  const size = Math.min(work.size ?? Infinity, nodes.length);
  const whole = nodes.slice(0, size).map((node) => ({ ...node, children: node.children.filter((/** @type {number} */ child) => child < size) }));
  return { ...work, nodes: whole, runs: await transact(database, "readonly", ({ runs }) => runs.getAll(range(name))) };
});

/** Forgets a work. @param {string} name */
export const remove = (name) => within((database) => transact(database, "readwrite", ({ works, nodes, runs }) => {
  works.delete(name);
  runs.delete(range(name));
  return nodes.delete(range(name));
}));
