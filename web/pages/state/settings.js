// How tokens are chosen: the decoding options that the reader set, under transformers' names, and the seed.
import { computed, signal } from "../vendor/preact.js";
import { props } from "./server.js";

/** @typedef {Record<string, unknown>} Options */

/** Options that are set. What is not here has the model's value, or the default. */
export const chosen = signal(/** @type {Options} */ ({ max_new_tokens: 40 }));

/** The seed of draws, and whether it stays for the next run. */
export const seed = signal({ value: 1, kept: false });

/** Sets options; `undefined` takes one back. @param {Options} changes */
export function set(changes) {
  const next = { ...chosen.value, ...changes };
  for (const [name, value] of Object.entries(next)) if (value === undefined || value === null || value === "") delete next[name];
  chosen.value = next;
}

/** Puts these options in the place of all. @param {Options} options */
export function replace(options) {
  chosen.value = { ...options };
}

/** What an option has: what was set, else what the model's files say, else the default. @param {string} name */
export function value(name) {
  return chosen.value[name] ?? props.value?.default_generation_settings.params[name]?.value;
}

/** The search that the options mean, by the names of `beamline explain`. */
export const method = computed(() => {
  const all = chosen.value;
  const number = (/** @type {string} */ name) => Number(all[name] ?? 0);
  if (all["exact_search"] === true) return "exact_search";
  if (number("num_beams") > 1) return all["do_sample"] === true ? "beam_sample" : "beam_search";
  if (number("penalty_alpha") > 0) return "contrastive_search";
  return all["do_sample"] === true ? "sampling" : "greedy_search";
});

/** Whether tokens are drawn, so that the seed matters. */
export const draws = computed(() => chosen.value["do_sample"] === true || "mirostat" in chosen.value);

/** The options of a request, with the seed where it matters. @param {Options} [more] @returns {Options} */
export function request(more = {}) {
  const all = { do_sample: false, num_beams: 1, ...chosen.value, ...more };
  return draws.value || all.do_sample === true ? { seed: seed.value.value, ...all } : all;
}

/** The seed for the next run: the same where it is kept. */
export function nextSeed() {
  if (!seed.value.kept) seed.value = { ...seed.value, value: Math.floor(Math.random() * 1_000_000) };
}
