// The languages of the lab, and how a part of it defines what it says in them.
import { keep, kept } from "../browser/storage.js";
import { effect, signal } from "../vendor/preact.js";

/** @typedef {"en" | "ko" | "zh" | "ja"} Language */

/** The languages, each by its own name. @type {ReadonlyArray<{code: Language, name: string}>} */
export const languages = [
  { code: "en", name: "English" },
  { code: "ko", name: "한국어" },
  { code: "zh", name: "中文" },
  { code: "ja", name: "日本語" },
];

/** The language of the reader: what was chosen last, else what the browser asks for. @returns {Language} */
function wanted() {
  const asked = [kept("language") ?? "", ...(globalThis.navigator?.languages ?? [])].map((name) => name.slice(0, 2));
  return languages.find(({ code }) => asked.find((name) => languages.some((known) => known.code === name)) === code)?.code ?? "en";
}

/** The language that is shown. Whoever reads it while drawing is drawn anew when it changes. */
export const language = signal(wanted());

effect(() => {
  if (typeof document === "undefined") return;
  document.documentElement.lang = language.value;
  keep("language", language.value);
});

/**
 * What a part of the lab says: a text for each key, in each language. `{name}` in a text stands for a value.
 *
 * @template {Record<string, string>} W
 * @param {{en: W, ko: Record<keyof W, string>, zh: Record<keyof W, string>, ja: Record<keyof W, string>}} all
 * @returns {(key: keyof W, values?: Record<string, string | number>) => string}
 */
export function define(all) {
  return (key, values = {}) => {
    const text = all[language.value][key];
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  };
}
