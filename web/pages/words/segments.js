// The lines and sentences of a text, with the tokens of each.
import { languageOf } from "./script.js";

/**
 * A line or a sentence with its tokens.
 * @typedef {object} Segment
 * @property {number} number from 1
 * @property {string} text
 * @property {number} from its first token
 * @property {number} to the token behind its last one
 */

/** Where segments end, in characters (UTF-16). @param {string} text @param {"line" | "sentence"} kind @returns {number[]} */
function ends(text, kind) {
  if (kind === "line") return [...text.matchAll(/\r\n|\r|\n|$/g)].map((match) => match.index + match[0].length);
  const segmenter = new Intl.Segmenter(languageOf(text), { granularity: "sentence" });
  return [...segmenter.segment(text)].map(({ index, segment }) => index + segment.length);
}

/** The characters (UTF-16) before each byte of a text, at the bytes that begin a character. @param {string} text @returns {Uint32Array} */
export function charactersByByte(text) {
  const encoder = new TextEncoder();
  const all = new Uint32Array(encoder.encode(text).length + 1);
  let [byte, at] = [0, 0];
  for (const character of text) {
    const length = encoder.encode(character).length;
    all.fill(at, byte, byte + length);
    byte += length;
    at += character.length;
  }
  all[byte] = at;
  return all;
}

/**
 * Parts a text. A token belongs where its first character is that is no space: many tokens begin with the space before a word, which
 * is the end of what came before.
 *
 * @param {ReadonlyArray<{bytes: ReadonlyArray<number>}>} tokens @param {"line" | "sentence"} kind
 * @returns {Segment[]} those that have tokens
 */
export function segments(tokens, kind) {
  const bytes = tokens.flatMap((token) => [...token.bytes]);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  const characters = charactersByByte(text);
  const whole = characters.length - 1 === bytes.length;
  const stops = ends(text, kind);
  /** @type {Segment[]} */
  const all = [];
  let [byte, at, last] = [0, 0, -1];
  tokens.forEach((token, i) => {
    const solid = token.bytes.findIndex((value) => value > 0x20);
    const place = whole ? /** @type {number} */ (characters[byte + Math.max(0, solid)]) : 0;
    byte += token.bytes.length;
    while (at < stops.length - 1 && /** @type {number} */ (stops[at]) <= place) at += 1;
    const open = all.at(-1);
    if (open && last === at) open.to = i + 1;
    else all.push({ number: at + 1, text: text.slice(stops[at - 1] ?? 0, stops[at]), from: i, to: i + 1 });
    last = at;
  });
  return all;
}
