// Keeps runs over files in the browser, as they grow, and opens them again.
import { signal } from "../../vendor/preact.js";
import * as batches from "../../state/batches.js";
import * as settings from "../../state/settings.js";
import { counts, outcomes, put, run, source, takeText, version } from "./state.js";
import { formatOf } from "./rows.js";

/** @typedef {import("../../state/batches.js").Kept} Kept */

/** The runs that are kept, the latest first. */
export const list = signal(/** @type {Kept[]} */ ([]));

/** Why the run could not be kept; null where it could. */
export const unkept = signal(/** @type {string | null} */ (null));

/** A name that no other run has, in no other window. */
export const unique = () => `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** Rows that have changed since they were kept. @type {Set<number>} */
let fresh = new Set();

/** The file's text, while it is not kept yet. @type {string | null} */
let text = null;

/** Milliseconds after a change until it is kept. */
const CALM = 1500;

let timer = 0;
let turn = Promise.resolve();

/** A run begins: nothing of it is kept yet. @param {string} given the file's text */
export function begin(given) {
  fresh = new Set();
  text = given;
  addEventListener("pagehide", keep);
}

/** A row has changed, or is to be run again. @param {number} number */
export function changed(number) {
  fresh.add(number);
  if (timer === 0) timer = Number(setTimeout(() => void keep(), CALM));
}

/** Keeps what has changed. One after the other, whoever asks. */
export function keep() {
  clearTimeout(timer);
  timer = 0;
  const [now, given] = [run.value, source.value];
  if (!now || !given) return turn;
  const rows = [...fresh].map((number) => ({ number, outcome: outcomes[number] }));
  const file = text;
  [fresh, text] = [new Set(), null];
  const { done, failed } = counts;
  // What runs in a page that is closed is paused.
  const state = now.state === "running" ? "paused" : now.state;
  const record = { name: now.name, at: Date.now(), model: now.model, file: given.name, state, counts: { rows: given.rows.length, done, failed }, run: now.run };
  turn = turn.then(async () => {
    try {
      if (file !== null) await batches.writeText(record.name, file);
      await batches.write(record, rows);
      unkept.value = null;
      await look();
    } catch (error) {
      if (run.value?.name === record.name) {
        for (const { number } of rows) fresh.add(number);
        text ??= file;
      }
      unkept.value = error instanceof Error ? error.message : String(error);
    }
  });
  return turn;
}

/** Reads the list of what is kept. */
export async function look() {
  list.value = await batches.all();
}

/** Opens a run again, with its file and its settings. @param {string} name */
export async function open(name) {
  await keep();
  const found = await batches.read(name);
  if (!found) return;
  const { kept, text: file } = found;
  const begun = /** @type {import("./ask.js").Run} */ (kept.run);
  takeText({ name: kept.file, format: formatOf(kept.file) ?? "jsonl", text: file }, begun.asking);
  settings.replace(begun.options);
  settings.seed.value = { value: begun.seed, kept: true };
  for (const [number, outcome] of found.outcomes) put(number, /** @type {import("./state.js").Outcome} */ (outcome));
  [fresh, text] = [new Set(), null];
  run.value = { name: kept.name, model: kept.model, state: /** @type {import("./state.js").State} */ (kept.state), run: begun };
  version.value += 1;
}

/** Forgets a run; the one that is open is kept anew, whole, when it changes. @param {string} name */
export async function forget(name) {
  if (run.value?.name === name) {
    fresh = new Set(outcomes.keys());
    text = source.value?.text ?? null;
  }
  const removed = turn.then(() => batches.remove(name));
  turn = removed.catch(() => {});
  await removed;
  await look();
}
