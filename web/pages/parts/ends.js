// Why texts ended, in the reader's language.
import { fact } from "./facts.js";
import { say } from "./words.js";

/** The engine's reasons that have words. */
const NAMES = /** @type {const} */ (["eos", "length", "stop", "time"]);

/** What a reason is called; one that is not known keeps the engine's word. @param {string} reason as the engine says it */
export function endName(reason) {
  const known = NAMES.find((name) => name === reason);
  return known ? say(`end_${known}`) : reason;
}

/** Why a text ended, as a fact. @param {string} reason */
export const endFact = (reason) => fact(say("ended"), endName(reason));

/** What the reasons of several texts are called, each once; a dash for a text that has not ended. @param {ReadonlyArray<string | null>} reasons */
export const endNames = (reasons) => [...new Set(reasons)].map((reason) => (reason === null ? "–" : endName(reason))).join(", ");
