// What is counted about a text, in tokens. The definitions are those of `beamline compare`: its numbers and these are the same.

/** @typedef {ReadonlyArray<number>} Ids */

/**
 * What a text is measured by; null where it is too short for a number.
 * @typedef {object} Measures
 * @property {number} length tokens
 * @property {number} sum log-probability under the raw model, in nats
 * @property {number | null} mean the same a token
 * @property {number | null} perplexity `exp(-mean)`
 * @property {number | null} distinct1 different tokens among all (Li et al., 2016)
 * @property {number | null} distinct2 different pairs among all pairs
 * @property {number | null} distinct3 different triples among all triples
 * @property {number | null} rep2 the share of pairs that came before: 1 - distinct2
 * @property {number | null} rep3 the same of triples
 * @property {number | null} rep4 the same of runs of four (Welleck et al., 2020)
 * @property {number} longest the longest run of tokens that comes twice; the two may overlap
 */

/** Different n-grams among all; null where there are none. @param {Ids} ids @param {number} n */
export function distinct(ids, n) {
  const all = ids.length - n + 1;
  if (all <= 0) return null;
  const seen = new Set();
  for (let at = 0; at < all; at++) seen.add(ids.slice(at, at + n).join(" "));
  return seen.size / all;
}

/**
 * The length of the longest run that comes twice. Read by a suffix automaton: after each token, the state that the last one links to stands
 * for the longest run that ends here and has come before.
 *
 * @param {Ids} ids
 */
export function longestRepeat(ids) {
  const states = [{ length: 0, link: -1, next: /** @type {Map<number, number>} */ (new Map()) }];
  const state = (/** @type {number} */ at) => /** @type {(typeof states)[0]} */ (states[at]);
  let [last, longest] = [0, 0];
  for (const id of ids) {
    const own = states.push({ length: state(last).length + 1, link: 0, next: new Map() }) - 1;
    let at = last;
    while (at >= 0 && !state(at).next.has(id)) {
      state(at).next.set(id, own);
      at = state(at).link;
    }
    if (at >= 0) {
      const after = /** @type {number} */ (state(at).next.get(id));
      state(own).link = state(after).length === state(at).length + 1 ? after : parted(states, at, after, id);
    }
    longest = Math.max(longest, state(state(own).link).length);
    last = own;
  }
  return longest;
}

/** Parts a state of the automaton in two: what is reached from `at` becomes a state of its own. Gives that. @param {Array<{length: number, link: number, next: Map<number, number>}>} states @param {number} at @param {number} after @param {number} id */
function parted(states, at, after, id) {
  const state = (/** @type {number} */ one) => /** @type {(typeof states)[0]} */ (states[one]);
  const copy = states.push({ length: state(at).length + 1, link: state(after).link, next: new Map(state(after).next) }) - 1;
  for (let from = at; from >= 0 && state(from).next.get(id) === after; from = state(from).link) state(from).next.set(id, copy);
  state(after).link = copy;
  return copy;
}

/** Measures a text. @param {ReadonlyArray<{id: number, logprob: number}>} tokens @returns {Measures} */
export function measured(tokens) {
  const ids = tokens.map((token) => token.id);
  const sum = tokens.reduce((all, token) => all + token.logprob, 0);
  const mean = tokens.length > 0 ? sum / tokens.length : null;
  const [distinct1, distinct2, distinct3, distinct4] = [distinct(ids, 1), distinct(ids, 2), distinct(ids, 3), distinct(ids, 4)];
  const repeated = (/** @type {number | null | undefined} */ share) => (share == null ? null : 1 - share);
  return {
    length: tokens.length, sum, mean, perplexity: mean === null ? null : Math.exp(-mean),
    distinct1: distinct1 ?? null, distinct2: distinct2 ?? null, distinct3: distinct3 ?? null,
    rep2: repeated(distinct2), rep3: repeated(distinct3), rep4: repeated(distinct4), longest: longestRepeat(ids),
  };
}

/**
 * How alike two texts are: the pairs of neighbouring tokens that they share, over the mean of their numbers (Dice); 1 for equal texts, 0
 * where none is shared.
 *
 * @param {Ids} a @param {Ids} b
 */
export function similarity(a, b) {
  if (a.length === b.length && a.every((id, i) => id === b[i])) return 1;
  const counts = (/** @type {Ids} */ ids) => {
    /** @type {Map<string, number>} */
    const all = new Map();
    for (let at = 1; at < ids.length; at++) {
      const pair = `${ids[at - 1]} ${ids[at]}`;
      all.set(pair, (all.get(pair) ?? 0) + 1);
    }
    return all;
  };
  const [left, right] = [counts(a), counts(b)];
  let shared = 0;
  for (const [pair, n] of left) shared += Math.min(n, right.get(pair) ?? 0);
  const all = Math.max(0, a.length - 1) + Math.max(0, b.length - 1);
  return all === 0 ? 0 : (2 * shared) / all;
}

/** How alike texts are, over all pairs; null of fewer than two. @param {ReadonlyArray<Ids>} texts */
export function alikeness(texts) {
  if (texts.length < 2) return null;
  let [sum, pairs] = [0, 0];
  texts.forEach((a, i) => texts.slice(0, i).forEach((b) => {
    sum += similarity(a, b);
    pairs += 1;
  }));
  return sum / pairs;
}

/** The least, the middle and the greatest of those values that are there; null where none is. @param {ReadonlyArray<number | null>} values */
export function spread(values) {
  const there = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (there.length === 0) return null;
  const [low, high] = [there[Math.floor((there.length - 1) / 2)], there[Math.floor(there.length / 2)]];
  const median = (/** @type {number} */ (low) + /** @type {number} */ (high)) / 2;
  return { min: /** @type {number} */ (there[0]), median, max: /** @type {number} */ (there.at(-1)) };
}
