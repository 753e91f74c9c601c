// How the drawing is read, and what of the search it leaves out.
import { h } from "../../vendor/preact.js";
import { totalUnit } from "../../numbers/sums.js";
import { share } from "../../numbers/format.js";
import { begun, folded, folds, form, greedy, reference, step, version } from "./looked.js";
import { drawn } from "./frame.js";
import { say } from "./words.js";

/** A sign with its meaning. @param {{class?: string, width?: number, children?: import("preact").ComponentChildren}} props */
const Sign = (props) => h("li", null,
  h("svg", { width: 34, height: 16, "aria-hidden": "true", class: "beam-sign" }, h("path", { class: props.class, d: "M2 8H32", "stroke-width": props.width ?? 2 })), props.children);

/** A kind of node with its meaning. @param {{kind: string, children?: import("preact").ComponentChildren}} props */
const Box = (props) => h("li", null,
  h("svg", { width: 34, height: 16, "aria-hidden": "true", class: "beam-sign" },
    h("g", { class: `node ${props.kind}` }, h("rect", { x: 2, y: 2, width: 20, height: 12, rx: 3 }), props.kind === "finished" ? h("path", { class: "flag", d: "M25 14V2l8 4l-8 4" }) : null)), props.children);

/** Why the search ended, in plain words. @param {import("./search.js").Search} search */
function overWords(search) {
  if (search.over === null) return "";
  const winner = search.pools[search.steps]?.[0];
  const cut = winner !== undefined && search.steps >= search.rules.most;
  const by = /** @type {Record<string, Parameters<typeof say>[0]>} */ ({
    "no running hypothesis can win any more": cut ? "over_length" : "over_win", "as many hypotheses as beams have ended": "over_enough", "every candidate has ended": cut ? "over_length" : "over_all",
    "every group has enough": "over_groups", "the length, or the time, is reached": "over_length",
  });
  const key = by[search.over];
  return key ? say(key) : search.over;
}

/** Why the search ended. */
export function Over() {
  void version.value;
  const search = begun.value?.search;
  if (!search) return null;
  if (search.stopped) return h("p", { role: "status", class: "faint" }, say("stopped", { step: search.steps }));
  if (search.over === null) return null;
  return h("p", { role: "status", class: "faint over" }, say("over", { step: search.steps, why: overWords(search) }), " ", say("engineSays"), " ", h("code", null, search.over));
}

/** The legend. */
export function Legend() {
  void [version.value, step.value];
  const now = begun.value;
  if (!now) return null;
  const hidden = drawn.value?.hidden ?? 0;
  return h("section", { class: "beam-legend", "aria-label": say("legend") },
    h("ul", null,
      h(Box, { kind: "kept" }, say("legendKept")), h(Box, { kind: "dropped" }, say("legendDropped")), h(Box, { kind: "finished" }, say("legendFinished")), h(Box, { kind: "kept best" }, say("legendBest")),
      greedy.value ? h(Sign, { class: "greedy" }, say("greedy")) : null, reference.value ? h(Sign, { class: "reference" }, say("reference")) : null,
      h("li", null, h("svg", { width: 100, height: 16, "aria-hidden": "true", class: "beam-sign" }, [0.1, 0.5, 1].map((p, i) => h("path", { key: p, class: "kept", d: `M${2 + i * 34} 8h28`, "stroke-width": 1 + 9 * p }))), say("legendEdge"), ` (${[0.1, 0.5, 1].map((p) => share(p).replace(".00", "")).join(", ")})`)),
    h("p", { class: "faint" }, say(form.value === "lanes" ? "legendLanes" : folds.value ? "legendFold" : "legendSum", { unit: totalUnit() })),
    now.search.rules.groups > 1 ? h("ul", null, h("li", null, say("legendGroups")), Array.from({ length: now.search.rules.groups }, (_, i) => h("li", { key: i },
      h("svg", { width: 8, height: 16, "aria-hidden": "true" }, h("g", { class: "node" }, h("rect", { class: `tint g${i % 6}`, x: 0, y: 0, width: 6, height: 16 }))), say("group", { n: i + 1 })))) : null,
    hidden > 0 ? h("p", { class: "faint" }, say("hidden", { n: hidden }), " ", h("button", { type: "button", onClick: () => (folded.value = false) }, say("openAll"))) : null);
}
