// The browser's database (IndexedDB): its stores, and transactions on them.

/** What each store's records are found by. */
const STORES = {
  /** What is kept of each work, but for its nodes and runs. */
  works: "name",
  /** Nodes of works: a text of thousands of tokens is not written anew for each that comes. */
  nodes: ["work", "key"],
  /** Runs of works. */
  runs: ["work", "number"],
  /** What is kept of each run over a file, but for its rows. */
  batches: "name",
  /** Rows of such runs; number -1 has the file's text. */
  rows: ["batch", "number"],
};

/** @typedef {keyof typeof STORES} StoreName */

/** Grows when a store comes to those above. */
const VERSION = 2;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("beamline-lab", VERSION);
    asked.onupgradeneeded = () => {
      const { result } = asked;
      for (const [name, keyPath] of Object.entries(STORES)) if (!result.objectStoreNames.contains(name)) result.createObjectStore(name, { keyPath });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/**
 * One transaction: all of it or nothing.
 *
 * @template {StoreName} S @template T @param {IDBDatabase} database @param {ReadonlyArray<S>} names @param {IDBTransactionMode} mode
 * @param {(stores: Record<S, IDBObjectStore>) => IDBRequest<T>} what @returns {Promise<T>} what the request gave
 */
export function transact(database, names, mode, what) {
  return new Promise((done, failed) => {
    const transaction = database.transaction(names, mode);
    transaction.onerror = transaction.onabort = () => failed(transaction.error);
    const asked = what(/** @type {Record<S, IDBObjectStore>} */ (Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))));
    transaction.oncomplete = () => done(asked.result);
  });
}

/** Does something with the database. @template T @param {(database: IDBDatabase) => Promise<T>} what @returns {Promise<T>} */
export async function within(what) {
  const database = await open();
  try {
    return await what(database);
  } finally {
    database.close();
  }
}

/** What a store has of one owner, in order. @param {string} owner @param {number} [from] its first key */
export const range = (owner, from = 0) => IDBKeyRange.bound([owner, from], [owner, []]);

/** The page's next task: frames are drawn between two. */
export const nextTask = () => new Promise((wake) => setTimeout(wake));
