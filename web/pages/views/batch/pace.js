// How fast a run is: what has come since it was begun or opened, and the time that it took. Times in which it was paused do not count.

/** What came, and in how many milliseconds; `since` is when it went on last, null while it is paused. */
const pace = { milliseconds: 0, rows: 0, tokens: 0, since: /** @type {number | null} */ (null) };

/** Milliseconds up to now. */
const taken = () => pace.milliseconds + (pace.since === null ? 0 : performance.now() - pace.since);

/** Begins anew. */
export function reset() {
  Object.assign(pace, { milliseconds: 0, rows: 0, tokens: 0, since: null });
}

/** The run goes on. */
export function start() {
  pace.since = performance.now();
}

/** It is paused, or done. */
export function pause() {
  Object.assign(pace, { milliseconds: taken(), since: null });
}

/** A row has come. @param {number} tokens */
export function came(tokens) {
  pace.rows += 1;
  pace.tokens += tokens;
}

/** Tokens a second; null before any has come. */
export const rate = () => (pace.tokens === 0 ? null : (1000 * pace.tokens) / taken());

/** Seconds that so many rows take yet, at the pace so far; null before a row has come. @param {number} rows */
export const secondsFor = (rows) => (pace.rows === 0 ? null : (rows * taken()) / pace.rows / 1000);
