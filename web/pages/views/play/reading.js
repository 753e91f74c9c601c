// The branch as text, where its tokens alone cannot be read: models write letters of many scripts in parts.
import { h } from "../../vendor/preact.js";
import { branch } from "../../state/lab.js";
import { joined } from "../../words/glyphs.js";
import { say } from "./words.js";

/** The text, where tokens are parts of characters; nothing otherwise. */
export function Reading() {
  if (!branch.value.some((node) => node.text.includes("\ufffd"))) return null; // the sign that stands for a part
  return h("section", { class: "reading", "aria-label": say("text") }, h("h2", { class: "faint" }, say("text")), h("p", null, joined(branch.value).replace(/\ufffd+$/, "…")));
}
