// What could follow: tokens with their chances as bars, those that processors removed struck through, and the rest of the vocabulary.
import { h } from "../vendor/preact.js";
import { chance, count, share } from "../numbers/format.js";
import { signs } from "../state/looks.js";
import { label } from "../words/glyphs.js";
import { say } from "./words.js";

/** @typedef {import("../api/shapes.js").Choice} Choice */
/** @typedef {import("../state/tree.js").Outlook} Outlook */

/**
 * The list.
 *
 * @param {{outlook: Outlook, chosen: number | null, marked: number | null, most: number, onTake?: (choice: Choice, alone: boolean) => void, onMenu?: (choice: Choice) => void, beside?: (choice: Choice) => import("preact").ComponentChild}} props
 *   `chosen` is the id that was taken, `marked` the place that the keys have come to; what stands `beside` a token is the view's
 */
export function Alternatives({ outlook, chosen, marked, most, onTake, onMenu, beside }) {
  const shown = outlook.top.slice(0, most);
  const largest = Math.exp(Math.max(...shown.flatMap((choice) => [choice.logprob, choice.logprob_processed ?? -Infinity]), -20));
  const hidden = outlook.top.slice(most).reduce((sum, choice) => sum + Math.exp(choice.logprob), 0);
  const isShaped = shown.some(({ logprob, logprob_processed: after }) => after !== null && Math.abs(after - logprob) > 1e-6);
  return [h("ol", { key: "list", class: "alternatives", "aria-label": say("alternatives") },
    shown.map((choice, i) => {
      const chance_ = Math.exp(choice.logprob);
      const removed = choice.logprob_processed === null;
      const why = removed && choice.removed_by ? say("removed", { by: choice.removed_by }) : "";
      return h("li", { key: choice.id, class: [choice.id === chosen && "chosen", removed && "removed", i === marked && "marked"].filter(Boolean).join(" ") || undefined },
        h("button", {
          type: "button", class: "plain take", title: why, "aria-current": i === marked ? "true" : undefined, tabIndex: i === (marked ?? 0) ? 0 : -1,
          onClick: (/** @type {MouseEvent} */ event) => onTake?.(choice, event.altKey),
          onContextMenu: (/** @type {MouseEvent} */ event) => {
            if (!onMenu) return;
            event.preventDefault();
            onMenu(choice);
          },
        },
        h("span", { class: "name" }, label(choice, signs.value)),
        h("span", { class: "track", "aria-hidden": "true" },
          h("span", { class: "fill", style: { width: `${(100 * chance_) / largest}%` } }),
          choice.logprob_processed !== null && Math.abs(choice.logprob_processed - choice.logprob) > 1e-6
            ? h("span", { class: "after", style: { width: `${Math.min(100, (100 * Math.exp(choice.logprob_processed)) / largest)}%` } }) : null),
        h("span", { class: "number" }, chance(choice.logprob)),
        why ? h("span", { class: "why" }, h("span", { "aria-hidden": "true" }, `− ${choice.removed_by}`), h("span", { class: "unseen" }, why)) : null),
        beside?.(choice) ?? null);
    }),
    h("li", { class: "rest", key: "rest" }, h("span", { class: "name" }, say("rest", { n: count(outlook.restCount + Math.max(0, outlook.top.length - most)) })),
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "fill", style: { width: `${Math.min(100, (100 * (outlook.restMass + hidden)) / largest)}%` } })),
      h("span", { class: "number" }, share(outlook.restMass + hidden)))),
  isShaped ? h("p", { key: "legend", class: "hint bars" }, h("i", { class: "fill" }), say("rawBar"), h("i", { class: "after" }), say("shapedBar")) : null];
}
