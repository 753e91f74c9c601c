// What each id of the vocabulary stands for: asked once, when it is first needed.
import { json } from "../api/client.js";
import { props } from "./server.js";

/** @typedef {{id: number, text: string, bytes: number[], special: boolean}} Token `special` says that it stands for no text, as an end token does */
/** @typedef {(id: number) => Token} Vocabulary */

/**
 * The vocabulary as the server lists it: a token's text, or bytes where they are part of a character; which are special; and both as a
 * function of ids.
 * @typedef {{entries: Array<string | number[]>, special: number[], of: Vocabulary}} Listed
 */

/** @type {Map<string, Promise<Listed>>} */
const asked = new Map();

/** A list as the server gives it, as a function from ids to tokens. @param {ReadonlyArray<string | number[]>} list @param {ReadonlyArray<number>} special @returns {Vocabulary} */
function vocabularyOf(list, special) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const apart = new Set(special);
  return (id) => {
    const given = list[id] ?? "";
    const more = typeof given === "string" ? { text: given, bytes: [...encoder.encode(given)] } : { text: decoder.decode(Uint8Array.from(given)), bytes: given };
    return { id, ...more, special: apart.has(id) };
  };
}

/** The model's vocabulary as the server lists it. @returns {Promise<Listed>} */
export function listed() {
  const model = props.value?.model.id ?? "";
  const before = asked.get(model);
  if (before) return before;
  const coming = json("v1/vocabulary").then(({ tokens, special }) => ({ entries: tokens, special, of: vocabularyOf(tokens, special) }));
  asked.set(model, coming);
  // What failed is asked again the next time.
  coming.catch(() => asked.delete(model));
  return coming;
}

/** What each id of the model's vocabulary stands for. @returns {Promise<Vocabulary>} */
export const tokens = async () => (await listed()).of;

/** The texts of a vocabulary, by id; read once. @type {WeakMap<Vocabulary, string[]>} */
const texts = new WeakMap();

/** All texts of a vocabulary of so many tokens, by id. @param {Vocabulary} of @param {number} size @returns {string[]} */
export function textsOf(of, size) {
  const before = texts.get(of);
  if (before) return before;
  const all = Array.from({ length: size }, (_, id) => of(id).text);
  texts.set(of, all);
  return all;
}
