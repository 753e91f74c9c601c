// What Play computes without a browser: labels, amounts, addresses, blocks, events.
import assert from "node:assert/strict";
import { test } from "node:test";
import { events } from "../../pages/api/events.js";
import { heat, inkOn } from "../../pages/numbers/colour.js";
import { amount, chance, count, share, unit } from "../../pages/numbers/format.js";
import { typedNumber } from "../../pages/parts/field.js";
import { changesFor } from "../../pages/parts/options.js";
import { isFork, level } from "../../pages/numbers/measures.js";
import { parse, write } from "../../pages/state/link.js";
import { hex, isText, joined, label } from "../../pages/words/glyphs.js";

const bytes = (/** @type {string} */ text) => [...new TextEncoder().encode(text)];

test("spaces are signs, parts of characters are bytes", () => {
  assert.equal(label({ text: " the\n", bytes: bytes(" the\n") }), "␣the↵");
  assert.equal(label({ text: " the", bytes: bytes(" the") }, false), " the");
  const half = bytes("안").slice(0, 2);
  assert.equal(label({ text: "\ufffd", bytes: half }), `‹${hex(half)}›`);
  assert.equal(label({ text: "", bytes: [] }), "∅");
  assert.ok(isText(bytes("안")) && !isText(half));
  assert.equal(joined([{ bytes: half }, { bytes: bytes("안").slice(2) }]), "안");
  assert.equal(joined([{ bytes: bytes("\ufeff") }, { bytes: bytes("a") }]), "\ufeffa", "a byte order mark is a character as others are");
});

test("typed digits are a number, nothing, or neither", () => {
  assert.deepEqual(["0.5", " 7 ", "-3", "1e3", "0,5", "much", "Infinity", ""].map((text) => typedNumber(text, true)), [0.5, 7, -3, 1000, null, null, null, undefined]);
  assert.equal(typedNumber(" ", false), null);
});

test("another method keeps the beams and takes back what only its forerunner knows", () => {
  assert.equal(changesFor({ num_beams: 8 }, "beam_sample")["num_beams"], 8);
  assert.deepEqual([changesFor({ num_beams: 1 }, "beam_search")["num_beams"], changesFor({ num_beams: 8 }, "sampling")["num_beams"]], [5, undefined]);
  for (const method of ["greedy_search", "sampling", "beam_search"]) assert.ok("mirostat" in changesFor({ mirostat: 2 }, method), method);
});

test("probabilities are told in the reader's unit", () => {
  assert.deepEqual([share(0.5), share(0.00001), share(1e-9), share(0)], ["50.00 %", "0.0010 %", "1.0e-7 %", "0 %"]);
  unit.value = "bits";
  assert.deepEqual([chance(Math.log(0.25)), amount(Math.LN2)], ["−2.000", "1.000 bit"]);
  unit.value = "nats";
  assert.deepEqual([chance(-1.5), chance(null), amount(1)], ["−1.500", "–", "1.000 nat"]);
  unit.value = "percent";
  assert.equal(chance(Math.log(0.25)), "25.00 %");
  assert.equal(count(1234567), "1\u202f234\u202f567");
});

test("colours go from dark to light, and ink can be read on all of them", () => {
  assert.deepEqual([heat(0), heat(1), heat(Number.NaN)], [[0x44, 0x01, 0x54], [0xfd, 0xe7, 0x25], [0x44, 0x01, 0x54]]);
  const bright = (/** @type {number[]} */ colour) => {
    const [r, g, b] = colour.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * Number(r) + 0.7152 * Number(g) + 0.0722 * Number(b);
  };
  for (let i = 0; i <= 100; i++) {
    const colour = heat(i / 100);
    const contrast = inkOn(colour) === "#FFFFFF" ? 1.05 / (bright(colour) + 0.05) : (bright(colour) + 0.05) / 0.05;
    assert.ok(contrast >= 4.5, `${i}: ${contrast}`);
  }
});

test("amounts and forks are read off what might have followed", () => {
  const choice = (/** @type {number} */ p) => ({ id: 0, text: "", bytes: [], logprob: Math.log(p), logprob_processed: null, rank: 1 });
  const outlook = (/** @type {number[]} */ ps) => ({ entropy: 4, top: ps.map(choice), restCount: 0, restMass: 0, draw: null, stages: [] });
  assert.ok(isFork(outlook([0.4, 0.3])) && !isFork(outlook([0.6, 0.3])) && !isFork(null));
  const node = /** @type {any} */ ({ logprob: Math.log(0.25), processed: Math.log(0.75), rank: 10 });
  assert.equal(level("probability", node, null), 0.25);
  assert.equal(level("gap", node, null)?.toFixed(3), "0.500");
  assert.equal(level("entropy", node, outlook([1])), 0.5);
  assert.equal(level("rank", node, null)?.toFixed(4), "0.3333");
  assert.equal(level("none", node, null), null);
});

test("an address is read as it was written, whatever the text", () => {
  const link = { view: "play", place: "", text: "안녕 & ?#=\n\"x\"", chat: true, options: { top_k: 5, do_sample: true }, seed: 7, tokens: [1, 22, 333] };
  assert.deepEqual(parse(write(link)), link);
  assert.deepEqual(parse("#/beams/scene?o=%7Bcut&t=1.x.-2.3"), { view: "beams", place: "scene", text: "", chat: false, options: {}, seed: null, tokens: [1, 3] });
  assert.equal(parse("").view, "play");
});

test("events are whole, wherever their text is cut", async () => {
  const text = 'event: token\nid: 0\ndata: {"a": "é\\n"}\n\n: still here\n\ndata: 5\n\n';
  const expected = [{ name: "token", data: { a: "é\n" } }, { name: "message", data: 5 }];
  for (let cut = 0; cut <= text.length; cut++) {
    const pieces = (async function* () { yield text.slice(0, cut); yield text.slice(cut); })();
    const found = [];
    for await (const event of events(pieces)) found.push(event);
    assert.deepEqual(found, expected, `cut at ${cut}`);
  }
});
