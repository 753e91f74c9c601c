// Controls with their labels.
import { h, useId, useState } from "../vendor/preact.js";
import { say } from "./words.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** A label above a control. @param {{label: string, hint?: string, children: (id: string) => Children}} props */
export function Field({ label, hint, children }) {
  const id = useId();
  return h("div", { class: "field" }, h("label", { for: id }, label), children(id), hint ? h("span", { class: "hint" }, hint) : null);
}

/** A choice among words. @param {{label: string, value: string, choices: ReadonlyArray<{value: string, label: string}>, onChange: (value: string) => void}} props */
export function Choice({ label, value, choices, onChange }) {
  return h(Field, {
    label,
    children: (id) =>
      h("select", { id, value, onChange: (/** @type {any} */ event) => onChange(event.currentTarget.value) },
        choices.map((choice) => h("option", { key: choice.value, value: choice.value, selected: choice.value === value }, choice.label))),
  });
}

/** A switch. @param {{label: string, checked: boolean, onChange: (checked: boolean) => void}} props */
export function Switch({ label, checked, onChange }) {
  return h("label", { class: "switch" },
    h("input", { type: "checkbox", checked, onChange: (/** @type {any} */ event) => onChange(event.currentTarget.checked) }), label);
}

/** What digits stand for: a number, whether an option may have it or not, since the engine says that; nothing, where that may be; null for what is no number. @param {string} text @param {boolean} optional */
export function typedNumber(text, optional) {
  if (text.trim() === "") return optional ? undefined : null;
  const given = Number(text);
  return Number.isFinite(given) ? given : null;
}

/**
 * A number, by a slider and by its digits. The slider runs over `scale`, which turns its place between 0 and 1 into the number and back.
 *
 * @param {{label: string, value: number | undefined, least: number, most: number, step: number, log?: boolean, off?: string, onChange: (value: number | undefined) => void}} props
 *   `off` names what no value means; with it the number can be taken away
 */
export function Slider({ label, value, least, most, step, log = false, off, onChange }) {
  const place = (/** @type {number} */ number) => (log ? Math.log1p(number - least) / Math.log1p(most - least) : (number - least) / (most - least));
  const number = (/** @type {number} */ at) => {
    const exact = log ? least + Math.expm1(at * Math.log1p(most - least)) : least + at * (most - least);
    return Math.min(most, Math.max(least, Number((Math.round(exact / step) * step).toFixed(6))));
  };
  // With nothing set, the slider stands where the value is that counts then; one below the least, such as a top-k of 0, cuts nothing off.
  const otherwise = Number(off);
  const shown = value ?? (Number.isNaN(otherwise) ? least : otherwise < least ? most : otherwise);
  // What is being typed stays as it is, whatever is drawn anew meanwhile.
  const [draft, setDraft] = useState(/** @type {string | null} */ (null));
  const [bad, setBad] = useState("");
  const typed = (/** @type {HTMLInputElement} */ field) => {
    const given = typedNumber(field.value, off !== undefined);
    setDraft(null);
    setBad(given === null ? field.value : "");
    if (given === null) field.value = String(value ?? "");
    else onChange(given);
  };
  return h(Field, {
    label,
    children: (id) => [
      h("div", { class: "slider" },
        h("input", {
          type: "range", min: 0, max: 1, step: 0.001, value: place(Math.max(least, Math.min(most, shown))), "aria-label": label, tabIndex: 0,
          "aria-valuetext": value === undefined ? (off ?? "") : String(value),
          onInput: (/** @type {any} */ event) => onChange(number(Number(event.currentTarget.value))),
        }),
        h("input", {
          id, type: "text", inputMode: "decimal", class: "digits", value: draft ?? value ?? "", placeholder: off ?? "", "aria-invalid": bad === "" ? undefined : "true",
          onInput: (/** @type {any} */ event) => setDraft(event.currentTarget.value),
          onChange: (/** @type {any} */ event) => typed(event.currentTarget),
          onBlur: () => setDraft(null),
        })),
      bad === "" ? null : h("span", { class: "hint invalid", role: "alert" }, say("noNumber", { text: bad })),
    ],
  });
}
