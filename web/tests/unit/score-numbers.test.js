// What Score computes without a browser: windows, sentences, buckets, alignment, products, sums.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../pages/numbers/csv.js";
import { chance, logarithm, power, unit } from "../../pages/numbers/format.js";
import { sorted } from "../../pages/parts/sorted.js";
import { parted } from "../../pages/parts/blocks.js";
import { align, contributions } from "../../pages/views/score/align.js";
import { bucketOf, buckets } from "../../pages/views/score/buckets.js";
import { candidates, needsSpace, shares } from "../../pages/views/score/candidates.js";
import { SMALLEST, foreseen, running } from "../../pages/views/score/product.js";
import { placed, sums } from "../../pages/views/score/scored.js";
import { charactersByByte, segments } from "../../pages/words/segments.js";
import { windows } from "../../pages/views/score/windows.js";
import { languageOf, scriptOf } from "../../pages/words/script.js";

const bytes = (/** @type {string} */ text) => [...new TextEncoder().encode(text)];
/** @param {string} text @param {number | null} logprob */
const token = (text, logprob = -1) => ({ id: 0, text, bytes: bytes(text), logprob, rank: logprob === null ? null : 1, entropy: 0, top: [] });

test("every token is scored once, with as much before it as fits", () => {
  assert.deepEqual(windows(5, 8, 4), [{ from: 0, first: 0, to: 5 }]);
  assert.deepEqual(windows(14, 8, 4), [{ from: 0, first: 0, to: 8 }, { from: 4, first: 8, to: 12 }, { from: 6, first: 12, to: 14 }]);
  for (const [n, context, stride] of [[1000, 64, 1], [1000, 64, 63], [777, 100, 99], [129, 64, 500]]) {
    const all = windows(Number(n), Number(context), Number(stride));
    let at = 0;
    for (const window of all) {
      assert.equal(window.first, at);
      assert.ok(window.to - window.from <= Number(context) && window.from >= 0);
      // A token of a later window follows something.
      assert.ok(window.first === 0 || window.first > window.from);
      at = window.to;
    }
    assert.equal(at, n);
  }
});

test("sentences end where their language ends them, and words belong to their own", () => {
  const tokens = ["Hello", " there", ".", " How", " are", " you", "?", "\n", "Fine", "."].map((text) => token(text));
  assert.deepEqual(segments(tokens, "sentence").map(({ from, to }) => [from, to]), [[0, 3], [3, 8], [8, 10]]);
  assert.deepEqual(segments(tokens, "line").map(({ number, text, from, to }) => [number, text, from, to]), [[1, "Hello there. How are you?\n", 0, 8], [2, "Fine.", 8, 10]]);
  const han = [..."今天很好。我们走吧！"].map((text) => token(text));
  assert.deepEqual(segments(han, "sentence").map(({ text }) => text), ["今天很好。", "我们走吧！"]);
  const parts = bytes("안녕. 응").map((byte) => ({ bytes: [byte] }));
  assert.deepEqual(segments(parts, "sentence").map(({ from, to }) => [from, to]), [[0, 8], [8, 11]]);
  assert.deepEqual(segments([], "line"), []);
  assert.deepEqual(segments([token("a\n\nb")], "line").map(({ number }) => number), [1]);
});

test("characters are found by their bytes", () => {
  assert.deepEqual([...charactersByByte("a안🙂b")], [0, 1, 1, 1, 2, 2, 2, 2, 4, 5]);
});

test("ranks fall into buckets, their edges with the smaller", () => {
  assert.deepEqual([1, 10, 11, 100, 101, 1000, 1001, null].map(bucketOf), [0, 0, 1, 1, 2, 2, 3, null]);
  assert.deepEqual(buckets([1, 10, 11, 5000, null]), [2, 1, 0, 1]);
});

test("texts are laid beside each other, and what places add is the whole difference", () => {
  const places = align([1, 2, 3, 4, 5], [1, 2, 9, 8, 4, 5]);
  assert.deepEqual(places.map(({ a, b }) => [a, b]), [[0, 0], [1, 1], [2, 2], [null, 3], [3, 4], [4, 5]]);
  assert.deepEqual(places.map(({ same }) => same), [true, true, false, false, true, true]);
  const added = contributions(places, [null, -1, -2, -3, -4], [null, -1, -5, -1, -2, -4]);
  assert.deepEqual(added.map((value) => value + 0), [0, 0, 3, 1, -1, 0]);
  assert.deepEqual(align([], [7]), [{ a: null, b: 0, same: false }]);
  assert.deepEqual(align([7, 7], [7]).map(({ a, b }) => [a, b]), [[0, 0], [1, null]]);
  const moved = align([1, 5, 6, 7, 2], [1, 6, 7, 8, 2]);
  assert.deepEqual(moved.filter(({ same }) => same).map(({ a, b }) => [a, b]), [[0, 0], [2, 1], [3, 2], [4, 4]]);
});

test("products come to nothing where sums do not", () => {
  const all = running(Array(400).fill(Math.log(0.1)));
  assert.equal(all.narrowLost, 45, "0.1 ** 46 is below what 32 bits hold");
  assert.equal(all.lost, 323);
  assert.ok(Math.abs(Number(all.sums[399]) - 400 * Math.log(0.1)) < 1e-9);
  assert.ok(Math.abs(Number(all.products[2]) - 0.001) < 1e-15);
  assert.deepEqual([foreseen(Math.log(0.1), SMALLEST.f32), foreseen(Math.log(0.1), SMALLEST.f64)], [45, 324]);
  assert.equal(foreseen(0, SMALLEST.f32), Infinity);
});

test("sums are the server's: of tokens that have a probability", () => {
  const all = sums([token("O", null), token("nce", -2), { ...token("", -1), bytes: bytes("안").slice(0, 2) }, { ...token("", -1), bytes: bytes("안").slice(2) }]);
  assert.deepEqual([all.tokens, all.sum, all.mean], [3, -4, -4 / 3]);
  assert.equal(all.bitsPerByte, 4 / Math.LN2 / 6);
  assert.equal(all.bitsPerCharacter, 4 / Math.LN2 / 4);
  assert.deepEqual(sums([token("O", null)]).mean, null);
  const [first, second] = placed([token("O", null), { ...token("n"), top: [{ id: 1, text: "n", bytes: [110], logprob: Math.log(0.75), logprob_processed: null, rank: 1 }] }], 10);
  assert.equal(first?.outlook, null);
  assert.equal(second?.outlook?.restCount, 9);
  assert.ok(Math.abs(Number(second?.outlook?.restMass) - 0.25) < 1e-12);
});

test("candidates have the space that their prefix lacks", () => {
  assert.deepEqual([needsSpace("The capital of France is"), needsSpace("is "), needsSpace("今天天气"), needsSpace("수도는"), needsSpace("")], [true, false, false, true, false]);
  assert.deepEqual(candidates("Paris\n London\n\nParis\r\n", true), [" Paris", " London"]);
  assert.deepEqual(candidates("Paris\n London", false), ["Paris", " London"]);
  assert.deepEqual(shares([-1000, -1000 + Math.log(3)]).map((value) => value.toFixed(6)), ["0.250000", "0.750000"]);
});

test("no probability is too small to be written", () => {
  assert.deepEqual([power(Math.log(0.25)), power(-2000 * Math.LN10), power(Math.log(9.999e-7)), power(0)], ["0.2500", "1.00 × 10⁻²⁰⁰⁰", "1.00 × 10⁻⁶", "1.0000"]);
  assert.deepEqual([power(5), power(13), power(4 * Math.LN10 - 1e-12), power(800), power(-Infinity)], ["148.4132", "4.42 × 10⁵", "1.00 × 10⁴", "2.73 × 10³⁴⁷", "0"]);
  assert.deepEqual([chance(-800), chance(-690), chance(-Infinity)], ["3.67 × 10⁻³⁴⁸", "2.2e-298 %", "0 %"]);
  unit.value = "bits";
  assert.equal(logarithm(-Math.LN2), "−1.000 bit");
  unit.value = "percent";
  assert.equal(logarithm(-1.5), "−1.500 nat");
});

test("tables are sorted and written", () => {
  const column = { name: "x", label: "", value: (/** @type {number | null} */ row) => row };
  assert.deepEqual(sorted([2, null, 3, 1], column, -1), [3, 2, 1, null]);
  assert.deepEqual(sorted([2, null, 3, 1], column, 1), [1, 2, 3, null]);
  assert.deepEqual(sorted([2, 1], undefined, 1), [2, 1]);
  assert.equal(csv([["a", "b"], [1, 'say "x", y'], [null, "l\n"]]), 'a,b\r\n1,"say ""x"", y"\r\n,"l\n"\r\n');
});

test("texts tell their language by their script", () => {
  assert.deepEqual(["Hello", "안녕하세요 world", "昔々あるところに", "今天天气很好", "", "123"].map(languageOf), ["en", "ko", "ja", "zh", "en", "en"]);
  assert.deepEqual(["a", "가", "ア", "中", "🙂", "5", " ", "!", "я"].map(scriptOf), ["latin", "hangul", "kana", "han", "emoji", "digit", "space", "mark", "other"]);
});

test("blocks hold all tokens once, and end with lines", () => {
  const tokens = Array.from({ length: 900 }, (_, i) => ({ text: i % 40 === 39 ? ".\n" : "x" }));
  const all = parted(tokens);
  assert.equal(all.flatMap((block) => block.tokens).length, 900);
  assert.deepEqual(all.map(({ from }) => from), [0, 120, 240, 360, 480, 600, 720, 840]);
  assert.deepEqual(parted([]), []);
});
