// Bans: tokens that may not come here.
import { given, logit } from "./processor.js";

/** @typedef {import("./processor.js").Processor} Processor */
/** @typedef {import("./processor.js").Asked} Asked */
/** @typedef {import("./processor.js").Text} Text */

/**
 * A processor that removes some tokens.
 *
 * @param {string} name @param {unknown} neutral
 * @param {(asked: Asked, text: Text) => {banned: Iterable<number>, rule: string} | null} find
 * @returns {Processor}
 */
const ban = (name, neutral, find) => ({
  name,
  options: { [name]: neutral },
  neutral,
  draws: false,
  make: (asked, text) => {
    const found = find(asked, text);
    if (!found) return null;
    const banned = new Set(found.banned);
    return (row) => ({
      row: row.change(banned, () => -Infinity),
      rule: found.rule,
      formula: (id, before) => (banned.has(id) ? `z = −∞ (${found.rule})` : `z = ${logit(before.value(id))}`),
    });
  },
});

/** Tokens that have followed the last n - 1 tokens before. @param {number[]} ids @param {number} n */
function repeats(ids, n) {
  const banned = new Set();
  const end = ids.slice(ids.length - (n - 1));
  if (end.length < n - 1) return banned;
  for (let at = n - 1; at < ids.length; at++) {
    if (n === 1 || end.every((id, i) => ids[at - n + 1 + i] === id)) banned.add(ids[at]);
  }
  return banned;
}

export const noRepeatNgram = ban("no_repeat_ngram_size", 0, (asked, { ids }) => {
  const n = Number(asked.value("no_repeat_ngram_size"));
  return n > ids.length + 1 ? null : { banned: repeats(ids, n), rule: `n = ${given(n)}` };
});

export const noPromptNgram = ban("encoder_no_repeat_ngram_size", 0, (asked, { ids }) => {
  const n = Number(asked.value("encoder_no_repeat_ngram_size"));
  return n > ids.length ? null : { banned: repeats(ids, n), rule: `n = ${given(n)}` };
});

export const badWords = ban("bad_words_ids", null, (asked, { ids, eos }) => {
  const words = /** @type {number[][]} */ (asked.value("bad_words_ids")).filter((word) => !(word.length === 1 && eos.includes(/** @type {number} */ (word[0]))));
  if (words.length === 0) return null;
  const complete = words.filter((word) => word.slice(0, -1).every((id, i) => ids[ids.length - word.length + 1 + i] === id));
  return { banned: complete.map((word) => /** @type {number} */ (word.at(-1))), rule: `× ${words.length}` };
});

/** Ids of an option that takes one, or a list. @param {unknown} value @returns {number[]} */
const list = (value) => (Array.isArray(value) ? value : [value]).map(Number);

export const suppress = ban("suppress_tokens", null, (asked) => {
  const banned = list(asked.value("suppress_tokens"));
  return { banned, rule: `× ${new Set(banned).size}` };
});

// The text so far is the prompt of what comes, so this place is its beginning.
export const suppressAtBegin = ban("begin_suppress_tokens", null, (asked) => {
  const banned = list(asked.value("begin_suppress_tokens"));
  return { banned, rule: `× ${new Set(banned).size}` };
});

export const minLength = ban("min_length", 0, (asked, { ids, eos }) => {
  const least = Number(asked.value("min_length"));
  return { banned: ids.length < least ? eos : [], rule: `${ids.length} ${ids.length < least ? "<" : "≥"} ${given(least)}` };
});

export const minNewTokens = ban("min_new_tokens", 0, (asked, { eos }) => ({ banned: eos, rule: `0 < ${given(Number(asked.value("min_new_tokens")))}` }));
