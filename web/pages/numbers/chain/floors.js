// Floors: no token less probable than so much, whatever that is measured by.
import { chance, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("../row.js").Row} Row */

/** Removes what is less probable than a floor. @param {Row} row @param {number} floor @param {number} least @param {string} said how the floor is come by */
function above(row, floor, least, said) {
  const { log } = row.sums;
  return {
    row: row.while((value) => Math.exp(value - log) >= floor, least),
    rule: `p ≥ ${said}`,
    formula: (/** @type {number} */ id, /** @type {Row} */ before) => `p = ${chance(before.p(id))} ${before.p(id) >= floor ? "≥" : "<"} ${said}`,
  };
}

/** @type {Processor} */
export const minP = {
  name: "min_p",
  options: { min_p: 0 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const share = Number(asked.value("min_p"));
    return (row) => {
      const { max, sum } = row.sums;
      const floor = `${given(share)} · p₁ = ${chance(share / sum)}`;
      return {
        // Of a ratio of probabilities only the difference of logits is needed.
        row: row.while((value) => Math.exp(value - max) >= share, asked.least),
        rule: `p ≥ ${floor}`,
        formula: (id, before) => `p = ${chance(before.p(id))} ${Math.exp(before.value(id) - max) >= share ? "≥" : "<"} ${floor}`,
      };
    };
  },
};

/** @type {Processor} */
export const epsilon = {
  name: "epsilon_cutoff",
  options: { epsilon_cutoff: 0 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const floor = Number(asked.value("epsilon_cutoff"));
    return (row) => above(row, floor, asked.least, `ε = ${given(floor)}`);
  },
};

/** @type {Processor} */
export const eta = {
  name: "eta_cutoff",
  options: { eta_cutoff: 0 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const share = Number(asked.value("eta_cutoff"));
    return (row) => {
      const floor = Math.min(share, Math.sqrt(share) * Math.exp(-row.sums.entropy));
      return above(row, floor, asked.least, `min(ε, √ε · e^−H) = ${chance(floor)}`);
    };
  },
};

/** @type {Processor} */
export const pLess = {
  name: "p_less",
  options: { p_less: false },
  neutral: false,
  draws: true,
  make: () => (row) => {
    const { max, sum } = row.sums;
    let floor = 0;
    for (let i = 0; i < row.kept; i++) floor += (Math.exp(row.at(i) - max) / sum) ** 2;
    return above(row, floor, 1, `Σ p² = ${chance(floor)}`);
  },
};

/** @type {Processor} */
export const topNSigma = {
  name: "top_n_sigma",
  options: { top_n_sigma: 0 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const n = Number(asked.value("top_n_sigma"));
    return (row) => {
      if (row.kept <= 1) return { row, rule: "n = 1", formula: (id, before) => `z = ${logit(before.value(id))}` };
      let [sum, squares] = [0, 0];
      for (let i = 0; i < row.kept; i++) sum += row.at(i);
      for (let i = 0; i < row.kept; i++) squares += (row.at(i) - sum / row.kept) ** 2;
      const floor = row.at(0) - n * Math.sqrt(squares / row.kept);
      const said = `max z − ${given(n)} σ = ${logit(floor)}`;
      return {
        row: row.while((value) => value >= floor, 1),
        rule: `z ≥ ${said}`,
        formula: (id, before) => `z = ${logit(before.value(id))} ${before.value(id) >= floor ? "≥" : "<"} ${said}`,
      };
    };
  },
};
