// The file: dropped, chosen, or an example; and the runs that are kept.
import { h, signal, useRef } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { attempt } from "../../state/lab.js";
import { say as shell } from "../../words/lab.js";
import { language } from "../../words/words.js";
import { example } from "./examples.js";
import { take } from "./files.js";
import { forget, keep, list, open, unkept } from "./kept.js";
import { asking, source, takeText } from "./state.js";
import { say } from "./words.js";

/** Whether a file is held above the page. */
const above = signal(false);

/** Takes the example. */
export async function takeExample() {
  await keep();
  const { template, ...file } = example();
  takeText(file);
  asking.value = { ...asking.value, by: "template", template };
}

/** Opens the browser's window for files. */
export const choose = () => document.getElementById("batch-file")?.click();

/** What the file is. */
function About() {
  const given = source.value;
  if (!given) return h("p", { class: "faint" }, say("drop"));
  const requests = ["custom_id", "body", "url"].every((name) => given.columns.includes(name));
  return [
    h("p", { key: "file" }, h("b", null, given.name), ` · ${say("rows", { n: count(given.rows.length) })} · `, given.columns.map((name, i) => [i > 0 ? ", " : null, h("code", { key: name }, name)])),
    requests ? h("p", { key: "requests", class: "hint" }, say("requests"), " ", h("code", null, "beamline batch --format openai")) : null,
  ];
}

/** The runs that are kept. */
function Kept() {
  const all = list.value;
  if (all.length === 0) return null;
  return h("details", { class: "kept" }, h("summary", null, `${say("kept")} (${all.length})`),
    h("ul", null, all.map(({ name, file, model, at, state, counts }) => {
      const when = new Date(at).toLocaleString(language.value);
      return h("li", { key: name },
        h("button", { type: "button", class: "plain", onClick: () => void attempt(() => open(name)) }, `${file} · ${model} · ${say(/** @type {any} */ (`is_${state}`))} · ${count(counts.done + counts.failed)}/${count(counts.rows)} · ${when}`),
        h("button", { type: "button", class: "plain", "aria-label": `${shell("forget")}: ${file} ${when}`, onClick: () => void attempt(() => forget(name)) }, "✕"));
    })));
}

/** The place where files are dropped. */
export function Source() {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const held = (/** @type {boolean} */ is) => (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    above.value = is;
  };
  const drop = (/** @type {DragEvent} */ event) => {
    held(false)(event);
    void take(event.dataTransfer?.files[0]);
  };
  const chosen = (/** @type {any} */ event) => {
    void take(event.currentTarget.files?.[0]);
    event.currentTarget.value = ""; // the same file again is another choice
  };
  return h("section", { class: `source${above.value ? " above" : ""}`, "aria-label": say("file"), onDragOver: held(true), onDragLeave: held(false), onDrop: drop },
    h("div", { class: "row" },
      h("button", { type: "button", class: source.value ? "" : "main", onClick: () => field.current?.click() }, say("choose")),
      h("input", { id: "batch-file", ref: field, type: "file", accept: ".jsonl,.ndjson,.csv,.tsv", class: "unseen", tabIndex: -1, "aria-label": say("choose"), onChange: chosen }),
      h("button", { type: "button", onClick: () => void attempt(takeExample) }, say("example"))),
    h(About, null),
    unkept.value ? h("p", { class: "hint", role: "status" }, shell("unkept", { why: unkept.value })) : null,
    h(Kept, null));
}
