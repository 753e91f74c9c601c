// The place that is looked at: what follows it, as the model's logits over the whole vocabulary.
import { computed, signal } from "../../vendor/preact.js";
import { ask } from "../../api/client.js";
import { Row } from "../../numbers/row.js";
import { ALTERNATIVES, attempt, branch, looked, rest, tip, tree, usePrompt } from "../../state/lab.js";
import { vocabulary } from "../../state/generate.js";
import { tokens } from "../../state/vocabulary.js";

/** @typedef {import("../../state/vocabulary.js").Vocabulary} Vocabulary */
/** @typedef {{key: number, ids: number[], row: Row}} Loaded */

/** The token behind which lies the place that is looked at. */
export const place = computed(() => {
  const key = looked.value;
  return key !== null && branch.value.some((node) => node.key === key) ? key : tip.value;
});

/** The ids that lead to the place, as a text: another work may have other tokens under the same number. */
export const path = computed(() => {
  void tree.version.value;
  return tree.ids(place.value).join(" ");
});

/** The token that came next in the branch; null at its tip. */
export const next = computed(() => {
  const at = branch.value.findIndex((node) => node.key === place.value);
  return at < 0 ? null : (branch.value[at + 1] ?? null);
});

/** The logits that are there. */
export const loaded = signal(/** @type {Loaded | null} */ (null));

/** What each id stands for, once that is known. */
export const texts = signal(/** @type {Vocabulary | null} */ (null));

/** Looks behind a token. @param {number} key */
export function stepTo(key) {
  looked.value = key === tip.value ? null : key;
}

/** Goes along the branch. @param {number} steps */
export function along(steps) {
  const at = branch.value.findIndex((node) => node.key === place.value);
  const node = branch.value[Math.min(branch.value.length - 1, Math.max(0, at + steps))];
  if (node) stepTo(node.key);
}

/** Makes the box's text the prompt, and looks behind it. */
export const look = () => attempt(async () => {
  const end = await usePrompt(vocabulary());
  stepTo(end);
});

/** Logits that were asked for, by their text: a reader who steps back finds them. @type {Map<string, Loaded>} */
const kept = new Map();
const MOST = 8;

/** Asks for the logits of a place, unless they are there. @param {number} key @param {AbortSignal} stop */
export async function load(key, stop) {
  const ids = tree.ids(key);
  const name = ids.join(" ");
  const before = kept.get(name);
  if (before) {
    loaded.value = { ...before, key };
    return;
  }
  const [answer, vocabularyOf] = await Promise.all([ask("v1/logits", { body: { prompt_ids: ids }, signal: stop }), texts.value ?? tokens()]);
  const there = { key, ids, row: Row.of(new Float32Array(await answer.arrayBuffer())) };
  kept.set(name, there);
  if (kept.size > MOST) kept.delete(/** @type {string} */ (kept.keys().next().value));
  texts.value = vocabularyOf;
  if (stop.aborted) return;
  tell(there, vocabularyOf);
  loaded.value = there;
}

/** Tells the tree what may follow, where it does not know: other views show it. @param {Loaded} loaded @param {Vocabulary} vocabularyOf */
function tell({ key, row }, vocabularyOf) {
  if (tree.node(key).outlook) return;
  const top = [...row.ids.subarray(0, ALTERNATIVES)].map((id, place) => {
    const logprob = row.value(id) - row.sums.log;
    return { ...vocabularyOf(id), logprob, logprob_processed: logprob, rank: place + 1 };
  });
  tree.foresee(key, { entropy: row.sums.entropy, top, ...rest(top, row.kept), draw: null, stages: [] });
  tree.changed();
}
