// Where tokens stand in a text: in bytes, in characters, and which of them share a character.

/** @typedef {import("../../api/shapes.js").Schemas["TokenCard"]} TokenCard */

/**
 * Tokens that belong together: one, or several that share characters. What stands between them (left out by the normalizer) is a
 * cluster without tokens; a token that stands for nothing in the text has one without characters.
 *
 * @typedef {object} Cluster
 * @property {number} number
 * @property {number} from its first token
 * @property {number} to the token behind its last one
 * @property {number} start in bytes of the text
 * @property {number} end
 * @property {number} begin in characters (code points) of the text
 * @property {number} stop
 * @property {string} text
 * @property {Uint8Array} bytes
 */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** @param {Uint8Array} bytes */
const points = (bytes) => bytes.reduce((n, byte) => n + ((byte & 0xc0) !== 0x80 ? 1 : 0), 0);

/** Parts a text and its tokens into clusters. @param {string} text @param {ReadonlyArray<Pick<TokenCard, "start" | "end">>} tokens @returns {Cluster[]} */
export function clusters(text, tokens) {
  const all = new TextEncoder().encode(text);
  /** @type {Array<{from: number, to: number, start: number, end: number}>} */
  const found = [];
  let reached = 0;
  const gap = (/** @type {number} */ to, /** @type {number} */ at) => {
    if (to > reached) found.push({ from: at, to: at, start: reached, end: to });
    reached = Math.max(reached, to);
  };
  tokens.forEach(({ start, end }, i) => {
    const open = found.at(-1);
    if (open && open.to > open.from && start < open.end && end > start) {
      open.to = i + 1;
      open.end = Math.max(open.end, end);
      reached = Math.max(reached, end);
      return;
    }
    gap(start, i);
    found.push({ from: i, to: i + 1, start, end });
    reached = Math.max(reached, end);
  });
  gap(all.length, tokens.length);
  let begin = 0;
  return found.map((cluster, number) => {
    const bytes = all.slice(cluster.start, cluster.end);
    const first = begin;
    begin += points(bytes);
    return { ...cluster, number, bytes, text: decoder.decode(bytes), begin: first, stop: begin };
  });
}

/** The cluster of each token. @param {ReadonlyArray<Cluster>} all @param {number} tokens @returns {Uint32Array} */
export function clusterOf(all, tokens) {
  const of = new Uint32Array(tokens);
  for (const { number, from, to } of all) of.fill(number, from, to);
  return of;
}

/**
 * The bytes of a cluster that each of its tokens stands for, from its start on; null where the normalizer wrote others in their place.
 *
 * @param {Cluster} cluster @param {ReadonlyArray<Pick<TokenCard, "bytes">>} tokens of the whole text
 * @returns {Array<[number, number]> | null}
 */
export function shares(cluster, tokens) {
  const own = tokens.slice(cluster.from, cluster.to);
  const written = own.flatMap(({ bytes }) => bytes);
  if (written.length !== cluster.bytes.length || written.some((byte, i) => byte !== cluster.bytes[i])) return null;
  let at = 0;
  return own.map(({ bytes }) => [at, (at += bytes.length)]);
}

/** Characters that several tokens share, with the tokens of each byte. @param {Cluster} cluster @param {ReadonlyArray<Pick<TokenCard, "bytes">>} tokens @returns {Array<{character: string, bytes: number[], tokens: number[]}>} */
export function split(cluster, tokens) {
  const parts = shares(cluster, tokens);
  if (!parts || cluster.to - cluster.from < 2) return [];
  const encoder = new TextEncoder();
  let at = 0;
  const all = [];
  for (const character of cluster.text) {
    const bytes = [...encoder.encode(character)];
    const owners = bytes.map((_, i) => cluster.from + parts.findIndex(([from, to]) => from <= at + i && at + i < to));
    if (new Set(owners).size > 1) all.push({ character, bytes, tokens: owners });
    at += bytes.length;
  }
  return all;
}
