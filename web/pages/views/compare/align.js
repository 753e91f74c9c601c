// Texts beside each other, by the ids of their tokens: what they share, and where they part.

/** @typedef {ReadonlyArray<number>} Ids */

/** How many tokens two texts begin with together. @param {Ids} a @param {Ids} b */
export function shared(a, b) {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
}

/** How many tokens all texts begin with. @param {ReadonlyArray<Ids>} texts */
export function common(texts) {
  const [first, ...others] = texts;
  return first ? Math.min(first.length, ...others.map((text) => shared(first, text))) : 0;
}

/** The first place at which a text differs from another, which may be the end of one; null where they are the same. @param {Ids} text @param {Ids} reference */
export function differsAt(text, reference) {
  const at = shared(text, reference);
  return at === text.length && at === reference.length ? null : at;
}

/**
 * The next place at which two texts begin to differ, or the one before; around the ends it goes on at the other. Null where they are the
 * same everywhere.
 *
 * @param {Ids} a @param {Ids} b @param {number} from @param {1 | -1} way
 */
export function nextDivergence(a, b, from, way) {
  const length = Math.max(a.length, b.length);
  const parts = (/** @type {number} */ at) => a[at] !== b[at] && (at === 0 || a[at - 1] === b[at - 1]);
  for (let steps = 1; steps <= length; steps++) {
    const at = (((from + way * steps) % length) + length) % length;
    if (parts(at)) return at;
  }
  return null;
}
