// Temperature, fixed or by entropy: a division in f32.
import { f32, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("../row.js").Row} Row */

const LEAST = 1.1754943508222875e-38; // the least normal f32

/** Divides by a temperature, however small: one that overflows f32 is measured from the best token. @param {Row} row @param {number} t */
function soften(row, t) {
  if (row.kept === 0) return row;
  const max = row.at(0);
  if (Number.isFinite(f32(max / t))) return finite(row.divided(t));
  return finite(row.map((value) => (value === max ? 0 : f32(f32(value - max) / t))));
}

/** What fell to minus infinity is out. @param {Row} row */
const finite = (row) => row.while((value) => value > -Infinity, 0);

/** @type {Processor} */
export const temperature = {
  name: "temperature",
  options: { temperature: 1 },
  neutral: 1,
  draws: true,
  make: (asked) => {
    if (Number(asked.value("dynatemp_range") ?? 0) !== 0) return null; // which takes its place
    const asGiven = Number(asked.value("temperature"));
    return (row) => ({
      row: soften(row, f32(asGiven)),
      rule: `T = ${given(asGiven)}`,
      formula: (id, before) => `z / T = ${logit(before.value(id))} / ${given(asGiven)} = ${logit(f32(before.value(id) / f32(asGiven)))}`,
    });
  },
};

/** @type {Processor} */
export const dynatemp = {
  name: "dynatemp_range",
  options: { dynatemp_range: 0, dynatemp_exponent: 1 },
  neutral: 0,
  draws: true,
  make: (asked) => {
    const [middle, range, exponent] = [Number(asked.value("temperature")), Number(asked.value("dynatemp_range")), f32(Number(asked.value("dynatemp_exponent")))];
    const [least, most] = [f32(Math.max(0, middle - range)), f32(middle + range)];
    return (row) => {
      if (row.kept <= 1) return { row, rule: "n = 1", formula: (id, before) => `z = ${logit(before.value(id))}` };
      const share = Math.min(1, Math.max(0, row.sums.entropy / Math.log(row.kept)));
      const t = Math.max(LEAST, f32(least + f32(f32(most - least) * f32(share ** exponent))));
      return {
        row: soften(row, t),
        rule: `T = ${logit(t)}`,
        formula: (id, before) => `H / ln n = ${logit(share)}, z / T = ${logit(before.value(id))} / ${logit(t)} = ${logit(f32(before.value(id) / t))}`,
      };
    };
  },
};
