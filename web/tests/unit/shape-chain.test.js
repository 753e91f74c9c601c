// The chain of processors in the page: its rules by rows that can be checked by hand, and what is true of every row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { acting, beyond, interval, lost, removedAt, run, values } from "../../pages/numbers/chain.js";
import { HF, LLAMA_CPP, orderOf } from "../../pages/numbers/chain/order.js";
import { PROCESSORS } from "../../pages/numbers/chain/registry.js";
import { Row } from "../../pages/numbers/row.js";
import { byRank } from "../../pages/numbers/sort.js";

/** @param {number[]} probabilities */
const row = (probabilities) => Float32Array.from(probabilities, Math.log);

/** A chain over a row. @param {Float32Array} logits @param {Record<string, unknown>} options @param {number[]} [ids] @param {number[]} [eos] */
const shaped = (logits, options, ids = [], eos = []) => run(Row.of(logits), values({ do_sample: true, top_k: 0, ...options }, {}), { ids, eos });

/** The ids that are left, rising. @param {Float32Array} logits @param {Record<string, unknown>} options @param {number[]} [ids] @param {number[]} [eos] */
const left = (logits, options, ids, eos) => [...shaped(logits, options, ids, eos).row.ids].sort((a, b) => a - b);

/** Numbers that look random and are the same each time. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

/** A row of a vocabulary, with equals in it. @param {number} size @param {number} seed */
function any(size, seed) {
  const next = numbers(seed);
  return Float32Array.from({ length: size }, () => Math.round((next() + next() + next() - 1.5) * 60) / 10 + 0); // minus zero is another number to the server
}

test("ids come by falling logit, of equals the lower first", () => {
  assert.deepEqual([...byRank(Float32Array.of(1, -2, 3, 1, -0.5, 3, 0))], [2, 5, 0, 3, 6, 4, 1]);
  const logits = any(5000, 3);
  const expected = [...logits.keys()].sort((a, b) => Number(logits[b]) - Number(logits[a]) || a - b);
  assert.deepEqual([...byRank(logits)], expected);
});

test("cuts keep what their rule says, equals included", () => {
  assert.deepEqual(left(Float32Array.of(1, 4, 2, 2), { top_k: 2 }), [1, 2, 3]);
  assert.deepEqual(left(row([0.5, 0.3, 0.15, 0.05]), { top_p: 0.75 }), [0, 1]);
  assert.deepEqual(left(row([0.4, 0.2, 0.2, 0.2]), { top_p: 0.5 }), [0, 1, 2, 3], "those equal to the last one stay");
  assert.deepEqual(left(row([0.6, 0.124, 0.118, 0.158]), { min_p: 0.2 }), [0, 1, 3], "the floor is 0.12");
  assert.deepEqual(left(row([0.5, 0.2, 0.15, 0.1, 0.05]), { typical_p: 0.3 }), [1, 2]);
  assert.deepEqual(left(row([0.9, 0.08, 0.02]), { epsilon_cutoff: 0.05 }), [0, 1]);
  assert.equal(left(row([0.25, 0.25, 0.25, 0.25]), { eta_cutoff: 0.3 }).length, 4);
  assert.deepEqual(left(row([0.6, 0.3, 0.1]), { p_less: true }), [0]);
  assert.deepEqual(left(row([0.7, 0.2, 0.1]), { top_h: 0.5 }), [0]);
  assert.deepEqual(left(Float32Array.of(10, 9.5, 0, 0, 0, 0, 0, 0), { top_n_sigma: 1 }), [0, 1]);
});

test("penalties and bans look at the text", () => {
  const value = (/** @type {Record<string, unknown>} */ options, /** @type {number} */ id, ids = [0, 1]) => shaped(Float32Array.of(2, -1, 2), options, ids).row.value(id);
  assert.deepEqual([value({ repetition_penalty: 2 }, 0), value({ repetition_penalty: 2 }, 1), value({ repetition_penalty: 2 }, 2)], [1, -2, 2]);
  assert.deepEqual([value({ frequency_penalty: 0.25 }, 0, [0, 0]), value({ presence_penalty: 0.25 }, 0, [0, 0])], [1.5, 1.75]);
  assert.equal(value({ repetition_penalty: 2, repeat_last_n: 1 }, 0), 2, "the window is one token long");
  assert.equal(value({ sequence_bias: [[[2], 1], [[1, 2], 3], [[0, 2], 7]] }, 2), 6);
  const flat = new Float32Array(8);
  assert.deepEqual(left(flat, { no_repeat_ngram_size: 3 }, [5, 6, 7, 5, 6]), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(left(flat, { no_repeat_ngram_size: 1 }, [5, 6]), [0, 1, 2, 3, 4, 7]);
  assert.deepEqual(left(flat, { bad_words_ids: [[3], [6, 1], [5, 2], [0]] }, [5, 6], [0]), [0, 2, 4, 5, 6, 7], "an end token alone is passed over");
  assert.deepEqual(left(flat, { min_new_tokens: 1, min_length: 9 }, [5, 6], [0]), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(shaped(flat, { min_new_tokens: 1, min_length: 9 }, [5, 6], [0]).stages.map(({ name }) => name), ["min_new_tokens"]);
  assert.deepEqual(left(flat, { suppress_tokens: [1, 7] }), [0, 2, 3, 4, 5, 6]);
});

test("a temperature divides in f32, however small it is", () => {
  const logits = row([0.1, 0.9]);
  assert.ok(Math.abs(shaped(logits, { temperature: 2 }).row.p(0) - 0.25) < 1e-6);
  assert.equal(shaped(logits, { temperature: 0.3 }).row.value(0), Math.fround(Number(logits[0]) / Math.fround(0.3)));
  const cold = shaped(Float32Array.of(30, 29, 30), { temperature: 1e-38 }).row;
  assert.deepEqual([cold.p(0), cold.p(1), cold.p(2), cold.left], [0.5, 0, 0.5, 2]);
});

test("probabilities sum to 1 after every stage, and kept tokens grow with k and p", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const logits = any(400, seed);
    const all = { temperature: 0.43 + seed / 10, top_k: 150, top_p: 0.95, min_p: 0.001, typical_p: 0.97, repetition_penalty: 1.3, presence_penalty: 0.4, no_repeat_ngram_size: 2 };
    const done = shaped(logits, all, [1, 2, 3, 1, 2]);
    assert.equal(done.stages.length, 8);
    for (const { row: after, before, name } of done.stages) {
      const sum = [...after.ids].reduce((sum, id) => sum + after.p(id), 0);
      assert.ok(Math.abs(sum - 1) < 1e-12, `${name}: ${sum}`);
      assert.ok(after.kept <= before.kept && [...after.ids].every((id) => before.has(id)));
      for (let i = 1; i < after.kept; i++) assert.ok(after.at(i - 1) >= after.at(i), `${name} keeps the order`);
    }
    for (const option of ["top_k", "top_p", "typical_p"]) {
      const kept = [0.1, 0.3, 0.6, 0.9].map((share) => shaped(logits, { [option]: option === "top_k" ? Math.round(share * 300) : share }).row.kept);
      assert.deepEqual(kept, [...kept].sort((a, b) => a - b), option);
    }
    const p = shaped(logits, { top_p: 0.8 }).row;
    assert.ok([...p.ids].reduce((sum, id) => sum + shaped(logits, {}).row.p(id), 0) >= 0.8 - 1e-9);
  }
});

test("sums that are carried on are those of the whole row", () => {
  const logits = any(3000, 5);
  const ids = Array.from({ length: 50 }, (_, i) => i * 7);
  const { row: after } = shaped(logits, { presence_penalty: 0.7 }, ids);
  const whole = run(Row.of(after.values), values({}, {}), { ids: [], eos: [] }).raw;
  assert.deepEqual([...after.ids], [...whole.ids]);
  for (const name of /** @type {const} */ (["max", "sum", "entropy", "varentropy"])) assert.ok(Math.abs(after.sums[name] - whole.sums[name]) < 1e-9 * whole.sums.sum, name);
});

test("orders are those of the engines, and one may be listed", () => {
  const names = (/** @type {Record<string, unknown>} */ options) => acting(values(options, {}));
  const all = { do_sample: true, temperature: 0.7, top_p: 0.9, repetition_penalty: 1.2, no_repeat_ngram_size: 2 };
  assert.deepEqual(names(all), ["repetition_penalty", "no_repeat_ngram_size", "temperature", "top_k", "top_p"]);
  assert.deepEqual(names({ ...all, preset: "llama.cpp", typical_p: 0.9 }), ["no_repeat_ngram_size", "repetition_penalty", "top_k", "typical_p", "top_p", "min_p", "temperature"]);
  assert.deepEqual(names({ ...all, processors: ["top-p", "temperature"] }), ["top_p", "temperature"]);
  assert.deepEqual(names({ temperature: 0.7, repetition_penalty: 1.2 }), ["repetition_penalty"], "without draws no temperature");
  assert.deepEqual([...LLAMA_CPP].sort(), [...HF].sort());
  assert.ok([...PROCESSORS.keys()].every((name) => HF.includes(name)));
  assert.equal(orderOf(() => undefined), HF);
});

test("options beyond the page are named, values that change nothing are not", () => {
  assert.deepEqual(beyond(values({ mirostat: 2, regex: "a", xtc_probability: 0, guidance_scale: 1 }, {})), ["regex", "mirostat"]);
  assert.deepEqual(beyond(values({}, { dry_multiplier: 0.8 })), ["dry_multiplier"]);
});

test("who removed a token, how much went with it, and where it is drawn", () => {
  const done = shaped(row([0.5, 0.3, 0.15, 0.05]), { top_k: 3, top_p: 0.9 });
  assert.deepEqual([0, 2, 3].map((id) => removedAt(done, id)?.name ?? null), [null, null, "top_k"]);
  assert.ok(Math.abs(lost(/** @type {any} */ (done.stages[0])) - 0.05) < 1e-7);
  const [from, to] = interval(done.row, 1);
  assert.ok(Math.abs(from - 0.5 / 0.95) < 1e-7 && Math.abs(to - 0.8 / 0.95) < 1e-7);
});
