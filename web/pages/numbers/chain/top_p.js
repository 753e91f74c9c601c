// Top-p, the nucleus, and typical sampling: tokens that together hold a share of the probability.
import { fixed } from "../format.js";
import { chance, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("../row.js").Row} Row */

/** The probability of the tokens of a row that stand before a place. @param {Row} row @param {number} place */
function before(row, place) {
  const { max, sum } = row.sums;
  let together = 0;
  for (let i = 0; i < place; i++) together += Math.exp(row.at(i) - max);
  return together / sum;
}

/** @type {Processor} */
export const topP = {
  name: "top_p",
  options: { top_p: 1 },
  neutral: 1,
  draws: true,
  make: (asked) => {
    const p = Number(asked.value("top_p"));
    return (row) => {
      const { max, sum } = row.sums;
      let [together, count] = [0, 0];
      while (count < row.kept) {
        together += Math.exp(row.at(count++) - max);
        if (together >= p * sum && count >= asked.least) break;
      }
      const left = p < 1 ? row.best(count) : row;
      const mass = left.kept === count ? together / sum : before(row, left.kept);
      return {
        row: left,
        share: p,
        rule: `Σ = ${chance(mass)} ${mass >= p ? "≥" : "<"} p = ${given(p)}`,
        formula: (id, row) => {
          const above = before(row, row.rank(id) - 1);
          return `Σ p#<${row.rank(id)} = ${chance(above)} ${above < p ? "<" : "≥"} p = ${given(p)}`;
        },
      };
    };
  },
};

/** @type {Processor} */
export const typical = {
  name: "typical_p",
  options: { typical_p: 1 },
  neutral: 1,
  draws: true,
  make: (asked) => {
    const mass = Number(asked.value("typical_p"));
    return (row) => {
      const { log, entropy } = row.sums;
      const distance = (/** @type {number} */ place) => (place < 0 || place >= row.kept ? Infinity : Math.abs(log - row.at(place) - entropy));
      // Surprise grows along the row, so what is nearest to the entropy lies around one place, and grows from there to both sides.
      let [low, high] = [0, row.kept];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (log - row.at(middle) < entropy) low = middle + 1;
        else high = middle;
      }
      let [from, to, together, farthest] = [low, low, 0, 0];
      while (to - from < row.kept && !(together >= mass && to - from >= asked.least)) {
        const place = distance(from - 1) < distance(to) ? --from : to++;
        together += Math.exp(row.at(place) - log);
        farthest = distance(place);
      }
      while (distance(from - 1) <= farthest) from--;
      while (distance(to) <= farthest) to++;
      return {
        row: row.window(from, to),
        rule: `|−log p − H| ≤ ${fixed(farthest, 2)}, Σ ≥ ${given(mass)}`,
        formula: (id, row) => {
          const surprise = row.sums.log - row.value(id);
          const far = Math.abs(surprise - row.sums.entropy);
          return `|−log p − H| = |${logit(surprise)} − ${logit(row.sums.entropy)}| = ${logit(far)} ${far <= farthest ? "≤" : ">"} ${logit(farthest)}`;
        },
      };
    };
  },
};
