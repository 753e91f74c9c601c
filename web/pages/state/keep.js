// Keeps the reader's work in the browser (IndexedDB), so that closing the page loses nothing.
import { batch, effect, signal } from "../vendor/preact.js";
import * as lab from "./lab.js";
import * as runs from "./runs.js";
import * as settings from "./settings.js";
import * as stores from "./stores.js";
import { TokenTree } from "./tree.js";

/**
 * A piece of work: a tree with its runs.
 * @typedef {object} Work
 * @property {string} name its own, which nobody sees
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

/** A name that no other work has, in no other window. */
const unique = () => `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** The name of the work that is open. */
export const name = signal(unique());

/** What could not be kept, and why. */
export const unkept = signal(/** @type {string | null} */ (null));

/** What is open, as it is kept, but for its nodes and runs. @param {string} model @returns {Omit<Work, "nodes" | "runs">} */
function current(model) {
  return {
    name: name.value, at: Date.now(), model, promptEnd: lab.promptEnd.value, tip: lab.tip.value,
    text: lab.promptText.value, chat: lab.asChat.value, options: settings.chosen.value, seed: settings.seed.value,
  };
}

/** Puts a work in the place of what is there, and ends what runs. All at once: a tree must not be seen with the places of the one before. @param {Work} work @param {import("./runs.js").Run[]} unkept */
function put(work, unkept) {
  lab.running.value?.stop.abort();
  batch(() => {
    // Places first: the new tree may be smaller.
    lab.tip.value = lab.promptEnd.value = 0;
    lab.looked.value = null;
    lab.tree.load(work.nodes);
    name.value = work.name;
    lab.promptText.value = work.text;
    lab.asChat.value = work.chat;
    lab.readText.value = { text: work.text, chat: work.chat };
    lab.promptEnd.value = work.promptEnd;
    lab.tip.value = work.tip;
    settings.replace(work.options);
    settings.seed.value = work.seed;
    runs.replace(work.runs, unkept);
    lab.forgetHistory();
  });
}

/** Opens a work that was read; what was there is kept. @param {Work} work @param {string} model */
export function show(work, model) {
  const kept = keep(model);
  put(work, []);
  lab.tree.takeFresh(); // it lies in the store as it is
  lasts.set(work.name, work.at);
  return kept;
}

/** Reads the list of what is kept. */
export async function list() {
  works.value = (await stores.all()).map(({ name, at, model, text }) => ({ name, at, model, text })).sort((a, b) => b.at - a.at);
}

/** When this window kept each work last. @type {Map<string, number>} */
const lasts = new Map();

/** All that is to be written, as it is now: whoever goes on at once changes nothing of it. @param {string} model */
function snapshot(model) {
  const work = current(model);
  const nodes = lab.tree.takeFresh();
  return { work, nodes, copies: nodes.map((node) => ({ ...node, children: [...node.children] })), runs: runs.takeFresh(), all: [...lab.tree], allRuns: runs.all.value, epoch: lab.tree.epoch };
}

let turn = Promise.resolve();

/** Keeps what is open: of the tree and its runs what has changed. One after the other, whoever asks. @param {string} model */
export function keep(model) {
  clearTimeout(timer);
  waiting = null;
  if (lab.tree.size <= 1) return turn;
  const now = snapshot(model);
  turn = turn.then(() => write(now));
  return turn;
}

/** Writes it. Where another window has gone on with the same work, this one goes its own way: nothing that is kept is written over. @param {ReturnType<typeof snapshot>} now */
async function write({ work, nodes, copies, runs: newRuns, all, allRuns, epoch }) {
  try {
    const isOwn = await stores.claim(work.name, lasts.get(work.name), work.at);
    const own = isOwn ? work.name : unique();
    lasts.set(own, work.at);
    await stores.write({ ...work, name: own, size: all.length }, isOwn ? copies : all, isOwn ? newRuns : allRuns);
    if (!isOwn && name.value === work.name) name.value = own;
    unkept.value = null;
    await list();
  } catch (error) {
    if (epoch === lab.tree.epoch) {
      lab.tree.giveBack(nodes);
      runs.giveBack(newRuns);
    }
    unkept.value = error instanceof Error ? error.message : String(error);
  }
}

/** Reads a work by its name, once what is being written is. @param {string} wanted */
export const read = (wanted) => turn.then(() => stores.read(wanted));

/** Forgets a work. The one that is open is kept anew, whole, when it changes. @param {string} wanted */
export async function forget(wanted) {
  if (wanted === name.value) {
    lab.tree.allFresh();
    runs.replace(runs.all.value, runs.all.value);
  }
  const removed = turn.then(() => stores.remove(wanted)); // what is being written of it is written, and then goes, too
  turn = removed.catch(() => {});
  await removed;
  await list();
}

/** Begins a new work; the one before is kept. @param {string} model */
export function begin(model) {
  const kept = keep(model);
  const { chosen, seed } = settings;
  put({ name: unique(), at: Date.now(), model, nodes: new TokenTree().save(), promptEnd: 0, tip: 0, text: "", chat: false, options: chosen.value, seed: seed.value, runs: [] }, []);
  return kept;
}

/** Milliseconds after a change until it is kept; while changes go on, this long at most. */
const CALM = 700;
const LONGEST = 5000;

let timer = 0;
/** When the first change came that is not kept yet. @type {number | null} */
let waiting = null;

/** Keeps what is open whenever it has changed, and the page has come to rest or changes for long. @param {() => string} model the model's name */
export function keepAlways(model) {
  const now = () => void keep(model());
  effect(() => {
    void [lab.tree.version.value, lab.tip.value, lab.promptEnd.value, lab.promptText.value, lab.asChat.value, settings.chosen.value, settings.seed.value, runs.all.value];
    clearTimeout(timer);
    if (lab.tree.size <= 1) return;
    waiting ??= Date.now();
    timer = Number(setTimeout(now, Math.max(0, Math.min(CALM, waiting + LONGEST - Date.now()))));
  });
  addEventListener("pagehide", now);
}
