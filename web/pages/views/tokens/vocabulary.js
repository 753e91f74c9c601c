// The vocabulary, and a search in it that cannot hang.
import { signal } from "../../vendor/preact.js";
import { listed } from "../../state/vocabulary.js";
import { say } from "./words.js";

/** @typedef {import("./match.js").Entry} Entry */

/** Milliseconds that a search may take. */
const PATIENCE = 1500;

/** The vocabulary, once it was asked for. */
export const vocabulary = signal(/** @type {{entries: Entry[], special: Set<number>} | null} */ (null));

/** Asks for it, once. */
export async function load() {
  if (vocabulary.peek()) return;
  const { entries, special } = await listed();
  vocabulary.value = { entries, special: new Set(special) };
}

/** The bytes of a token. @param {Entry} entry */
export const bytesOf = (entry) => (typeof entry === "string" ? [...new TextEncoder().encode(entry)] : entry);

/** The id of the token of just these bytes; null where there is none. @param {ReadonlyArray<number>} bytes @param {ReadonlyArray<Entry>} entries */
export function idOf(bytes, entries) {
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    const wanted = bytes.join();
    const at = entries.findIndex((entry) => typeof entry !== "string" && entry.join() === wanted);
    return at < 0 ? null : at;
  }
  const at = entries.indexOf(text);
  return at < 0 ? null : at;
}

/** @type {Worker | null} */
let worker = null;
let number = 0;

/** Searches; fails with what is wrong with the query. @param {import("./match.js").Kind} kind @param {string} query @param {boolean} fold @returns {Promise<Uint32Array>} */
export function search(kind, query, fold) {
  const entries = vocabulary.peek()?.entries ?? [];
  if (!worker) {
    worker = new Worker(new URL("./searcher.js", import.meta.url), { type: "module" });
    worker.postMessage({ entries });
  }
  const own = worker;
  const asked = (number += 1);
  return new Promise((found, failed) => {
    const late = setTimeout(() => {
      own.terminate();
      if (worker === own) worker = null;
      failed(new Error(say("slow", { seconds: PATIENCE / 1000 })));
    }, PATIENCE);
    own.addEventListener("message", function hear({ data }) {
      if (data.number !== asked) return;
      clearTimeout(late);
      own.removeEventListener("message", hear);
      if (data.error) failed(new Error(data.error));
      else found(data.ids);
    });
    own.postMessage({ number: asked, kind, query, fold });
  });
}
