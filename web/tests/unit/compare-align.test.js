// Where texts part, and how far distributions are apart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Row } from "../../pages/numbers/row.js";
import { common, differsAt, nextDivergence, shared } from "../../pages/views/compare/align.js";
import { apart, divergence, jaccard } from "../../pages/views/compare/distance.js";

test("what texts begin with together, and where one leaves the other", () => {
  assert.equal(shared([1, 2, 3], [1, 2, 4, 5]), 2);
  assert.equal(common([[1, 2, 3], [1, 2], [1, 2, 9]]), 2);
  assert.deepEqual([common([]), common([[1, 2]]), common([[1], [2]])], [0, 2, 0]);
  assert.deepEqual([differsAt([1, 2], [1, 2]), differsAt([1, 2], [1, 2, 3]), differsAt([1, 2, 3], [1, 2]), differsAt([5], [6]), differsAt([], [])], [null, 2, 2, 0, null]);
});

test("divergences are where texts begin to differ, and go round", () => {
  const [a, b] = [[1, 2, 3, 4, 5, 6], [1, 9, 9, 4, 5, 7]];
  assert.deepEqual([nextDivergence(a, b, 0, 1), nextDivergence(a, b, 1, 1), nextDivergence(a, b, 2, 1), nextDivergence(a, b, 5, 1)], [1, 5, 5, 1]);
  assert.deepEqual([nextDivergence(a, b, 5, -1), nextDivergence(a, b, 1, -1), nextDivergence(a, b, 0, -1)], [1, 5, 5]);
  assert.equal(nextDivergence([1, 2], [1, 2], 0, 1), null);
  assert.equal(nextDivergence([], [], 0, 1), null);
  assert.equal(nextDivergence([1], [1, 2, 3], 0, 1), 1, "one goes on where the other ends");
});

const close = (/** @type {number} */ a, /** @type {number} */ b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

test("distances are those of whole distributions", () => {
  const of = (/** @type {number[]} */ logits) => Row.of(Float32Array.from(logits));
  const [p, q] = [of([0, 0]), of([0, Math.log(3)])]; // a half each; a quarter and three
  const near = (/** @type {number} */ a, /** @type {number} */ b) => assert.ok(Math.abs(a - b) < 1e-7, `${a} is not ${b}`);
  near(divergence(p, q), 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3));
  near(divergence(q, p), 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5));
  assert.equal(divergence(p, p), 0);
  near(divergence(of([1000, -1000]), of([0, 0])), Math.log(2));
});

test("of two sets the share that is in both", () => {
  assert.deepEqual([jaccard([1, 2, 3], [2, 3, 4]), jaccard([1], [1]), jaccard([1], [2]), jaccard([], [])], [0.5, 1, 0, 1]);
});

test("two places are held against each other by their logits and tokens", () => {
  const [a, b] = [Row.of(Float32Array.from([3, 2, 1])), Row.of(Float32Array.from([1, 2, 3]))];
  const found = apart({ row: a, id: 0 }, { row: b, id: 2 });
  assert.deepEqual([found.jaccard, found.bInA, found.aInB], [1, 3, 3]);
  close(found.ab, found.ba);
  assert.ok(found.ab > 0.8);
});
