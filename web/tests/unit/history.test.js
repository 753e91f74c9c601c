// The way back: one deed of the reader's is one step, and what led nowhere is none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetHistory, history, moveTo, promptEnd, readText, redo, remember, tip, tree, undo } from "../../pages/state/lab.js";
import { take } from "../../pages/state/generate.js";
import { chosen, replace } from "../../pages/state/settings.js";

const choice = (/** @type {number} */ id) => ({ id, text: ` t${id}`, bytes: [32, 116, 48 + id], logprob: -1, logprob_processed: -1, rank: 1 });

test("each move is a step back, and forth again", () => {
  forgetHistory();
  const first = tree.add(0, choice(1), "prompt").key;
  [promptEnd.value, tip.value] = [first, first];
  const [a, b] = [tree.add(first, choice(2), "model").key, tree.add(first, choice(3), "model").key];
  moveTo(a);
  moveTo(b);
  moveTo(b);
  assert.deepEqual(history.value, { back: 2, forth: 0 });
  undo();
  assert.equal(tip.value, a);
  undo();
  assert.equal(tip.value, first);
  redo();
  assert.deepEqual([tip.value, history.value], [a, { back: 1, forth: 1 }]);
});

test("what led nowhere, and several changes of one deed, are one step", () => {
  forgetHistory();
  replace({ top_k: 5 });
  const here = tip.value;
  remember(); // a request that was refused
  replace({ top_k: 6 });
  remember(); // and again, with other options
  const node = take(here, choice(4), false);
  assert.equal(history.value.back, 1);
  assert.equal(tip.value, node.key);
  undo();
  assert.deepEqual([tip.value, chosen.value], [here, { top_k: 5 }]);
  readText.value = { text: "another", chat: false };
  remember();
  assert.equal(history.value.back, 1);
});
