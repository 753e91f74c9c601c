// How the search is done, and how it is shown.
import { h } from "../../vendor/preact.js";
import { Choice, Slider, Switch } from "../../parts/field.js";
import { choose } from "../../parts/options.js";
import { say as parts } from "../../parts/words.js";
import { chosen, seed, set, value } from "../../state/settings.js";
import { folded, folds, form, numbers, penalty, pruned, referenceText } from "./looked.js";
import { frame, fit, resize, zoom } from "./frame.js";
import { widthOf } from "./requests.js";
import { readReference } from "./run.js";
import { say } from "./words.js";

/** Sets the width; groups that do not part it are taken back. @param {number | undefined} width */
function setWidth(width) {
  const groups = Number(chosen.value["num_beam_groups"] ?? 1);
  set({ num_beams: width, ...(width === undefined || width % groups !== 0 ? { num_beam_groups: undefined, diversity_penalty: undefined } : {}) });
}

/** Has candidates drawn instead of taken, or taken again. @param {boolean} on */
function setSampling(on) {
  const width = widthOf(chosen.value);
  choose(on ? "beam_sample" : "beam_search");
  set({ num_beams: width });
}

/** The controls that are used all the time. */
export function Controls() {
  const width = widthOf(chosen.value);
  return h("section", { class: "beam-controls", "aria-label": say("controls") },
    h(Slider, { label: say("width"), value: width, least: 2, most: 20, step: 1, onChange: setWidth }),
    h(Slider, { label: say("steps"), value: Number(chosen.value["max_new_tokens"] ?? 20), least: 1, most: 200, step: 1, log: true, onChange: (n) => set({ max_new_tokens: n }) }),
    h(Slider, { label: say("penalty"), value: penalty.value, least: -2, most: 3, step: 0.05, onChange: (n) => set({ length_penalty: n }) }),
    h(Switch, { label: say("sample"), checked: chosen.value["do_sample"] === true, onChange: setSampling }),
    h("details", null, h("summary", null, say("more")), h("div", { class: "beam-more" }, h(More, { width }))));
}

/** The others. @param {{width: number}} props */
function More({ width }) {
  const groups = Number(chosen.value["num_beam_groups"] ?? 1);
  const samples = chosen.value["do_sample"] === true;
  const early = String(chosen.value["early_stopping"] ?? false);
  const divisors = Array.from({ length: width }, (_, i) => i + 1).filter((n) => width % n === 0);
  return [
    h(Choice, {
      key: "early", label: parts("early_stopping"), value: early, choices: [{ value: "false", label: say("earlyFalse") }, { value: "true", label: say("earlyTrue") }, { value: "never", label: say("earlyNever") }],
      onChange: (name) => set({ early_stopping: name === "false" ? undefined : name === "true" ? true : "never" }),
    }),
    h(Choice, {
      key: "groups", label: say("groups"), value: String(groups), choices: divisors.map((n) => ({ value: String(n), label: n === 1 ? say("noGroups") : say("groupsOf", { n, each: width / n }) })),
      onChange: (n) => set(n === "1" ? { num_beam_groups: undefined, diversity_penalty: undefined } : { num_beam_groups: Number(n), diversity_penalty: chosen.value["diversity_penalty"] ?? 1 }),
    }),
    groups > 1 ? h(Slider, { key: "diversity", label: say("diversity"), value: Number(chosen.value["diversity_penalty"] ?? 1), least: 0, most: 5, step: 0.1, onChange: (n) => set({ diversity_penalty: n }) }) : null,
    h(Slider, { key: "ngram", label: parts("no_repeat_ngram_size"), value: Number(chosen.value["no_repeat_ngram_size"] ?? 0), least: 0, most: 8, step: 1, onChange: (n) => set({ no_repeat_ngram_size: n || undefined }) }),
    samples ? h(Drawn, { key: "drawn" }) : null,
    h(Reference, { key: "reference" }),
  ];
}

/** What matters while candidates are drawn. */
function Drawn() {
  const given = (/** @type {string} */ name) => (typeof chosen.value[name] === "number" ? Number(chosen.value[name]) : undefined);
  const off = (/** @type {string} */ name) => String(value(name) ?? parts("off"));
  return [
    h(Slider, { key: "t", label: parts("temperature"), value: given("temperature"), least: 0.05, most: 5, step: 0.05, log: true, off: off("temperature"), onChange: (n) => set({ temperature: n }) }),
    h(Slider, { key: "k", label: parts("top_k"), value: given("top_k"), least: 1, most: 1000, step: 1, log: true, off: off("top_k"), onChange: (n) => set({ top_k: n }) }),
    h(Slider, { key: "p", label: parts("top_p"), value: given("top_p"), least: 0.01, most: 1, step: 0.01, off: off("top_p"), onChange: (n) => set({ top_p: n }) }),
    h(Slider, { key: "s", label: parts("seed"), value: seed.value.value, least: 0, most: 999999, step: 1, onChange: (n) => n !== undefined && (seed.value = { value: n, kept: true }) }),
    h(Switch, { key: "keep", label: parts("keep"), checked: seed.value.kept, onChange: (kept) => (seed.value = { ...seed.value, kept }) }),
  ];
}

/** The reader's own text, which is drawn beside the search. */
function Reference() {
  return h("form", { class: "field reference", onSubmit: (/** @type {Event} */ event) => { event.preventDefault(); void readReference(); } },
    h("label", { for: "reference" }, say("referenceLabel")),
    h("div", { class: "row" },
      h("input", { id: "reference", type: "text", value: referenceText.value, spellcheck: false, onInput: (/** @type {any} */ event) => (referenceText.value = event.currentTarget.value) }),
      h("button", null, say("showReference"))));
}

/** How it is drawn. */
export function Looks() {
  return h("div", { class: "row beam-looks" },
    h("div", { class: "row", role: "group", "aria-label": say("form") },
      ["merged", "lanes"].map((name) => h("button", { key: name, type: "button", "aria-pressed": form.value === name, onClick: () => (form.value = /** @type {any} */ (name)) }, say(/** @type {any} */ (name))))),
    h(Switch, { label: say("showDropped"), checked: pruned.value, onChange: (on) => (pruned.value = on) }),
    h(Switch, { label: say("fold"), checked: folds.value, onChange: (on) => (folded.value = on) }),
    h("label", { class: "switch" }, say("numbersBelow"),
      h("select", { value: numbers.value, onChange: (/** @type {any} */ event) => (numbers.value = event.currentTarget.value) },
        /** @type {const} */ (["sum", "step", "normalised", "none"]).map((name) => h("option", { key: name, value: name, selected: numbers.value === name }, say(`number_${name}`))))),
    h("div", { class: "row zoom", role: "group", "aria-label": say("size") },
      h("button", { type: "button", "aria-label": say("smaller"), onClick: () => zoom(1 / 1.25) }, "−"),
      h("button", { type: "button", title: say("fullSize"), "aria-label": say("fullSize"), onClick: () => resize(1) }, `${Math.round(frame.value * 100)} %`),
      h("button", { type: "button", "aria-label": say("larger"), onClick: () => zoom(1.25) }, "+"),
      h("button", { type: "button", onClick: fit }, say("fit"))));
}
