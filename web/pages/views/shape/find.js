// The box that finds a token by its text, wherever it stands.
import { h, useState } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { lookAt, rawRank, rowOf } from "./focus.js";
import { loaded, texts } from "./place.js";
import { shown } from "./reading.js";
import { search } from "./search.js";
import { name } from "./table.js";
import { say } from "./words.js";

/** The texts of a vocabulary, by id; read once. @type {WeakMap<Function, string[]>} */
const read = new WeakMap();

/** All texts. @param {import("../../state/vocabulary.js").Vocabulary} of @param {number} size */
function all(of, size) {
  const before = read.get(of);
  if (before) return before;
  const list = Array.from({ length: size }, (_, id) => of(id).text);
  read.set(of, list);
  return list;
}

/** The box. */
export function Find() {
  const [query, write] = useState("");
  const [at, go] = useState(0);
  const there = loaded.value;
  if (!there || !texts.value) return null;
  const listed = shown.value?.whole ? there.row.ids : (shown.value?.ids ?? []);
  const found = query ? search(all(texts.value, there.row.kept), listed, query) : [];
  const jump = (/** @type {number} */ to) => {
    if (found.length === 0) return;
    const place = (to + found.length) % found.length;
    const id = /** @type {number} */ (found[place]);
    go(place);
    if (rowOf(id) >= 0) lookAt(id);
  };
  const current = found[at];
  return h("div", { class: "find row", role: "search" },
    h("label", { class: "unseen", for: "shape-find" }, say("find")),
    h("input", {
      id: "shape-find", type: "search", placeholder: say("find"), value: query, autocomplete: "off", spellcheck: false,
      onInput: (/** @type {any} */ event) => {
        write(event.currentTarget.value);
        go(-1);
      },
      onKeyDown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        jump(at + (event.shiftKey ? -1 : 1));
      },
    }),
    h("button", { type: "button", onClick: () => jump(at + 1), disabled: found.length === 0 }, say("jump")),
    h("span", { class: "hint", role: "status" }, !query ? "" : found.length === 0 ? say("notFound")
      : current !== undefined && at >= 0 ? say("foundAt", { token: name(current), rank: count(rawRank(current)), i: at + 1, n: count(found.length) }) : say("found", { n: count(found.length) })));
}
