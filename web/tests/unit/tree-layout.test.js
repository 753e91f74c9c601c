// What Tree computes without a browser: rows, areas, counts of samples, places of a text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenTree } from "../../pages/state/tree.js";
import { find } from "../../pages/views/tree/find.js";
import { partition } from "../../pages/views/tree/partition.js";
import { places, rest, rows, sorted } from "../../pages/views/tree/rows.js";
import { Tally, expected } from "../../pages/views/tree/tally.js";

/** @param {number} id @param {number | null} p @param {string} [text] */
const token = (id, p, text = `t${id}`) => ({ id, text, bytes: [...new TextEncoder().encode(text)], ...(p === null ? {} : { logprob: Math.log(p) }), rank: 1 });

/** A prompt of one token; behind it 0.5 with a row of two, 0.3 with two branches, 0.1 alone. */
function grown() {
  const tree = new TokenTree();
  const prompt = tree.add(0, token(9, null, "Once"), "prompt").key;
  const rare = tree.add(prompt, token(1, 0.1), "tree").key;
  const often = tree.add(prompt, token(2, 0.5), "tree").key;
  const some = tree.add(prompt, token(3, 0.3), "tree").key;
  const second = tree.add(often, token(4, 0.25), "model").key;
  const third = tree.add(second, token(5, 0.5), "model").key;
  const left = tree.add(some, token(6, 0.6), "tree").key;
  const right = tree.add(some, token(7, 0.4), "tree").key;
  return { tree, prompt, rare, often, some, second, third, left, right };
}

/** @param {number} promptEnd @param {Partial<import("../../pages/views/tree/rows.js").Shown>} [more] */
const shown = (promptEnd, more = {}) => ({ collapsed: new Set(), joins: true, ends: () => false, promptEnd, vocabulary: 100, ...more });
/** @param {import("../../pages/views/tree/rows.js").Row[]} list */
const told = (list) => list.map((row) => `${"  ".repeat(row.level)}${row.kind === "rest" ? `rest ${row.key}: ${row.count} ${row.mass?.toFixed(3)}` : row.chain.join("-")}`);

test("rows go by probability, join what has no branch, and end with the rest", () => {
  const { tree, prompt, rare, often, some, second, third, left, right } = grown();
  assert.deepEqual(sorted(tree, prompt).map((node) => node.key), [often, some, rare]);
  const list = rows(tree, prompt, shown(prompt));
  assert.deepEqual(told(list), [
    `${prompt}`, `  ${often}-${second}-${third}`, `  ${some}`, `    ${left}`, `    ${right}`, `    rest ${some}: 98 0.000`, `  ${rare}`, `  rest ${prompt}: 97 0.100`,
  ]);
  const chain = /** @type {import("../../pages/views/tree/rows.js").TokenRow} */ (list[1]);
  assert.equal(chain.logprob, Math.log(0.5), "its first token's, so that siblings and the rest add up to one");
  assert.ok(Math.abs(Number(chain.together) - Math.log(0.5 * 0.25 * 0.5)) < 1e-12);
  assert.ok(Math.abs(Number(chain.cum) - Math.log(0.5 * 0.25 * 0.5)) < 1e-12);
  const deep = /** @type {import("../../pages/views/tree/rows.js").TokenRow} */ (list[4]);
  assert.ok(Math.abs(Number(deep.cum) - Math.log(0.3 * 0.4)) < 1e-12, "sums begin at the prompt's end");
  assert.deepEqual([places(list).get(second), places(list).get(right)], [1, 4]);
});

test("rows are parted where they are told to be, and collapsed ones show nothing below", () => {
  const { tree, prompt, often, some, second, third } = grown();
  const parted = rows(tree, prompt, shown(prompt, { ends: (node) => node.key === second }));
  assert.deepEqual(told(parted).slice(1, 4), [`  ${often}-${second}`, `    ${third}`, `    rest ${second}: 99 0.500`]);
  assert.equal(told(rows(tree, prompt, shown(prompt, { joins: false })))[2], `    ${second}`);
  const folded = rows(tree, prompt, shown(prompt, { collapsed: new Set([some]) }));
  assert.equal(folded.length, 5);
  assert.ok(folded.every((row) => row.kind === "rest" || row.key !== some || !row.open));
});

test("a mass that nobody told is no number, and sums below the root go on from the prompt's end", () => {
  const { tree, prompt, some, left } = grown();
  tree.add(prompt, token(8, null), "taken");
  assert.deepEqual(rest(tree, prompt, 100), { count: 96, mass: null });
  const [root, first] = /** @type {import("../../pages/views/tree/rows.js").TokenRow[]} */ (rows(tree, some, shown(prompt)));
  assert.deepEqual([root?.key, first?.key], [some, left]);
  assert.ok(Math.abs(Number(first?.cum) - Math.log(0.3 * 0.6)) < 1e-12);
  const all = rows(tree, 0, shown(prompt));
  assert.equal(/** @type {any} */ (all.find((row) => row.kind === "token" && row.key === some)).cum.toFixed(6), Math.log(0.3).toFixed(6));
});

test("heights add up to the parent, whatever is cut", () => {
  const { tree, prompt, rare } = grown();
  for (const cut of [0, 0.07, 0.2, 0.9]) {
    const areas = partition(tree, prompt, { cut, vocabulary: 100 });
    for (const box of areas.boxes) {
      const inside = [...areas.boxes, ...areas.lefts].filter((part) => part.step === box.step + 1 && part.top >= box.top - 1e-12 && part.top + part.mass <= box.top + box.mass + 1e-9);
      if (tree.node(box.key).children.length === 0) continue;
      assert.ok(Math.abs(inside.reduce((sum, part) => sum + part.mass, 0) - box.mass) < 1e-9, `cut ${cut}, box ${box.key}`);
    }
    assert.ok(areas.boxes.every((box) => box.step === 0 || box.mass >= cut));
  }
  const cut = partition(tree, prompt, { cut: 0.2, vocabulary: 100 });
  const left = cut.lefts.find((part) => part.key === prompt);
  assert.deepEqual([left?.cutNodes, left?.cutMass.toFixed(3), left?.mass.toFixed(3), left?.count], [1, "0.100", "0.200", 97]);
  assert.ok(!cut.boxes.some((box) => box.key === rare));
});

test("the root's mass is the whole, and what has no number is counted", () => {
  const { tree, prompt, some, right } = grown();
  const zoomed = partition(tree, some, { cut: 0, vocabulary: 100 });
  assert.deepEqual(zoomed.boxes.map((box) => [box.step, box.top.toFixed(2), box.mass.toFixed(2)]), [[0, "0.00", "1.00"], [1, "0.00", "0.60"], [1, "0.60", "0.40"]]);
  tree.add(right, token(1, null), "taken");
  assert.equal(partition(tree, some, { cut: 0, vocabulary: 100 }).unknown, 1);
  assert.equal(partition(tree, 0, { cut: 0, vocabulary: 100 }).boxes.some((box) => box.key === prompt), false, "the prompt's first token has no probability");
});

test("samples are counted, beside what chance gives", () => {
  const { tree, prompt, often, some, second } = grown();
  const tally = new Tally(prompt);
  const choice = (/** @type {number} */ id, /** @type {number} */ p) => ({ id, text: "", bytes: [], logprob: 0, logprob_processed: Math.log(p), rank: 1 });
  const top = [choice(2, 0.75), choice(3, 0.25)];
  for (const key of [often, often, some, often]) tally.hear(prompt, key, { id: tree.node(key).id, logprob_processed: Math.log(key === often ? 0.75 : 0.25), top });
  tally.hear(often, second, { id: 4, logprob_processed: 0 });
  const edge = tally.edge(tree.node(often));
  assert.deepEqual([edge?.n, edge?.k, edge?.mean?.toFixed(2), edge?.deviation?.toFixed(4)], [4, 3, "3.00", "0.8660"]);
  assert.deepEqual([tally.samples, tally.count(prompt), tally.count(some), tally.count(second)], [4, 4, 1, 1]);
  assert.deepEqual([tally.edge(tree.node(second))?.n, tally.edge(tree.node(second))?.deviation], [1, 0], "of the three only one went on");
  assert.equal(tally.edge(tree.node(tree.node(some).children[0] ?? 0)), null);
  assert.deepEqual(expected(100, 0.5), { mean: 50, deviation: 5 });
});

test("a text is found across tokens, in either case, and within parts of characters", () => {
  const tree = new TokenTree();
  const bytes = [...new TextEncoder().encode("안")];
  const a = tree.add(0, { id: 1, text: "The ca", bytes: [...new TextEncoder().encode("The ca")], logprob: -1 }, "prompt").key;
  const b = tree.add(a, token(2, 0.4, "t sat"), "model").key;
  const c = tree.add(a, token(3, 0.6, "r CAT"), "model").key;
  const d = tree.add(b, { id: 4, text: "\ufffd", bytes: bytes.slice(0, 2), logprob: -1 }, "model").key;
  const e = tree.add(d, { id: 5, text: "\ufffd", bytes: bytes.slice(2), logprob: -1 }, "model").key;
  assert.deepEqual(find(tree, 0, "cat"), [c, b], "the more probable branch first");
  assert.deepEqual(find(tree, 0, "sat"), [b], "once, not in what follows too");
  assert.deepEqual(find(tree, 0, "안"), [e]);
  assert.deepEqual(find(tree, a, "the cat"), [b], "it may begin within the root");
  assert.deepEqual([find(tree, 0, "dog"), find(tree, 0, "")], [[], []]);
});

test("a branch of ten thousand tokens and a bush of five thousand are laid out", () => {
  const tree = new TokenTree();
  let at = tree.add(0, token(1, 1), "prompt").key;
  const prompt = at;
  for (let i = 0; i < 10_000; i++) at = tree.add(at, token(i, 0.9), "model").key;
  for (let i = 0; i < 5000; i++) tree.add(prompt, token(20_000 + i, 0.00001), "tree");
  const list = rows(tree, prompt, shown(prompt, { vocabulary: 50_000 }));
  assert.equal(list.length, 1 + 1 + 5000 + 1);
  assert.equal(partition(tree, prompt, { cut: 0.001, vocabulary: 50_000 }).lefts[0]?.cutNodes, 5000);
  assert.equal(find(tree, prompt, "t9999").length, 1);
});
