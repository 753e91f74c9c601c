// The tree of tokens: all that was written, by whoever wrote it. Views show it and grow it; nothing is ever taken out.
import { signal } from "../vendor/preact.js";

/** @typedef {import("../api/shapes.js").Choice} Choice */

/**
 * Who brought a token: the reader's prompt, a generation, the reader's own choice, a beam search, or a tree of continuations.
 * @typedef {"prompt" | "model" | "taken" | "beam" | "tree"} Origin
 */

/**
 * What may follow a node: the best tokens, and how probable all others are together.
 * @typedef {object} Outlook
 * @property {number | null} entropy in nats; null where nobody has told it
 * @property {Choice[]} top
 * @property {number} restCount
 * @property {number} restMass
 * @property {{id: number, coin: number, from: number, to: number} | null} draw where the number fell by which a token was drawn, and which one
 * @property {Array<{processor: string, removed: number, mass: number}>} stages
 */

/**
 * A token in its place.
 * @typedef {object} Node
 * @property {number} key its number; 0 is the root, which is no token
 * @property {number} parent -1 for the root
 * @property {number} depth
 * @property {number} id
 * @property {string} text
 * @property {number[]} bytes
 * @property {number | null} logprob the raw model's, in nats; null where nobody has told it
 * @property {number | null} processed that after the processors
 * @property {number | null} rank
 * @property {Origin} origin
 * @property {string | null} end why a text ended here
 * @property {number[]} children
 * @property {Outlook | null} outlook what may follow
 * @property {string} note
 * @property {"" | "good" | "bad" | "kept"} mark
 */

/**
 * What is known of a token that is put into the tree.
 * @typedef {Partial<Pick<Node, "logprob" | "processed" | "rank" | "end">> & Pick<Node, "id" | "text" | "bytes">} Known
 */

/** A tree of tokens. Two tokens of one id never follow the same node, so what two views find is one. */
export class TokenTree {
  /** @type {Node[]} */
  #nodes = [];
  /** By parent and id. @type {Map<string, number>} */
  #places = new Map();
  /** Nodes that have changed since somebody took them to be kept. @type {Set<number>} */
  #fresh = new Set([0]);
  /** Grows when another tree takes the place of this one: whoever still brings tokens for the one before then ends. */
  epoch = 0;

  constructor() {
    this.#nodes.push({
      key: 0, parent: -1, depth: 0, id: -1, text: "", bytes: [], logprob: null, processed: null, rank: null,
      origin: "prompt", end: null, children: [], outlook: null, note: "", mark: "",
    });
    /** Grows with every change: who reads it while drawing is drawn anew. */
    this.version = signal(0);
  }

  /** Tells those who show the tree that it has changed. */
  changed() {
    this.version.value += 1;
  }

  /** How many nodes there are, the root among them. */
  get size() {
    return this.#nodes.length;
  }

  /** A node that is there. @param {number} key @returns {Node} */
  node(key) {
    const node = this.#nodes[key];
    if (!node) throw new RangeError(`the tree has no node ${key}`);
    return node;
  }

  /** A child by its token. @param {number} parent @param {number} id @returns {Node | undefined} */
  child(parent, id) {
    const key = this.#places.get(`${parent} ${id}`);
    return key === undefined ? undefined : this.#nodes[key];
  }

  /**
   * Puts a token behind a node, or tells more of the one that is there. Numbers that are known stay.
   *
   * @param {number} parent @param {Known} known @param {Origin} origin
   * @returns {Node}
   */
  add(parent, known, origin) {
    const before = this.child(parent, known.id);
    if (before) {
      this.#fresh.add(before.key);
      before.logprob ??= known.logprob ?? null;
      before.rank ??= known.rank ?? null;
      if (known.processed !== undefined) before.processed = known.processed;
      if (known.end) before.end = known.end;
      return before;
    }
    const above = this.node(parent);
    const node = {
      key: this.#nodes.length, parent, depth: above.depth + 1, id: known.id, text: known.text, bytes: known.bytes,
      logprob: known.logprob ?? null, processed: known.processed ?? null, rank: known.rank ?? null,
      origin, end: known.end ?? null, children: [], outlook: null, note: "", mark: /** @type {Node["mark"]} */ (""),
    };
    this.#nodes.push(node);
    this.#places.set(`${parent} ${known.id}`, node.key);
    above.children.push(node.key);
    this.#fresh.add(parent).add(node.key);
    return node;
  }

  /** Tells what may follow a node; what is told later and knows more replaces what was told before. @param {number} key @param {Outlook} outlook */
  foresee(key, outlook) {
    const node = this.node(key);
    if (!node.outlook || outlook.top.length >= node.outlook.top.length) node.outlook = outlook;
    this.#fresh.add(key);
  }

  /** Tells more of a node: why a text ended there, or what the reader thinks of it. @param {number} key @param {Partial<Pick<Node, "end" | "mark" | "note">>} more */
  tell(key, more) {
    Object.assign(this.node(key), more);
    this.#fresh.add(key);
  }

  /** Takes back what could not be kept. @param {Node[]} nodes */
  giveBack(nodes) {
    for (const node of nodes) this.#fresh.add(node.key);
  }

  /** Nothing of it is kept any more. */
  allFresh() {
    this.#fresh = new Set(this.#nodes.keys());
  }

  /** The nodes that have changed since this was asked last. */
  takeFresh() {
    const nodes = [...this.#fresh].map((key) => this.node(key));
    this.#fresh = new Set();
    return nodes;
  }

  /** The nodes from the first token to this one. @param {number} key @returns {Node[]} */
  path(key) {
    const path = [];
    for (let at = this.node(key); at.parent >= 0; at = this.node(at.parent)) path.push(at);
    return path.reverse();
  }

  /** The token ids of a path. @param {number} key */
  ids(key) {
    return this.path(key).map((node) => node.id);
  }

  /** The sum of log-probabilities from one node to another below it; null where one is not known. @param {number} from @param {number} to */
  sum(from, to) {
    let sum = 0;
    for (let at = this.node(to); at.key !== from; at = this.node(at.parent)) {
      if (at.logprob === null || at.parent < 0) return null;
      sum += at.logprob;
    }
    return sum;
  }

  /** The node before this one, and the one behind it, among their parent's children. @param {number} key @returns {[Node | undefined, Node | undefined]} */
  beside(key) {
    const node = this.node(key);
    if (node.parent < 0) return [undefined, undefined];
    const all = this.node(node.parent).children;
    const at = all.indexOf(key);
    const one = (/** @type {number | undefined} */ other) => (other === undefined ? undefined : this.#nodes[other]);
    return [one(all[at - 1]), one(all[at + 1])];
  }

  /** The end of the branch that goes on from a node by the child that came last. @param {number} key */
  end(key) {
    let at = this.node(key);
    while (at.children.length > 0) at = this.node(/** @type {number} */ (at.children.at(-1)));
    return at;
  }

  /** All nodes, parents before children. @returns {IterableIterator<Node>} */
  [Symbol.iterator]() {
    return this.#nodes[Symbol.iterator]();
  }

  /** The tree as plain data. */
  save() {
    return this.#nodes.map((node) => ({ ...node }));
  }

  /** Takes the place of what was there. @param {Node[]} nodes as `save` gave them */
  load(nodes) {
    if (nodes.some((node, at) => node.key !== at)) throw new RangeError("nodes of this tree are missing");
    this.epoch += 1;
    this.#nodes = nodes.map((node) => ({ ...node, children: [...node.children] }));
    this.#places = new Map(this.#nodes.slice(1).map((node) => [`${node.parent} ${node.id}`, node.key]));
    this.allFresh();
    this.changed();
  }
}
