// What is shown of a search, and what is looked at: the state of the view.
import { computed, effect, signal } from "../../vendor/preact.js";
import { name } from "../../state/keep.js";
import { chosen } from "../../state/settings.js";
import { props } from "../../state/server.js";
import { lay } from "./paths.js";
import { Search } from "./search.js";
import { shelf } from "./shelf.js";

/** @typedef {import("./paths.js").Track} Track */

/**
 * A search with where it began.
 * @typedef {object} Begun
 * @property {Search} search
 * @property {number[]} prompt the ids of the prompt
 * @property {import("../../state/vocabulary.js").Vocabulary} words
 * @property {boolean} live whether more is to come
 */

/** The search that is shown. */
export const begun = signal(/** @type {Begun | null} */ (null));

/** Grows whenever the search has been told more. */
export const version = signal(0);

/** Greedy search's text. */
export const greedy = signal(/** @type {Track | null} */ (null));

/** The reader's own text. */
export const reference = signal(/** @type {Track | null} */ (null));

/** The text in the reference's box. */
export const referenceText = signal("");

/** The step that the reader went back to; null for the last one, whichever that is. */
export const back = signal(/** @type {number | null} */ (null));

/** Whether the steps are replayed. */
export const plays = signal(false);

/** How it is drawn. */
export const form = signal(/** @type {"merged" | "lanes"} */ ("merged"));
/** Whether those that were dropped are shown. */
export const pruned = signal(true);
/** Whether long stretches are folded; null for: where there are many steps. */
export const folded = signal(/** @type {boolean | null} */ (null));
/** The number below each token. */
export const numbers = signal(/** @type {"sum" | "step" | "normalised" | "none"} */ ("sum"));
/** Chains that the reader unfolded, by their first candidates. */
export const open = signal(/** @type {ReadonlySet<number>} */ (new Set()));

/** What is looked at, by its key in the picture: what was chosen, and what the pointer is on. */
export const pinned = signal(/** @type {string | null} */ (null));
export const pointed = signal(/** @type {string | null} */ (null));

/** Steps from which on long stretches are folded by themselves. */
const LONG = 24;

/** The step up to which the search is shown. */
export const step = computed(() => {
  void version.value;
  const steps = begun.value?.search.steps ?? 0;
  return Math.min(back.value ?? steps, steps);
});

/** Whether long stretches are folded. */
export const folds = computed(() => {
  void version.value;
  const now = begun.value;
  if (!now) return folded.value ?? false;
  // While more is to come, what was asked for decides: the drawing must not change its manner halfway.
  return folded.value ?? (now.live && Number.isFinite(now.search.rules.most) ? now.search.rules.most : now.search.steps) > LONG;
});

/** The length penalty that the reader has set. */
export const penalty = computed(() => Number(chosen.value["length_penalty"] ?? props.value?.own_settings["length_penalty"]?.value ?? 1));

/** The finished texts by the penalty that the reader has set, the best first. */
export const finished = computed(() => {
  void version.value;
  return begun.value ? shelf(begun.value.search, step.value, penalty.value) : [];
});

/** The finished texts by the penalty that the search had. */
export const before = computed(() => {
  void version.value;
  return begun.value ? shelf(begun.value.search, step.value, begun.value.search.rules.penalty) : [];
});

/** The best text so far. By the reader's own penalty where the search is over, else by the engine's numbers. */
export const best = computed(() => {
  void version.value;
  const now = begun.value;
  if (!now) return null;
  const over = now.search.over !== null && step.value >= now.search.steps;
  return over && penalty.value !== now.search.rules.penalty ? (finished.value[0]?.at ?? null) : now.search.best(step.value);
});

/** The tracks, laid into the search. */
export const laid = computed(() => {
  void version.value;
  const now = begun.value;
  if (!now) return [];
  return [greedy.value, reference.value].flatMap((track) => (track ? [lay(now.search, track, step.value)] : []));
});

/** Begins to show a search. @param {Begun} given */
export function begin(given) {
  begun.value = given;
  greedy.value = null;
  back.value = null;
  plays.value = false;
  open.value = new Set();
  pinned.value = null;
  pointed.value = null;
  version.value += 1;
}

/** Goes to a step. @param {number} to */
export function goTo(to) {
  const steps = begun.value?.search.steps ?? 0;
  const place = Math.min(steps, Math.max(0, to));
  back.value = place >= steps ? null : place;
}

/** Ends to show a search. */
function forget() {
  begun.value = null;
  [greedy.value, reference.value] = [null, null];
  [pinned.value, pointed.value] = [null, null];
}

// Another work has another tree: what was searched belongs to the one before.
let work = name.value;
effect(() => {
  if (name.value === work) return;
  work = name.value;
  forget();
});
