// The sweep over temperatures: the same draws at each of them.
import { signal } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { vocabulary } from "../../state/generate.js";
import { attempt, promptEnd, tree, usePrompt } from "../../state/lab.js";
import { work } from "../../state/work.js";
import { Pieces } from "./pieces.js";
import { STREAMS, abreast } from "./race.js";

/** The temperatures, from the coldest. */
const TEMPERATURES = [0.2, 0.5, 0.8, 1, 1.3, 1.6, 2];

/** New tokens of a row, at most. */
const LENGTH = 24;

/** @typedef {{temperature: number, tokens: Array<{id: number, text: string, bytes: number[], logprob: number, shown: string}>}} Row */

/** The rows that have come, from the coldest. */
export const rows = signal(/** @type {Row[]} */ ([]));

/** What one row asks for. @param {number} temperature @param {number} seed @param {number} length */
const requestOf = (temperature, seed, length) => ({ seed, do_sample: true, num_beams: 1, temperature, top_k: 0, top_p: 1, max_new_tokens: Math.min(LENGTH, length) });

/** Runs the sweep. @param {number} seed @param {number} length new tokens of a row where that is fewer than usual */
export function sweep(seed, length) {
  return attempt(() => work("sweep", async ({ signal: stop }) => {
    await usePrompt(vocabulary());
    const ids = tree.ids(promptEnd.value);
    rows.value = [];
    await abreast(TEMPERATURES, STREAMS, async (temperature) => {
      const { sequences } = await json("v1/generate", { prompt_ids: ids, ...requestOf(temperature, seed, length) }, stop);
      const pieces = new Pieces();
      const tokens = sequences[0].tokens.map((/** @type {any} */ token) => ({ ...token, shown: pieces.push(token.bytes) }));
      const last = tokens.at(-1);
      if (last) last.shown += pieces.end();
      rows.value = [...rows.value, { temperature, tokens }].sort((a, b) => a.temperature - b.temperature);
    });
  }));
}
