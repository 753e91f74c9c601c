// Where the reader is in the tour of the chapter, which goes along into the views; and how far the reader has come.
import { keep, keptAs } from "../browser/storage.js";
import { effect, signal } from "../vendor/preact.js";

/**
 * @typedef {object} Tour
 * @property {string | null} scene the scene that goes along beside the views, by its name; null where none does
 * @property {number | null} step which of its commands was done last
 * @property {boolean} shown whether its text is shown, or only its title
 */

/** The tour beside the views. It lasts as long as the window. */
export const tour = signal(keptAs("tour", /** @type {Tour} */ ({ scene: null, step: null, shown: true }), "session"));

/** The scenes that the reader has done, by their names: an action was done, or the answer was asked for. */
export const done = signal(/** @type {ReadonlyArray<string>} */ (keptAs("scenes", [])));

/** The scenes whose answers are shown. */
export const answered = signal(/** @type {ReadonlyArray<string>} */ ([]));

effect(() => {
  keep("tour", JSON.stringify(tour.value), "session");
  keep("scenes", JSON.stringify(done.value));
});

/** A scene counts as done. @param {string} scene */
function count(scene) {
  if (!done.value.includes(scene)) done.value = [...done.value, scene];
}

/** The tour goes on at a scene, beside whatever view is open. @param {string} scene @param {number | null} [step] the command that was done @param {boolean} [shown] */
export function lead(scene, step = null, shown = true) {
  tour.value = { scene, step, shown };
  if (step !== null) count(scene);
}

/** The tour goes along no further. */
export function leave() {
  tour.value = { scene: null, step: null, shown: true };
}

/** Shows the scene's text beside the view, or its title alone. @param {boolean} shown */
export function fold(shown) {
  tour.value = { ...tour.value, shown };
}

/** The answer of a scene was asked for. @param {string} scene */
export function answer(scene) {
  if (!answered.value.includes(scene)) answered.value = [...answered.value, scene];
  count(scene);
}

/** Begins anew: nothing counts as done. */
export function forget() {
  done.value = [];
  answered.value = [];
}
