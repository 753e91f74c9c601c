// From ids to text.
import { effect, h, signal, useEffect, useState } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { Field } from "../../parts/field.js";
import { promptText, trouble } from "../../state/lab.js";
import { answer } from "./state.js";
import { say } from "./words.js";

/** The ids as they are written: those of the text until somebody changes them. */
const written = signal("");
/** Whether they are the reader's own. */
const own = signal(false);

effect(() => {
  const tokens = answer.value?.tokens ?? [];
  own.value = false;
  written.value = tokens.map(({ id }) => id).join(" ");
});

/** The ids of what is written; null where that is none. @param {string} text @returns {number[] | null} */
function idsOf(text) {
  const parts = text.split(/[\s,;[\]]+/).filter(Boolean);
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : null;
}

/** Writes an id behind those that are there. @param {number} id */
export function addId(id) {
  own.value = true;
  written.value = `${written.value.trimEnd()} ${id}`.trimStart();
}

/** Milliseconds after the last digit until the ids are sent. */
const CALM = 150;

/** The panel. */
export function Ids() {
  const [found, setFound] = useState(/** @type {{text: string, n: number, m: number} | null} */ (null));
  const [wrong, setWrong] = useState("");
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    setCopied(false);
    if (!own.value) return void (setFound(null), setWrong(""));
    const ids = idsOf(written.value);
    if (!ids) return setWrong(say("badIds"));
    const timer = setTimeout(() => void json("detokenize", { tokens: ids }).then(async ({ content }) => {
      const { tokens } = await json("v1/tokens", { text: content, add_special_tokens: false });
      setFound({ text: content, n: tokens.length, m: ids.length });
      setWrong("");
    }, (error) => setWrong(error instanceof Error ? error.message : String(error))), CALM);
    return () => clearTimeout(timer);
  }, [written.value]);
  const change = (/** @type {any} */ event) => {
    own.value = true;
    written.value = event.currentTarget.value;
  };
  const copy = () => void navigator.clipboard?.writeText(written.value).then(() => setCopied(true), (error) => (trouble.value = String(error)));
  return h("section", { class: "ids" },
    h(Field, { label: say("ids"), hint: say("idsHint"), children: (id) => h("textarea", { id, class: "mono", rows: 3, spellcheck: false, value: written.value, onInput: change, "aria-invalid": wrong !== "" }) }),
    h("div", { class: "row" }, h("button", { type: "button", class: "plain", onClick: copy }, copied ? say("copied") : say("copyIds")), wrong ? h("p", { class: "wrong", role: "status" }, wrong) : null),
    found && !wrong ? h("div", { class: "card", role: "status" },
      h("h3", null, say("textOf")), h("p", { class: "back" }, found.text || "∅"),
      found.n !== found.m ? h("p", { class: "hint" }, say("differs", { n: found.n, m: found.m })) : null,
      h("button", { type: "button", onClick: () => (promptText.value = found.text) }, say("toText"))) : null);
}
