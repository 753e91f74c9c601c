// The panel beside a scored text: what might have stood in the place that is looked at.
import { h } from "../../vendor/preact.js";
import { amount, chance, count, fixed } from "../../numbers/format.js";
import { Alternatives } from "../../parts/alternatives.js";
import { fact, facts } from "../../parts/facts.js";
import { hex, label } from "../../words/glyphs.js";
import { openInPlay } from "./play.js";
import { focused, nodes } from "./state.js";
import { say } from "./words.js";

/** Alternatives that are shown. */
const SHOWN = 15;

/** What is known of a token. @param {{placed: import("./scored.js").Placed}} props */
function Facts({ placed: { node, outlook } }) {
  return facts([
    fact(say("chosen"), [h("code", null, label(node)), ` id ${node.id} · `, h("code", null, hex(node.bytes))]),
    fact(say("probability"), [chance(node.logprob), node.rank === null ? "" : ` · ${say("rank")} ${count(node.rank)}`]),
    fact(say("surprisal"), amount(node.logprob === null ? null : -node.logprob)),
    outlook?.entropy != null ? fact(say("entropy"), `${amount(outlook.entropy)} · ${fixed(Math.exp(outlook.entropy), 1)} ${say("choices")}`) : null,
  ]);
}

/** The panel. */
export function Look() {
  const at = focused.value;
  const placed = at === null ? undefined : nodes.value[at];
  if (at === null || !placed) return h("aside", { class: "look" }, h("p", { class: "faint" }, nodes.value.length > 0 ? say("choose") : ""));
  const { node, outlook } = placed;
  return h("aside", { class: "look", "aria-label": say("place", { token: label(node) }) },
    h("h2", null, say("place", { token: label(node) })),
    outlook
      ? [h(Facts, { key: "facts", placed }),
          h(Alternatives, { key: "list", outlook, chosen: node.id, marked: null, most: SHOWN, onTake: (choice) => openInPlay({ at, choice }) }),
          h("p", { key: "hint", class: "hint" }, say("branch"))]
      : h("p", { class: "faint" }, say("nothing", { token: label(node) })));
}
