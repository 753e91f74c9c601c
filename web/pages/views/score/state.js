// What Score has asked and been told. It stays while other views are open.
import { computed, signal } from "../../vendor/preact.js";
import { Refused, json } from "../../api/client.js";
import { vocabulary } from "../../state/generate.js";
import * as lab from "../../state/lab.js";
import { props } from "../../state/server.js";
import { work } from "../../state/work.js";
import { placed, sums, told } from "./scored.js";
import { windows } from "./windows.js";

/** @typedef {import("../../api/shapes.js").ScoredToken} ScoredToken */

/**
 * A scored text.
 * @typedef {object} Result
 * @property {string} of the text in the box that it was
 * @property {boolean} chat
 * @property {ScoredToken[]} tokens
 * @property {import("./scored.js").Sums} sums
 * @property {{count: number, stride: number, least: number} | null} windows where it took several
 */

/** The text that was scored last. */
export const result = signal(/** @type {Result | null} */ (null));

/** Its tokens as they are drawn. */
export const nodes = computed(() => (result.value ? placed(result.value.tokens, vocabulary()) : []));

/** A text that does not fit the context, and what the engine said of it. */
export const tooLong = signal(/** @type {{ids: number[], said: string} | null} */ (null));

/** The token that was chosen to be looked at, and the one that the pointer is on. */
export const pinned = signal(/** @type {number | null} */ (null));
export const pointed = signal(/** @type {number | null} */ (null));

/** The token that is looked at. */
export const focused = computed(() => {
  const there = (/** @type {number | null} */ at) => (at !== null && at < nodes.value.length ? at : null);
  return there(pointed.value) ?? there(pinned.value);
});

/** Whether tokens are coloured by the bucket of their rank. */
export const bucketed = signal(false);

/** Places that answers list alternatives for: long texts get fewer at each. */
const LISTED = 40_000;

/** How many alternatives are asked for at each of so many places. @param {number} places */
const alternativesFor = (places) => Math.max(5, Math.min(lab.ALTERNATIVES, Math.floor(LISTED / Math.max(1, places))));

/** Scores, and tells what goes wrong. @param {(work: import("../../state/work.js").Running) => Promise<void>} what */
export const scoring = (what) => lab.attempt(() => work("score", what));

/** @param {Omit<Result, "of" | "chat">} found */
function show(found) {
  tooLong.value = null;
  pinned.value = pointed.value = null;
  result.value = { of: lab.promptText.value, chat: lab.asChat.value, ...found };
}

/** Scores the text of the box. */
export function scoreText() {
  return scoring(async ({ signal: stop }) => {
    tooLong.value = null;
    const ids = await lab.promptIds();
    if (ids.length === 0) throw new Refused("the text is empty; write one", 400, "text");
    try {
      const { items } = await json("v1/score", { items: [{ ids }], top: alternativesFor(ids.length) }, stop);
      const [text] = /** @type {[import("../../api/shapes.js").ScoredText]} */ (items[0].texts);
      show({ tokens: text.tokens, sums: told(text), windows: null });
    } catch (error) {
      if (!(error instanceof Refused) || ids.length <= (props.value?.model.meta.n_ctx ?? 0)) throw error;
      result.value = null;
      tooLong.value = { ids, said: error.message };
    }
  });
}

/** The tokens that every window begins with, and how many others fit behind them. @param {ReadonlyArray<number>} ids @param {number | null} begin the id of the begin token */
function room(ids, begin) {
  const head = begin !== null && ids[0] === begin ? [begin] : [];
  return { head, context: (props.value?.model.meta.n_ctx ?? 0) - head.length };
}

/** Scores a text that is too long, in windows. @param {number} stride */
export function scoreWindows(stride) {
  const { ids } = tooLong.value ?? { ids: [] };
  return scoring(async (own) => {
    const { bos_token_id } = await json("tokenizer_info");
    const { head, context } = room(ids, bos_token_id ?? null);
    const body = ids.slice(head.length);
    const plan = windows(body.length, context, stride);
    const top = Math.min(10, alternativesFor(ids.length));
    /** @type {ScoredToken[]} */
    const tokens = [];
    for (const { from, first, to } of plan) {
      const before = [...head, ...body.slice(from, first)];
      const item = before.length > 0 ? { prefix: before, continuations: [body.slice(first, to)] } : { ids: body.slice(first, to) };
      const { items } = await json("v1/score", { items: [item], top }, own.signal);
      const text = /** @type {import("../../api/shapes.js").ScoredText} */ (items[0].texts[0]);
      tokens.push(...(tokens.length === 0 ? text.tokens : text.tokens.slice(text.prefix_tokens)));
      own.count(to - first);
      own.tell();
    }
    const least = Math.min(...plan.slice(1).map(({ from, first }) => first - from + head.length));
    show({ tokens, sums: sums(tokens), windows: { count: plan.length, stride, least } });
  });
}

/** How many windows a text takes. @param {number} tokens @param {number} stride */
export const windowsOf = (tokens, stride) => windows(tokens, props.value?.model.meta.n_ctx ?? 1, stride).length;
