// What Compare counts about texts: by the definitions of `beamline compare`, whose numbers for these texts stand here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alikeness, distinct, longestRepeat, measured, similarity, spread } from "../../pages/views/compare/measures.js";

test("n-grams are counted as the engine counts them", () => {
  const ids = [1, 2, 1, 2, 1, 3];
  assert.deepEqual([distinct(ids, 1), distinct(ids, 2), distinct(ids, 3), distinct(ids, 7)], [0.5, 0.6, 0.75, null]);
  const stats = measured(ids.map((id) => ({ id, logprob: -0.5 })));
  assert.deepEqual([stats.length, stats.sum, stats.mean, stats.longest], [6, -3, -0.5, 3]);
  assert.equal(stats.perplexity, Math.exp(0.5));
  assert.deepEqual([stats.distinct2, stats.rep2, stats.distinct3, stats.rep3, stats.rep4], [0.6, 0.4, 0.75, 0.25, 0]);
  assert.equal(measured([7, 7, 7, 7, 7].map((id) => ({ id, logprob: 0 }))).rep4, 0.5);
});

test("short texts have no shares", () => {
  const nothing = measured([]);
  assert.deepEqual([nothing.length, nothing.sum, nothing.mean, nothing.perplexity, nothing.distinct1, nothing.rep2, nothing.longest], [0, 0, null, null, null, null, 0]);
  assert.deepEqual([measured([{ id: 1, logprob: -1 }]).rep2, measured([{ id: 1, logprob: -1 }]).distinct1], [null, 1]);
});

/** By the definition: every run against every later place. @param {number[]} ids */
function slow(ids) {
  for (let length = ids.length - 1; length > 0; length--)
    for (let i = 0; i + length <= ids.length; i++)
      for (let j = i + 1; j + length <= ids.length; j++) if (ids.slice(i, i + length).join() === ids.slice(j, j + length).join()) return length;
  return 0;
}

test("the longest repeat is what its definition says", () => {
  let state = 7;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648);
  for (let n = 0; n < 300; n++) {
    const ids = Array.from({ length: next() % 14 }, () => (next() >> 8) % 3);
    assert.equal(longestRepeat(ids), slow(ids), ids.join());
  }
});

test("likeness is that of the engine, over all pairs", () => {
  assert.equal(similarity([1, 2, 3], [1, 2, 4]), 0.5);
  assert.deepEqual([similarity([], []), similarity([1], [1]), similarity([1], [2]), similarity([1, 2], [2, 1])], [1, 1, 0, 0]);
  assert.equal(alikeness([[1, 2, 3]]), null);
  assert.equal(alikeness([[1, 2, 3], [1, 2, 4], [1, 2, 3]]), (0.5 + 1 + 0.5) / 3);
});

test("of several values the least, the middle and the greatest", () => {
  assert.deepEqual(spread([3, null, 1, 2]), { min: 1, median: 2, max: 3 });
  assert.deepEqual(spread([4, 1]), { min: 1, median: 2.5, max: 4 });
  assert.equal(spread([null]), null);
});
