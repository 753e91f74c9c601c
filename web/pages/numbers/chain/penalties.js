// Penalties: what occurred becomes less likely, once or for each time.
import { f32, given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("./processor.js").Asked} Asked */
/** @typedef {import("./processor.js").Text} Text */
/** @typedef {import("../row.js").Row} Row */

/** How often each token occurs in the part of a text that penalties look at. @param {Asked} asked @param {Text} text @returns {Map<number, number>} */
function counts(asked, text) {
  const window = Number(asked.value("repeat_last_n") ?? -1);
  const ids = window < 0 ? text.ids : window === 0 ? [] : text.ids.slice(-window);
  const all = new Map();
  for (const id of ids) all.set(id, (all.get(id) ?? 0) + 1);
  return all;
}

/** One side of zero multiplies, the other divides. @param {number} value @param {number} penalty */
const penalise = (value, penalty) => (value < 0 ? f32(value * penalty) : f32(value / penalty));

/** Nothing happens to a token. @param {number} id @param {Row} before */
const same = (id, before) => `z = ${logit(before.value(id))}`;

/** @type {Processor} */
export const repetition = {
  name: "repetition_penalty",
  options: { repetition_penalty: 1, repeat_last_n: -1 },
  neutral: 1,
  draws: false,
  make: (asked, text) => {
    const asGiven = Number(asked.value("repetition_penalty"));
    const occurred = counts(asked, text);
    return (row) => ({
      row: row.change(occurred.keys(), (value) => penalise(value, f32(asGiven))),
      rule: `r = ${given(asGiven)} × ${occurred.size}`,
      formula: (id, before) => {
        const z = before.value(id);
        return occurred.has(id) ? `${z < 0 ? "z · r" : "z / r"} = ${logit(z)} ${z < 0 ? "·" : "/"} ${given(asGiven)} = ${logit(penalise(z, f32(asGiven)))}` : same(id, before);
      },
    });
  },
};

/** @type {Processor} */
export const promptPenalty = {
  name: "encoder_repetition_penalty",
  options: { encoder_repetition_penalty: 1 },
  neutral: 1,
  draws: false,
  make: (asked, text) => {
    const asGiven = Number(asked.value("encoder_repetition_penalty"));
    const occurred = new Set(text.ids);
    return (row) => ({
      row: row.change(occurred, (value) => penalise(value, f32(1 / asGiven))),
      rule: `r = 1 / ${given(asGiven)} × ${occurred.size}`,
      formula: (id, before) => (occurred.has(id) ? `${logit(before.value(id))} → ${logit(penalise(before.value(id), f32(1 / asGiven)))}` : same(id, before)),
    });
  },
};

/** A penalty that is taken off. @param {string} name @param {boolean} each whether each occurrence counts @returns {Processor} */
const occurrence = (name, each) => ({
  name,
  options: { [name]: 0 },
  neutral: 0,
  draws: false,
  make: (asked, text) => {
    const asGiven = Number(asked.value(name));
    const occurred = counts(asked, text);
    const times = (/** @type {number} */ id) => (each ? (occurred.get(id) ?? 0) : 1);
    const lowered = (/** @type {number} */ value, /** @type {number} */ id) => f32(value - f32(times(id) * f32(asGiven)));
    return (row) => ({
      row: row.change(occurred.keys(), lowered),
      rule: `${each ? "f" : "p"} = ${given(asGiven)} × ${occurred.size}`,
      formula: (id, before) => {
        const z = before.value(id);
        return occurred.has(id) ? `z − ${each ? `${times(id)} · ` : ""}${given(asGiven)} = ${logit(z)} − ${logit(times(id) * asGiven)} = ${logit(lowered(z, id))}` : same(id, before);
      },
    });
  },
});

export const frequency = occurrence("frequency_penalty", true);
export const presence = occurrence("presence_penalty", false);
