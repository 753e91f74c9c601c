// How far two distributions over the whole vocabulary are apart.

/** Log-probabilities of logits, in nats. @param {Float32Array} logits */
export function logSoftmax(logits) {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const all = most + Math.log(sum);
  return Float64Array.from(logits, (logit) => logit - all);
}

/** The Kullback-Leibler divergence of `q` from `p`, in nats: what is lost when `q` is taken for `p`. @param {Float64Array} p log-probabilities @param {Float64Array} q log-probabilities */
export function divergence(p, q) {
  let sum = 0;
  for (let id = 0; id < p.length; id++) {
    const logprob = /** @type {number} */ (p[id]);
    const chance = Math.exp(logprob);
    if (chance > 0) sum += chance * (logprob - /** @type {number} */ (q[id]));
  }
  return Math.max(0, sum); // rounding alone could bring it below
}

/** The place of a token, from 1; of equal ones the lower id comes first. @param {Float64Array} logprobs @param {number} id */
export function rankOf(logprobs, id) {
  const own = /** @type {number} */ (logprobs[id]);
  let rank = 1;
  for (let other = 0; other < logprobs.length; other++) {
    const logprob = /** @type {number} */ (logprobs[other]);
    if (logprob > own || (logprob === own && other < id)) rank += 1;
  }
  return rank;
}

/** The ids of the most probable tokens, the best first. @param {Float64Array} logprobs @param {number} most */
export function best(logprobs, most) {
  /** @type {number[]} */
  const found = [];
  const of = (/** @type {number | undefined} */ id) => /** @type {number} */ (logprobs[/** @type {number} */ (id)]);
  for (let id = 0; id < logprobs.length; id++) {
    if (found.length === most && !(of(id) > of(found[most - 1]))) continue;
    let at = found.length;
    while (at > 0 && of(id) > of(found[at - 1])) at -= 1;
    found.splice(at, 0, id);
    if (found.length > most) found.pop();
  }
  return found;
}

/** What two sets have in common, as a share of what is in either (Jaccard). @param {ReadonlyArray<number>} a @param {ReadonlyArray<number>} b */
export function jaccard(a, b) {
  const all = new Set([...a, ...b]);
  const other = new Set(b);
  const both = new Set(a.filter((id) => other.has(id))).size;
  return all.size === 0 ? 1 : both / all.size;
}

/** How many of the most probable tokens are compared. */
export const TOP = 10;

/**
 * Two distributions, each with the token that was chosen from it.
 *
 * @param {{logits: Float32Array, id: number}} a @param {{logits: Float32Array, id: number}} b
 * @returns {{ab: number, ba: number, jaccard: number, bInA: number, aInB: number}} divergences of b from a and of a from b in nats, what
 *   the best ten have in common, the rank of b's token in a's distribution, and of a's in b's
 */
export function apart(a, b) {
  const [p, q] = [logSoftmax(a.logits), logSoftmax(b.logits)];
  return { ab: divergence(p, q), ba: divergence(q, p), jaccard: jaccard(best(p, TOP), best(q, TOP)), bInA: rankOf(p, b.id), aInB: rankOf(q, a.id) };
}
