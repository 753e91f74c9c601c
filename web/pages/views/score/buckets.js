// How far down the model's list each token stood (GLTR: texts of people reach further down than texts of models).

/** The buckets: ranks up to so many. @type {ReadonlyArray<number>} */
export const EDGES = [10, 100, 1000, Infinity];

/** The bucket of a rank, from 0; null where there is none. @param {number | null} rank */
export function bucketOf(rank) {
  return rank === null ? null : EDGES.findIndex((edge) => rank <= edge);
}

/** How many ranks each bucket has. @param {ReadonlyArray<number | null>} ranks @returns {number[]} */
export function buckets(ranks) {
  const counts = EDGES.map(() => 0);
  for (const rank of ranks) {
    const bucket = bucketOf(rank);
    if (bucket !== null) counts[bucket] = /** @type {number} */ (counts[bucket]) + 1;
  }
  return counts;
}
