// A scored text as views draw it: tokens as nodes with what might have stood in their places, and sums over parts of it.
import { rest } from "../../state/lab.js";

/** @typedef {import("../../api/shapes.js").ScoredToken} ScoredToken */
/** @typedef {import("../../api/shapes.js").ScoredText} ScoredText */
/** @typedef {import("../../state/tree.js").Node} Node */
/** @typedef {import("../../state/tree.js").Outlook} Outlook */

/**
 * A token in its place, with what might have stood there.
 * @typedef {{node: Node, outlook: Outlook | null, text: string}} Placed
 */

/** Tokens as a row of nodes, whose keys are their places. @param {ReadonlyArray<ScoredToken>} tokens @param {number} vocabulary @returns {Placed[]} */
export function placed(tokens, vocabulary) {
  return tokens.map((token, key) => {
    const top = (token.top ?? []).map((choice) => ({ ...choice, logprob_processed: choice.logprob }));
    /** @type {Node} */
    const node = {
      key, parent: key - 1, depth: key, id: token.id, text: token.text, bytes: token.bytes, logprob: token.logprob, processed: null, rank: token.rank,
      origin: "prompt", end: null, children: [], outlook: null, note: "", mark: "",
    };
    const outlook = token.logprob === null || top.length === 0 ? null : { entropy: token.entropy, top, ...rest(top, vocabulary), draw: null, stages: [] };
    return { node, outlook, text: token.text };
  });
}

/**
 * Sums of tokens.
 * @typedef {object} Sums
 * @property {number} tokens those that have a probability
 * @property {number} sum of log-probabilities, in nats
 * @property {number | null} mean null where no token has one, as the numbers below
 * @property {number | null} perplexity
 * @property {number | null} bitsPerByte
 * @property {number | null} bitsPerCharacter
 */

/** Sums them up, as the server does: of bytes and characters those of tokens that have a probability; a character counts where it begins. @param {ReadonlyArray<ScoredToken>} tokens @returns {Sums} */
export function sums(tokens) {
  let [n, sum, bytes, characters] = [0, 0, 0, 0];
  for (const token of tokens) {
    if (token.logprob === null) continue;
    n += 1;
    sum += token.logprob;
    bytes += token.bytes.length;
    for (const byte of token.bytes) if ((byte & 0xc0) !== 0x80) characters += 1;
  }
  const bits = (/** @type {number} */ over) => (over > 0 ? -sum / Math.LN2 / over : null);
  const mean = n > 0 ? sum / n : null;
  return { tokens: n, sum, mean, perplexity: mean === null ? null : Math.exp(-mean), bitsPerByte: bits(bytes), bitsPerCharacter: bits(characters) };
}

/** The server's own sums of a text. @param {ScoredText} text @returns {Sums} */
export function told(text) {
  return {
    tokens: text.tokens.slice(text.prefix_tokens).filter((token) => token.logprob !== null).length, sum: text.sum_logprob, mean: text.mean_logprob,
    perplexity: text.perplexity, bitsPerByte: text.bits_per_byte, bitsPerCharacter: text.bits_per_character,
  };
}
