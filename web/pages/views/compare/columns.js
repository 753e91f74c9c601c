// The columns: ways of choosing tokens beside each other, each with its options and its seed.
import { say as option } from "../../parts/words.js";
import { methodOf } from "../../state/settings.js";
import { say } from "./words.js";

/** @typedef {import("../../state/settings.js").Options} Options */

/**
 * A way of choosing tokens.
 * @typedef {object} Column
 * @property {number} key its number, which it keeps wherever it stands
 * @property {Options} options
 * @property {number} seed
 */

/** So few, and so many, can stand beside each other. */
export const FEWEST = 2;
export const MOST = 8;

/** The chapter's ways, in its order: those of `beamline compare`. @type {ReadonlyArray<Options>} */
export const COURSE = [
  {},
  { num_beams: 5 },
  { num_beams: 5, no_repeat_ngram_size: 2 },
  { do_sample: true, temperature: 0.7, top_k: 0, top_p: 1 },
  { do_sample: true, temperature: 2, top_k: 0, top_p: 1 },
  { do_sample: true, temperature: 1, top_k: 50, top_p: 1 },
  { do_sample: true, temperature: 1, top_k: 0, top_p: 0.9 },
  { do_sample: true, temperature: 0.7, top_k: 50, top_p: 0.9, no_repeat_ngram_size: 2 },
];

/** The chapter's columns. @param {number} seed @returns {Column[]} */
export const course = (seed) => COURSE.map((options, at) => ({ key: at + 1, options, seed }));

/** A name of a way, from what it sets. @param {Options} options */
export function nameOf(options) {
  const method = methodOf(options);
  const parts = Object.entries(options).flatMap(([name, value]) => {
    if (["do_sample", "num_beams", "exact_search", "max_new_tokens", "num_return_sequences"].includes(name)) return [];
    if ((name === "top_k" && value === 0) || (["top_p", "temperature"].includes(name) && value === 1)) return [];
    if (name === "temperature") return [`T ${value}`];
    if (name === "no_repeat_ngram_size") return [say("noRepeat", { n: Number(value) })];
    if (["top_k", "top_p", "min_p", "typical_p"].includes(name)) return [`${option(/** @type {any} */ (name)).replace(/\s*[(（].*$/, "")} ${value}`];
    if (name === "penalty_alpha") return [`α ${value}`];
    return [`${name.replaceAll("_", "-")} ${typeof value === "object" ? "…" : value}`];
  });
  if (method === "sampling" && parts.length > 0) return parts.join(", ");
  const beams = Number(options["num_beams"] ?? 1) > 1 ? ` ${options["num_beams"]}` : "";
  return [option(/** @type {any} */ (method)) + beams, ...parts].join(", ");
}

/** All that a way sets, as a command would have it. @param {Options} options */
export function written(options) {
  const all = Object.entries({ ...(methodOf(options) === "greedy_search" ? { do_sample: false } : {}), ...options });
  return all.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
}

/** One more column, like the one given. @param {ReadonlyArray<Column>} columns @param {Options} options @param {number} seed @returns {Column[]} */
export function added(columns, options, seed) {
  if (columns.length >= MOST) return [...columns];
  return [...columns, { key: Math.max(0, ...columns.map((column) => column.key)) + 1, options: { ...options }, seed }];
}

/** Without one of them; the fewest stay. @param {ReadonlyArray<Column>} columns @param {number} key */
export function without(columns, key) {
  return columns.length <= FEWEST ? [...columns] : columns.filter((column) => column.key !== key);
}

/** With one of them moved to a side. @param {ReadonlyArray<Column>} columns @param {number} key @param {1 | -1} way */
export function moved(columns, key, way) {
  const all = [...columns];
  const at = all.findIndex((column) => column.key === key);
  const [one, other] = [all[at], all[at + way]];
  if (one && other) [all[at], all[at + way]] = [other, one];
  return all;
}

/** With other options or another seed for one of them. @param {ReadonlyArray<Column>} columns @param {number} key @param {Partial<Omit<Column, "key">>} changes */
export const edited = (columns, key, changes) => columns.map((column) => (column.key === key ? { ...column, ...changes } : column));

/** What holds for all columns: new tokens at most, and texts of each way that draws. @typedef {{length: number, samples: number}} Shared */

/** What holds for all columns until something else is set. @type {Shared} */
export const USUAL = { length: 40, samples: 1 };

/** A comparison as an address holds it; nothing for the chapter's columns as they are when the view is first opened. @param {ReadonlyArray<Column>} columns @param {Shared} shared */
export function write(columns, shared) {
  const text = (/** @type {ReadonlyArray<Column>} */ all, /** @type {Shared} */ { length, samples }) => JSON.stringify([...all.map(({ options, seed }) => [options, seed]), length, samples]);
  const all = text(columns, shared);
  return all === text(course(1), USUAL) ? "" : all;
}

/** Reads it, the shared numbers behind the columns or left out; nothing where it cannot be read. @param {string} text @returns {{columns: Column[], shared: Shared} | null} */
export function parse(text) {
  try {
    const all = /** @type {unknown} */ (JSON.parse(text));
    if (!Array.isArray(all)) return null;
    const pairs = all.filter((one) => Array.isArray(one));
    const is = (/** @type {any} */ [options, seed]) => options !== null && typeof options === "object" && !Array.isArray(options) && Number.isSafeInteger(seed) && seed >= 0;
    const [length = USUAL.length, samples = USUAL.samples, ...more] = all.slice(pairs.length);
    const numbers = [length, samples].every((number) => Number.isSafeInteger(number) && number > 0) && more.length === 0;
    if (pairs.length < FEWEST || pairs.length > MOST || !pairs.every(is) || !numbers) return null;
    return { columns: pairs.map(([options, seed], at) => ({ key: at + 1, options, seed })), shared: { length, samples } };
  } catch {
    return null;
  }
}
