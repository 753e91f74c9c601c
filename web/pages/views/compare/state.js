// What the reader has set in Compare: the columns, which two are held against each other and where, and how texts are shown.
import { computed, effect, signal } from "../../vendor/preact.js";
import { chosen, seed } from "../../state/settings.js";
import { place, view } from "../../state/link.js";
import * as all from "./columns.js";
import { common, differsAt } from "./align.js";
import { outcomes, version } from "./outcomes.js";

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./outcomes.js").Text} Text */

/** The columns, from the first to the last. */
export const columns = signal(/** @type {Column[]} */ (all.course(1)));

/** New tokens at most, of columns that say nothing else. */
export const length = signal(all.USUAL.length);

/** Texts of each column that draws. */
export const samples = signal(all.USUAL.samples);

/** The column whose panel of options is open. */
export const editing = signal(/** @type {number | null} */ (null));

/** Whether texts are scrolled together. */
export const locked = signal(true);

/** @typedef {"none" | "probability" | "surprisal" | "entropy" | "rank"} Paint */
/** @type {ReadonlyArray<Paint>} */
export const PAINTS = ["none", "probability", "surprisal", "entropy", "rank"];

/** What tokens are coloured by. */
export const paint = signal(/** @type {Paint} */ ("none"));

const first = signal(/** @type {number | null} */ (null));
const second = signal(/** @type {number | null} */ (null));
const isThere = (/** @type {number | null} */ key) => columns.value.some((column) => column.key === key);

/** The column that the others are held against: A. */
export const a = computed(() => (isThere(first.value) ? /** @type {number} */ (first.value) : /** @type {Column} */ (columns.value[0]).key));

/** The column that is held against it: B. */
export const b = computed(() => {
  if (isThere(second.value) && second.value !== a.value) return /** @type {number} */ (second.value);
  return /** @type {Column} */ (columns.value.find((column) => column.key !== a.value)).key;
});

/** Chooses A; what was A and is asked to be B changes places with it. @param {number} key */
export function chooseA(key) {
  if (key === b.value) second.value = a.value;
  first.value = key;
}

/** Chooses B. @param {number} key */
export function chooseB(key) {
  if (key === a.value) first.value = b.value;
  second.value = key;
}

/** The next column is B. @param {1 | -1} way */
export function turnB(way) {
  const keys = columns.value.map((column) => column.key).filter((key) => key !== a.value);
  const at = keys.indexOf(b.value);
  chooseB(/** @type {number} */ (keys[(at + way + keys.length) % keys.length]));
}

/** Moves a column to a side; A and B stay those that they are. @param {number} key @param {1 | -1} way */
export function move(key, way) {
  [first.value, second.value] = [a.value, b.value];
  columns.value = all.moved(columns.value, key, way);
}

/** The text of each column that is shown, by its number. */
export const shownTexts = signal(/** @type {ReadonlyMap<number, number>} */ (new Map()));

/** The text of a column that is shown. @param {number} key @returns {Text | null} */
export function textOf(key) {
  void version.value;
  const texts = outcomes.value.get(key)?.texts ?? [];
  return texts[Math.min(shownTexts.value.get(key) ?? 0, texts.length - 1)] ?? null;
}

/** Shows another text of a column. @param {number} key @param {number} number */
export const showText = (key, number) => (shownTexts.value = new Map([...shownTexts.value, [key, number]]));

/** Tokens that all texts begin with; none while there is one alone. */
export const prefix = computed(() => {
  const texts = columns.value.flatMap(({ key }) => textOf(key) ?? []).filter((text) => text.tokens.length > 0);
  return texts.length > 1 ? common(texts.map((text) => text.ids)) : 0;
});

/** Where a column's text leaves that of A; null where it does not, or where there is nothing to compare. @param {number} key */
export function parting(key) {
  const [text, reference] = [textOf(key), textOf(a.value)];
  return key === a.value || !text || !reference ? null : differsAt(text.ids, reference.ids);
}

/** The place that is looked at in all texts, from 0. */
export const cursor = signal(0);

/** The tokens of the longest text. */
export const longest = computed(() => Math.max(0, ...columns.value.map(({ key }) => textOf(key)?.tokens.length ?? 0)));

/** Goes to a place. @param {number} at */
export const goTo = (at) => (cursor.value = Math.max(0, Math.min(longest.value - 1, at)));

/** Adds a column, with the options of Play. */
export function add() {
  const options = { ...chosen.value };
  delete options["max_new_tokens"];
  columns.value = all.added(columns.value, options, seed.value.value);
}

/** Takes the address over while the view is open, and writes into it what is compared. Gives what ends that. */
export function followAddress() {
  const given = place.value ? all.parse(place.value) : null;
  if (given) {
    columns.value = given.columns;
    [length.value, samples.value] = [given.shared.length, given.shared.samples];
  }
  return effect(() => {
    const text = all.write(columns.value, { length: length.value, samples: samples.value });
    if (view.value === "compare" && place.peek() !== text) place.value = text;
  });
}
