// Tree: what the model could have said, as a list and as areas.
import { h, useEffect } from "../../vendor/preact.js";
import { share } from "../../numbers/format.js";
import { Choice, Switch } from "../../parts/field.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { promptEnd, tree as tokens } from "../../state/lab.js";
import { open, place } from "../../state/link.js";
import { signs } from "../../state/looks.js";
import { label } from "../../words/glyphs.js";
import { Card } from "./card.js";
import { Icicle, step, zoom } from "./chart.js";
import { Files, Growth, Reference, Samples } from "./controls.js";
import { expandHere, greedyHere, growPrompt, makeMine, mark, openInPlay, sampleHere } from "./deeds.js";
import { List, massOfRoot } from "./list.js";
import { chosen, cut, foldAll, hits, hoist, inward, joins, list, looked, move, outward, rise, root, toHit, unfoldAll, wanted } from "./where.js";
import { say } from "./words.js";

/** Whether the icicle is shown; the address tells. */
const isIcicle = () => place.value === "icicle";

/** Shows the other drawing. @param {boolean} icicle */
const draw = (icicle) => open("tree", icicle ? "icicle" : "");

/** @param {"up" | "down" | "left" | "right"} where @param {() => void} otherwise in the list */
const go = (where, otherwise) => () => (isIcicle() ? step(where) : otherwise());

/** Gives a control the focus. @param {string} id */
const focus = (id) => document.getElementById(id)?.focus();

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "g", shown: "g", about: () => say("grow"), act: () => void growPrompt() },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("grow"), act: () => void growPrompt() },
  { key: "ArrowUp", shown: "↑", about: () => say("up"), act: go("up", () => move(-1)) },
  { key: "ArrowDown", shown: "↓", about: () => say("down"), act: go("down", () => move(1)) },
  { key: "ArrowRight", shown: "→", about: () => say("inward"), act: go("right", inward) },
  { key: "ArrowLeft", shown: "←", about: () => say("outward"), act: go("left", outward) },
  { key: "Home", shown: "Home", about: () => say("first"), act: () => (chosen.value = root.value) },
  { key: "End", shown: "End", about: () => say("last"), act: () => (chosen.value = list.value.findLast((row) => row.kind === "token")?.key ?? root.value) },
  { key: "Enter", shown: "Enter", about: () => say("rootKey"), act: () => zoom(looked.value) },
  { key: "Backspace", shown: "Backspace", about: () => say("rise"), act: rise },
  { key: "v", shown: "v", about: () => `${say("list")} / ${say("icicle")}`, act: () => draw(!isIcicle()) },
  { key: "x", shown: "x", about: () => say("expand"), act: expandHere },
  { key: "c", shown: "c", about: () => say("greedy"), act: greedyHere },
  { key: "s", shown: "s", about: () => say("draw"), act: sampleHere },
  { key: "b", shown: "b", about: () => say("mine"), act: makeMine },
  { key: "o", shown: "o", about: () => say("mineKey"), act: openInPlay },
  { key: "+", shown: "+", about: () => say("good"), act: () => mark("good") },
  { key: "-", shown: "-", about: () => say("bad"), act: () => mark("bad") },
  { key: "k", shown: "k", about: () => say("kept"), act: () => mark("kept") },
  { key: "e", shown: "e", about: () => say("note"), act: () => focus("note") },
  { key: "/", shown: "/", about: () => say("search"), act: () => focus("find") },
  { key: "n", shown: "n", about: () => say("nextHit"), act: () => toHit(1) },
  { key: "N", shown: "N", about: () => say("hitBefore"), act: () => toHit(-1) },
];

/** Where the root is, from the prompt on, and how probable it is. */
function Crumbs() {
  void tokens.version.value;
  const path = tokens.path(root.value);
  const begin = path.findIndex((node) => node.key === promptEnd.value);
  const after = path.slice(begin + 1);
  const shown = after.slice(-8);
  const mass = massOfRoot();
  return h("nav", { class: "crumbs", "aria-label": say("path") },
    h("button", { type: "button", class: "plain", "aria-current": root.value === 0 ? "true" : undefined, onClick: () => hoist(0) }, say("wholeTree")),
    promptEnd.value > 0 ? h("button", { type: "button", class: "plain", "aria-current": root.value === promptEnd.value ? "true" : undefined, onClick: () => hoist(promptEnd.value) }, say("prompt")) : null,
    after.length > shown.length ? h("span", { class: "faint" }, "…") : null,
    shown.map((node) => h("button", { key: node.key, type: "button", class: "plain", "aria-current": node.key === root.value ? "true" : undefined, onClick: () => hoist(node.key) }, h("code", null, label(node, signs.value)))),
    mass !== null && root.value !== promptEnd.value ? h("span", { class: "mass" }, `P = ${mass}`) : null);
}

/** Choices of the cut. */
const CUTS = [0, 0.0005, 0.002, 0.01, 0.05];

/** How the tree is drawn. */
function Tools() {
  return h("div", { class: "row tools" },
    h("div", { class: "row switcher", role: "group", "aria-label": say("drawing") },
      h("button", { type: "button", "aria-pressed": !isIcicle(), onClick: () => draw(false) }, say("list")),
      h("button", { type: "button", "aria-pressed": isIcicle(), onClick: () => draw(true) }, say("icicle"))),
    isIcicle()
      ? h(Choice, { label: say("cut"), value: String(cut.value), choices: CUTS.map((mass) => ({ value: String(mass), label: share(mass) })), onChange: (value) => (cut.value = Number(value)) })
      : [h("button", { key: "fold", type: "button", class: "plain", onClick: foldAll }, say("foldAll")), h("button", { key: "unfold", type: "button", class: "plain", onClick: unfoldAll }, say("unfoldAll")),
        h(Switch, { key: "joins", label: say("joins"), checked: joins.value, onChange: (on) => (joins.value = on) })]);
}

/** Looks for a text in the branches. */
function Finder() {
  const at = hits.value.indexOf(looked.value);
  return h("div", { class: "row finder", role: "search" },
      h("input", {
        id: "find", type: "search", "aria-label": say("search"), placeholder: say("search"), value: wanted.value, spellcheck: false, autocomplete: "off",
        onInput: (/** @type {any} */ event) => (wanted.value = event.currentTarget.value),
        onKeyDown: (/** @type {KeyboardEvent} */ event) => {
          if (event.isComposing || event.key !== "Enter") return;
          event.preventDefault();
          toHit(event.shiftKey ? -1 : 1);
        },
      }),
      wanted.value ? [
        h("span", { key: "count", role: "status", class: "hint" }, hits.value.length === 0 ? say("noHit") : say("hit", { i: at + 1 || "–", n: hits.value.length })),
        h("button", { key: "before", type: "button", class: "plain", "aria-label": say("hitBefore"), disabled: hits.value.length === 0, onClick: () => toHit(-1) }, "↑"),
        h("button", { key: "next", type: "button", class: "plain", "aria-label": say("nextHit"), disabled: hits.value.length === 0, onClick: () => toHit(1) }, "↓")] : null);
}

/** The view. */
function Tree() {
  void tokens.version.value;
  useEffect(() => {
    here.value = keys();
    return () => { here.value = []; };
  }, []);
  return h("div", { class: "tree" },
    h("div", { class: "work" },
      h(PromptBox, { action: say("grow"), onGo: () => void growPrompt(), single: false }),
      h(Tools, null), h("div", { class: "row place" }, h(Crumbs, null), h(Finder, null)),
      tokens.size <= 1 ? h("p", { class: "faint empty" }, say("empty")) : isIcicle() ? h(Icicle, null) : h(List, null)),
    h("div", { class: "side" }, tokens.size > 1 ? h(Card, null) : null, h(Growth, null), h(Samples, null), h(Reference, null), h(Files, null)));
}

/** @type {import("../../shell/views.js").View} */
export const tree = { name: "tree", show: () => h(Tree, null) };
