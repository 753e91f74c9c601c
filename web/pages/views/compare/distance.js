// How far two distributions over the whole vocabulary are apart.

/** @typedef {import("../../numbers/row.js").Row} Row */

/** The Kullback-Leibler divergence of `q` from `p`, in nats: what is lost when `q` is taken for `p`. @param {Row} p @param {Row} q */
export function divergence(p, q) {
  let sum = 0;
  for (let id = 0; id < p.values.length; id++) {
    const logprob = p.value(id) - p.sums.log;
    const chance = Math.exp(logprob);
    if (chance > 0) sum += chance * (logprob - (q.value(id) - q.sums.log));
  }
  return Math.max(0, sum); // rounding alone could bring it below
}

/** What two sets have in common, as a share of what is in either (Jaccard). @param {Iterable<number>} a @param {Iterable<number>} b */
export function jaccard(a, b) {
  const [one, other] = [new Set(a), new Set(b)];
  const both = [...one].filter((id) => other.has(id)).length;
  const either = one.size + other.size - both;
  return either === 0 ? 1 : both / either;
}

/** How many of the most probable tokens are compared. */
const TOP = 10;

/**
 * Two distributions, each with the token that was chosen from it.
 *
 * @param {{row: Row, id: number}} a @param {{row: Row, id: number}} b
 * @returns {{ab: number, ba: number, jaccard: number, bInA: number, aInB: number}} divergences of b from a and of a from b in nats, what
 *   the best ten have in common, the rank of b's token in a's distribution, and of a's in b's
 */
export function apart(a, b) {
  const [p, q] = [a.row, b.row];
  return { ab: divergence(p, q), ba: divergence(q, p), jaccard: jaccard(p.ids.subarray(0, TOP), q.ids.subarray(0, TOP)), bInA: p.rank(b.id), aInB: q.rank(a.id) };
}
