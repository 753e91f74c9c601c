// What is asked of the columns: the prompt, the key, the options that are rows' own; and the prompts of the first rows, as they will be.
import { h, useRef } from "../../vendor/preact.js";
import { Choice, Field, Switch } from "../../parts/field.js";
import { options, props } from "../../state/server.js";
import { languageOf } from "../../words/script.js";
import { optionOf } from "./ask.js";
import { asking, obstacle, promptText, source } from "./state.js";
import { say } from "./words.js";
import { carried } from "./written.js";

/** Rows whose prompts are shown. */
const SHOWN = 3;

/** @param {Partial<import("./ask.js").Asking>} changes */
const set = (changes) => (asking.value = { ...asking.value, ...changes });

/** The template, and columns to put into it. @param {{columns: ReadonlyArray<string>}} props */
function Template({ columns }) {
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const { template } = asking.value;
  const put = (/** @type {string} */ name) => {
    const [from, to] = [box.current?.selectionStart ?? template.length, box.current?.selectionEnd ?? template.length];
    const place = `{${name}}`;
    set({ template: template.slice(0, from) + place + template.slice(to) });
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(from + place.length, from + place.length);
    });
  };
  return h("div", { class: "template" },
    h(Field, {
      label: say("template"),
      children: (id) => h("textarea", {
        id, ref: box, rows: Math.min(8, Math.max(2, template.split("\n").length)), value: template, spellcheck: false, lang: languageOf(template), "aria-describedby": "template-hint",
        onInput: (/** @type {any} */ event) => set({ template: event.currentTarget.value }),
      }),
    }),
    h("div", { class: "row columns", role: "group", "aria-label": say("columns") }, columns.map((name) => h("button", { key: name, type: "button", class: "plain", "aria-label": say("putColumn", { name }), onClick: () => put(name) }, h("code", null, `{${name}}`)))),
    h("p", { class: "hint", id: "template-hint" }, say("braces")));
}

/** The choice of a column. @param {{label: string, value: string, columns: ReadonlyArray<string>, none?: string, onChange: (name: string) => void}} props */
function Column({ label, value, columns, none, onChange }) {
  const all = columns.includes(value) || (none !== undefined && value === "") ? columns : [value, ...columns];
  return h(Choice, { label, value, choices: [...(none === undefined ? [] : [{ value: "", label: none }]), ...all.map((name) => ({ value: name, label: name || "∅" }))], onChange });
}

/** The first rows as they will be asked. */
function Preview() {
  const given = source.value;
  if (!given) return null;
  return h("ol", { class: "preview", "aria-label": say("preview") }, given.rows.slice(0, SHOWN).map((row, number) => {
    const prompt = promptText(row, asking.value);
    return h("li", { key: number }, "text" in prompt ? h("span", { class: "mono", lang: languageOf(prompt.text), "data-preview": number }, prompt.text || "∅") : h("span", { class: "wrong" }, prompt.wrong));
  }));
}

/** What becomes of columns that is not to be seen: options, other names. */
function Remarks() {
  const columns = source.value?.columns ?? [];
  const now = asking.value;
  const own = columns.filter((name) => (name === "options" && now.own) || optionOf(now, options.value, name));
  const renamed = columns.flatMap((name) => {
    const to = carried(name, (other) => columns.includes(other));
    return to === name ? [] : [`${name} → ${to}`];
  });
  return [
    own.length > 0 ? h("p", { key: "own", class: "hint" }, say("ownColumns", { names: own.join(", ") })) : null,
    renamed.length > 0 ? h("p", { key: "renamed", class: "hint" }, say("renamed", { names: renamed.join(", ") })) : null,
  ];
}

/** The form. */
export function Prompt() {
  const given = source.value;
  if (!given) return null;
  const now = asking.value;
  const kinds = /** @type {const} */ (["template", "column", "messages"]);
  return h("section", { class: "asking", "aria-label": say("prompts") },
    h("div", { class: "row choices" },
      h(Choice, { label: say("promptIs"), value: now.by, choices: kinds.map((by) => ({ value: by, label: say(`by_${by}`) })), onChange: (by) => set({ by: /** @type {typeof kinds[number]} */ (by) }) }),
      now.by === "template" ? null : h(Column, { label: say("column"), value: now.column, columns: given.columns, onChange: (column) => set({ column }) }),
      h(Column, { label: say("key"), value: now.key ?? "", columns: given.columns, none: say("noKey"), onChange: (key) => set({ key: key === "" ? null : key }) })),
    now.by === "template" ? h(Template, { columns: given.columns }) : null,
    h("div", { class: "row" },
      h(Switch, { label: say("own"), checked: now.own, onChange: (own) => set({ own }) }),
      props.value?.capabilities.chat && now.by !== "messages" ? h(Switch, { label: say("chat"), checked: now.chat, onChange: (chat) => set({ chat }) }) : null),
    h(Remarks, null),
    obstacle.value === null ? h(Preview, null) : h("p", { class: "wrong", role: "status" }, obstacle.value));
}
