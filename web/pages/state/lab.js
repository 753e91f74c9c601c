// What the reader works on: the tree of tokens, where its prompt ends, where the reader is in it, and the way back.
import { computed, signal } from "../vendor/preact.js";
import { Refused, json } from "../api/client.js";
import { TokenTree } from "./tree.js";
import * as settings from "./settings.js";

/** @typedef {import("./tree.js").Node} Node */
/** @typedef {import("../api/shapes.js").ScoredText} ScoredText */

/** The tree that all views share. */
export const tree = new TokenTree();

/** The text in the prompt's box. */
export const promptText = signal("");

/** Whether the prompt is a message to be answered, by the model's chat template. */
export const asChat = signal(false);

/** The text that the branch's prompt was read from: the box may hold another by now. */
export const readText = signal({ text: "", chat: false });

/** The last token of the prompt. */
export const promptEnd = signal(0);

/** The token that the reader's branch ends with. */
export const tip = signal(0);

/** The token behind which the reader looks; null for the tip, wherever that goes. */
export const looked = signal(/** @type {number | null} */ (null));

/** What went wrong last, in the words of whoever said it. */
export const trouble = signal(/** @type {string | null} */ (null));

/** What runs, and what stops it. */
export const running = signal(/** @type {{what: string, tokens: number, since: number, stop: AbortController} | null} */ (null));

/** Tokens a second of the last run. */
export const speed = signal(/** @type {number | null} */ (null));

/** The tokens from the first to the tip. */
export const branch = computed(() => {
  void tree.version.value;
  return tree.path(tip.value);
});

/** The new text of the reader's branch. */
export const generated = computed(() => branch.value.filter((node) => node.depth > tree.node(promptEnd.value).depth));

// The way back.

/** @typedef {{promptEnd: number, tip: number, text: string, chat: boolean, draft: {text: string, chat: boolean}, options: settings.Options, seed: {value: number, kept: boolean}}} Place */

/** @type {Place[]} */
let past = [];
/** @type {Place[]} */
let future = [];
/** How far one may go back and forth. */
export const history = signal({ back: 0, forth: 0 });

const MOST = 500;

/** Where the reader is, with what stands in the box, or stood there. @param {{text: string, chat: boolean}} draft @returns {Place} */
const here = (draft) => ({
  promptEnd: promptEnd.value, tip: tip.value, ...readText.value, draft, options: settings.chosen.value, seed: settings.seed.value,
});

/** @param {Place} place */
function go(place) {
  promptEnd.value = place.promptEnd;
  tip.value = place.tip;
  promptText.value = place.draft.text;
  asChat.value = place.draft.chat;
  readText.value = { text: place.text, chat: place.chat };
  settings.replace(place.options);
  settings.seed.value = place.seed;
}

const counted = () => (history.value = { back: past.length, forth: future.length });

/** What the box holds. */
const box = () => ({ text: promptText.value, chat: asChat.value });

/**
 * Remembers where the reader is, before something changes. Who has not moved since the last time is at one place: what led nowhere, or several
 * changes of one deed, are one step back.
 */
export function remember() {
  const [now, last] = [here(readText.value), past.at(-1)]; // what the box holds by now is part of the change
  if (!last || last.promptEnd !== now.promptEnd || last.tip !== now.tip || last.text !== now.text || last.chat !== now.chat) past.push(now);
  if (past.length > MOST) past = past.slice(-MOST);
  future = [];
  counted();
}

/** Goes back to where the reader was before the last change. */
export function undo() {
  const place = past.pop();
  if (!place) return;
  future.push(here(box()));
  go(place);
  counted();
}

/** Takes the last step back back. */
export function redo() {
  const place = future.pop();
  if (!place) return;
  past.push(here(box()));
  go(place);
  counted();
}

/** Forgets the way back: another work is open. */
export function forgetHistory() {
  past = [];
  future = [];
  counted();
}

/** Moves to another end of a branch. @param {number} key */
export function moveTo(key) {
  if (key === tip.value) return;
  remember();
  tip.value = key;
}

// The prompt.

/** The ids of the prompt's box, as the model reads them. @returns {Promise<number[]>} */
export async function promptIds() {
  if (asChat.value) {
    const { tokens } = await json("tokenize", { messages: [{ role: "user", content: promptText.value }] });
    return tokens;
  }
  const { tokens } = await json("v1/tokens", { text: promptText.value });
  return tokens.map((/** @type {{id: number}} */ token) => token.id);
}

/** How many alternatives are asked for at each place. */
export const ALTERNATIVES = 40;

/** What is known of the vocabulary beyond the alternatives listed. @param {Array<{logprob: number}>} top @param {number} vocabulary */
export function rest(top, vocabulary) {
  const listed = top.reduce((sum, choice) => sum + Math.exp(choice.logprob), 0);
  return { restCount: Math.max(0, vocabulary - top.length), restMass: Math.max(0, 1 - listed) };
}

/** Puts a scored text into the tree, as the prompt or what the reader wrote; gives its last token. @param {ScoredText} text @param {number} vocabulary @param {import("./tree.js").Origin} origin */
export function plant(text, vocabulary, origin) {
  let at = 0;
  for (const token of text.tokens) {
    if (token.top.length > 0) {
      const top = token.top.map((choice) => ({ ...choice, logprob_processed: choice.logprob }));
      tree.foresee(at, { entropy: token.entropy, top, ...rest(top, vocabulary), draw: null, stages: [] });
    }
    at = tree.add(at, token, origin).key;
  }
  tree.changed();
  return at;
}

/** Reads token ids by the model: every one gets its numbers. @param {number[]} ids @param {number} vocabulary @param {import("./tree.js").Origin} origin */
export async function read(ids, vocabulary, origin) {
  const epoch = tree.epoch;
  const { items } = await json("v1/score", { items: [{ ids }], top: ALTERNATIVES });
  if (tree.epoch !== epoch) throw new DOMException("another work is open", "AbortError");
  return plant(items[0].texts[0], vocabulary, origin);
}

/**
 * Makes the text of the box the prompt, if it is not yet. Gives its end.
 *
 * @param {number} vocabulary @param {boolean} [step] whether the way back leads to the prompt before: not where what asks for it has remembered that
 * @returns {Promise<number>}
 */
export async function usePrompt(vocabulary, step = true) {
  const asked = box();
  const ids = await promptIds();
  if (ids.length === 0) throw new Refused("the prompt is empty; write one", 400, "prompt");
  const same = tree.ids(promptEnd.value);
  if (same.length === ids.length && same.every((id, at) => id === ids[at])) {
    readText.value = asked;
    return promptEnd.value;
  }
  const end = await read(ids, vocabulary, "prompt");
  if (step) remember();
  readText.value = asked;
  promptEnd.value = end;
  tip.value = end;
  return end;
}

/** Does something, and tells what goes wrong. @template T @param {() => Promise<T>} what @returns {Promise<T | undefined>} */
export async function attempt(what) {
  trouble.value = null;
  try {
    return await what();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    trouble.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
}
