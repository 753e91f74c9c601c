// How tokens are chosen: the chapter's options by sliders, all others by their names. The panel edits the reader's options, or any others
// that it is given.
import { h, useState } from "../vendor/preact.js";
import { chosen, drawn, methodOf, seed, set, usual } from "../state/settings.js";
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
/** Mirostat draws in its own way, so another method that is chosen takes its place. */
const MIROSTAT = ["mirostat", "mirostat_tau", "mirostat_eta"];
/** The same of beams. */
const BEAMED = ["length_penalty", "early_stopping", "num_beam_groups", "diversity_penalty"];

/**
 * Options that are edited.
 * @typedef {object} Edit
 * @property {import("../state/settings.js").Options} options
 * @property {(changes: import("../state/settings.js").Options) => void} onChange takes changes, of which `undefined` takes an option back
 * @property {import("../state/settings.js").Options} [inherited] what has its value from elsewhere while it is not set here
 * @property {{value: number, kept?: boolean}} seed the seed, and whether it stays for the next run, where that can be chosen
 * @property {(seed: {value: number, kept?: boolean}) => void} onSeed
 */

/** What changes when options become those of another method. @param {import("../state/settings.js").Options} options @param {string} name */
export function changesFor(options, name) {
  const changes = { ...METHODS[name] };
  const keeps = changes["do_sample"] === true;
  for (const option of MIROSTAT) changes[option] = undefined;
  for (const option of DRAWN) if (!keeps && !(option in changes)) changes[option] = undefined;
  for (const option of BEAMED) if (!(Number(changes["num_beams"]) > 1)) changes[option] = undefined;
  if (Number(changes["num_beams"]) > 1 && Number(options["num_beams"]) > 1) changes["num_beams"] = options["num_beams"];
  return changes;
}

/** Chooses a method of the reader's. @param {string} name */
export function choose(name) {
  set(changesFor(chosen.value, name));
}

/** A slider of one option. @param {{name: keyof typeof SLIDERS, edit: Edit}} props */
function Option({ name, edit }) {
  const { least, most, step, log } = SLIDERS[name];
  const most_ = name === "top_k" ? vocabulary() || most : most;
  const given = edit.options[name];
  return h(Slider, {
    label: say(name), value: typeof given === "number" ? given : undefined, least, most: most_, step, log,
    off: String(edit.inherited?.[name] ?? usual(name) ?? say("off")), onChange: (number) => edit.onChange({ [name]: number }),
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

/** The reader's own options, as the panel edits them. @returns {Edit} */
const own = () => ({
  options: chosen.value, onChange: set, seed: seed.value, onSeed: (next) => (seed.value = { value: next.value, kept: next.kept === true }),
});

/** The panel, of the reader's options or of those given. @type {import("preact").FunctionComponent<{edit?: Edit}>} */
export const OptionsPanel = ({ edit = own() }) => {
  const now = methodOf(edit.options);
  const names = Object.keys(METHODS);
  const option = (/** @type {keyof typeof SLIDERS} */ name) => h(Option, { key: name, name, edit });
  const change = (/** @type {string} */ name) => edit.onChange(changesFor(edit.options, name));
  return h("section", { class: "options", "aria-label": say("method") },
    h(Choice, { label: say("method"), value: now, choices: names.map((name) => ({ value: name, label: say(/** @type {any} */ (name)) })), onChange: change }),
    option("max_new_tokens"),
    now.startsWith("beam") ? [option("num_beams"), option("length_penalty")] : null,
    now === "contrastive_search" ? [option("penalty_alpha"), option("top_k")] : null,
    drawn(edit.options) ? [option("temperature"), option("top_k"), option("top_p"), option("min_p"), option("typical_p"), h(Seed, { key: "seed", edit })] : null,
    h("details", null, h("summary", null, say("penalties")),
      option("repetition_penalty"), option("presence_penalty"), option("frequency_penalty"), option("no_repeat_ngram_size")),
    h(Others, { edit }));
};

/** The seed of draws. @param {{edit: Edit}} props */
function Seed({ edit: { seed, onSeed } }) {
  const { kept } = seed;
  return h("div", { class: "seed" },
    h(Slider, { label: say("seed"), value: seed.value, least: 0, most: 999_999, step: 1, onChange: (value) => onSeed({ ...seed, value: Math.max(0, Math.trunc(value ?? 0)) }) }),
    kept === undefined ? null : h(Switch, { label: say("keep"), checked: kept, onChange: (on) => onSeed({ ...seed, kept: on }) }));
}

/** All other options: those that are set, and a way to set more. @param {{edit: Edit}} props */
function Others({ edit }) {
  const [name, setName] = useState("");
  const known = new Set([...Object.keys(SLIDERS), "do_sample", "exact_search"]);
  const set_ = Object.entries(edit.options).filter(([option]) => !known.has(option));
  const card = options.value.find((option) => option.name === name);
  const give = (/** @type {string} */ text) => {
    const given = read(card, text);
    if (given === undefined) trouble.value = say("notJson", { name });
    else edit.onChange({ [name]: given });
  };
  return h("details", { open: set_.length > 0 }, h("summary", null, say("others")),
    set_.map(([option, given]) => h("div", { class: "row", key: option },
      h("code", null, `${option} = ${JSON.stringify(given)}`),
      h("button", { type: "button", class: "plain", "aria-label": `${say("remove")}: ${option}`, onClick: () => edit.onChange({ [option]: undefined }) }, "✕"))),
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
