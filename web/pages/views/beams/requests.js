// What is asked of the server: the search, and greedy search to compare it with.

/** @typedef {Record<string, unknown>} Options */

/** Hypotheses that go on where the reader has not said how many. */
const WIDTH = 4;

/** What only matters while tokens are drawn. */
const DRAWN = ["do_sample", "temperature", "top_k", "top_p", "min_p", "typical_p", "seed"];
/** What only matters with beams. */
const BEAMED = ["num_beams", "length_penalty", "early_stopping", "num_beam_groups", "diversity_penalty"];
/** Other searches, which would stand in the way. */
const OTHERS = ["penalty_alpha", "exact_search", "num_return_sequences", "arithmetic_sampling", "stochastic_beams", "best_of"];

/** Options without some. @param {Options} options @param {string[]} names @returns {Options} */
const without = (options, names) => Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));

/** The width that options mean. @param {Options} options */
export const widthOf = (options) => Math.max(2, Math.round(Number(options["num_beams"] ?? 0)) > 1 ? Math.round(Number(options["num_beams"])) : WIDTH);

/** How many alternatives the tokens of finished texts come with: fewer where there are many tokens. @param {number} tokens */
export const alternatives = (tokens) => Math.max(4, Math.min(40, Math.floor(8000 / Math.max(1, tokens))));

/** The options of the search. @param {Options} chosen what the reader set @param {number} seed @returns {Options} */
export function beamOptions(chosen, seed) {
  const samples = chosen["do_sample"] === true;
  const width = widthOf(chosen);
  const kept = without(chosen, samples ? OTHERS : [...OTHERS, ...DRAWN]);
  return { do_sample: samples, ...(samples ? { seed } : {}), ...kept, num_beams: width, num_return_sequences: width };
}

/** The options of greedy search with the same processors and the same length. @param {Options} chosen @returns {Options} */
export function greedyOptions(chosen) {
  return { ...without(chosen, [...OTHERS, ...DRAWN, ...BEAMED]), do_sample: false, num_beams: 1 };
}

/**
 * A reference as it follows a prompt: where words are parted by spaces and neither side has one, one is put between.
 *
 * @param {string} prompt @param {string} text
 */
export function behind(prompt, text) {
  return /[\p{L}\p{N}\p{P}]$/u.test(prompt) && /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hangul}\p{N}]/u.test(text) ? ` ${text}` : text;
}
