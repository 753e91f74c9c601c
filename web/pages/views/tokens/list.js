// The vocabulary: found tokens, of which only those that are seen are drawn.
import { h, signal, useEffect, useRef, useState } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { Choice, Field, Switch } from "../../parts/field.js";
import { useWindow } from "../../parts/window.js";
import { attempt } from "../../state/lab.js";
import { health } from "../../state/server.js";
import { hex, label } from "../../words/glyphs.js";
import { addId } from "./ids.js";
import { bytesOf, load, search, vocabulary } from "./vocabulary.js";
import { say } from "./words.js";

/** @typedef {import("./match.js").Kind} Kind */

/** What is looked for. */
export const query = signal({ text: "", kind: /** @type {Kind} */ ("part"), fold: true });

/** The height of a row, in pixels. */
const ROW = 32;

/** Milliseconds after the last letter until it is looked for. */
const CALM = 120;

/** The rows. @param {{ids: Uint32Array, entries: import("./match.js").Entry[], special: Set<number>}} props */
function Rows({ ids, entries, special }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { from, to, onScroll } = useWindow(box, ids.length, ROW);
  useEffect(() => { if (box.current) box.current.scrollTop = 0; }, [ids]);
  const row = (/** @type {number} */ at) => {
    const id = /** @type {number} */ (ids[at]);
    const entry = entries[id] ?? "";
    const bytes = bytesOf(entry);
    const name = label({ text: typeof entry === "string" ? entry : "", bytes });
    return h("div", { key: id, role: "row", "aria-rowindex": at + 2, class: "entry", style: { transform: `translateY(${at * ROW}px)` } },
      h("span", { role: "cell", class: "number" }, id),
      h("span", { role: "cell", class: "name", title: name }, h("span", null, name), special.has(id) ? h("span", { class: "tag" }, say("special")) : null),
      h("span", { role: "cell", class: "hex" }, hex(bytes)),
      h("span", { role: "cell" }, h("button", { type: "button", class: "plain", "aria-label": say("addId", { id }), title: say("addId", { id }), onClick: () => addId(id) }, "+")));
  };
  const rows = [];
  for (let at = from; at < to; at++) rows.push(row(at));
  return h("div", { role: "table", "aria-label": say("vocabulary"), "aria-rowcount": ids.length + 1, class: "entries" },
    h("div", { role: "row", "aria-rowindex": 1, class: "entry head" }, [say("id"), say("token"), say("bytes"), ""].map((name, i) => h("span", { key: i, role: "columnheader" }, name || h("span", { class: "unseen" }, "+")))),
    h("div", { class: "scroll", role: "rowgroup", ref: box, tabIndex: 0, "aria-label": say("vocabulary"), onScroll },
      h("div", { class: "height", role: "presentation", style: { height: `${ids.length * ROW}px` } }, rows)));
}

/** The search. */
export function Search() {
  const [ids, setIds] = useState(/** @type {Uint32Array | null} */ (null));
  const [wrong, setWrong] = useState("");
  const asked = query.value;
  const known = vocabulary.value;
  useEffect(() => { if (health.value === "ready") void attempt(load); }, [health.value]);
  useEffect(() => {
    if (!known) return;
    let over = false;
    const timer = setTimeout(() => void search(asked.kind, asked.text, asked.fold).then((found) => {
      if (over) return;
      setIds(found);
      setWrong("");
    }, (error) => over || setWrong(error instanceof Error ? error.message : String(error))), asked.text === "" ? 0 : CALM);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [known, asked]);
  const write = (/** @type {any} */ event) => (query.value = { ...asked, text: event.currentTarget.value });
  const kinds = /** @type {const} */ (["part", "regex", "bytes"]);
  return h("section", { class: "vocabulary" },
    h("h2", null, say("vocabulary")),
    h("div", { class: "row" },
      h(Field, { label: say("query"), children: (id) => h("input", { id, type: "search", class: "mono", value: asked.text, onInput: write, autocomplete: "off", spellcheck: false, "aria-invalid": wrong !== "" }) }),
      h(Choice, { label: say("kind"), value: asked.kind, choices: kinds.map((kind) => ({ value: kind, label: say(kind) })), onChange: (kind) => (query.value = { ...asked, kind: /** @type {Kind} */ (kind) }) }),
      asked.kind === "bytes" ? null : h(Switch, { label: say("fold"), checked: asked.fold, onChange: (fold) => (query.value = { ...asked, fold }) })),
    h("p", { role: "status", class: wrong ? "wrong" : "faint" }, wrong || (ids && known ? say("found", { n: count(ids.length), all: count(known.entries.length) }) : "…")),
    ids && known && !wrong ? h(Rows, { ids, entries: known.entries, special: known.special }) : null);
}
