// Where in the branch the reader looks: the tokens around the place, each of which leads behind itself.
import { h } from "../../vendor/preact.js";
import { signs } from "../../state/looks.js";
import { branch, promptEnd, tree } from "../../state/lab.js";
import { label } from "../../words/glyphs.js";
import { along, place, stepTo } from "./place.js";
import { say } from "./words.js";

/** Tokens that are shown before the place, and behind it. */
const BEFORE = 24;
const BEHIND = 8;

/** The trail. */
export function Trail() {
  const nodes = branch.value;
  const at = nodes.findIndex((node) => node.key === place.value);
  if (at < 0) return null;
  const from = Math.max(0, at - BEFORE + 1);
  const given = tree.node(promptEnd.value).depth;
  return h("section", { class: "trail", "aria-label": say("place") },
    h("button", { type: "button", class: "plain arrow", "aria-label": say("earlierPlace"), disabled: at <= 0, onClick: () => along(-1) }, "←"),
    h("div", { class: "tokens" },
      from > 0 ? h("span", { class: "faint" }, "…") : null,
      nodes.slice(from, at + 1 + BEHIND).map((node) => [
        h("button", {
          key: node.key, type: "button", class: `chip${node.depth <= given ? " given" : ""}${node.depth > at + 1 ? " later" : ""}`, onClick: () => stepTo(node.key),
          "aria-label": say("behind", { token: label(node) }), "aria-current": node.key === place.value ? "true" : undefined,
        }, label(node, signs.value)),
        node.key === place.value ? h("span", { key: "caret", class: "caret", "aria-hidden": "true" }, "?") : null,
      ]),
      at + 1 + BEHIND < nodes.length ? h("span", { class: "faint" }, "…") : null),
    h("button", { type: "button", class: "plain arrow", "aria-label": say("laterPlace"), disabled: at >= nodes.length - 1, onClick: () => along(1) }, "→"),
    h("span", { class: "hint" }, say("placeOf", { i: at + 1, n: nodes.length })));
}
