// The tree as rows of a list: siblings by probability, tokens without branches joined, the rest of the vocabulary last.

/** @typedef {import("../../state/tree.js").Node} Node */
/** @typedef {import("../../state/tree.js").TokenTree} TokenTree */

/**
 * A token, or several that follow each other without another branch.
 * @typedef {object} TokenRow
 * @property {"token"} kind
 * @property {number} key the node that the row ends with
 * @property {number[]} chain the row's nodes, the first to the last
 * @property {number} level
 * @property {boolean} leads whether there is something below
 * @property {boolean} open
 * @property {number | null} logprob of its first token, so that siblings and the rest add up to one
 * @property {number | null} together of all its tokens
 * @property {number | null} cum from the prompt's end to its last token
 * @property {number | null} rank of its first token
 */

/**
 * All tokens that are no nodes in a place.
 * @typedef {{kind: "rest", key: number, level: number} & Rest} RestRow
 */

/** @typedef {TokenRow | RestRow} Row */

/**
 * How many tokens are no nodes in a place, and their probability together; null where a node's own is not known.
 * @typedef {{count: number, mass: number | null}} Rest
 */

/** The children of a node, the most probable first. @param {TokenTree} tree @param {number} key @returns {Node[]} */
export function sorted(tree, key) {
  const children = tree.node(key).children.map((child) => tree.node(child));
  return children.length < 2 ? children : children.sort((a, b) => (b.logprob ?? -Infinity) - (a.logprob ?? -Infinity) || a.key - b.key);
}

/** What follows a node besides its children. @param {TokenTree} tree @param {number} key @param {number} vocabulary @returns {Rest} */
export function rest(tree, key, vocabulary) {
  let listed = 0;
  const { children } = tree.node(key);
  for (const child of children) {
    const { logprob } = tree.node(child);
    if (logprob === null) return { count: Math.max(0, vocabulary - children.length), mass: null };
    listed += Math.exp(logprob);
  }
  return { count: Math.max(0, vocabulary - children.length), mass: Math.max(0, 1 - listed) };
}

/** The sum of two log-probabilities; null where one is not known. @param {number | null} a @param {number | null} b */
const plus = (a, b) => (a === null || b === null ? null : a + b);

/**
 * How the list is made.
 * @typedef {object} Shown
 * @property {ReadonlySet<number>} collapsed nodes whose children are not shown
 * @property {boolean} joins whether tokens without branches share a row
 * @property {(node: Node) => boolean} ends whether a row ends with this node in any case
 * @property {number} promptEnd
 * @property {number} vocabulary its size
 */

/** The node's row, with those after it that belong into it. @param {TokenTree} tree @param {Node} first @param {Shown} shown @returns {Node[]} */
function chain(tree, first, { joins, ends }) {
  const nodes = [first];
  for (let at = first; joins && at.children.length === 1 && !ends(at); nodes.push(at)) at = tree.node(/** @type {number} */ (at.children[0]));
  return nodes;
}

/**
 * The rows below a node, itself the first.
 *
 * @param {TokenTree} tree @param {number} root @param {Shown} shown
 * @returns {Row[]}
 */
export function rows(tree, root, shown) {
  /** @type {Row[]} */
  const all = [];
  /** What is still to be listed, the next last. @type {Array<{node: Node, level: number, before: number | null} | RestRow>} */
  const open = [{ node: tree.node(root), level: 0, before: tree.sum(shown.promptEnd, tree.node(root).parent < 0 ? root : tree.node(root).parent) }];
  for (let next = open.pop(); next; next = open.pop()) {
    if ("kind" in next) {
      all.push(next);
      continue;
    }
    const { node, level, before } = next;
    const nodes = node.key === root ? [node] : chain(tree, node, shown);
    const end = /** @type {Node} */ (nodes.at(-1));
    const together = nodes.reduce((sum, { logprob }) => plus(sum, logprob), /** @type {number | null} */ (0));
    const cum = nodes.some(({ key }) => key === shown.promptEnd) ? tree.sum(shown.promptEnd, end.key) : plus(before, together);
    const leads = end.children.length > 0 || end.outlook !== null;
    const isOpen = leads && !shown.collapsed.has(end.key);
    all.push({ kind: "token", key: end.key, chain: nodes.map(({ key }) => key), level, leads, open: isOpen, logprob: node.logprob, together, cum, rank: node.rank });
    if (!isOpen) continue;
    open.push({ kind: "rest", key: end.key, level: level + 1, ...rest(tree, end.key, shown.vocabulary) });
    for (const child of sorted(tree, end.key).reverse()) open.push({ node: child, level: level + 1, before: cum });
  }
  return all;
}

/** The row in which each node stands. @param {ReadonlyArray<Row>} list @returns {Map<number, number>} */
export function places(list) {
  const at = new Map();
  list.forEach((row, place) => row.kind === "token" && row.chain.forEach((key) => at.set(key, place)));
  return at;
}
