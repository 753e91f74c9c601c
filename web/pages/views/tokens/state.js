// What Tokens has asked and been told: the tokens of the text that stands in the box, as it is written.
import { computed, signal } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { attempt, promptText } from "../../state/lab.js";
import { clusterOf, clusters } from "./places.js";

/** @typedef {import("../../api/shapes.js").TokensAnswer} TokensAnswer */

/** The last answer, and the text that it is of. */
export const answer = signal(/** @type {(TokensAnswer & {text: string}) | null} */ (null));

/** Whether a begin token and the like are added. */
export const added = signal(true);

/** The clusters of the text. */
export const parts = computed(() => (answer.value ? clusters(answer.value.text, answer.value.tokens) : []));
const of = computed(() => clusterOf(parts.value, answer.value?.tokens.length ?? 0));

/** What is looked at: a token, or all of a cluster. @typedef {{cluster: number, token: number | null}} Spot */
export const pinned = signal(/** @type {Spot | null} */ (null));
export const pointed = signal(/** @type {Spot | null} */ (null));
export const lit = computed(() => pointed.value ?? pinned.value);

/** The spot of a token. @param {number} token @returns {Spot} */
export const spotOf = (token) => ({ cluster: /** @type {number} */ (of.value[token] ?? 0), token });

/** The spot of a cluster: its token, where it has one alone. @param {import("./places.js").Cluster} cluster @returns {Spot} */
export const spotIn = (cluster) => ({ cluster: cluster.number, token: cluster.to - cluster.from === 1 ? cluster.from : null });

/** Milliseconds after the last letter until the text is sent. */
const CALM = 120;

let timer = 0;
/** @type {AbortController | null} */
let asking = null;

/** Asks for the tokens of the text in the box, when its writer has come to rest. */
export function ask() {
  clearTimeout(timer);
  timer = Number(setTimeout(() => void now(), answer.peek() ? CALM : 0));
}

/** Asks for them now. */
export function now() {
  const text = promptText.peek();
  asking?.abort();
  const stop = (asking = new AbortController());
  return attempt(async () => {
    const told = await json("v1/tokens", { text, add_special_tokens: added.peek() }, stop.signal);
    pointed.value = null;
    if (answer.peek()?.text !== text) pinned.value = null;
    answer.value = { ...told, text };
  });
}
