// A token, coloured by what it is measured by.
import { h } from "../vendor/preact.js";
import { css, heat, inkOn } from "../numbers/colour.js";
import { chance } from "../numbers/format.js";
import { level } from "../numbers/measures.js";
import { measure, signs } from "../state/looks.js";
import { label } from "../words/glyphs.js";
import { say } from "./words.js";

/** @typedef {import("../state/tree.js").Node} Node */
/** @typedef {import("../state/tree.js").Outlook} Outlook */

/** What a screen reader says of a token. @param {Node} node */
function spoken(node) {
  const rank = node.rank === null ? "" : `, ${say("rank")} ${node.rank}`;
  return `${label(node)}, ${chance(node.logprob)}${rank}`;
}

/** The colours of an amount, as a style. @param {number | null} amount */
export function ground(amount) {
  if (amount === null) return {};
  const colour = heat(amount);
  return { background: css(colour), color: inkOn(colour), "--level": String(amount) };
}

/**
 * A token in its place. It hears nothing itself: there may be thousands, so what holds them listens, and `keyOf` says whose an event is.
 *
 * @param {{node: Node, outlook: Outlook | null, focused: boolean, given: boolean, kind?: string}} props
 *   `outlook` is what it was chosen from; `given` says that the reader wrote it; a `kind` is a class of the view's, which shows it in
 *   the place of an amount
 */
export function Chip({ node, outlook, focused, given, kind }) {
  const amount = kind === undefined ? level(measure.value, node, outlook) : null;
  const shown = label(node, signs.value);
  const breaks = node.text.endsWith("\n");
  return [
    h("button", {
      key: node.key, type: "button", class: `chip${focused ? " focused" : ""}${given ? " given" : ""}${kind ? ` ${kind}` : ""}`, "data-key": node.key,
      "data-chosen": node.origin, style: ground(amount), tabIndex: focused ? 0 : -1, "aria-label": spoken(node),
    }, shown),
    breaks ? h("br", { key: `break ${node.key}` }) : null,
  ];
}

/** The token that an event is about; null where it is about none. @param {Event} event */
export function keyOf(event) {
  const chip = event.target instanceof Element ? event.target.closest(".chip") : null;
  return chip instanceof HTMLElement ? Number(chip.dataset["key"]) : null;
}
