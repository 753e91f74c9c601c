// What each id of the vocabulary stands for: asked once, when it is first needed.
import { json } from "../api/client.js";
import { props } from "./server.js";

/** @typedef {{id: number, text: string, bytes: number[]}} Token */
/** @typedef {(id: number) => Token} Vocabulary */

/** @type {Map<string, Promise<Vocabulary>>} */
const asked = new Map();

/** A list as the server gives it, as a function from ids to tokens. @param {ReadonlyArray<string | number[]>} list @returns {Vocabulary} */
export function vocabularyOf(list) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return (id) => {
    const given = list[id] ?? "";
    return typeof given === "string" ? { id, text: given, bytes: [...encoder.encode(given)] } : { id, text: decoder.decode(Uint8Array.from(given)), bytes: given };
  };
}

/** The model's vocabulary. @returns {Promise<Vocabulary>} */
export function tokens() {
  const model = props.value?.model.id ?? "";
  const before = asked.get(model);
  if (before) return before;
  const coming = json("v1/vocabulary").then((answer) => vocabularyOf(answer.tokens));
  asked.set(model, coming);
  // What failed is asked again the next time.
  coming.catch(() => asked.delete(model));
  return coming;
}
