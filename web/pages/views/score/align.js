// Two texts beside each other, token by token, and what each place adds to the difference between their log-probabilities.

/**
 * A place: a token of either text, or of one alone.
 * @typedef {{a: number | null, b: number | null, same: boolean}} Place
 */

/** Beyond so many pairs of places texts are laid beside each other by place alone. */
const MOST = 4_000_000;

/** Lays what stands between two tokens that are the same beside each other. @param {number} fromA @param {number} toA @param {number} fromB @param {number} toB @returns {Place[]} */
function between(fromA, toA, fromB, toB) {
  const all = [];
  for (let i = 0; i < Math.max(toA - fromA, toB - fromB); i++) all.push({ a: fromA + i < toA ? fromA + i : null, b: fromB + i < toB ? fromB + i : null, same: false });
  return all;
}

/** The tokens that a longest common part of both has. @param {ReadonlyArray<number>} a @param {ReadonlyArray<number>} b @returns {Array<[number, number]>} */
function common(a, b) {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0 || n * m > MOST) return [];
  const width = m + 1;
  const longest = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? Number(longest[(i + 1) * width + j + 1]) + 1 : Math.max(Number(longest[(i + 1) * width + j]), Number(longest[i * width + j + 1]));
    }
  }
  /** @type {Array<[number, number]>} */
  const pairs = [];
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (Number(longest[(i + 1) * width + j]) >= Number(longest[i * width + j + 1])) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Lays two lists of token ids beside each other. @param {ReadonlyArray<number>} a @param {ReadonlyArray<number>} b @returns {Place[]} */
export function align(a, b) {
  let begin = 0;
  while (begin < Math.min(a.length, b.length) && a[begin] === b[begin]) begin += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const middle = common(a.slice(begin, a.length - end), b.slice(begin, b.length - end));
  /** @type {Array<[number, number]>} */
  const same = [];
  for (let i = 0; i < begin; i++) same.push([i, i]);
  for (const [i, j] of middle) same.push([begin + i, begin + j]);
  for (let i = end; i > 0; i--) same.push([a.length - i, b.length - i]);
  /** @type {Place[]} */
  const all = [];
  let [atA, atB] = [0, 0];
  for (const [i, j] of same) {
    all.push(...between(atA, i, atB, j), { a: i, b: j, same: true });
    [atA, atB] = [i + 1, j + 1];
  }
  return [...all, ...between(atA, a.length, atB, b.length)];
}

/** What each place adds to the difference: the first text's log-probability less the other's. Their sum is the whole. @param {ReadonlyArray<Place>} places @param {ReadonlyArray<number | null>} a log-probabilities @param {ReadonlyArray<number | null>} b @returns {number[]} */
export function contributions(places, a, b) {
  return places.map((place) => (place.a === null ? 0 : (a[place.a] ?? 0)) - (place.b === null ? 0 : (b[place.b] ?? 0)));
}
