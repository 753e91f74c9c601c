// Other texts beside a search: greedy search's, and the reader's own. How far do they go along with it, and where do they leave it?

/** @typedef {import("./search.js").Search} Search */

/**
 * A text beside the search.
 * @typedef {object} Track
 * @property {"greedy" | "reference"} name
 * @property {ReadonlyArray<TrackToken>} tokens
 */

/** @typedef {{id: number, text: string, bytes: number[], logprob: number}} TrackToken */

/**
 * How a track lies in a search.
 * @typedef {object} Laid
 * @property {Track} track
 * @property {number[]} along the candidates that it shares with the search, from the first token on
 */

/** Children of a candidate, or of the prompt. @param {Search} search @param {number} at */
function following(search, at) {
  if (at >= 0) return search.of(at).children;
  return (search.columns[1] ?? []).filter((child) => search.of(child).parent < 0);
}

/**
 * Lays a track into a search: token by token as long as one of the candidates has it. Where groups hold one token twice, the one that went
 * on is taken.
 *
 * @param {Search} search @param {Track} track @param {number} upTo the last step that counts
 * @returns {Laid}
 */
export function lay(search, track, upTo) {
  const along = [];
  let at = -1;
  for (const token of track.tokens.slice(0, upTo)) {
    const same = following(search, at).filter((child) => search.of(child).id === token.id);
    const next = same.find((child) => search.stays(search.of(child))) ?? same[0];
    if (next === undefined) break;
    along.push(next);
    at = next;
  }
  return { track, along };
}

/** The sum of a track's log-probabilities after so many tokens. @param {Track} track @param {number} count */
export const sumOf = (track, count) => track.tokens.slice(0, count).reduce((sum, token) => sum + token.logprob, 0);
