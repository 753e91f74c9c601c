// Play: the branch as tokens, each of which can be looked into and replaced.
import { h, useEffect, useState } from "../../vendor/preact.js";
import { amount, fixed } from "../../numbers/format.js";
import { isFork, isUnsure } from "../../numbers/measures.js";
import { Effective } from "../../parts/effective.js";
import { Choice, Switch } from "../../parts/field.js";
import { OptionsPanel } from "../../parts/options.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { say as shell } from "../../words/lab.js";
import { branch, generated, moveTo, tip, tree } from "../../state/lab.js";
import { MEASURES, measure, signs } from "../../state/looks.js";
import { joined, label } from "../../words/glyphs.js";
import { along, alternative, focused, menu, pin, pinned, place, toNext } from "./focus.js";
import { OutlookPanel, takeAlternative } from "./outlook.js";
import { Reading } from "./reading.js";
import { Spark } from "./spark.js";
import { Strip } from "./strip.js";
import { say } from "./words.js";

/** What a token was chosen from. @param {number} key */
const before = (key) => tree.node(tree.node(key).parent).outlook;

/** Moves among the alternatives of the place. @param {number} steps */
function among(steps) {
  const count = Math.min(20, tree.node(place.value).outlook?.top.length ?? 0);
  if (count > 0) alternative.value = alternative.value === null ? (steps > 0 ? 0 : count - 1) : (alternative.value + steps + count) % count;
}

/** Takes the alternative that the keys have come to. @param {boolean} alone */
function takeMarked(alone) {
  const choice = alternative.value === null ? undefined : tree.node(place.value).outlook?.top[alternative.value];
  if (choice) takeAlternative(choice, alone);
  alternative.value = null;
}

/** Opens the actions of the alternative that the keys have come to, the first where they have come to none; or closes them. */
function openActions() {
  const top = tree.node(place.value).outlook?.top ?? [];
  if (alternative.value === null && top.length > 0) alternative.value = 0;
  const choice = top[alternative.value ?? 0];
  const open = menu.value?.place === place.value && menu.value.id === choice?.id;
  menu.value = !choice || open ? null : { place: place.value, id: choice.id, byKey: true };
}

/** Goes to the branch beside, at the last token looked at or above it where there is one. @param {0 | 1} side */
function beside(side) {
  for (let at = focused.value ?? 0; at > 0; at = tree.node(at).parent) {
    const other = tree.beside(at)[side];
    if (!other) continue;
    moveTo(tree.end(other.key).key);
    return pin(other.key);
  }
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "ArrowLeft", shown: "←", about: () => say("left"), act: () => along(-1) },
  { key: "ArrowRight", shown: "→", about: () => say("right"), act: () => along(1) },
  { key: "ArrowUp", shown: "↑", about: () => say("up"), act: () => among(-1) },
  { key: "ArrowDown", shown: "↓", about: () => say("down"), act: () => among(1) },
  { key: "Enter", shown: "Enter", about: () => say("takeKey"), act: () => takeMarked(false) },
  { key: "+", shown: "+", about: () => say("insert"), act: () => takeMarked(true) },
  { key: "m", shown: "m", about: () => say("menuKey"), act: openActions },
  { key: "/", shown: "/", about: () => say("find"), act: () => document.getElementById("play-find")?.focus() },
  { key: "u", shown: "u", about: () => say("unsure"), act: () => toNext((key) => isUnsure(before(key)), 1) },
  { key: "U", shown: "U", about: () => say("unsureBack"), act: () => toNext((key) => isUnsure(before(key)), -1) },
  { key: "f", shown: "f", about: () => say("fork"), act: () => toNext((key) => isFork(before(key)), 1) },
  { key: "[", shown: "[", about: () => say("before"), act: () => beside(0) },
  { key: "]", shown: "]", about: () => say("after"), act: () => beside(1) },
];

/** The sums of the branch's new tokens. */
function Sums() {
  const nodes = generated.value;
  const known = nodes.filter((node) => node.logprob !== null);
  if (known.length === 0) return null;
  const sum = known.reduce((all, node) => all + /** @type {number} */ (node.logprob), 0);
  return h("p", { class: "sums faint" }, `${say("count", { n: nodes.length })} · ${say("sum")} `, h("b", { "data-sum": sum }, fixed(sum, 4)), ` · ${say("perplexity")} ${fixed(Math.exp(-sum / known.length), 2)} · ${amount(-sum / known.length)}/token`);
}

/** The other branches that leave the one that is shown. */
function Branches() {
  void tree.version.value;
  const shown = new Set(branch.value.map((node) => node.key));
  const leaving = generated.value.flatMap((node) => tree.node(node.parent).children.filter((key) => !shown.has(key) && tree.node(key).origin !== "tree")).slice(-12);
  if (leaving.length === 0) return null;
  return h("details", { class: "branches", open: true }, h("summary", null, `${say("branches")} (${leaving.length})`),
    h("ul", null, leaving.map((key) => {
      const end = tree.end(key);
      const text = joined(tree.path(end.key).slice(tree.node(key).depth));
      return h("li", { key }, h("button", { type: "button", class: "plain", onClick: () => { moveTo(end.key); pin(key); } }, h("b", null, label(tree.node(key))), text.slice(0, 80)));
    })));
}

/** The view. */
function Play() {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    here.value = keys();
    return () => { here.value = []; };
  }, []);
  useEffect(() => { if (pinned.value !== null && !branch.value.some((node) => node.key === pinned.value)) pin(null); }, [tip.value]);
  const copy = () => void navigator.clipboard?.writeText(joined(branch.value)).then(() => setCopied(true));
  return h("div", { class: "play" },
    h("div", { class: "work" },
      h(PromptBox, {}),
      h("div", { class: "row tools" },
        h(Choice, { label: say("colour"), value: measure.value, choices: MEASURES.map((name) => ({ value: name, label: say(name) })), onChange: (name) => (measure.value = /** @type {any} */ (name)) }),
        h(Switch, { label: say("signs"), checked: signs.value, onChange: (on) => (signs.value = on) }),
        h("button", { type: "button", class: "plain", onClick: copy }, copied ? shell("copied") : say("copyText"))),
      h(Spark, null), h(Strip, null), h(Reading, null), h(Sums, null), h(Branches, null)),
    h("div", { class: "side" },
      h(OutlookPanel, null),
      h("details", { class: "panel-options", open: true }, h("summary", null, shell("options")), h(OptionsPanel, null), h(Effective, null))));
}

/** @type {import("../../shell/views.js").View} */
export const play = { name: "play", show: () => h(Play, null) };
