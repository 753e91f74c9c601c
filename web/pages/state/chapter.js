// The chapter's walk, as the server tells it in each language: the texts of `beamline learn`.
import { computed, effect, signal } from "../vendor/preact.js";
import { json } from "../api/client.js";
import { language } from "../words/words.js";
import { health } from "./server.js";

/**
 * @typedef {object} Scene
 * @property {number} number from 1
 * @property {string} name as addresses have it
 * @property {string[]} commands
 * @property {string} title
 * @property {string[]} paragraphs
 * @property {string} question
 * @property {string} answer
 */

/**
 * @typedef {object} Chapter
 * @property {string} title
 * @property {string} about
 * @property {string} question the heading of questions
 * @property {string} answer the heading of answers
 * @property {Scene[]} scenes
 */

/** The languages that were asked for, and what came. */
const told = signal(/** @type {Partial<Record<string, Chapter>>} */ ({}));
/** The language that was shown last: it stays until the next one is there. */
let last = "";

/** The chapter in the reader's language; null until it has come. */
export const chapter = computed(() => {
  if (told.value[language.value]) last = language.value;
  return told.value[last] ?? null;
});

/** Asks for the chapter in the reader's language, now and whenever that changes or the server comes back. Gives what ends it. */
export function followLanguage() {
  return effect(() => {
    const wanted = language.value;
    if (told.value[wanted] || health.value === "away") return;
    void json(`lab/chapter/${wanted}`).then((came) => (told.value = { ...told.value, [wanted]: came }), () => {}); // asked again when the server is back
  });
}

/** A scene by its number or its name; the first for any other word. @param {ReadonlyArray<Scene>} scenes @param {string} place @returns {Scene | undefined} */
export function sceneAt(scenes, place) {
  return scenes.find(({ number, name }) => place === name || place === String(number)) ?? scenes[0];
}
