// How far two columns' distributions are apart at the cursor: exact, over the whole vocabulary, from the logits that the server gives for
// both beginnings.
import { computed, effect, signal } from "../../vendor/preact.js";
import { attempt } from "../../state/lab.js";
import { logitsAfter } from "../../state/logits.js";
import { apart } from "./distance.js";
import { shared } from "./align.js";
import { outcomes } from "./outcomes.js";
import { a, b, cursor, textOf } from "./state.js";

/** @typedef {ReturnType<typeof apart>} Apart */

/** Milliseconds that the reader rests at a place before the server is asked. */
const REST = 500;
/** Answers that are kept. */
const KEPT = 500;

/** What was found, by the place. @type {Map<string, Apart>} */
const found = new Map();
const grown = signal(0);

/**
 * The place: the beginnings of both texts up to it, and the tokens that follow them.
 * @typedef {{name: string, same: boolean, a: {prompt: number[], token: import("./outcomes.js").Token}, b: {prompt: number[], token: import("./outcomes.js").Token}}} Place
 */

/** The place that is looked at; null where one of the texts does not reach it. */
export const here = computed(() => {
  const sides = [a.value, b.value].map((key) => {
    const [text, prompt] = [textOf(key), outcomes.value.get(key)?.prompt ?? []];
    const token = text?.tokens[cursor.value];
    return text && token ? { ids: text.ids, prompt: [...prompt, ...text.ids.slice(0, cursor.value)], token } : null;
  });
  const [one, other] = sides;
  if (!one || !other) return null;
  const name = `${one.prompt.join(".")}:${one.token.id} ${other.prompt.join(".")}:${other.token.id}`;
  return /** @type {Place} */ ({ name, same: shared(one.ids, other.ids) >= cursor.value, a: one, b: other });
});

/** What is known of the place. @param {Place} place @returns {Apart | null} */
export function known(place) {
  void grown.value;
  // After the same beginning it is one distribution, and the tokens' own ranks are the ranks in it.
  if (place.same) return { ab: 0, ba: 0, jaccard: 1, bInA: place.b.token.rank, aInB: place.a.token.rank };
  return found.get(place.name) ?? null;
}

/** Whether the server is being asked. */
export const asking = signal(false);

let stop = new AbortController();

/** Asks the server for the numbers of the place, unless they are known. */
export function look() {
  const place = here.value;
  stop.abort();
  if (!place || known(place)) return;
  stop = new AbortController();
  const own = stop;
  asking.value = true;
  void attempt(async () => {
    // One after the other: columns that run leave one connection free.
    const of = async (/** @type {Place["a"]} */ side) => ({ row: await logitsAfter(side.prompt, own.signal), id: side.token.id });
    const one = await of(place.a);
    if (found.size >= KEPT) found.clear();
    found.set(place.name, apart(one, await of(place.b)));
    grown.value += 1;
  }).finally(() => { if (stop === own) asking.value = false; });
}

/** Asks where the reader rests, for as long as the view is open. Gives what ends that. */
export function followCursor() {
  let timer = 0;
  const end = effect(() => {
    void here.value?.name;
    clearTimeout(timer);
    timer = Number(setTimeout(look, REST));
  });
  return () => {
    clearTimeout(timer);
    stop.abort();
    end();
  };
}
