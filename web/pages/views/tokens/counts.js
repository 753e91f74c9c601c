// How many tokens what takes: by line, and by script.
import { languageOf, scriptOf, scripts } from "../../words/script.js";
import { segments } from "../../words/segments.js";

/** @typedef {import("./places.js").Cluster} Cluster */

/**
 * @typedef {object} Count
 * @property {string} name a line's number, or a script
 * @property {string} text
 * @property {number} characters code points
 * @property {number} bytes
 * @property {number} tokens
 */

/** Sums up clusters. @param {string} name @param {string} text @param {ReadonlyArray<Cluster>} clusters @returns {Count} */
export function counted(name, text, clusters) {
  let [characters, bytes, tokens] = [0, 0, 0];
  for (const cluster of clusters) {
    characters += cluster.stop - cluster.begin;
    bytes += cluster.end - cluster.start;
    tokens += cluster.to - cluster.from;
  }
  return { name, text, characters, bytes, tokens };
}

/** By line; a line break counts with the line that it ends. @param {ReadonlyArray<Cluster>} clusters @returns {Array<Count & {language: string}>} */
export function byLine(clusters) {
  const lines = segments(clusters.map(({ bytes }) => ({ bytes: [...bytes] })), "line");
  return lines.map(({ number, text, from, to }) => ({ ...counted(String(number), text.replace(/[\r\n]+$/, ""), clusters.slice(from, to)), language: languageOf(text) }));
}

/** By script: that of the first character of each cluster that is no space. @param {ReadonlyArray<Cluster>} clusters @returns {Count[]} */
export function byScript(clusters) {
  /** @type {Map<string, Cluster[]>} */
  const found = new Map();
  for (const cluster of clusters) {
    const script = scriptOf(cluster.text.trimStart() || cluster.text);
    const own = found.get(script);
    if (own) own.push(cluster);
    else found.set(script, [cluster]);
  }
  return scripts.flatMap((script) => {
    const own = found.get(script);
    return own ? [counted(script, "", own)] : [];
  });
}

/** Characters as readers see them: a letter with its marks, a family of emoji. @param {string} text */
export function graphemes(text) {
  let n = 0;
  for (const _ of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) n += 1;
  return n;
}
