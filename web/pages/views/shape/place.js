// The place that is looked at: what follows it, as the model's logits over the whole vocabulary.
import { computed, signal } from "../../vendor/preact.js";
import { ALTERNATIVES, attempt, branch, looked, rest, tip, tree, usePrompt } from "../../state/lab.js";
import { vocabulary } from "../../state/generate.js";
import { logitsAfter } from "../../state/logits.js";
import { tokens } from "../../state/vocabulary.js";

/** @typedef {import("../../state/vocabulary.js").Vocabulary} Vocabulary */
/** @typedef {{key: number, ids: number[], row: import("../../numbers/row.js").Row}} Loaded */

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

/** Asks for the logits of a place. @param {number} key @param {AbortSignal} stop */
export async function load(key, stop) {
  const ids = tree.ids(key);
  const [row, vocabularyOf] = await Promise.all([logitsAfter(ids, stop), texts.value ?? tokens()]);
  texts.value = vocabularyOf;
  if (stop.aborted) return;
  const there = { key, ids, row };
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
