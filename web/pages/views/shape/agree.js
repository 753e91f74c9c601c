// Whether the page's numbers are the server's: stage by stage, token by token.

/** @typedef {import("../../api/shapes.js").StepRow} StepRow */
/** @typedef {import("../../numbers/chain.js").Run} Run */

/**
 * What came out.
 * @typedef {object} Agreement
 * @property {boolean} same
 * @property {number} largest the largest difference of two probabilities
 * @property {number} tokens how many were compared
 * @property {{id: number | null, stage: string, here: number, there: number} | null} first where they part: a token's probability after a stage,
 *   or, with no token, how many tokens it left
 * @property {boolean} order whether both have the same processors in the same order
 */

/** Probabilities that differ by more are different. Sums in f32 and in f64 differ by less. */
const TOLERANCE = 1e-5;

/** Compares. @param {Run} run @param {StepRow} step @returns {Agreement} */
export function compare(run, step) {
  const mine = run.stages.filter(({ name }) => name !== "log_softmax");
  const theirs = step.stages ?? [];
  // A search with beams tells no stages: then the ends are compared.
  const order = theirs.length === 0 || (theirs.length === mine.length && mine.every(({ name }, i) => name === theirs[i]?.processor));
  const ranked = step.candidates.map((candidate, i) => ({ candidate, i })).sort((a, b) => a.candidate.rank - b.candidate.rank);
  let largest = 0;
  /** @type {Agreement["first"]} */
  let first = null;
  const look = (/** @type {string} */ stage, /** @type {import("../../numbers/row.js").Row} */ row, /** @type {(i: number) => number} */ there) => {
    for (const { candidate, i } of ranked) {
      const here = row.p(candidate.id);
      const difference = Math.abs(here - there(i));
      largest = Math.max(largest, difference);
      const removed = (here === 0) !== (there(i) === 0);
      if (!first && (difference > TOLERANCE || removed)) first = { id: candidate.id, stage, here, there: there(i) };
    }
  };
  const count = (/** @type {string} */ stage, /** @type {number} */ here, /** @type {number} */ there) => {
    if (!first && here !== there) first = { id: null, stage, here, there };
  };
  look("raw", run.raw, (i) => step.candidates[i]?.prob ?? 0);
  if (order) {
    theirs.forEach((stage, at) => {
      const row = /** @type {import("../../numbers/chain.js").Stage} */ (mine[at]).row;
      look(stage.processor, row, (i) => stage.probs[i] ?? 0);
      count(stage.processor, row.left, stage.kept);
    });
  }
  look("draw", run.row, (i) => step.candidates[i]?.prob_processed ?? 0);
  count("draw", run.row.left, step.kept);
  return { same: order && first === null, largest, tokens: step.candidates.length, first, order };
}
