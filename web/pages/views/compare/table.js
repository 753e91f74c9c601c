// The table of numbers, apart from its drawing: which there are, how they are read, and how rows are ordered.
import { count, fixed } from "../../numbers/format.js";
import { total } from "../../numbers/sums.js";
import { spread } from "./measures.js";

/** @typedef {import("./outcomes.js").Outcome} Outcome */
/** @typedef {"tokens" | "sum" | "mean" | "perplexity" | "rep2" | "rep3" | "rep4" | "distinct1" | "distinct2" | "distinct3" | "longest" | "finish" | "seconds" | "rate" | "alike"} Name */

/**
 * A number of the table. `of` gives one for each text, `whole` one for all texts of a way.
 * @typedef {object} Figure
 * @property {Name} name
 * @property {(text: import("./outcomes.js").Text) => number | null} [of]
 * @property {(outcome: Outcome) => number | null} [whole]
 * @property {(value: number) => string} shown
 */

const decimal = (/** @type {number} */ digits) => (/** @type {number} */ value) => fixed(value, digits);

/** The numbers, in their order. Why a text ended is words and stands apart. @type {ReadonlyArray<Figure>} */
export const FIGURES = [
  { name: "tokens", of: (text) => text.measures.length, shown: count },
  { name: "mean", of: (text) => text.measures.mean, shown: (value) => total(value, 3) },
  { name: "perplexity", of: (text) => text.measures.perplexity, shown: decimal(2) },
  { name: "sum", of: (text) => text.measures.sum, shown: (value) => total(value, 2) },
  { name: "rep2", of: (text) => text.measures.rep2, shown: decimal(3) },
  { name: "rep3", of: (text) => text.measures.rep3, shown: decimal(3) },
  { name: "rep4", of: (text) => text.measures.rep4, shown: decimal(3) },
  { name: "longest", of: (text) => text.measures.longest, shown: count },
  { name: "distinct1", of: (text) => text.measures.distinct1, shown: decimal(3) },
  { name: "distinct2", of: (text) => text.measures.distinct2, shown: decimal(3) },
  { name: "distinct3", of: (text) => text.measures.distinct3, shown: decimal(3) },
  { name: "alike", whole: (outcome) => outcome.alike, shown: decimal(3) },
  { name: "seconds", whole: (outcome) => outcome.seconds, shown: decimal(2) },
  { name: "rate", whole: (outcome) => outcome.rate, shown: decimal(1) },
];

/** A way's number: the middle one of its texts, with the least and the greatest; null where there is none. @param {Figure} figure @param {Outcome} outcome */
export function cell(figure, outcome) {
  if (figure.of) return spread(outcome.texts.filter((text) => text.tokens.length > 0).map(figure.of));
  const value = figure.whole?.(outcome) ?? null;
  return value === null ? null : { min: value, median: value, max: value };
}

/** How rows are ordered: by a number, up or down; by none, as the columns stand. @typedef {{name: Name, down: boolean} | null} Order */

/** The order after the head of a number was pressed: down, then up, then as the columns stand. @param {Order} order @param {Name} name @returns {Order} */
export function pressed(order, name) {
  if (order?.name !== name) return { name, down: true };
  return order.down ? { name, down: false } : null;
}

/** Rows in an order; those without the number come last. @template T @param {ReadonlyArray<T>} rows @param {(row: T) => number | null} value @param {boolean} down @returns {T[]} */
export function sorted(rows, value, down) {
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return down ? y - x : x - y;
  });
}
