// What is shown: the chain run over the place's logits, what the server says to it, and how it was before the last change.
import { computed, effect, signal, untracked } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { beyond, removedAt, run } from "../../numbers/chain.js";
import { chosen, request, seed } from "../../state/settings.js";
import { compare } from "./agree.js";
import { loaded } from "./place.js";
import { endTokens, value } from "./stages.js";

/** @typedef {import("../../numbers/chain.js").Run} Run */
/** @typedef {import("../../api/shapes.js").StepRow} StepRow */

/** The chain as the page computes it. */
export const reading = computed(() => {
  const there = loaded.value;
  return there && run(there.row, value.value, { ids: there.ids, eos: endTokens() });
});

/**
 * What the panels beside the table show: the reading, but while the reader's hand moves a slider not of each frame. The table recolours at
 * once; curves and sums that follow a moment later leave it the time.
 */
export const steady = signal(/** @type {Run | null} */ (null));
/** Milliseconds between two of these. */
const PACE = 120;

/** Has the panels follow what is shown, for as long as the view is open; gives what ends it. */
function pace() {
  let [timer, last] = [0, -Infinity];
  const take = () => {
    timer = 0;
    last = performance.now();
    steady.value = reading.peek();
  };
  const end = effect(() => {
    const wait = last + PACE - performance.now();
    const same = steady.peek()?.raw.values === reading.value?.raw.values;
    if (!same || wait <= 0) {
      clearTimeout(timer);
      untracked(take);
    } else if (timer === 0) timer = Number(setTimeout(take, wait));
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}

/** Options that are on and that only the server can compute with. */
export const onlyServer = computed(() => beyond(value.value));

/**
 * What the server said to a run.
 * @typedef {object} Verdict
 * @property {Run} of
 * @property {import("./agree.js").Agreement | null} agreement null where the page cannot compute it
 * @property {StepRow | null} step
 * @property {string | null} refused in the server's words
 */

/** The last verdict. It counts while `of` is the run that is shown. */
const told = signal(/** @type {Verdict | null} */ (null));

/** The verdict on what is shown; null while the server has not been heard. */
export const verdict = computed(() => (told.value && told.value.of === reading.value ? told.value : null));

/** How many of the best tokens, before the processors and after them, the server is asked for. */
const COMPARED = 200;
/** Milliseconds that nothing changes until the server is asked. */
const CALM = 300;
/** Options that have no say in one step. */
const ASIDE = ["max_new_tokens", "max_length", "max_time", "num_return_sequences", "best_of", "rank_by", "stop_strings", "include_stop_str_in_output"];

/** Asks the server for its numbers. @param {Run} of @param {number[]} ids @param {number} top @param {AbortSignal} stop */
async function ask(of, ids, top, stop) {
  const options = request();
  for (const name of ASIDE) delete options[name];
  try {
    const { steps } = await json("v1/inspect", { prompt_ids: ids, ...options, steps: 1, top, stages: true }, stop);
    // A late answer says nothing of what is shown by now.
    if (of !== reading.peek()) return;
    const step = /** @type {StepRow} */ (steps[0]);
    told.value = { of, agreement: onlyServer.value.length > 0 ? null : compare(of, step), step, refused: null };
  } catch (error) {
    if (stop.aborted || of !== reading.peek()) return;
    told.value = { of, agreement: null, step: null, refused: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks for all tokens, not the best alone. */
export function compareAll() {
  const [of, there] = [reading.value, loaded.value];
  if (of && there) return ask(of, there.ids, there.row.kept, new AbortController().signal);
  return undefined;
}

/** How it was before the last change of options. */
export const ghost = signal(/** @type {Run | null} */ (null));
/** Whether the reader holds that for comparison. */
export const held = signal(false);
/** Changes that follow each other within so many milliseconds are one. */
const ONE_CHANGE = 800;

/** Holds what is shown now as what all that comes is compared with, or lets it go. */
export function hold() {
  held.value = !held.value;
  if (held.value) ghost.value = reading.value;
}

/** Follows what is shown for as long as the view is open; gives what ends it. */
export function follow() {
  /** @type {Run | null} */
  let before = null;
  let changed = 0;
  const ghosts = effect(() => {
    const now = reading.value;
    untracked(() => {
      if (!now || now === before) return;
      const elsewhere = before?.raw.values !== now.raw.values;
      const time = performance.now();
      if (elsewhere) {
        ghost.value = null;
        held.value = false;
      } else if (!held.value && time - changed > ONE_CHANGE) ghost.value = before;
      if (!elsewhere) changed = time;
      before = now;
    });
  });
  const paces = pace();
  let timer = 0;
  let stop = new AbortController();
  const asks = effect(() => {
    const [of, there] = [reading.value, loaded.value];
    void [chosen.value, seed.value];
    clearTimeout(timer);
    stop.abort();
    stop = new AbortController();
    const { signal: ends } = stop;
    if (of && there) timer = Number(setTimeout(() => void ask(of, there.ids, COMPARED, ends), CALM));
  });
  return () => {
    ghosts();
    paces();
    asks();
    clearTimeout(timer);
    stop.abort();
  };
}

/**
 * A column of the table.
 * @typedef {object} Column
 * @property {string} name
 * @property {string} rule what its processor did, with numbers; empty for none
 * @property {(id: number) => number} p a token's probability after it; 0 where it is gone
 * @property {number} left tokens that are left after it
 * @property {import("../../numbers/chain.js").Stage | null} stage where the page has computed it
 */

/**
 * The table.
 * @typedef {object} Shown
 * @property {boolean} whole whether its rows are the whole vocabulary
 * @property {ArrayLike<number>} ids its rows, by rank
 * @property {Column[]} columns
 * @property {(id: number) => string | null} removedBy
 */

/** Whether the page's own numbers may be shown: it can compute with all options, and the server has not said otherwise. */
export const trusted = computed(() => onlyServer.value.length === 0 && (verdict.value?.agreement?.same ?? true));

/** The table: the page's, or the server's where the page cannot compute it or was wrong. */
export const shown = computed(() => {
  const now = reading.value;
  return now && tableOf(now, verdict.value?.step ?? null, trusted.value);
});

/** @param {Run} now @param {StepRow | null} step @param {boolean} trusted @returns {Shown} */
function tableOf(now, step, trusted) {
  if (step && !trusted) return ofServer(now, step);
  const raw = { name: "raw", rule: "", p: (/** @type {number} */ id) => now.raw.p(id), left: now.raw.left, stage: null };
  // Until the server has answered what the page cannot compute, nothing but the model's own numbers is known.
  if (!trusted) return { whole: true, ids: now.raw.ids, columns: [raw], removedBy: () => null };
  const columns = now.stages.map((stage) => ({ name: stage.name, rule: stage.rule, p: (/** @type {number} */ id) => stage.row.p(id), left: stage.row.left, stage }));
  const end = { ...raw, name: "draw", p: (/** @type {number} */ id) => now.row.p(id), left: now.row.left };
  return { whole: true, ids: now.raw.ids, columns: [raw, ...columns, end], removedBy: (id) => removedAt(now, id)?.name ?? null };
}

/** The server's table, of the tokens that it lists. @param {Run} now @param {StepRow} step @returns {Shown} */
function ofServer(now, step) {
  const by = new Map(step.candidates.map((candidate, i) => [candidate.id, i]));
  const at = (/** @type {number[]} */ list) => (/** @type {number} */ id) => list[by.get(id) ?? -1] ?? 0;
  const column = (/** @type {string} */ name, /** @type {number[]} */ probs, /** @type {number} */ left) => ({ name, rule: "", p: at(probs), left, stage: null });
  return {
    whole: false,
    ids: [...step.candidates].sort((a, b) => a.rank - b.rank).map(({ id }) => id),
    columns: [
      column("raw", step.candidates.map(({ prob }) => prob), now.raw.left),
      ...(step.stages ?? []).map(({ processor, probs, kept }) => column(processor, probs, kept)),
      column("draw", step.candidates.map(({ prob_processed }) => prob_processed), step.kept),
    ],
    removedBy: (id) => step.candidates[by.get(id) ?? -1]?.removed_by ?? null,
  };
}
