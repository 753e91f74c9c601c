// How tokens are chosen: the decoding options that the reader set, under transformers' names, and the seed.
import { computed, signal } from "../vendor/preact.js";
import { props } from "./server.js";

/** @typedef {Record<string, unknown>} Options */

/** Options that are set. What is not here has the model's value, or the default. */
export const chosen = signal(/** @type {Options} */ ({ max_new_tokens: 40 }));

/** The seed of draws, and whether it stays for the next run. */
export const seed = signal({ value: 1, kept: false });

/** Options with changes; `undefined` takes one back. @param {Options} options @param {Options} changes @returns {Options} */
export function changed(options, changes) {
  return Object.fromEntries(Object.entries({ ...options, ...changes }).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}

/** Sets options; `undefined` takes one back. @param {Options} changes */
export function set(changes) {
  chosen.value = changed(chosen.value, changes);
}

/** Puts these options in the place of all. @param {Options} options */
export function replace(options) {
  chosen.value = { ...options };
}

/** What an option has while nobody sets it: what the model's files say, else the default. @param {string} name */
export function usual(name) {
  return props.value?.own_settings[name]?.value;
}

/** What an option has: what was set, else the usual. @param {string} name */
export function value(name) {
  return chosen.value[name] ?? usual(name);
}

/** The search that options mean, by the names of `beamline explain`. @param {Options} options */
export function methodOf(options) {
  const number = (/** @type {string} */ name) => Number(options[name] ?? 0);
  if (options["exact_search"] === true) return "exact_search";
  if (number("num_beams") > 1) return options["do_sample"] === true ? "beam_sample" : "beam_search";
  if (number("penalty_alpha") > 0) return "contrastive_search";
  return options["do_sample"] === true ? "sampling" : "greedy_search";
}

/** Whether tokens are drawn by options, so that the seed matters. @param {Options} options */
export const drawn = (options) => options["do_sample"] === true || "mirostat" in options;

/** The search that the reader's options mean. */
export const method = computed(() => methodOf(chosen.value));

/** Whether tokens are drawn by the reader's options. */
export const draws = computed(() => drawn(chosen.value));

/** The options of a request, with a seed where it matters. @param {Options} options @param {number} seed @returns {Options} */
export function requested(options, seed) {
  const all = { do_sample: false, num_beams: 1, ...options };
  return drawn(all) ? { seed, ...all } : all;
}

/** The options of a request by the reader's options. @param {Options} [more] @returns {Options} */
export function request(more = {}) {
  return requested({ ...chosen.value, ...more }, seed.value.value);
}

/** The seed for the next run: the same where it is kept. */
export function nextSeed() {
  if (!seed.value.kept) seed.value = { ...seed.value, value: Math.floor(Math.random() * 1_000_000) };
}
