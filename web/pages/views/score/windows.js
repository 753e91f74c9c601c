// A text that is longer than the context, in windows: each token is scored once, after as many tokens as fit before it.

/**
 * A window: the tokens from `from` on are read, and those from `first` to `to` scored.
 * @typedef {{from: number, first: number, to: number}} Window
 */

/**
 * The windows of so many tokens. The first is as long as the context; each further one takes `stride` new tokens, and fills the context
 * with those before them. A smaller stride gives each token more before it, and takes more windows.
 *
 * @param {number} tokens @param {number} context @param {number} stride from 1 to the context less one
 * @returns {Window[]}
 */
export function windows(tokens, context, stride) {
  const step = Math.max(1, Math.min(stride, context - 1));
  const all = [{ from: 0, first: 0, to: Math.min(tokens, context) }];
  for (let first = context; first < tokens; first += step) {
    const to = Math.min(tokens, first + step);
    all.push({ from: to - context, first, to });
  }
  return all;
}
