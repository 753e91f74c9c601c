// Curves of a row: probability by rank, and what the best so many hold together; at ranks that are evenly spaced on a logarithmic axis.

/** @typedef {import("./row.js").Row} Row */
/** @typedef {{rank: number, p: number, together: number}} Point */

/** Ranks from 1 to the last: each of the first, then about so many for each power of ten. @param {number} last @param {number} [each] */
export function ranks(last, each = 40) {
  const all = [];
  for (let rank = 1; rank <= last; rank = Math.max(rank + 1, Math.round(rank * 10 ** (1 / each)))) all.push(rank);
  if (last > 0 && all.at(-1) !== last) all.push(last);
  return all;
}

/** The curve of a row. @param {Row} row @returns {Point[]} */
export function curve(row) {
  const { max, sum } = row.sums;
  const points = [];
  let together = 0;
  let place = 0;
  for (const rank of ranks(row.kept)) {
    let weight = 0;
    for (; place < rank; place++) together += weight = Math.exp(row.at(place) - max);
    points.push({ rank, p: weight / sum, together: Math.min(1, together / sum) });
  }
  return points;
}
