// The finished texts, ranked by any length penalty: their sums and lengths are all that this takes.

/** @typedef {import("./search.js").Search} Search */

/**
 * A finished text.
 * @typedef {object} Finished
 * @property {number} at its last candidate
 * @property {number} sum as the search counts it
 * @property {number} raw the sum of the model's own log-probabilities
 * @property {number} length in tokens
 * @property {number} normalised the sum by this length penalty
 * @property {number} mean the sum per token
 * @property {number | null} engine the score that the engine gave it in the pool; null where it is not there
 */

/** A sum by its length: sum / length^penalty. @param {number} sum @param {number} length @param {number} penalty */
export const normalise = (sum, length, penalty) => sum / length ** penalty;

/** The sums along a path: as the search counts, and the model's own. @param {Search} search @param {number} at @returns {{counted: number, raw: number, length: number}} */
export function sums(search, at) {
  let [counted, raw, length] = [0, 0, 0];
  for (const place of search.path(at)) {
    counted += search.of(place).logprob;
    raw += search.of(place).raw;
    length += 1;
  }
  return { counted, raw, length };
}

/**
 * All texts that had ended by a step, the best first. Those that better ones pushed out of the pool, or kept out of it, are among them:
 * another length penalty may have them win.
 *
 * @param {Search} search @param {number} step @param {number} penalty
 * @returns {Finished[]}
 */
export function shelf(search, step, penalty) {
  const pool = new Map((search.pools[step] ?? []).map(({ at, score }) => [at, score]));
  const all = search.candidates.filter((candidate) => candidate.step <= step && (pool.has(candidate.at) || ended(candidate)));
  return all
    .map(({ at, score }) => {
      const { raw, length } = sums(search, at);
      return { at, sum: score, raw, length, normalised: normalise(score, length, penalty), mean: score / length, engine: pool.get(at) ?? null };
    })
    .sort((a, b) => b.normalised - a.normalised || a.at - b.at);
}

/** Whether a text ended by right, in the pool or not. @param {import("./search.js").Candidate} candidate */
const ended = (candidate) => (candidate.reason !== null && candidate.fate !== "kept") || candidate.fate === "pool full";

/**
 * Whether the log-probabilities of a text's tokens add up to its score. The engine adds in 32 bits, so what counts as equal grows with
 * the length.
 *
 * @param {number} added @param {number} score @param {number} length
 */
export function addsUp(added, score, length) {
  return Math.abs(added - score) <= 2 ** -22 * Math.max(1, Math.abs(score)) * Math.max(4, length);
}
