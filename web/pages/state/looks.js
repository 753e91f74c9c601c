// How the lab looks: light or dark, what tokens are coloured by, whether spaces are shown as signs.
import { keep, kept } from "../browser/storage.js";
import { effect, signal } from "../vendor/preact.js";

const before = (/** @type {string} */ name, /** @type {string} */ otherwise) => kept(name) ?? otherwise;

/** Light or dark; as the system has it until one is chosen. */
export const theme = signal(/** @type {"light" | "dark"} */ (
  before("theme", globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ? "dark" : "light") === "dark" ? "dark" : "light"
));

/** Whether spaces and line breaks are shown as signs. */
export const signs = signal(before("signs", "true") === "true");

/** @typedef {"probability" | "surprisal" | "entropy" | "rank" | "margin" | "gap" | "none"} Measure */
/** @type {ReadonlyArray<Measure>} */
export const MEASURES = ["probability", "surprisal", "entropy", "rank", "margin", "gap", "none"];

/** What tokens are coloured by. */
export const measure = signal(/** @type {Measure} */ (MEASURES.find((name) => name === before("measure", "probability")) ?? "probability"));

effect(() => {
  keep("theme", theme.value);
  keep("signs", String(signs.value));
  keep("measure", measure.value);
  if (typeof document !== "undefined") document.documentElement.dataset["theme"] = theme.value;
});
