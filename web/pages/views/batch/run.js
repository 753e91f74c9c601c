// Runs the rows of a file: so many requests at the same time, which the server continues together; paused, gone on with, tried again.
import { Refused, ask } from "../../api/client.js";
import { Digits, write } from "../../numbers/json.js";
import { paced } from "../../state/generate.js";
import { attempt, running } from "../../state/lab.js";
import { options as cards, props } from "../../state/server.js";
import { work } from "../../state/work.js";
import { batch } from "../../vendor/preact.js";
import { keyOf, requestOf, withoutEffect } from "./ask.js";
import * as kept from "./kept.js";
import * as pace from "./pace.js";
import { makesSeeds, rowSeed } from "./seed.js";
import { clear, outcomes, put, run, source, version, wanted } from "./state.js";
import { Wrong } from "./template.js";

/** @typedef {import("./state.js").Outcome} Outcome */
/** @typedef {import("./ask.js").Run} Run */
/** @typedef {import("./ask.js").Request} Request */
/** @typedef {import("../../api/shapes.js").Completion} Completion */

/** Requests at the same time. Browsers open six connections to a host (HTTP/1.1), and the lab needs one to ask how the server is. */
export const TOGETHER = 5;

/** Milliseconds between two drawings of what has come. */
const CALM = 120;

/** Milliseconds until a server that has no room is asked again. */
const BUSY = 1000;

/** A row that failed. @param {string} error @returns {Outcome} */
const failed = (error) => ({ state: "failed", result: { sequences: null, error }, promptTokens: 0, tokens: 0, seed: null, dropped: [], ids: null });

/** The keys of all rows, in their order: of a row that cannot be run, why. @param {Run} of @returns {Array<{key: string | null} | {error: string}>} */
function keys({ asking }) {
  const seen = new Set();
  return (source.value?.rows ?? []).map((row) => {
    if (row.fields === null) return { error: row.wrong };
    try {
      const key = keyOf(asking, row.fields);
      if (key !== null && seen.has(key)) return { error: `the key ${JSON.stringify(key)} is an earlier row's; give each row one of its own` };
      seen.add(key);
      return { key };
    } catch (error) {
      if (error instanceof Wrong) return { error: error.message };
      throw error;
    }
  });
}

/** Why this page can draw nothing. */
const NO_SEEDS = "this page did not come over https or from this machine, so the browser gives it no SHA-256, of which rows' seeds are made; open it over https, or run the rows without draws";

/** The seed of a row's draws; null where it draws nothing, or has its own. @param {Request} request @param {Run} of @param {string | null} key @param {number} number */
async function seedOf({ body, draws }, of, key, number) {
  if (body.has("seed") || !draws) return null;
  if (!makesSeeds()) throw new Wrong(NO_SEEDS);
  return rowSeed(of.seed, key, number);
}

/** The engine's answer to a row; an option of all rows that has no effect beside the row's own is passed over. @param {Request} request @param {AbortSignal} stop @returns {Promise<{completion: Completion, dropped: string[]}>} */
async function answer({ body, weak }, stop) {
  const left = new Map(body);
  const dropped = [];
  for (;;) {
    try {
      const completion = await (await ask("v1/generate", { written: write(left), signal: stop })).json();
      return { completion, dropped };
    } catch (error) {
      if (error instanceof Refused && error.status === 429) {
        await new Promise((wake) => setTimeout(wake, BUSY));
        if (stop.aborted) throw new DOMException("stopped", "AbortError");
        continue;
      }
      const name = error instanceof Refused ? withoutEffect(error.message, new Set([...weak].filter((one) => left.has(one)))) : null;
      if (name === null) throw error;
      left.delete(name);
      dropped.push(name);
    }
  }
}

/**
 * What is wrong with a row, where others can go on; null where something else is. An option of all rows that cannot be is no row's fault, unless the row
 * has options of its own.
 *
 * @param {unknown} error @param {Run} of @param {boolean} isOwn whether the row has options of its own
 */
function faultOf(error, of, isOwn) {
  if (error instanceof Wrong) return error.message;
  if (!(error instanceof Refused) || !([400, 413, 422].includes(error.status) || /--deadline/.test(error.message))) return null;
  if (!isOwn && error.field !== null && Object.hasOwn(of.options, error.field)) return null;
  // The values of a table are texts, and named as they are there.
  return of.texts && isOwn ? error.message.replace(/ got ("(?:[^"\\]|\\.)*")/, (_, text) => ` got ${JSON.parse(text)}`) : error.message;
}

/** What comes of one row. @param {Run} of @param {number} number @param {string | null} key @param {AbortSignal} stop @returns {Promise<Outcome>} */
async function outcomeOf(of, number, key, stop) {
  let isOwn = false;
  try {
    const fields = source.value?.rows[number]?.fields ?? new Map();
    const request = requestOf(of, cards.value, fields);
    isOwn = request.isOwn;
    const seed = await seedOf(request, of, key, number);
    if (seed !== null) request.body.set("seed", new Digits(String(seed)));
    const { completion, dropped } = await answer(request, stop);
    const sequences = completion.sequences.map(({ text, token_ids, finish_reason, stop_string, score, sum_logprob }) => ({ text, token_ids, finish_reason, stop_string, score, sum_logprob }));
    const ids = request.body.has("prompt") ? null : (completion.prompts[0]?.token_ids ?? null);
    const tokens = sequences.reduce((sum, { token_ids }) => sum + token_ids.length, 0);
    return { state: "done", result: { sequences, error: null }, promptTokens: completion.prompts[0]?.token_ids.length ?? 0, tokens, seed, dropped, ids };
  } catch (error) {
    const fault = stop.aborted ? null : faultOf(error, of, isOwn); // of what was cut off nothing is known
    if (fault === null) throw error;
    return failed(fault);
  }
}

/** Runs all rows that wait, until there are none, or something ends it. @param {Run} of @param {import("../../state/work.js").Running} own */
async function carry(of, own) {
  const all = keys(of);
  const draw = paced(() => batch(() => {
    version.value += 1;
    own.tell();
  }), () => CALM);
  const mine = outcomes;
  const tell = (/** @type {number} */ number, /** @type {Outcome | undefined} */ outcome) => {
    if (outcomes !== mine) return; // another file, or another run, has taken its place
    put(number, outcome);
    if (outcome?.state !== "running") kept.changed(number);
    draw();
  };
  let next = 0;
  const ended = new AbortController(); // what ends one worker ends all
  const stop = AbortSignal.any([own.signal, ended.signal]);
  const worker = async () => {
    while (!stop.aborted) {
      while (next < all.length && outcomes[next] !== undefined) next += 1;
      const number = next++;
      const at = all[number];
      if (!at) return;
      if ("error" in at) {
        tell(number, failed(at.error));
        if (number % 100 === 99) await new Promise((wake) => setTimeout(wake)); // thousands of them must not hold the page up
        continue;
      }
      tell(number, { state: "running" });
      try {
        const outcome = await outcomeOf(of, number, at.key, stop);
        const tokens = outcome.state === "running" ? 0 : outcome.tokens;
        own.count(tokens);
        pace.came(tokens);
        tell(number, outcome);
      } catch (error) {
        tell(number, undefined); // it is computed again, and comes out the same
        ended.abort();
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: TOGETHER }, worker));
  draw();
  const why = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : [])).find((reason) => !(reason instanceof DOMException && reason.name === "AbortError"));
  if (why !== undefined && !own.signal.aborted) throw why;
}

/** Sets the state of the run. @param {import("./state.js").State} state */
function become(state) {
  if (run.value) run.value = { ...run.value, state };
}

/** Goes on with the rows that wait. */
export function goOn() {
  const now = run.value;
  if (!now || now.state === "running") return Promise.resolve();
  return attempt(() => work("batch", async (own) => {
    pace.start();
    become("running");
    try {
      await carry(now.run, own);
    } finally {
      pace.pause();
      const waits = outcomes.some((outcome) => outcome === undefined);
      if (run.value?.name === now.name && run.value.state === "running") become(waits ? "paused" : "done");
      version.value += 1;
      await kept.keep();
    }
  }));
}

/** Begins anew, with what is set now. */
export function begin() {
  const given = source.value;
  if (!given || given.rows.length === 0) return Promise.resolve();
  clear(given.rows.length);
  run.value = { name: kept.unique(), model: props.value?.model.id ?? "", state: "paused", run: wanted() };
  kept.begin(given.text);
  return goOn();
}

/** Runs the rows that have an error again, as the run was begun. */
export function retry() {
  outcomes.forEach((outcome, number) => {
    if (outcome?.state !== "failed") return;
    put(number, undefined);
    kept.changed(number);
  });
  version.value += 1;
  return goOn();
}

/** Pauses: rows that are not done yet wait, and are computed again. */
export function pause() {
  if (run.value?.state === "running") running.value?.stop.abort();
}

/** Ends the run: what is finished stays, and the rest is not run. */
export function cancel() {
  const is = run.value?.state;
  if (is !== "running" && is !== "paused") return;
  become("cancelled");
  if (is === "running") running.value?.stop.abort();
  else void kept.keep();
}
