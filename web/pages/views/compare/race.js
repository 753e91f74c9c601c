// Runs columns: each is one stream, and several come at the same time. The server gives all of them a token at every step.
import { paced, told, vocabulary } from "../../state/generate.js";
import { attempt, promptEnd, tree, usePrompt } from "../../state/lab.js";
import { drawn, requested } from "../../state/settings.js";
import { work } from "../../state/work.js";
import { batch } from "../../vendor/preact.js";
import { plantAll, stands } from "./intoTree.js";
import { Outcome, outcomes, version } from "./outcomes.js";

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("../../state/settings.js").Options} Options */

/**
 * Streams at the same time. Browsers open six connections to a host (HTTP/1.1): with six streams all else that the lab asks, and be it how the
 * server is, would wait until one of them ends. Further columns begin as others are done.
 */
export const STREAMS = 5;

/** Does things, so many at the same time. @template T @param {ReadonlyArray<T>} all @param {number} most @param {(one: T) => Promise<void>} what */
export async function abreast(all, most, what) {
  const waiting = [...all];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await what(next);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, worker));
}

/**
 * What a column asks for.
 *
 * @param {Column} column
 * @param {{length: number, samples: number}} shared the tokens at most where the column says nothing else, and how many texts where they are drawn
 * @returns {Options}
 */
export function requestOf({ options, seed }, { length, samples }) {
  const several = samples > 1 && drawn(options) ? { num_return_sequences: samples } : {};
  return requested({ max_new_tokens: length, ...several, ...options }, seed);
}

/** Reads one column's stream to its end. @param {Outcome} outcome @param {AbortSignal} stop @param {() => void} onToken */
async function read(outcome, stop, onToken) {
  for await (const { name, data, outlook } of told({ prompt_ids: outcome.prompt, ...outcome.request }, stop)) {
    if (name === "token") {
      outcome.text(data.sequence).push(data, outlook);
      outcome.last = performance.now();
      onToken();
    } else if (name === "text") outcome.text(data.sequence).add(data.new_text);
    else if (name === "done") outcome.completion = data;
  }
  outcome.completion?.sequences.forEach(({ rank, finish_reason }) => { outcome.text(rank).finish = finish_reason; });
}

/** Runs one column, whatever becomes of it. @param {Outcome} outcome @param {AbortSignal} stop @param {() => void} onToken @param {() => void} draw */
async function run(outcome, stop, onToken, draw) {
  if (stop.aborted) {
    outcome.state = "stopped";
    return;
  }
  outcome.state = "running";
  outcome.begun = outcome.last = performance.now();
  draw();
  try {
    await read(outcome, stop, onToken);
    outcome.state = stop.aborted && !outcome.completion ? "stopped" : "done";
  } catch (error) {
    const ended = error instanceof DOMException && error.name === "AbortError";
    outcome.state = ended ? "stopped" : "failed";
    if (!ended) outcome.trouble = error instanceof Error ? error.message : String(error);
  } finally {
    if (outcome.count > 0 && stands(outcome)) plantAll(outcome, outcome.promptEnd);
    draw();
  }
}

/**
 * Runs columns from the prompt in the box, all at the same time.
 *
 * @param {ReadonlyArray<Column>} columns those to run; what came of others stays
 * @param {{length: number, samples: number}} shared
 */
export function race(columns, shared) {
  return attempt(() => work("compare", async (own) => {
    await usePrompt(vocabulary());
    const ids = tree.ids(promptEnd.value);
    const fresh = columns.map((column) => /** @type {const} */ ([column.key, new Outcome(ids, promptEnd.value, requestOf(column, shared))]));
    const others = [...outcomes.value].filter(([, outcome]) => outcome.prompt.join() === ids.join()); // texts of another prompt compare with nothing
    outcomes.value = new Map([...others, ...fresh]);
    const draw = paced(() => batch(() => {
      version.value += 1;
      own.tell();
    }));
    const onToken = () => {
      own.count();
      draw();
    };
    try {
      await abreast(fresh, STREAMS, ([, outcome]) => run(outcome, own.signal, onToken, draw));
    } finally {
      for (const [, outcome] of fresh) if (!outcome.over) outcome.state = "stopped";
      draw();
    }
  }));
}
