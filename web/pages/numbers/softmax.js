// What a row of logits sums to: everything that turns logits into probabilities and into the measures of their spread.

/**
 * The sums of a row.
 * @typedef {object} Sums
 * @property {number} max the greatest logit
 * @property {number} sum the sum of exp(logit - max)
 * @property {number} log the logarithm of the sum of exp(logit): a log-probability is a logit less this
 * @property {number} first the sum of exp(logit - max) (logit - max), and the second such moment
 * @property {number} second
 * @property {number} entropy in nats
 * @property {number} varentropy how far surprises are spread around the entropy, in square nats
 */

/** The sums of the logits of some ids, the greatest logit first. @param {Float32Array} values by id @param {Uint32Array} ids @returns {Sums} */
export function sums(values, ids) {
  const max = ids.length > 0 ? /** @type {number} */ (values[/** @type {number} */ (ids[0])]) : -Infinity;
  let [sum, first, second] = [0, 0, 0];
  for (let i = 0; i < ids.length; i++) {
    const below = /** @type {number} */ (values[/** @type {number} */ (ids[i])]) - max;
    const weight = Math.exp(below);
    sum += weight;
    first += weight * below;
    second += weight * below * below;
  }
  return measured(max, sum, first, second);
}

/** The measures of these sums. @param {number} max @param {number} sum @param {number} first @param {number} second @returns {Sums} */
function measured(max, sum, first, second) {
  const mean = sum > 0 ? first / sum : 0;
  const log = Math.log(sum);
  return { max, sum, log: max + log, first, second, entropy: Math.max(0, log - mean), varentropy: sum > 0 ? Math.max(0, second / sum - mean * mean) : 0 };
}

/**
 * The sums once a few values have been exchanged: only those are looked at, unless the greatest value is another, or hardly anything of
 * the sum would be left, which would leave its errors alone.
 *
 * @param {Sums} before @param {Float32Array} old @param {Float32Array} values @param {number[]} changed @param {Uint32Array} ids of the row as it is now
 * @returns {Sums}
 */
export function exchanged(before, old, values, changed, ids) {
  let { max, sum, first, second } = before;
  if (ids.length === 0 || values[/** @type {number} */ (ids[0])] !== max) return sums(values, ids);
  const add = (/** @type {number} */ value, /** @type {1 | -1} */ sign) => {
    if (!(value > -Infinity)) return;
    const [below, weight] = [value - max, sign * Math.exp(value - max)];
    sum += weight;
    first += weight * below;
    second += weight * below * below;
  };
  for (const id of changed) {
    add(/** @type {number} */ (old[id]), -1);
    add(/** @type {number} */ (values[id]), 1);
  }
  return sum < before.sum / 2 ? sums(values, ids) : measured(max, sum, first, second);
}
