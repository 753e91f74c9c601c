// What Tokens computes without a browser: places in bytes and characters, counts, pieces, searches.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byLine, byScript, counted, graphemes } from "../../pages/views/tokens/counts.js";
import { bytesOf, find, matcher } from "../../pages/views/tokens/match.js";
import { read } from "../../pages/views/tokens/pieces.js";
import { clusterOf, clusters, shares, split } from "../../pages/views/tokens/places.js";
import { bits, codePoint } from "../../pages/views/tokens/utf8.js";
import { idOf } from "../../pages/views/tokens/vocabulary.js";

const bytes = (/** @type {string} */ text) => [...new TextEncoder().encode(text)];
/** @param {number[]} own @param {number} start @param {number} end */
const token = (own, start, end) => ({ bytes: own, start, end });

// "a 안🙂": a token, a space with a part of 안, its rest, and the four bytes of 🙂 in two.
const text = "a 안🙂";
const [an, face] = [bytes("안"), bytes("🙂")];
const tokens = [token(bytes("a"), 0, 1), token([32, ...an.slice(0, 1)], 1, 5), token(an.slice(1), 2, 5), token(face.slice(0, 3), 5, 9), token(face.slice(3), 5, 9)];

test("tokens that share a character are one cluster", () => {
  const all = clusters(text, tokens);
  assert.deepEqual(all.map(({ from, to, start, end, begin, stop, text }) => [from, to, start, end, begin, stop, text]), [[0, 1, 0, 1, 0, 1, "a"], [1, 3, 1, 5, 1, 3, " 안"], [3, 5, 5, 9, 3, 4, "🙂"]]);
  assert.deepEqual([...clusterOf(all, 5)], [0, 1, 1, 2, 2]);
  assert.deepEqual(shares(/** @type {any} */ (all[1]), tokens), [[0, 2], [2, 4]]);
  assert.deepEqual(split(/** @type {any} */ (all[1]), tokens), [{ character: "안", bytes: an, tokens: [1, 2, 2] }]);
  assert.deepEqual(split(/** @type {any} */ (all[2]), tokens), [{ character: "🙂", bytes: face, tokens: [3, 3, 3, 4] }]);
  assert.deepEqual(split(/** @type {any} */ (all[0]), tokens), []);
});

test("what no token stands for is kept, and tokens that stand for nothing, too", () => {
  const all = clusters("ab c", [token(bytes("<s>"), 0, 0), token(bytes("a"), 0, 1), token(bytes("C"), 3, 4)]);
  assert.deepEqual(all.map(({ from, to, text }) => [from, to, text]), [[0, 1, ""], [1, 2, "a"], [2, 2, "b "], [2, 3, "c"]]);
  assert.equal(shares(/** @type {any} */ (all[3]), [token(bytes("<s>"), 0, 0), token(bytes("a"), 0, 1), token(bytes("C"), 3, 4)]), null, "the normalizer wrote another letter");
  assert.deepEqual(clusters("", []), []);
  assert.deepEqual(clusters("x", []).map(({ from, to, text }) => [from, to, text]), [[0, 0, "x"]]);
});

test("lines and scripts add up to the whole", () => {
  const written = "ab cd\n안녕\n\n漢字";
  const list = [...written].map((character, i, all) => {
    const start = bytes(all.slice(0, i).join("")).length;
    return token(bytes(character), start, start + bytes(character).length);
  });
  const all = clusters(written, list);
  const whole = counted("", "", all);
  assert.deepEqual([whole.characters, whole.bytes, whole.tokens], [12, 20, 12]);
  const lines = byLine(all);
  assert.deepEqual(lines.map(({ name, text, tokens, language }) => [name, text, tokens, language]), [["1", "ab cd", 6, "en"], ["2", "안녕", 3, "ko"], ["3", "", 1, "en"], ["4", "漢字", 2, "zh"]]);
  const by = byScript(all);
  assert.deepEqual(by.map(({ name, tokens }) => [name, tokens]), [["latin", 4], ["hangul", 2], ["han", 2], ["space", 4]]);
  for (const rows of [lines, by]) assert.equal(rows.reduce((sum, row) => sum + row.characters, 0), 12);
  assert.deepEqual([graphemes("e\u0301"), graphemes("👨‍👩‍👧")], [1, 1]);
});

test("pieces are read byte by byte, or not at all", () => {
  assert.deepEqual(read(["ìķĪëħķ", "Ġ<", "eos"], "안녕 <eos"), ["안녕", " <", "eos"]);
  assert.equal(read(["▁Hello"], " Hello"), null);
  assert.equal(read(["Ġa"], "b"), null);
});

test("tokens are found by text, expression and bytes", () => {
  const entries = ["The", " the", [0xec, 0x95], "안", "a.b"];
  const ids = (/** @type {any} */ kind, /** @type {string} */ query, fold = true) => [...find(entries, kind, query, fold)];
  assert.deepEqual([ids("part", "the"), ids("part", "the", false), ids("part", ".")], [[0, 1], [1], [4]]);
  assert.deepEqual([ids("regex", "^.he$"), ids("regex", "^\\p{L}$"), ids("part", "")], [[0], [3], [0, 1, 2, 3, 4]]);
  assert.deepEqual([ids("bytes", "ec 95"), ids("bytes", "0xEC9588")], [[2, 3], [3]]);
  assert.throws(() => matcher("regex", "(", false), SyntaxError);
  assert.throws(() => matcher("bytes", "e", false), SyntaxError);
  assert.deepEqual([bytesOf("e2, 96"), bytesOf("xy"), bytesOf("")], [[0xe2, 0x96], null, []]);
  assert.deepEqual([idOf(bytes("안"), entries), idOf([0xec, 0x95], entries), idOf([0xec], entries), idOf(bytes("zz"), entries)], [3, 2, null, null]);
});

test("bytes say what kind they are", () => {
  assert.deepEqual(an.map(bits), [["1110", "1100"], ["10", "010101"], ["10", "001000"]]);
  assert.deepEqual([bits(0x41), bits(0xc3), bits(0xf0)], [["0", "1000001"], ["110", "00011"], ["11110", "000"]]);
  assert.deepEqual([codePoint("안"), codePoint("🙂"), codePoint("a")], ["U+C548", "U+1F642", "U+0061"]);
});
