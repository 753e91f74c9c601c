// A recorded search as the page understands it: fates, pools, the shelf under other length penalties, reasons, other texts beside it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lay, sumOf } from "../../pages/views/beams/paths.js";
import { alternatives, beamOptions, behind, greedyOptions, widthOf } from "../../pages/views/beams/requests.js";
import { addsUp, normalise, shelf, sums } from "../../pages/views/beams/shelf.js";
import { Search } from "../../pages/views/beams/search.js";
import { livesTo, why } from "../../pages/views/beams/why.js";
import { recorded, told } from "./beams.js";

const text = (/** @type {number} */ sum) => sum.toFixed(2);

test("every candidate is there, in its step, behind what it follows", () => {
  const search = told("ends");
  const events = recorded("ends").filter(({ name }) => name === "candidate");
  assert.equal(search.candidates.length, events.length);
  assert.equal(search.steps, 16);
  for (const [at, { data }] of events.entries()) {
    const candidate = search.of(at);
    assert.equal(candidate.step, data.step + 1);
    assert.deepEqual([candidate.id, candidate.score, candidate.rank, candidate.fate], [data.token.id, data.score, data.rank, data.fate]);
    if (candidate.parent < 0) assert.equal(data.parent, 0);
    else assert.equal(search.of(candidate.parent).node, data.parent);
  }
  assert.deepEqual([search.rules.width, search.rules.most, [...search.rules.ends]], [2, 16, [14, 2]]);
});

test("the pool after each step is the engine's, and the best of all wins", () => {
  const search = told("ends");
  const pools = recorded("ends").filter(({ name }) => name === "pool");
  pools.forEach(({ data }, step) => {
    const nodes = (search.pools[step + 1] ?? []).map(({ at, score }) => ({ node: search.of(at).node, score }));
    assert.deepEqual(nodes, data.sequences);
  });
  const end = recorded("ends").find(({ name }) => name === "end")?.data.sequences[0];
  assert.equal(search.of(search.best(search.steps) ?? -1).node, end.node);
  assert.equal(search.of(search.best(search.steps) ?? -1).reason, end.finish_reason);
});

test("the best so far is the best of what runs and what has ended", () => {
  const search = told("ends", ({ name, data }) => name === "pool" && data.step === 3);
  assert.equal(search.steps, 3, "a step counts when all of it has been told");
  assert.ok((search.columns[4]?.length ?? 0) > 0);
  const best = search.of(search.best(3) ?? -1);
  for (const at of [...search.running(3), ...(search.pools[3] ?? []).map((one) => one.at)]) assert.ok((search.of(at).normalised ?? 0) <= (best.normalised ?? 0));
  assert.equal(search.over, null);
});

test("log-probabilities of tokens add up to the scores, and a wrong sum is seen", () => {
  for (const name of /** @type {const} */ (["ends", "groups"])) {
    const search = told(name);
    for (const candidate of search.candidates) {
      const { counted, length } = sums(search, candidate.at);
      assert.equal(length, candidate.step);
      assert.ok(addsUp(counted, candidate.score, length), `${counted} is not ${candidate.score}`);
      assert.ok(!addsUp(counted + 0.001, candidate.score, length));
    }
  }
});

test("another length penalty ranks the finished texts anew", () => {
  const search = told("ends");
  const own = shelf(search, search.steps, search.rules.penalty);
  const ended = search.candidates.filter((one) => one.fate === "finished" || one.fate === "pool full").map(({ at }) => at);
  assert.deepEqual(own.map(({ at }) => at).sort((a, b) => a - b), ended, "also what was pushed out of the pool, and what found no place in it");
  for (const one of own) {
    if (one.engine !== null) assert.ok(Math.abs(one.engine - one.normalised) < 1e-6);
    assert.equal(one.normalised, normalise(one.sum, one.length, 1));
  }
  assert.deepEqual(own.map(({ normalised }) => normalised), own.map(({ normalised }) => normalised).sort((a, b) => b - a));
  const short = shelf(search, search.steps, -2)[0];
  const long = shelf(search, search.steps, 3)[0];
  assert.ok(short && long && short.length < long.length, "below 0 short texts win, far above 1 long ones");
  assert.equal(shelf(search, 1, 1).length, 0);
});

test("every candidate has its reason", () => {
  const search = told("ends");
  const keys = (/** @type {string} */ fate) => new Set(search.candidates.filter((one) => one.fate === fate).map((one) => why(search, one, search.steps, text)[0]?.key));
  assert.deepEqual([...keys("kept")], ["whyKept"]);
  assert.deepEqual([...keys("rank beyond the width")], ["whyBeyond"]);
  assert.deepEqual([...keys("end token ranked too low")], ["whyEndLow"]);
  assert.deepEqual([...keys("pool full")], ["whyFull"]);
  assert.deepEqual([...keys("finished")].sort(), ["whyEos", "whyLength"]);
  const first = /** @type {import("../../pages/views/beams/search.js").Candidate} */ (search.candidates.find((one) => one.fate === "rank beyond the width"));
  const needed = Math.min(...search.candidates.filter((one) => one.step === first.step && one.fate === "kept").map((one) => one.score));
  assert.deepEqual(why(search, first, search.steps, text)[0]?.values, { rank: first.rank, of: search.columns[first.step]?.length, width: 2, sum: text(first.score), step: first.step, needed: text(needed) });
});

test("of what was kept it is told how it ended", () => {
  const search = told("ends");
  const winner = search.best(search.steps) ?? -1;
  for (const at of search.path(winner)) assert.equal(why(search, search.of(at), search.steps, text).at(-1)?.key, "whyWon");
  const dead = search.candidates.filter((one) => one.fate === "kept" && why(search, one, search.steps, text).at(-1)?.key === "whyDied");
  assert.ok(dead.length > 0);
  for (const one of dead) assert.equal(why(search, one, search.steps, text).at(-1)?.values["step"], livesTo(search, one) + 1);
  const pushed = /** @type {import("../../pages/views/beams/search.js").Candidate} */ (search.candidates.find((one) => one.left !== null));
  assert.deepEqual(why(search, pushed, search.steps, text).map(({ key }) => key), ["whyEos", "whyLeft"]);
  assert.ok(search.pools[Number(pushed.left) - 1]?.some(({ at }) => at === pushed.at) && !search.pools[Number(pushed.left)]?.some(({ at }) => at === pushed.at));
  assert.deepEqual(why(search, pushed, Number(pushed.left) - 1, text).map(({ key }) => key).at(-1) === "whyLeft", false, "not before it happens");
  const running = search.running(2)[0] ?? -1;
  assert.equal(why(search, search.of(running), 2, text).at(-1)?.key, "whyRuns");
});

test("groups are told apart, have steps in common, and end by length", () => {
  const search = told("groups");
  assert.deepEqual([search.rules.width, search.rules.groups, search.steps], [4, 2, 4]);
  for (let step = 1; step <= 4; step++) {
    const kept = (search.columns[step] ?? []).map((at) => search.of(at)).filter((one) => one.fate === "kept");
    assert.deepEqual(kept.map((one) => one.group), [0, 0, 1, 1]);
  }
  assert.equal(search.pools[4]?.length, 4);
  assert.ok(search.pools[4]?.every(({ at }) => search.of(at).reason === "length"));
  const winner = search.of(search.best(4) ?? -1);
  assert.deepEqual(why(search, winner, 4, text).map(({ key }) => key), ["whyKept", "whyLength", "whyWon"]);
  assert.ok(search.candidates.some((one) => Math.abs(one.logprob - one.raw) > 0.5), "the penalty is in what is counted");
});

test("placeholders and what follows them are no texts", () => {
  const search = new Search();
  search.take("begin", { effective_config: { num_beams: { value: 2 } } });
  const candidate = { event: "candidate", parent: 0, sequence: 0, token: { id: 5, text: "a" }, node: 1, logprob_raw: -1, logprob: -1, score: -1, normalised: -1, rank: 1, fate: "kept" };
  search.take("candidate", candidate);
  assert.equal(search.take("candidate", { ...candidate, node: 2, score: -1e9, rank: 2 }), null);
  assert.equal(search.take("candidate", { ...candidate, parent: 2, node: 3 }), null);
  search.take("pool", { sequences: [{ node: 2, score: -1e9 }] });
  assert.deepEqual([search.candidates.length, search.pools[1]], [1, []]);
});

test("what processors removed is kept where it was", () => {
  const search = told("ends", ({ name, data }) => name === "candidate" && data.step === 2);
  const parent = search.of(search.running(2)[0] ?? -1);
  const stage = { parent: parent.node, processor: "no_repeat_ngram_size", kept: 8190, removed: 2, removed_prob: 0.25 };
  search.take("stage", stage);
  search.take("stage", { ...stage, removed: 0 });
  assert.deepEqual([...search.stages], [[parent.at, [stage]]]);
});

test("another text is followed as long as the search has it", () => {
  const search = told("ends");
  const winner = search.path(search.best(search.steps) ?? -1);
  const tokens = winner.map((at) => ({ id: search.of(at).id, text: "", bytes: [], logprob: search.of(at).raw }));
  assert.deepEqual(lay(search, { name: "greedy", tokens }, search.steps).along, winner);
  const other = [...tokens.slice(0, 2), { id: -1, text: "", bytes: [], logprob: -9 }];
  assert.deepEqual(lay(search, { name: "greedy", tokens: other }, search.steps).along, winner.slice(0, 2));
  const back = [...other, ...tokens.slice(2)];
  assert.deepEqual(lay(search, { name: "greedy", tokens: back }, search.steps).along, winner.slice(0, 2), "who has left does not come back");
  assert.deepEqual(lay(search, { name: "greedy", tokens }, 1).along, winner.slice(0, 1));
  assert.ok(Math.abs(sumOf({ name: "greedy", tokens }, tokens.length) - sums(search, winner.at(-1) ?? -1).raw) < 1e-9);
});

test("requests hold what matters to each search and nothing else", () => {
  const chosen = { num_beams: 6, num_beam_groups: 2, diversity_penalty: 1, max_new_tokens: 9, top_k: 5, temperature: 2, penalty_alpha: 0.6, no_repeat_ngram_size: 2 };
  assert.deepEqual(beamOptions(chosen, 7), { do_sample: false, num_beams: 6, num_return_sequences: 6, num_beam_groups: 2, diversity_penalty: 1, max_new_tokens: 9, no_repeat_ngram_size: 2 });
  assert.deepEqual(beamOptions({ do_sample: true, temperature: 2 }, 7), { do_sample: true, seed: 7, temperature: 2, num_beams: 4, num_return_sequences: 4 });
  assert.deepEqual(greedyOptions(chosen), { do_sample: false, num_beams: 1, max_new_tokens: 9, no_repeat_ngram_size: 2 });
  assert.deepEqual([widthOf({}), widthOf({ num_beams: 1 }), widthOf({ num_beams: 9 })], [4, 4, 9]);
  assert.deepEqual([alternatives(10), alternatives(400), alternatives(1e6)], [40, 20, 4]);
  assert.deepEqual([behind("Once upon", "a time"), behind("Once ", "a"), behind("今天", "天气"), behind("저는", "학생"), behind("x", " y")], [" a time", "a", "天气", " 학생", " y"]);
});
