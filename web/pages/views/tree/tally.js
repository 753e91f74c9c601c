// What samples did: how often each token was drawn, beside how often chance would have it.

/** @typedef {import("../../api/shapes.js").Choice} Choice */
/** @typedef {{n: number, k: number, p: number | null, mean: number | null, deviation: number | null}} Edge `k` of `n` that went on from a node took this token */

/**
 * How often something of probability p comes in n independent draws: the mean, and one standard deviation (of the binomial distribution).
 *
 * @param {number} n @param {number} p
 */
export function expected(n, p) {
  return { mean: n * p, deviation: Math.sqrt(Math.max(0, n * p * (1 - p))) };
}

/** Counts of samples that began in one node. */
export class Tally {
  /** How many samples took a node. @type {Map<number, number>} */
  #taken = new Map();
  /** How many went on from a node. @type {Map<number, number>} */
  #went = new Map();
  /** The log-probability by which a token is drawn, by the node before it and its id. @type {Map<string, number>} */
  #chances = new Map();

  /** @param {number} from where the samples begin */
  constructor(from) {
    this.from = from;
    this.samples = 0;
  }

  /**
   * Counts a token of a sample.
   *
   * @param {number} parent @param {number} node
   * @param {{id: number, logprob_processed: number, top?: Choice[] | undefined}} token
   */
  hear(parent, node, token) {
    if (parent === this.from) this.samples += 1;
    this.#went.set(parent, (this.#went.get(parent) ?? 0) + 1);
    this.#taken.set(node, (this.#taken.get(node) ?? 0) + 1);
    for (const { id, logprob_processed } of token.top ?? []) this.#chances.set(`${parent} ${id}`, logprob_processed ?? -Infinity);
    this.#chances.set(`${parent} ${token.id}`, token.logprob_processed);
  }

  /** How many samples came through a node. @param {number} key */
  count(key) {
    return key === this.from ? this.samples : (this.#taken.get(key) ?? 0);
  }

  /** How many samples went on from a node. @param {number} key */
  went(key) {
    return this.#went.get(key) ?? 0;
  }

  /** The draws of a token after its parent; null where no sample came by. @param {{key: number, parent: number, id: number}} node @returns {Edge | null} */
  edge(node) {
    const n = this.went(node.parent);
    if (n === 0) return null;
    const logprob = this.#chances.get(`${node.parent} ${node.id}`);
    const p = logprob === undefined ? null : Math.exp(logprob);
    const told = p === null ? { mean: null, deviation: null } : expected(n, p);
    return { n, k: this.#taken.get(node.key) ?? 0, p, ...told };
  }
}
