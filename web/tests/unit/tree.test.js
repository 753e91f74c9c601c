// The tree of tokens: two of one id are one; nothing that was told is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenTree } from "../../pages/state/tree.js";

/** @param {number} id @param {number} [logprob] */
const token = (id, logprob) => ({ id, text: `t${id}`, bytes: [65 + id], ...(logprob === undefined ? {} : { logprob }) });

test("a token that comes twice is one node, and numbers that are known stay", () => {
  const tree = new TokenTree();
  const first = tree.add(0, token(1, -0.5), "model");
  assert.equal(tree.add(0, token(1, -0.25), "beam"), first);
  assert.deepEqual([first.logprob, first.origin, tree.size], [-0.5, "model", 2]);
  const known = tree.add(0, token(2), "taken");
  tree.add(0, { ...token(2), logprob: -2, rank: 7 }, "tree");
  assert.deepEqual([known.logprob, known.rank], [-2, 7]);
});

test("paths, sums and neighbours are read off it", () => {
  const tree = new TokenTree();
  const a = tree.add(0, token(1, -1), "prompt");
  const b = tree.add(a.key, token(2, -2), "model");
  const c = tree.add(a.key, token(3, -3), "model");
  const d = tree.add(b.key, token(4), "taken");
  assert.deepEqual(tree.ids(d.key), [1, 2, 4]);
  assert.equal(tree.sum(0, b.key), -3);
  assert.equal(tree.sum(a.key, d.key), null, "one of them is not known");
  assert.deepEqual(tree.beside(b.key), [undefined, c]);
  assert.equal(tree.end(a.key), c);
  assert.throws(() => tree.node(99), RangeError);
});

test("what may follow is replaced by what knows more", () => {
  const tree = new TokenTree();
  const outlook = (/** @type {number} */ n) => ({ entropy: 1, top: Array(n).fill({ ...token(1), logprob: -1, logprob_processed: -1, rank: 1 }), restCount: 0, restMass: 0, draw: null, stages: [] });
  tree.foresee(0, outlook(5));
  tree.foresee(0, outlook(2));
  assert.equal(tree.node(0).outlook?.top.length, 5);
  tree.foresee(0, outlook(9));
  assert.equal(tree.node(0).outlook?.top.length, 9);
});

test("it is the same after it was kept", () => {
  const tree = new TokenTree();
  const a = tree.add(0, token(1, -1), "prompt");
  tree.add(a.key, token(2, -2), "model");
  const other = new TokenTree();
  other.load(JSON.parse(JSON.stringify(tree.save())));
  assert.deepEqual(other.save(), tree.save());
  assert.equal(other.add(a.key, token(2), "model").key, 2);
  assert.equal(other.add(a.key, token(5), "model").key, 3);
  assert.equal(tree.size, 3, "they share nothing");
});

test("what has changed is taken once, and again where it could not be kept", () => {
  const tree = new TokenTree();
  const a = tree.add(0, token(1, -1), "prompt");
  assert.deepEqual(tree.takeFresh().map((node) => node.key), [0, a.key]);
  assert.deepEqual(tree.takeFresh(), []);
  const b = tree.add(a.key, token(2), "model");
  tree.tell(b.key, { note: "here" });
  const taken = tree.takeFresh();
  assert.deepEqual(taken.map((node) => node.key), [a.key, b.key]);
  tree.giveBack(taken);
  assert.deepEqual(tree.takeFresh().map((node) => [node.key, node.note]), [[a.key, ""], [b.key, "here"]]);
  const other = new TokenTree();
  other.load(tree.save());
  assert.equal(other.takeFresh().length, 3, "another work is kept whole");
  assert.equal(other.epoch, 1);
  assert.throws(() => other.load(tree.save().slice(1)), RangeError);
});
