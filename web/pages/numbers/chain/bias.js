// Biases of tokens, and the last step back to log-probabilities.
import { f32, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("../row.js").Row} Row */

/** What is added to each token here. @param {Array<[number[], number]>} list @param {number[]} ids @returns {Map<number, number>} */
function biases(list, ids) {
  const key = (/** @type {number[]} */ sequence) => sequence.join(" ");
  const sums = new Map();
  const last = new Map(list.map(([sequence], i) => [key(sequence), i]));
  const counted = list.filter(([sequence], i) => last.get(key(sequence)) === i);
  for (const [sequence, bias] of counted) if (sequence.length === 1) sums.set(sequence[0], f32(bias));
  for (const [sequence, bias] of counted) {
    const [token, before] = [/** @type {number} */ (sequence.at(-1)), sequence.slice(0, -1)];
    if (before.length > 0 && before.every((id, i) => ids[ids.length - before.length + i] === id)) sums.set(token, f32((sums.get(token) ?? 0) + f32(bias)));
  }
  return sums;
}

/** @type {Processor} */
export const sequenceBias = {
  name: "sequence_bias",
  options: { sequence_bias: null },
  neutral: null,
  draws: false,
  make: (asked, text) => {
    const all = biases(asked.value("sequence_bias"), text.ids);
    return (row) => ({
      row: row.change(all.keys(), (value, id) => f32(value + /** @type {number} */ (all.get(id)))),
      rule: `b × ${all.size}`,
      formula: (id, before) => {
        const [z, b] = [before.value(id), all.get(id)];
        return b === undefined ? `z = ${logit(z)}` : `z + b = ${logit(z)} + ${given(b)} = ${logit(f32(z + b))}`;
      },
    });
  },
};

/** The penalty of the length: it has no effect on the first new token, which is what a place shows. @type {Processor} */
export const decay = {
  name: "exponential_decay_length_penalty",
  options: { exponential_decay_length_penalty: null },
  neutral: null,
  draws: false,
  make: () => (row) => ({ row, rule: "0", formula: (id, before) => `z = ${logit(before.value(id))}` }),
};

/** A row as log-probabilities, in f32. @param {Row} row */
export function logProbabilities(row) {
  const { max, sum } = row.sums;
  const log = f32(Math.log(sum));
  return {
    row: row.map((value) => f32(f32(value - max) - log)),
    rule: "log p",
    formula: (/** @type {number} */ id, /** @type {Row} */ before) => `z − log Σ e^z = ${logit(before.value(id))} − ${logit(before.sums.log)} = ${logit(before.value(id) - before.sums.log)}`,
  };
}

/** @type {Processor} */
export const renormalize = {
  name: "renormalize_logits",
  options: { renormalize_logits: false },
  neutral: false,
  draws: false,
  make: () => logProbabilities,
};
