// What was run: each generation with its options and its bundle, so that it can be taken along and run again.
import { signal } from "../vendor/preact.js";
import { json } from "../api/client.js";

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

/** Keeps a run. @param {Omit<Run, "number" | "at">} run */
export function add(run) {
  const number = (all.value.at(-1)?.number ?? 0) + 1;
  all.value = [...all.value, { ...run, number, at: Date.now() }];
}

/** The run that wrote a branch: the last one that ends in it or beyond it. @param {ReadonlyArray<number>} keys the nodes of the branch */
export function of(keys) {
  const within = new Set(keys);
  return all.value.findLast((run) => run.ends.some((end) => within.has(end)));
}

/** A run as a file that `beamline replay` verifies. @param {Run} run */
export function bundle(run) {
  return JSON.stringify(run.completion.bundle ?? {}, null, 1);
}

/** Has a bundle run again. @param {unknown} given @returns {Promise<{same: boolean, tokens: number, difference: string | null}>} */
export function replay(given) {
  return json("v1/replay", { bundle: given });
}
