// Keeps the reader's work in the browser (IndexedDB), so that closing the page loses nothing.
import { batch, effect, signal } from "../vendor/preact.js";
import * as lab from "./lab.js";
import * as runs from "./runs.js";
import * as settings from "./settings.js";
import { TokenTree } from "./tree.js";

/**
 * A piece of work: a tree with its runs.
 * @typedef {object} Work
 * @property {string} name
 * @property {number} at when it was kept last, in milliseconds since 1970
 * @property {string} model
 * @property {import("./tree.js").Node[]} nodes
 * @property {number} promptEnd
 * @property {number} tip
 * @property {string} text
 * @property {boolean} chat
 * @property {import("./settings.js").Options} options
 * @property {{value: number, kept: boolean}} seed
 * @property {import("./runs.js").Run[]} runs
 */

/** The works that are kept, the latest first. */
export const works = signal(/** @type {Array<{name: string, at: number, model: string, text: string}>} */ ([]));

/** The name of the work that is open. */
export const name = signal(new Date().toISOString().slice(0, 19).replace("T", " "));

/** What could not be kept, and why. */
export const unkept = signal(/** @type {string | null} */ (null));

/** What is kept of each work, but for its nodes. */
const WORKS = "works";
/** Their nodes, by work and key: a text of thousands of tokens is not written anew for each that comes. */
const NODES = "nodes";

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("beamline-lab", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(WORKS, { keyPath: "name" });
      asked.result.createObjectStore(NODES, { keyPath: ["work", "key"] });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** Does something with both stores, all of it or nothing. @template T @param {IDBTransactionMode} mode @param {(works: IDBObjectStore, nodes: IDBObjectStore) => IDBRequest<T>} what @returns {Promise<T>} */
async function within(mode, what) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction([WORKS, NODES], mode);
      const asked = what(transaction.objectStore(WORKS), transaction.objectStore(NODES));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** The nodes of a work, as the store has them in order. @param {string} work */
const range = (work) => IDBKeyRange.bound([work], [work, []]);

/** What is open, as it is kept, but for its nodes. @param {string} model @returns {Omit<Work, "nodes">} */
function current(model) {
  return {
    name: name.value, at: Date.now(), model, promptEnd: lab.promptEnd.value, tip: lab.tip.value,
    text: lab.promptText.value, chat: lab.asChat.value, options: settings.chosen.value, seed: settings.seed.value, runs: runs.all.value,
  };
}

/** Opens a work in the place of what is there. @param {Work} work */
export function show(work) {
  // All at once: a tree must not be seen with the places of the one before.
  batch(() => {
    lab.tree.load(work.nodes);
    name.value = work.name;
    lab.promptText.value = work.text;
    lab.asChat.value = work.chat;
    lab.promptEnd.value = work.promptEnd;
    lab.tip.value = work.tip;
    settings.replace(work.options);
    settings.seed.value = work.seed;
    runs.all.value = work.runs;
    lab.forgetHistory();
  });
}

/** Reads the list of what is kept. */
export async function list() {
  const all = /** @type {Work[]} */ (await within("readonly", (works) => works.getAll()));
  works.value = all.map(({ name, at, model, text }) => ({ name, at, model, text })).sort((a, b) => b.at - a.at);
}

/** Keeps what is open: of the tree what has changed. @param {string} model */
export async function keep(model) {
  const [fresh, work] = [lab.tree.takeFresh(), name.value];
  try {
    await within("readwrite", (works, nodes) => {
      for (const node of fresh) nodes.put({ ...node, work });
      return works.put(current(model));
    });
    unkept.value = null;
    await list();
  } catch (error) {
    if (work === name.value) lab.tree.takeFresh(fresh);
    unkept.value = error instanceof Error ? error.message : String(error);
  }
}

/** Reads a work by its name. @param {string} wanted @returns {Promise<Work | undefined>} */
export async function read(wanted) {
  const work = await within("readonly", (works) => works.get(wanted));
  return work && { ...work, nodes: await within("readonly", (_, nodes) => nodes.getAll(range(wanted))) };
}

/** Forgets a work. @param {string} wanted */
export async function forget(wanted) {
  await within("readwrite", (works, nodes) => {
    works.delete(wanted);
    return nodes.delete(range(wanted));
  });
  await list();
}

/** Begins a new work; the one before stays kept. */
export function begin() {
  batch(() => {
    name.value = new Date().toISOString().slice(0, 19).replace("T", " ");
    lab.tree.load(new TokenTree().save());
    lab.promptEnd.value = 0;
    lab.tip.value = 0;
    lab.promptText.value = "";
    runs.all.value = [];
    lab.forgetHistory();
  });
}

/** Milliseconds after a change until it is kept. */
const CALM = 700;

/** Keeps what is open whenever it has changed, and the page has come to rest. @param {() => string} model the model's name */
export function keepAlways(model) {
  let timer = 0;
  effect(() => {
    void [lab.tree.version.value, lab.tip.value, lab.promptEnd.value, settings.chosen.value, settings.seed.value, runs.all.value];
    if (lab.tree.size <= 1) return;
    clearTimeout(timer);
    timer = Number(setTimeout(() => void keep(model()), CALM));
  });
}
