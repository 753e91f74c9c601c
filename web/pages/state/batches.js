// The stores of runs over files: the file's text, what was asked of it, and what came of each row.
import { nextTask, range, transact, within } from "../browser/database.js";

/**
 * What is kept of a run, but for its rows and its file's text. What the view asks of rows is the view's.
 * @typedef {object} Kept
 * @property {string} name its own, which nobody sees
 * @property {number} at when it was kept last, in milliseconds since 1970
 * @property {string} model
 * @property {string} file the file's name
 * @property {string} state
 * @property {{rows: number, done: number, failed: number}} counts
 * @property {unknown} run
 */

const STORES = /** @type {const} */ (["batches", "rows"]);

/** Where the file's text lies among the rows. */
const TEXT = -1;

/** Rows that are written, or read, in one transaction. */
const PORTION = 500;

/** All runs, the latest first. @returns {Promise<Kept[]>} */
export const all = () => within(async (database) => {
  const found = await transact(database, STORES, "readonly", ({ batches }) => batches.getAll());
  return found.sort((a, b) => b.at - a.at);
});

/** Keeps a run's file. @param {string} name @param {string} text */
export const writeText = (name, text) => within((database) => transact(database, STORES, "readwrite", ({ rows }) => rows.put({ batch: name, number: TEXT, text })));

/**
 * Keeps a run with those of its rows that have changed; its record last, so that what counts is there.
 *
 * @param {Kept} kept @param {ReadonlyArray<{number: number, outcome: unknown}>} changed a row without an outcome is forgotten
 */
export const write = (kept, changed) => within(async (database) => {
  for (let from = 0; from < changed.length; from += PORTION, await nextTask()) {
    await transact(database, STORES, "readwrite", ({ rows, batches }) => {
      for (const { number, outcome } of changed.slice(from, from + PORTION)) {
        if (outcome === undefined) rows.delete([kept.name, number]);
        else rows.put({ batch: kept.name, number, outcome });
      }
      return batches.count();
    });
  }
  await transact(database, STORES, "readwrite", ({ batches }) => batches.put(kept));
});

/** Reads a run with its file's text and its rows by number. @param {string} name @returns {Promise<{kept: Kept, text: string, outcomes: Map<number, unknown>} | undefined>} */
export const read = (name) => within(async (database) => {
  const kept = /** @type {Kept | undefined} */ (await transact(database, STORES, "readonly", ({ batches }) => batches.get(name)));
  const file = await transact(database, STORES, "readonly", ({ rows }) => rows.get([name, TEXT]));
  if (!kept || !file) return undefined;
  const outcomes = new Map();
  for (let from = 0, came = PORTION; came === PORTION; await nextTask()) {
    const found = await transact(database, STORES, "readonly", ({ rows }) => rows.getAll(range(name, from), PORTION));
    for (const { number, outcome } of found) outcomes.set(number, outcome);
    came = found.length;
    from = (found.at(-1)?.number ?? from) + 1;
  }
  return { kept, text: file.text, outcomes };
});

/** Forgets a run. @param {string} name */
export const remove = (name) => within((database) => transact(database, STORES, "readwrite", ({ batches, rows }) => {
  batches.delete(name);
  return rows.delete(range(name, TEXT));
}));
