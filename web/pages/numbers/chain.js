// The chain of processors: from the model's logits to what is drawn from, with the row after each stage kept.
import { logProbabilities } from "./chain/bias.js";
import { LLAMA_CPP_DEFAULTS, orderOf } from "./chain/order.js";
import { BEYOND, PROCESSORS } from "./chain/registry.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./chain/processor.js").Done} Done */
/** @typedef {import("./chain/processor.js").Processor} Processor */
/** @typedef {import("./chain/processor.js").Text} Text */
/** @typedef {Record<string, unknown>} Options */

/**
 * A stage: a processor, and what it did.
 * @typedef {Done & {name: string, before: Row}} Stage
 */

/**
 * A chain that was run.
 * @typedef {object} Run
 * @property {Row} raw
 * @property {Stage[]} stages in their order
 * @property {Row} row what is left at the end
 */

/**
 * The values that count: those that were set, those of the model's files, the preset's, the defaults.
 *
 * @param {Options} chosen @param {Options} model
 * @returns {(name: string) => any}
 */
export function values(chosen, model) {
  /** @type {Options} */
  const defaults = { do_sample: false, num_beams: 1 };
  for (const { options } of PROCESSORS.values()) for (const [name, value] of Object.entries(options)) defaults[name] ??= value;
  const preset = (chosen["preset"] ?? model["preset"]) === "llama.cpp" ? LLAMA_CPP_DEFAULTS : {};
  // Whether tokens are drawn and how many beams there are is the lab's to say, whatever the model's files wish.
  const { do_sample: _, num_beams: __, penalty_alpha: ___, ...wished } = model;
  const all = { ...defaults, ...preset, ...wished, ...chosen };
  return (name) => all[name];
}

/** Whether two values of an option are the same. @param {unknown} a @param {unknown} b */
const same = (a, b) => a === b || a === null || a === undefined ? (a ?? null) === (b ?? null) : typeof b === "number" && Number(a) === b;

/** Whether a processor is asked for. @param {Processor} processor @param {(name: string) => any} value */
export function isOn(processor, value) {
  if (processor.draws && value("do_sample") !== true) return false;
  const main = value(/** @type {string} */ (Object.keys(processor.options)[0]));
  if (Array.isArray(main) && main.length === 0) return false;
  // The more recent wish about the least length wins.
  if (processor.name === "min_length" && value("min_new_tokens")) return false;
  return !same(main, processor.neutral);
}

/** Options that are set and that the page cannot compute with. @param {(name: string) => any} value @returns {string[]} */
export function beyond(value) {
  return Object.keys(BEYOND).filter((name) => value(name) !== undefined && !same(value(name), BEYOND[name]));
}

/** The names of the processors that act, in their order. @param {(name: string) => any} value */
export function acting(value) {
  return orderOf(value).filter((name) => {
    const processor = PROCESSORS.get(name);
    return processor !== undefined && isOn(processor, value);
  });
}

/**
 * Runs the chain.
 *
 * @param {Row} raw the model's own row
 * @param {(name: string) => any} value @param {Text} text
 * @returns {Run}
 */
export function run(raw, value, text) {
  const beams = Number(value("num_beams")) > 1;
  const asked = { value, least: beams ? Math.max(2, text.eos.length + 1) : 1 };
  /** @type {Stage[]} */
  const stages = [];
  let row = raw;
  const take = (/** @type {string} */ name, /** @type {Done} */ done) => {
    stages.push({ ...done, name, before: row });
    row = done.row;
  };
  // Beams shape log-probabilities, which they sum.
  if (beams) take("log_softmax", logProbabilities(row));
  for (const name of acting(value)) {
    const apply = PROCESSORS.get(name)?.make(asked, text);
    if (apply) take(name, apply(row));
  }
  return { raw, stages, row };
}

/** The stage at which a token was removed; null where it was not. @param {Run} run @param {number} id */
export function removedAt({ stages }, id) {
  return stages.find((stage) => !(stage.row.p(id) > 0)) ?? null;
}

/** The probability, before a stage, of the tokens that it removed. @param {Stage} stage */
export function lost({ before, row }) {
  const best = row.ids[0];
  if (best === undefined) return 1;
  // What changes values, as a temperature does, removes nothing but what can no longer be told from 0.
  if (row.value(best) !== before.value(best)) return 0;
  return Math.max(0, 1 - (row.sums.sum / before.sums.sum) * Math.exp(row.sums.max - before.sums.max));
}

/** Where the number by which a token is drawn must fall for it: probabilities end to end by rising id. @param {Row} row @param {number} id @returns {[number, number]} */
export function interval(row, id) {
  const { max, sum } = row.sums;
  let below = 0;
  for (const other of row.ids) if (other < id) below += Math.exp(row.value(other) - max);
  return [below / sum, below / sum + row.p(id)];
}
