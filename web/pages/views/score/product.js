// The probability of a text as a product of its tokens' probabilities, and as a sum of their logarithms. Computers hold no numbers
// below a smallest one: the product comes to nothing, the sum does not.

/** The logarithms of the smallest numbers above nothing, to the base e: of 32 bits and of 64. */
export const SMALLEST = { f32: Math.log(2 ** -149), f64: -1074 * Math.LN2 };

/**
 * Products and sums up to each token.
 * @typedef {object} Running
 * @property {Float64Array} sums of logarithms
 * @property {Float64Array} products in 64 bits
 * @property {Float32Array} narrow products in 32 bits
 * @property {number | null} lost the first token with which the product of 64 bits is 0
 * @property {number | null} narrowLost the same of 32 bits
 */

/** Multiplies and adds up. @param {ReadonlyArray<number>} logprobs @returns {Running} */
export function running(logprobs) {
  const n = logprobs.length;
  const told = { sums: new Float64Array(n), products: new Float64Array(n), narrow: new Float32Array(n) };
  let [sum, product, narrow] = [0, 1, 1];
  /** @type {number | null} */
  let lost = null;
  /** @type {number | null} */
  let narrowLost = null;
  logprobs.forEach((logprob, i) => {
    const chance = Math.exp(logprob);
    sum += logprob;
    product *= chance;
    narrow = Math.fround(narrow * Math.fround(chance));
    if (product === 0) lost ??= i;
    if (narrow === 0) narrowLost ??= i;
    told.sums[i] = sum;
    told.products[i] = product;
    told.narrow[i] = narrow;
  });
  return { ...told, lost, narrowLost };
}

/** How many tokens it takes until a product comes to nothing, if all are as probable as these are in the mean. @param {number} mean of their logarithms @param {number} smallest */
export function foreseen(mean, smallest) {
  return mean < 0 ? Math.ceil(smallest / mean) : Infinity;
}
