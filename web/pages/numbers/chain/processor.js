// What a processor is to the page: a change of a row, in words and numbers. The server has them all (crates/shape); the page has those
// that it can compute from the logits and the text alone, with the same rules and the same rounding to f32.
import { fixed } from "../format.js";

/** @typedef {import("../row.js").Row} Row */

/**
 * The text that a row follows, as far as processors look at it.
 * @typedef {object} Text
 * @property {number[]} ids all tokens before the row
 * @property {number[]} eos end tokens
 */

/**
 * What a processor did to a row.
 * @typedef {object} Done
 * @property {Row} row
 * @property {string} rule its rule with the numbers of this row, such as `k = 50`
 * @property {(id: number, before: Row) => string} formula what it did to one token, with that token's numbers
 * @property {number} [share] the share of probability that it keeps, where that is its rule
 */

/**
 * The value of an option, and how many tokens truncations leave at the least.
 * @typedef {{value: (name: string) => any, least: number}} Asked
 */

/**
 * A processor.
 * @typedef {object} Processor
 * @property {string} name as the server names it
 * @property {Record<string, unknown>} options its options with their defaults; the first one switches it on
 * @property {unknown} neutral the value of the first option with which it does nothing
 * @property {boolean} draws whether it acts only where tokens are drawn
 * @property {(asked: Asked, text: Text) => ((row: Row) => Done) | null} make null where it has nothing to do in this text
 */

/** A logit as formulas show it. @param {number} value */
export const logit = (value) => fixed(value, 3);

/** A probability as formulas show it: digits enough to see it. @param {number} p */
export const chance = (p) => (p > 0 && p < 0.001 ? p.toExponential(2) : fixed(p, 4)).replace("-", "−");

/** An option's number as it was written. @param {number} value */
export const given = (value) => String(value).replace("-", "−");

/** f32, as the server rounds. */
export const f32 = Math.fround;
