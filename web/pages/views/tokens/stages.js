// What becomes of a text before tokens are looked for: the normalizer, and the pieces it is cut into.
import { h } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { Block, parted } from "../../parts/blocks.js";
import { signs } from "../../state/looks.js";
import { label } from "../../words/glyphs.js";
import { read } from "./pieces.js";
import { answer } from "./state.js";
import { say } from "./words.js";

const encoder = new TextEncoder();

/** A text as a label. @param {string} text */
const shown = (text) => label({ text, bytes: [...encoder.encode(text)] }, signs.value);

/** The stages. */
export function Stages() {
  const told = answer.value;
  if (!told || told.text === "") return null;
  const same = told.normalized === told.text;
  const texts = read(told.pieces, told.normalized);
  const pieces = told.pieces.map((piece, i) => ({ text: texts?.[i] ?? piece, written: piece }));
  return h("details", { class: "stages-of", open: true }, h("summary", null, say("stages")),
    h("h3", null, say("normalizer")),
    same ? h("p", { class: "faint" }, say("unchanged")) : h("p", { class: "mono normalized" }, shown(told.normalized)),
    h("h3", null, `${say("pieces")} (${count(pieces.length)})`),
    h("div", { class: "pieces" }, parted(pieces).map(({ from, tokens }) => h(Block, {
      key: from, tokens, state: String(signs.value), show: () => tokens.map(({ text, written }, i) => h("span", { key: i, class: "piece", title: written }, texts ? shown(text) : written)),
    }))),
    texts ? null : h("p", { class: "hint" }, say("notRead")));
}
