// Columns, votes, tables and files of Compare, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../pages/numbers/csv.js";
import { counted, letter, shuffled } from "../../pages/views/compare/blind.js";
import { COURSE, FEWEST, MOST, USUAL, added, course, edited, moved, nameOf, parse, without, write, written } from "../../pages/views/compare/columns.js";
import { rows, whole } from "../../pages/views/compare/exported.js";
import { Outcome } from "../../pages/views/compare/outcomes.js";
import { Pieces } from "../../pages/views/compare/pieces.js";
import { steps } from "../../pages/views/compare/plot.js";
import { STREAMS, abreast, requestOf } from "../../pages/views/compare/race.js";
import { cell, FIGURES, pressed, sorted } from "../../pages/views/compare/table.js";

const keys = (/** @type {ReadonlyArray<{key: number}>} */ all) => all.map((column) => column.key);

test("columns come, go and move, between two and eight", () => {
  const all = course(3);
  assert.equal(all.length, MOST);
  assert.deepEqual(keys(moved(all, 2, -1)), [2, 1, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(keys(moved(all, 1, -1)), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(keys(without(all, 3)), [1, 2, 4, 5, 6, 7, 8]);
  assert.deepEqual(keys(added(all, {}, 1)), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(keys(added(without(all, 3), { top_k: 5 }, 9)), [1, 2, 4, 5, 6, 7, 8, 9]);
  let few = all;
  for (const key of keys(all)) few = without(few, key);
  assert.equal(few.length, FEWEST);
  assert.deepEqual(edited(all, 2, { seed: 8 })[1], { key: 2, options: { num_beams: 5 }, seed: 8 });
});

test("ways are named by what they set", () => {
  assert.deepEqual(COURSE.map(nameOf), ["Greedy search", "Beam search 5", "Beam search 5, no-repeat 2", "T 0.7", "T 2", "Top-k 50", "Top-p 0.9", "T 0.7, Top-k 50, Top-p 0.9, no-repeat 2"]);
  assert.equal(nameOf({ do_sample: true }), "Sampling");
  assert.equal(nameOf({ penalty_alpha: 0.6, top_k: 4 }), "Contrastive search, α 0.6, Top-k 4");
  assert.equal(nameOf({ do_sample: true, num_beams: 3, temperature: 0.7 }), "Beam sampling 3, T 0.7");
  assert.equal(written({ num_beams: 5, regex: "a b" }), "num_beams=5 regex=a b");
});

test("an address holds a comparison, and the chapter's needs none", () => {
  assert.equal(write(course(1), USUAL), "");
  const own = edited(course(1), 4, { seed: 5, options: { do_sample: true, regex: "a/b" } });
  assert.deepEqual(parse(write(own, { length: 9, samples: 3 })), { columns: own, shared: { length: 9, samples: 3 } });
  assert.deepEqual(parse(write(course(1), { length: 9, samples: 1 }))?.shared, { length: 9, samples: 1 });
  assert.deepEqual(parse("[[{},1],[{},2]]"), { columns: [{ key: 1, options: {}, seed: 1 }, { key: 2, options: {}, seed: 2 }], shared: USUAL });
  for (const wrong of ["", "[", "[]", "[[{},1]]", "[[{},1],[{},-1]]", "[[{},1],[null,1]]", "[[{},1],[[],1]]", "[[{},1],[{},1],0]", "[[{},1],[{},1],1,1,1]", "[[{},1],5,[{},1]]", "{}", "null"]) assert.equal(parse(wrong), null, wrong);
});

test("a request has the shared length and seeds only where they matter", () => {
  const shared = { length: 30, samples: 4 };
  const of = (/** @type {Record<string, unknown>} */ options) => requestOf({ key: 1, options, seed: 7 }, shared);
  assert.deepEqual(of({}), { do_sample: false, num_beams: 1, max_new_tokens: 30 });
  assert.deepEqual(of({ num_beams: 5, max_new_tokens: 9 }), { do_sample: false, num_beams: 5, max_new_tokens: 9 });
  assert.deepEqual(of({ do_sample: true }), { seed: 7, do_sample: true, num_beams: 1, max_new_tokens: 30, num_return_sequences: 4 });
});

test("so many run at the same time, and no more", async () => {
  let [now, most] = [0, 0];
  /** @type {number[]} */
  const done = [];
  await abreast([1, 2, 3, 4, 5, 6, 7, 8], STREAMS, async (one) => {
    most = Math.max(most, (now += 1));
    await new Promise((wake) => setTimeout(wake, one));
    now -= 1;
    done.push(one);
  });
  assert.equal(most, 5);
  assert.deepEqual(done.sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

/** @param {number} id @param {number} logprob @param {string} [text] */
const token = (id, logprob, text = `t${id}`) => /** @type {import("../../pages/api/shapes.js").TokenEvent} */ ({
  prompt: 0, sequence: 0, node: 0, id, text, bytes: [...new TextEncoder().encode(text)], logprob, logprob_processed: logprob, rank: 1, entropy: 1, new_text: text, finish_reason: null, stop_string: null,
});

test("bytes of a character wait for the rest of it", () => {
  const pieces = new Pieces();
  const bytes = [...new TextEncoder().encode("안녕")];
  assert.deepEqual([pieces.push(bytes.slice(0, 2)), pieces.push(bytes.slice(2, 4)), pieces.push(bytes.slice(4))], ["", "안", "녕"]);
  assert.equal(pieces.end(), "");
});

test("a text that ends within a character ends with a sign for it, as the server's does", () => {
  const pieces = new Pieces();
  const bytes = [...new TextEncoder().encode("a안")];
  assert.deepEqual([pieces.push(bytes.slice(0, 3)), pieces.end(), pieces.end()], ["a", "\ufffd", ""], "it is told once");
  const whole = new Pieces();
  assert.equal(whole.push([0xef, 0xbb, 0xbf, 0x61]) + whole.end(), "\ufeffa", "a byte order mark is a character as others are");
});

test("a text is what the server says that its tokens add: nothing for an end token, later what was held back", () => {
  const outcome = new Outcome([1], 1, {});
  outcome.text(0).push({ ...token(0, -1), text: "a", new_text: "" }, null);
  outcome.text(0).push({ ...token(1, -1), text: "b", new_text: "ab" }, null);
  outcome.text(0).push({ ...token(2, -1), text: "<end>", new_text: "", finish_reason: "eos" }, null);
  const shown = () => outcome.text(0).tokens.map(({ shown }) => shown).join("");
  assert.equal(shown(), "ab");
  outcome.text(0).add("c");
  assert.deepEqual([shown(), outcome.text(0).ids, outcome.text(0).finish], ["abc", [0, 1, 2], "eos"]);
});

test("numbers of several texts are their middle, and rows are ordered by them", () => {
  const outcome = new Outcome([1], 1, { do_sample: true });
  assert.deepEqual([outcome.seconds, outcome.rate, outcome.over], [null, null, false]);
  [[-1, -1], [-2, -2], [-4, -4]].forEach((logprobs, n) => logprobs.forEach((logprob, i) => outcome.text(n).push(token(i, logprob), null)));
  outcome.state = "done";
  [outcome.begun, outcome.last] = [1000, 3000];
  assert.deepEqual([outcome.count, outcome.seconds, outcome.rate, outcome.alike], [6, 2, 3, 1]);
  const mean = FIGURES.find((figure) => figure.name === "mean");
  assert.ok(mean);
  assert.deepEqual(cell(mean, outcome), { min: -4, median: -2, max: -1 });
  assert.deepEqual([pressed(null, "sum"), pressed({ name: "sum", down: true }, "sum"), pressed({ name: "sum", down: false }, "sum"), pressed({ name: "mean", down: true }, "sum")], [{ name: "sum", down: true }, { name: "sum", down: false }, null, { name: "sum", down: true }]);
  const value = (/** @type {number | null} */ row) => row;
  assert.deepEqual([sorted([2, null, 3, 1], value, true), sorted([2, null, 3, 1], value, false)], [[3, 2, 1, null], [1, 2, 3, null]]);
});

test("files hold every text, with its bundle", () => {
  const outcome = new Outcome([5, 6], 2, { do_sample: true, seed: 3 });
  outcome.text(0).push(token(1, -1, 'say "hi",\n'), null);
  outcome.state = "done";
  outcome.completion = /** @type {any} */ ({ bundle: { schema: 1 } });
  const all = [{ column: { key: 1, options: {}, seed: 3 }, name: "T 2", outcome }];
  const lines = csv(rows(all));
  assert.ok(lines.startsWith("way,options,seed,text_number,length,sum,"));
  assert.ok(lines.endsWith('"say ""hi"",\n"\r\n'), lines);
  const file = whole({ model: "m", prompt: "p", all, tally: [{ options: {}, votes: 2, rounds: 1 }] });
  assert.deepEqual([file.prompt_token_ids, file.runs[0]?.bundle, file.runs[0]?.texts[0]?.token_ids, file.votes.length], [[5, 6], { schema: 1 }, [1], 1]);
});

test("votes are counted over rounds, and every order can come", () => {
  const columns = [{ key: 1, options: {}, seed: 1 }, { key: 2, options: { num_beams: 5 }, seed: 1 }];
  const once = counted(new Map(), columns, { 2: 3 });
  const twice = counted(once, columns, { 1: 1, 2: 1 });
  assert.deepEqual([...twice.values()].map(({ votes, rounds }) => [votes, rounds]), [[1, 2], [4, 2]]);
  assert.deepEqual([...once.values()].map(({ votes }) => votes), [0, 3], "what was counted before stays");
  assert.deepEqual(shuffled([1, 2, 3], () => 0), [2, 3, 1]);
  assert.deepEqual(shuffled([1, 2, 3], () => 0.999), [1, 2, 3]);
  assert.deepEqual([letter(0), letter(5)], ["A", "F"]);
});

test("a plot's steps show the most surprising of their tokens", () => {
  assert.deepEqual(steps([{ logprob: -1 }, { logprob: -5 }, { logprob: -2 }], 2), [5, 2]);
  assert.deepEqual(steps([], 1), []);
});
