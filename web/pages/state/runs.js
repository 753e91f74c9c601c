// What was run: each generation with its options and its bundle, so that it can be taken along and run again.
import { signal } from "../vendor/preact.js";
import { ask } from "../api/client.js";

/** @typedef {import("../api/shapes.js").Completion} Completion */

/**
 * @typedef {object} Run
 * @property {number} number
 * @property {number} at when, in milliseconds since 1970
 * @property {number} from the node that was continued
 * @property {number} prompt the prompt's last token then
 * @property {number[]} ends
 * @property {Record<string, unknown>} options
 * @property {Completion} completion
 */

/** The runs of this document, the oldest first. */
export const all = signal(/** @type {Run[]} */ ([]));

/** Runs that have come since they were kept last. @type {Run[]} */
let fresh = [];

/** Keeps a run. @param {Omit<Run, "number" | "at">} run */
export function add(run) {
  const whole = { ...run, number: (all.value.at(-1)?.number ?? 0) + 1, at: Date.now() };
  all.value = [...all.value, whole];
  fresh.push(whole);
}

/** Puts these in the place of all; to be kept are those that are said to be. @param {Run[]} runs @param {Run[]} [unkept] */
export function replace(runs, unkept = []) {
  all.value = runs;
  fresh = unkept;
}

/** The runs that have come since this was asked last. */
export function takeFresh() {
  const taken = fresh;
  fresh = [];
  return taken;
}

/** Takes back what could not be kept. @param {Run[]} runs */
export function giveBack(runs) {
  fresh = [...runs, ...fresh];
}

/** The run that wrote a branch: of the nodes from the last on, the first in which a run ended, and the latest of those runs. @param {ReadonlyArray<number>} keys the nodes of the branch, the first first */
export function of(keys) {
  for (const key of keys.toReversed()) {
    const run = all.value.findLast(({ ends }) => ends.includes(key));
    if (run) return run;
  }
  return undefined;
}

/** A run as a file that `beamline replay` verifies. @param {Run} run */
export function bundle(run) {
  return JSON.stringify(run.completion.bundle ?? {}, null, 1);
}

/** Has a bundle run again: the text of a file, which goes as it is, since seeds may have more digits than numbers here. @param {string} text @returns {Promise<{same: boolean, tokens: number, difference: string | null}>} */
export async function replay(text) {
  JSON.parse(text); // what is no JSON is said to be none here
  return (await ask("v1/replay", { written: `{"bundle": ${text}}` })).json();
}
