// What the reader has set in Batch: the file and what is asked of its columns; and what has come of its rows.
import { computed, signal } from "../../vendor/preact.js";
import { running } from "../../state/lab.js";
import { chosen, drawn, seed } from "../../state/settings.js";
import { requestOf, settle, usualAsking } from "./ask.js";
import { reset } from "./pace.js";
import { rowsOf } from "./rows.js";
import { Wrong } from "./template.js";

/** @typedef {import("./ask.js").Asking} Asking */
/** @typedef {import("./ask.js").Run} Run */
/** @typedef {import("./written.js").Result} Result */
/** @typedef {import("./rows.js").Rows & {name: string, format: import("./rows.js").Format, text: string}} Source */
/** @typedef {"running" | "paused" | "done" | "cancelled"} State */

/**
 * What has come of a row. `seed` is what it drew by; `dropped` are options of all rows that have no effect beside its own; `ids` are the tokens of a
 * prompt that is no text.
 * @typedef {{state: "running"} | {state: "done" | "failed", result: Result, promptTokens: number, tokens: number, seed: number | null, dropped: string[], ids: number[] | null}} Outcome
 */

/** The file; null before there is one. */
export const source = signal(/** @type {Source | null} */ (null));

/** What is asked of its columns. */
export const asking = signal(usualAsking([]));

/** The run over it: what it was begun with, and how far it is; null before it has begun. */
export const run = signal(/** @type {{name: string, model: string, state: State, run: Run} | null} */ (null));

/** What has come of each row; a row without an outcome waits. Whoever changes it says so by `version`. @type {Array<Outcome | undefined>} */
export let outcomes = [];

/** Grows when outcomes change. */
export const version = signal(0);

/** How many rows are in each state, and the tokens that came. */
export const counts = { done: 0, failed: 0, running: 0, tokens: 0 };

/** Puts an outcome in the place of a row's. @param {number} number @param {Outcome | undefined} outcome */
export function put(number, outcome) {
  const count = (/** @type {Outcome | undefined} */ one, /** @type {1 | -1} */ by) => {
    if (!one) return;
    counts[one.state] += by;
    if (one.state !== "running") counts.tokens += by * one.tokens;
  };
  count(outcomes[number], -1);
  outcomes[number] = outcome;
  count(outcome, 1);
}

/** Forgets all outcomes, of so many rows. @param {number} rows */
export function clear(rows) {
  outcomes = Array.from({ length: rows });
  Object.assign(counts, { done: 0, failed: 0, running: 0, tokens: 0 });
  reset();
  version.value += 1;
}

/** The row that is looked at. */
export const looked = signal(0);

/** Whether only rows with errors are shown. */
export const failedOnly = signal(false);

/** The numbers of the rows that are shown. */
export const shown = computed(() => {
  void version.value;
  const all = Array.from(source.value?.rows ?? [], (_, number) => number);
  return failedOnly.value ? all.filter((number) => outcomes[number]?.state === "failed") : all;
});

/** Takes a file's text. What ran is stopped, and what came of it is not shown any more. @param {{name: string, format: import("./rows.js").Format, text: string}} given @param {Asking} [asked] what is asked of it @throws {Wrong} where a table has no columns */
export function takeText(given, asked) {
  const rows = rowsOf(given.text, given.format);
  if (run.value?.state === "running") running.value?.stop.abort();
  source.value = { ...given, ...rows };
  asking.value = asked ?? usualAsking(rows.columns);
  run.value = null;
  [looked.value, failedOnly.value] = [0, false];
  clear(rows.rows.length);
}

/** What would be run now. @returns {Run} */
export const wanted = () => ({ asking: asking.value, options: chosen.value, seed: seed.value.value, texts: source.value?.table != null });

/** Whether the settings are others than those that the run was begun with. */
export const isStale = computed(() => {
  const begun = run.value?.run;
  if (!begun) return false;
  const said = (/** @type {Run} */ { asking: asked, options, seed: by }) => JSON.stringify([asked, Object.entries(options).sort(), drawn(options) ? by : 0]);
  return said(begun) !== said(wanted());
});

/** Why nothing can be run as it is set; null where it can. */
export const obstacle = computed(() => {
  const given = source.value;
  if (!given || given.rows.length === 0) return null;
  try {
    settle(asking.value, given.columns);
    return null;
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    throw error;
  }
});

/** The prompt of a row as text, or what is wrong with it. @param {import("./rows.js").Row} row @param {Asking} asked @returns {{text: string} | {wrong: string}} */
export function promptText(row, asked) {
  if (row.fields === null) return { wrong: row.wrong };
  try {
    const { body } = requestOf({ asking: { ...asked, own: false }, options: {}, seed: 0, texts: false }, [], row.fields);
    return { text: textOfPrompt(body) };
  } catch (error) {
    if (error instanceof Wrong) return { wrong: error.message };
    throw error;
  }
}

/** A prompt's text: of a conversation each message in a line, of token ids their numbers. @param {ReadonlyMap<string, any>} body */
function textOfPrompt(body) {
  const messages = body.get("messages");
  if (messages) return messages.map((/** @type {any} */ message) => (message instanceof Map ? `${message.get("role")}: ${message.get("content") ?? ""}` : "?")).join("\n");
  return body.get("prompt") ?? body.get("prompt_ids").map((/** @type {{text: string}} */ id) => id.text).join(" ");
}
