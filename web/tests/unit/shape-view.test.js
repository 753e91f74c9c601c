// What Shape does with numbers before it draws: searching, curves, comparing with the server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, values } from "../../pages/numbers/chain.js";
import { curve, ranks } from "../../pages/numbers/curves.js";
import { Row } from "../../pages/numbers/row.js";
import { compare } from "../../pages/views/shape/agree.js";
import { search } from "../../pages/words/search.js";

test("a token is found by its text, the best answer first", () => {
  const texts = ["a", " the", "the", "other", "\n", "The", " them"];
  const ranks = [3, 6, 5, 1, 2, 0, 4];
  assert.deepEqual(search(texts, ranks, "the"), [2, 1, 6, 3, 5]);
  assert.deepEqual(search(texts, ranks, "␣the"), [1, 2, 6]);
  assert.deepEqual(search(texts, ranks, "↵"), [4]);
  assert.deepEqual(search(texts, ranks, "#4"), [1]);
  assert.deepEqual([search(texts, ranks, "#40"), search(texts, ranks, ""), search(texts, ranks, "zebra")], [[], [], []]);
});

test("curves go from the first rank to the last, and end at 1", () => {
  assert.deepEqual(ranks(5), [1, 2, 3, 4, 5]);
  assert.deepEqual([ranks(0), ranks(150_000).at(-1), ranks(150_000).length < 300], [[], 150_000, true]);
  const logits = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 4);
  const points = curve(Row.of(logits));
  assert.ok(Math.abs(Number(points.at(-1)?.together) - 1) < 1e-12);
  points.forEach((point, i) => assert.ok(i === 0 || (point.p <= Number(points[i - 1]?.p) && point.together > Number(points[i - 1]?.together))));
});

/** What a server might say to a chain. @param {import("../../pages/numbers/chain.js").Run} done @returns {import("../../pages/api/shapes.js").StepRow} */
function told(done) {
  const candidates = [...done.raw.ids].map((id, place) => ({ id, text: "", bytes: [], logit: 0, logprob: 0, prob: done.raw.p(id), prob_processed: done.row.p(id), rank: place + 1, removed_by: null }));
  const stages = done.stages.map(({ name, row }) => ({ processor: name, kept: row.left, probs: candidates.map(({ id }) => row.p(id)) }));
  return { input: "", chosen: { id: 0, text: "" }, entropy: 0, kept: done.row.left, candidates, rest: { count: 0, prob: 0 }, stages };
}

test("the server's numbers are compared stage by stage, and the first that differs is named", () => {
  const logits = Float32Array.of(3, 2, 1, 0, -1);
  const done = run(Row.of(logits), values({ do_sample: true, temperature: 0.7, top_k: 3 }, {}), { ids: [], eos: [] });
  const same = compare(done, told(done));
  assert.deepEqual([same.same, same.largest, same.tokens, same.first], [true, 0, 5, null]);
  const one = told(done);
  /** @type {any} */ (one.stages)[0].probs[1] += 0.01;
  const { same: is, first, largest } = compare(done, one);
  assert.deepEqual([is, first?.id, first?.stage, Math.abs(largest - 0.01) < 1e-12], [false, 1, "temperature", true]);
  const fewer = told(done);
  /** @type {any} */ (fewer.stages)[1].kept = 2;
  assert.deepEqual(compare(done, fewer).first, { id: null, stage: "top_k", here: 3, there: 2 });
  const other = told(done);
  /** @type {any} */ (other.stages).reverse();
  assert.deepEqual([compare(done, other).order, compare(done, other).same], [false, false]);
});
