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

const STORE = "works";

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("beamline-lab", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "name" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} what @returns {Promise<T>} */
async function within(mode, what) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const asked = what(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What is open, as it is kept. @param {string} model @returns {Work} */
export function current(model) {
  return {
    name: name.value, at: Date.now(), model, nodes: lab.tree.save(), promptEnd: lab.promptEnd.value, tip: lab.tip.value,
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
  const all = /** @type {Work[]} */ (await within("readonly", (store) => store.getAll()));
  works.value = all.map(({ name, at, model, text }) => ({ name, at, model, text })).sort((a, b) => b.at - a.at);
}

/** Keeps what is open. @param {string} model */
export async function keep(model) {
  try {
    await within("readwrite", (store) => store.put(current(model)));
    unkept.value = null;
    await list();
  } catch (error) {
    unkept.value = error instanceof Error ? error.message : String(error);
  }
}

/** Reads a work by its name. @param {string} wanted @returns {Promise<Work | undefined>} */
export function read(wanted) {
  return within("readonly", (store) => store.get(wanted));
}

/** Forgets a work. @param {string} wanted */
export async function forget(wanted) {
  await within("readwrite", (store) => store.delete(wanted));
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
