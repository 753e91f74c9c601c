// Top-k, and top-h: the best tokens by count, or by their part of the entropy.
import { chance, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */

/** @type {Processor} */
export const topK = {
  name: "top_k",
  options: { top_k: 50 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const asGiven = Number(asked.value("top_k"));
    const k = Math.max(asGiven, asked.least);
    return (row) => ({
      row: k < row.kept ? row.best(k) : row,
      rule: `k = ${given(asGiven)}`,
      formula: (id, before) => `#${before.rank(id)} ${before.rank(id) <= k ? "≤" : ">"} k = ${k}` +
        (before.rank(id) > k && before.value(id) === before.at(k - 1) ? ` (z = z#${k} = ${logit(before.value(id))})` : ""),
    });
  },
};

/** How many of the best tokens top-h looks at. */
const POOL = 100;

/** @type {Processor} */
export const topH = {
  name: "top_h",
  options: { top_h: null },
  neutral: null,
  draws: true,
  make: (asked) => {
    const share = Number(asked.value("top_h"));
    return (row) => {
      const count = Math.min(POOL, row.kept);
      const pool = row.window(0, count);
      const { max, sum } = pool.sums;
      const parts = Float64Array.from({ length: count }, (_, i) => {
        const p = Math.exp(row.at(i) - max) / sum;
        return p > 0 ? -p * Math.log(p) : 0;
      });
      const entropy = parts.reduce((all, part) => all + part, 0);
      let [together, kept] = [0, 0];
      // Sums of equal terms in equal order differ from the limit by rounding alone.
      while (kept < count && (together += /** @type {number} */ (parts[kept])) <= entropy * share * (1 + 1e-7)) kept++;
      return {
        row: row.window(0, Math.max(1, kept)),
        rule: `Σ −p log p ≤ ${given(share)} · H₁₀₀`,
        formula: (id, before) => `#${before.rank(id)}, p = ${chance(before.p(id))}: Σ −p log p ≤ ${given(share)} · ${logit(entropy)} = ${logit(share * entropy)}`,
      };
    };
  },
};
