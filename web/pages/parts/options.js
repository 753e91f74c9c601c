// How tokens are chosen: the chapter's options by sliders, all others by their names.
import { h, useState } from "../vendor/preact.js";
import { chosen, draws, method, seed, set, value } from "../state/settings.js";
import { options } from "../state/server.js";
import { vocabulary } from "../state/generate.js";
import { trouble } from "../state/lab.js";
import { Choice, Slider, Switch } from "./field.js";
import { say } from "./words.js";

/** What each method sets, over what the last one left. @type {Record<string, import("../state/settings.js").Options>} */
const METHODS = {
  greedy_search: { do_sample: undefined, num_beams: undefined, penalty_alpha: undefined, exact_search: undefined },
  sampling: { do_sample: true, num_beams: undefined, penalty_alpha: undefined, exact_search: undefined },
  beam_search: { do_sample: undefined, num_beams: 5, penalty_alpha: undefined, exact_search: undefined },
  beam_sample: { do_sample: true, num_beams: 5, penalty_alpha: undefined, exact_search: undefined },
  contrastive_search: { do_sample: undefined, num_beams: undefined, penalty_alpha: 0.6, top_k: 4, exact_search: undefined },
  exact_search: { do_sample: undefined, num_beams: undefined, penalty_alpha: undefined, exact_search: true },
};

/** What only matters while tokens are drawn: taken back with it, since an option without effect is refused. */
const DRAWN = ["temperature", "top_k", "top_p", "min_p", "typical_p"];
/** The same of beams. */
const BEAMED = ["length_penalty", "early_stopping", "num_beam_groups", "diversity_penalty"];

/** Chooses a method. @param {string} name */
export function choose(name) {
  const changes = { ...METHODS[name] };
  const keeps = changes["do_sample"] === true;
  for (const option of DRAWN) if (!keeps && !(option in changes)) changes[option] = undefined;
  for (const option of BEAMED) if (!(Number(changes["num_beams"]) > 1)) changes[option] = undefined;
  if (name === "beam_search" && Number(chosen.value["num_beams"]) > 1) changes["num_beams"] = chosen.value["num_beams"];
  set(changes);
}

/** A slider of one option. @param {{name: keyof typeof SLIDERS}} props */
function Option({ name }) {
  const { least, most, step, log } = SLIDERS[name];
  const most_ = name === "top_k" ? vocabulary() || most : most;
  const given = chosen.value[name];
  return h(Slider, {
    label: say(name), value: typeof given === "number" ? given : undefined, least, most: most_, step, log, off: String(value(name) ?? say("off")),
    onChange: (number) => set({ [name]: number }),
  });
}

/** How far the sliders go; further numbers are written. @satisfies {Record<string, {least: number, most: number, step: number, log: boolean}>} */
const SLIDERS = {
  max_new_tokens: { least: 1, most: 500, step: 1, log: true },
  temperature: { least: 0.05, most: 5, step: 0.05, log: true },
  top_k: { least: 1, most: 1000, step: 1, log: true },
  top_p: { least: 0.01, most: 1, step: 0.01, log: false },
  min_p: { least: 0, most: 0.5, step: 0.005, log: false },
  typical_p: { least: 0.05, most: 1, step: 0.01, log: false },
  repetition_penalty: { least: 0.8, most: 2, step: 0.01, log: false },
  presence_penalty: { least: -2, most: 2, step: 0.05, log: false },
  frequency_penalty: { least: -2, most: 2, step: 0.05, log: false },
  no_repeat_ngram_size: { least: 0, most: 8, step: 1, log: false },
  num_beams: { least: 2, most: 20, step: 1, log: false },
  length_penalty: { least: -2, most: 3, step: 0.1, log: false },
  penalty_alpha: { least: 0.05, most: 1, step: 0.05, log: false },
};

/** The panel. */
export function OptionsPanel() {
  const now = method.value;
  const names = Object.keys(METHODS);
  return h("section", { class: "options", "aria-label": say("method") },
    h(Choice, { label: say("method"), value: now, choices: names.map((name) => ({ value: name, label: say(/** @type {any} */ (name)) })), onChange: choose }),
    h(Option, { name: "max_new_tokens" }),
    now.startsWith("beam") ? [h(Option, { name: "num_beams" }), h(Option, { name: "length_penalty" })] : null,
    now === "contrastive_search" ? [h(Option, { name: "penalty_alpha" }), h(Option, { name: "top_k" })] : null,
    draws.value ? [
      h(Option, { name: "temperature" }), h(Option, { name: "top_k" }), h(Option, { name: "top_p" }), h(Option, { name: "min_p" }), h(Option, { name: "typical_p" }), h(Seed, null),
    ] : null,
    h("details", null, h("summary", null, say("penalties")),
      h(Option, { name: "repetition_penalty" }), h(Option, { name: "presence_penalty" }), h(Option, { name: "frequency_penalty" }), h(Option, { name: "no_repeat_ngram_size" })),
    h(Others, null));
}

/** The seed of draws. */
function Seed() {
  return h("div", { class: "seed" },
    h(Slider, { label: say("seed"), value: seed.value.value, least: 0, most: 999_999, step: 1, onChange: (value) => (seed.value = { ...seed.value, value: Math.max(0, Math.trunc(value ?? 0)) }) }),
    h(Switch, { label: say("keep"), checked: seed.value.kept, onChange: (kept) => (seed.value = { ...seed.value, kept }) }));
}

/** All other options: those that are set, and a way to set more. */
function Others() {
  const [name, setName] = useState("");
  const known = new Set([...Object.keys(SLIDERS), "do_sample", "exact_search"]);
  const set_ = Object.entries(chosen.value).filter(([option]) => !known.has(option));
  const card = options.value.find((option) => option.name === name);
  const give = (/** @type {string} */ text) => {
    const given = read(card, text);
    if (given === undefined) trouble.value = say("notJson", { name });
    else set({ [name]: given });
  };
  return h("details", { open: set_.length > 0 }, h("summary", null, say("others")),
    set_.map(([option, given]) => h("div", { class: "row", key: option },
      h("code", null, `${option} = ${JSON.stringify(given)}`),
      h("button", { type: "button", class: "plain", "aria-label": `${say("remove")}: ${option}`, onClick: () => set({ [option]: undefined }) }, "✕"))),
    h("select", { "aria-label": say("add"), value: name, onChange: (/** @type {any} */ event) => setName(event.currentTarget.value) },
      h("option", { value: "" }, say("add")),
      options.value.filter((option) => !known.has(option.name)).map((option) => h("option", { key: option.name, value: option.name }, option.name))),
    card ? h("div", { class: "option" }, h("p", { class: "hint" }, `${card.about}: ${card.range} (${card.default})`), h(Value, { card, give })) : null);
}

/** The control of an option's value. @param {{card: import("../state/server.js").OptionCard, give: (text: string) => void}} props */
function Value({ card, give }) {
  const words = card.kind === "flag" ? ["true", "false"] : card.kind === "choice" ? (card.choices ?? []) : null;
  const onChange = (/** @type {any} */ event) => event.currentTarget.value && give(event.currentTarget.value);
  return words
    ? h("select", { "aria-label": card.name, value: "", onChange }, h("option", { value: "" }, ""), words.map((word) => h("option", { key: word, value: word }, word)))
    : h("input", { type: "text", "aria-label": card.name, onChange });
}

/** What a text stands for as an option's value; undefined where it cannot be read. @param {import("../state/server.js").OptionCard | undefined} card @param {string} text @returns {unknown} */
export function read(card, text) {
  if (card?.kind === "text" || card?.kind === "choice") return text;
  try {
    return JSON.parse(text);
  } catch {
    return card?.kind === "other" && !/^[[{]/.test(text.trim()) ? text : undefined;
  }
}
