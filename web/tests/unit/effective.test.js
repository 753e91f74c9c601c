// Effective options: what needs another option is without effect where that is off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rows } from "../../pages/parts/effective.js";

const card = (/** @type {string} */ name, /** @type {string[]} */ needs) => ({ name, kind: "number", about: "", range: "", default: "", needs, common: false });

test("an option that needs another has an effect only where that is on", () => {
  const cards = [card("top_p", ["do_sample"]), card("length_penalty", ["num_beams"]), card("do_sample", []), card("num_beams", [])];
  const config = (/** @type {boolean} */ draws, /** @type {number} */ beams) => ({
    do_sample: { value: draws, origin: "config" }, num_beams: { value: beams, origin: "default" },
    top_p: { value: 0.9, origin: "model" }, length_penalty: { value: null, origin: "default" },
  });
  const applies = (/** @type {any} */ of) => Object.fromEntries(rows(of, cards).map((row) => [row.name, row.applies]));
  assert.deepEqual(applies(config(false, 1)), { do_sample: true, num_beams: true, top_p: false, length_penalty: false });
  assert.deepEqual(applies(config(true, 4)), { do_sample: true, num_beams: true, top_p: true, length_penalty: true });
  const [first, , third, last] = rows(config(true, 1), cards);
  assert.deepEqual([first?.isSet, third?.value, last?.value, last?.isSet], [true, "0.9", "–", false]);
});
