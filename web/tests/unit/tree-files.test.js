// The tree as files: JSON that is read again as it was, Markdown, a page, SVG.
import assert from "node:assert/strict";
import { test } from "node:test";
import { h } from "../../pages/vendor/preact.js";
import { written } from "../../pages/parts/svg.js";
import { TokenTree } from "../../pages/state/tree.js";
import { fromJson, plantFile, toJson, toMarkdown, toPage } from "../../pages/views/tree/files.js";
import { drawing, fit } from "../../pages/views/tree/icicle.js";
import { partition } from "../../pages/views/tree/partition.js";
import { Tally } from "../../pages/views/tree/tally.js";

const bytes = (/** @type {string} */ text) => [...new TextEncoder().encode(text)];

function grown() {
  const tree = new TokenTree();
  const first = tree.add(0, { id: 7, text: "Once", bytes: bytes("Once") }, "prompt").key;
  const promptEnd = tree.add(first, { id: 8, text: " a", bytes: bytes(" a"), logprob: -0.5, rank: 3 }, "prompt").key;
  const time = tree.add(promptEnd, { id: 1, text: " time", bytes: bytes(" time"), logprob: Math.log(0.5), rank: 1 }, "tree");
  time.mark = "good";
  time.note = "as always";
  const half = tree.add(promptEnd, { id: 2, text: "\ufffd", bytes: [0xec, 0x95], logprob: Math.log(0.25), rank: 2, processed: -1 }, "model").key;
  const code = tree.add(time.key, { id: 3, text: " `x` <b>", bytes: bytes(" `x` <b>"), logprob: Math.log(0.125), rank: 9, end: "eos" }, "beam").key;
  return { tree, promptEnd, time: time.key, half, code };
}

const whose = { vocabulary: 100, model: "builtin" };

test("JSON has every number, and is read again as it was", () => {
  const { tree, promptEnd, time } = grown();
  const text = toJson({ tree, root: promptEnd, promptEnd, ...whose });
  const file = JSON.parse(text);
  assert.deepEqual([file.prompt_token_ids, file.prompt_tokens, file.nodes.length], [[7, 8], 2, 3]);
  const [node] = file.nodes;
  assert.deepEqual([node.id, node.parent, node.token, node.logprob, node.cum, node.rest, node.mark, node.note], [1, 0, 1, Math.log(0.5), Math.log(0.5), 0.25, "good", "as always"]);
  assert.equal(file.nodes[2].cum, Math.log(0.5) + Math.log(0.125));
  const other = new TokenTree();
  const at = plantFile(other, fromJson(text, whose));
  assert.equal(toJson({ tree: other, root: at.root, promptEnd: at.promptEnd, ...whose }), text);
  const hoisted = toJson({ tree, root: time, promptEnd, ...whose });
  const third = new TokenTree();
  const there = plantFile(third, fromJson(hoisted, whose));
  assert.deepEqual([third.ids(there.root), third.ids(there.promptEnd), third.node(there.root).mark], [[7, 8, 1], [7, 8], "good"]);
});

test("what is no tree, or another model's, is refused and nothing comes into the tree", () => {
  const { tree, promptEnd } = grown();
  const text = toJson({ tree, root: promptEnd, promptEnd, ...whose });
  for (const wrong of ["{", "[]", '{"kind":"beamline-tree","schema":2}', text.replace('"parent": 1', '"parent": 7'), text.replace('"token": 1', '"token": "1"'), text.replace('"id": 2', '"id": 5')]) {
    assert.notEqual(wrong, text);
    assert.throws(() => fromJson(wrong, whose), /no tree/);
  }
  assert.throws(() => fromJson(text, { ...whose, model: "other" }), /grown with builtin; here runs other/);
  assert.throws(() => fromJson(text, { ...whose, vocabulary: 5 }), /grown with/);
});

test("numbers that are known stay when a file is read", () => {
  const { tree, promptEnd, time } = grown();
  const text = toJson({ tree, root: promptEnd, promptEnd, ...whose }).replace("as always", "another");
  plantFile(tree, fromJson(text, whose));
  assert.deepEqual([tree.size, tree.node(time).note], [6, "as always"]);
});

test("Markdown is an indented list with numbers and the rest", () => {
  const { tree, promptEnd } = grown();
  assert.deepEqual(toMarkdown({ tree, root: promptEnd, promptEnd, ...whose }).split("\n"), [
    "- `Once a`",
    "  - `␣time` 50.00 % · log p −0.6931 · Σ −0.6931 · #1 **good** as always",
    "    - `` ␣`x`␣<b> `` 12.50 % · log p −2.0794 · Σ −2.7726 · #9 (the end token)",
    "    - *all other 99 tokens* 87.50 %",
    "  - `‹ec 95›` 25.00 % · log p −1.3863 · Σ −1.3863 · #2",
    "  - *all other 98 tokens* 25.00 %",
    "",
  ]);
});

test("a page has no script, and text in it is text", () => {
  const { tree, promptEnd } = grown();
  const page = toPage({ tree, root: promptEnd, promptEnd, ...whose }, "<svg/>", "en");
  assert.match(page, /␣`x`␣&lt;b&gt;/);
  assert.doesNotMatch(page, /<script|<b>|https?:/);
  assert.match(page, /50\.00 %/);
});

/** @param {ReturnType<typeof grown>} given @param {Partial<import("../../pages/views/tree/icicle.js").Look>} [more] */
const look = ({ tree, promptEnd }, more = {}) => ({
  tree, areas: partition(tree, promptEnd, { cut: 0.01, vocabulary: 100 }), width: 100, height: 400, signs: true, looked: null, mine: new Set(), reference: new Set(), tally: null, ...more,
});

test("the icicle is written with its colours, and without what is the page's", () => {
  const given = grown();
  const svg = written(drawing(look(given, { mine: new Set([given.time]), reference: new Set([given.half]) }), { onClick: () => {} }), (name) => ({ "--paper": "#fff" })[name] ?? "#123456");
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="300" height="400" viewBox="0 0 300 400">/);
  assert.doesNotMatch(svg, /var\(|class=|onClick|role=|aria-|data-/);
  assert.match(svg, /<pattern id="tree-rest"/);
  assert.match(svg, />␣time<\/text><text[^>]*>50\.00 %</);
  assert.match(svg, /&lt;b&gt;/);
  assert.match(svg, /rest 25\.00 %/);
  assert.equal([...svg.matchAll(/fill="none"/g)].length, 2, "the reader's branch, and the reference");
});

test("counts of samples stand on their boxes", () => {
  const given = grown();
  const tally = new Tally(given.promptEnd);
  for (let i = 0; i < 4; i++) tally.hear(given.promptEnd, i < 3 ? given.time : given.half, { id: i < 3 ? 1 : 2, logprob_processed: -1 });
  const svg = written(drawing(look(given, { tally })), () => "#000");
  assert.match(svg, />×3</);
  assert.match(svg, /width="4" height="300"/, "three of four");
  assert.match(svg, /width="4" height="100"/);
});

test("labels are cut where they do not fit, wide characters sooner", () => {
  assert.deepEqual([fit("time", 100), fit("abcdefghij", 40), fit("근육이커지기", 40), fit("abc", 5)], ["time", "abcd…", "근육…", ""]);
  assert.equal(written([h("text", { x: 1, hidden: false }, "a", null, 2 > 1 && "b", "&")], () => ""), '<text x="1">ab&amp;</text>');
});
