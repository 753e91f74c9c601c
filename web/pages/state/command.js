// From a command line to what the lab does in its place: a view, a prompt, options. Nothing here knows of a browser.

/**
 * What is to be done.
 * @typedef {object} Task
 * @property {string} view the view that shows it
 * @property {string} place the place in it
 * @property {string} prompt
 * @property {string | null} against a second text, to be compared with the prompt
 * @property {import("./settings.js").Options} options the decoding options
 * @property {number | null} seed
 * @property {number | null} seeds how often each way is drawn, in a comparison
 */

/** A command line that the lab has no view for. */
export class NoView extends Error {}

/** The words of a command line, parted at spaces; double quotes keep a word together. @param {string} line @returns {string[]} */
export function words(line) {
  return [...line.matchAll(/(?:"[^"]*"?|[^" ])+/g)].map(([word]) => word.replaceAll('"', ""));
}

/** Flags that take no value. */
const SWITCHES = new Set(["table", "stages", "csv", "json", "markdown", "do-sample", "exact-search"]);
/** Flags that are no decoding options: they say how a command prints, or have a place of their own in a task. */
const OWN = new Set(["table", "stages", "csv", "json", "markdown", "top", "steps", "against", "seed", "seeds", "run", "over"]);

/** What a flag's value stands for. @param {string} text @returns {unknown} */
function value(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A line's words, parted into what they are. @param {string[]} all */
function parted(all) {
  const plain = [];
  /** @type {Record<string, string | true>} */
  const flags = {};
  for (let i = 0; i < all.length; i++) {
    const word = /** @type {string} */ (all[i]);
    const [, name, , given] = word.match(/^--([a-z][a-z0-9-]*)(=(.*))?$/s) ?? [];
    if (name === undefined) {
      plain.push(word);
      continue;
    }
    const next = all[i + 1];
    const takes = given === undefined && next !== undefined && !next.startsWith("--") && !SWITCHES.has(name);
    flags[name] = given ?? (takes ? next : true);
    if (takes) i += 1;
  }
  return { plain, flags };
}

/** The view in which a command is seen. @param {string} command @param {string} what the word behind it @param {Record<string, unknown>} flags @param {import("./settings.js").Options} options */
function viewOf(command, what, flags, options) {
  const beams = Number(options["num_beams"] ?? 1) > 1 && options["exact_search"] !== true;
  switch (command) {
    case "generate": return beams ? "beams" : "play";
    case "inspect": return "stages" in flags ? "shape" : "play";
    case "score": return "score";
    case "compare": return "compare";
    case "tokenize": return "tokens";
    case "plot": return { beams: "beams", temperature: "shape", cumulative: "shape", histogram: "shape", next: "shape", surprisal: "score", tokens: "tokens" }[what];
    default: return undefined;
  }
}

/** How many tokens a command writes. @param {string} command @param {Record<string, string | true>} flags @param {import("./settings.js").Options} options */
function tokens(command, flags, options) {
  if (command === "inspect") return Number(flags["steps"] ?? 8);
  return command === "generate" || command === "compare" ? (options["max_new_tokens"] ?? 20) : undefined;
}

/** What a command line means for the lab. @param {string} line @returns {Task} @throws {NoView} where no view shows it */
export function taskOf(line) {
  const { plain, flags } = parted(words(line));
  const [program = "", command = "", ...texts] = plain;
  /** @type {import("./settings.js").Options} */
  const options = {};
  for (const [name, given] of Object.entries(flags)) {
    if (!OWN.has(name)) options[name.replaceAll("-", "_")] = given === true ? true : value(given);
  }
  const view = program === "beamline" ? viewOf(command, texts[0] ?? "", flags, options) : undefined;
  const prompt = texts.at(command === "plot" ? 1 : 0);
  if (view === undefined || prompt === undefined || "run" in flags || "over" in flags) throw new NoView(`no view of the lab shows: ${line}`);
  const most = tokens(command, flags, options);
  if (most !== undefined) options["max_new_tokens"] = most;
  const number = (/** @type {string} */ name) => (typeof flags[name] === "string" ? Number(flags[name]) : null);
  const against = typeof flags["against"] === "string" ? flags["against"] : null;
  return { view, place: against === null ? "" : "pairs", prompt, against, options, seed: number("seed"), seeds: number("seeds") };
}
