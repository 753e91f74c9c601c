// The box that finds a token by its text, wherever it stands.
import { h, useMemo, useState } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { textsOf } from "../../state/vocabulary.js";
import { search } from "../../words/search.js";
import { lookAt, rawRank, rowOf } from "./focus.js";
import { loaded, texts } from "./place.js";
import { shown } from "./reading.js";
import { name } from "./table.js";
import { say } from "./words.js";

/** The box. */
export function Find() {
  const [query, write] = useState("");
  const [at, go] = useState(0);
  const there = loaded.value;
  const listed = shown.value?.whole ? there?.row.ids : shown.value?.ids;
  // While a slider moves, the same tokens are found in the same order.
  const found = useMemo(() => (query && there && listed && texts.value ? search(textsOf(texts.value, there.row.kept), listed, query) : []), [there, listed, texts.value, query]);
  if (!there || !texts.value) return null;
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
