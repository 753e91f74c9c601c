// The node that is looked at: what is known of it, and what can be done.
import { h } from "../../vendor/preact.js";
import { amount, chance, fixed } from "../../numbers/format.js";
import { total, totalUnit } from "../../numbers/sums.js";
import { Alternatives } from "../../parts/alternatives.js";
import { fact, facts } from "../../parts/facts.js";
import { promptEnd, tree } from "../../state/lab.js";
import { signs } from "../../state/looks.js";
import { label } from "../../words/glyphs.js";
import { canAsk, canBeMine, expandHere, greedyHere, makeMine, mark, note, openInPlay } from "./deeds.js";
import { MARKS, restOf } from "./list.js";
import { hoist, looked, overlay, root } from "./where.js";
import { say } from "./words.js";

/** Alternatives that are shown. */
const SHOWN = 8;

/** Numbers of the node. @param {{key_: number}} props */
function Facts({ key_ }) {
  const node = tree.node(key_);
  const sum = tree.sum(promptEnd.value, key_);
  const edge = overlay.value?.tally.edge(node);
  return facts([
    fact(say("probability"), [chance(node.logprob), node.rank === null ? "" : ` · ${say("rank")} ${node.rank}`]),
    fact(`log p (${totalUnit()})`, total(node.logprob, 3)),
    sum === null || key_ === promptEnd.value ? null : fact(say("sum"), `${total(sum, 3)} · ${chance(sum)}`),
    node.outlook?.entropy != null ? fact(say("entropy"), amount(node.outlook.entropy)) : null,
    edge ? fact(say("samples"), edge.mean === null || edge.deviation === null ? `${edge.k} / ${edge.n}` : say("band", { k: edge.k, n: edge.n, mean: fixed(edge.mean, 1), sd: fixed(edge.deviation, 1) })) : null,
    node.children.length > 0 ? fact(say("childrenOf", { n: node.children.length }), restOf(key_)) : null,
  ]);
}

/** Good, bad, or a bookmark; and a note. @param {{key_: number}} props */
function Marks({ key_ }) {
  const node = tree.node(key_);
  return h("div", { class: "marks" },
    h("div", { class: "row", role: "group", "aria-label": say("marks") },
      /** @type {const} */ (["good", "bad", "kept"]).map((name) => h("button", { key: name, type: "button", "aria-pressed": node.mark === name, disabled: key_ === 0, onClick: () => mark(name) }, h("span", { "aria-hidden": "true" }, `${MARKS[name]} `), say(name)))),
    h("label", { class: "unseen", for: "note" }, say("note")),
    h("textarea", {
      id: "note", rows: 2, key: key_, value: node.note, placeholder: `${say("note")} (${say("noteHint")})`, disabled: key_ === 0, spellcheck: false,
      onChange: (/** @type {any} */ event) => note(key_, event.currentTarget.value.trim()),
    }));
}

/** The card. */
export function Card() {
  void tree.version.value;
  const key = looked.value;
  const node = tree.node(key);
  const named = key === 0 ? "⟨ ⟩" : label(node, signs.value);
  const add = (/** @type {import("../../api/shapes.js").Choice} */ choice) => {
    tree.add(key, { id: choice.id, text: choice.text, bytes: choice.bytes, logprob: choice.logprob, rank: choice.rank }, "taken");
    tree.changed();
  };
  return h("section", { class: "card node", "aria-label": say("what", { token: named }) },
    h("h2", null, h("code", null, named)),
    key === 0 ? null : h(Facts, { key_: key }),
    h("div", { class: "row deeds" },
      h("button", { type: "button", disabled: !canAsk(), onClick: expandHere }, say("expand")),
      h("button", { type: "button", disabled: !canAsk(), onClick: greedyHere }, say("greedy")),
      h("button", { type: "button", disabled: !canBeMine(), onClick: makeMine }, say("mine")),
      h("button", { type: "button", disabled: !canBeMine(), onClick: openInPlay }, say("play")),
      h("button", { type: "button", disabled: key === root.value, onClick: () => hoist(key) }, say("hoist"))),
    h(Marks, { key_: key }),
    node.outlook ? h("details", null, h("summary", null, say("could")),
      h(Alternatives, { outlook: node.outlook, chosen: null, marked: null, most: SHOWN, onTake: add })) : null);
}
