// Beams: a beam search as it grows, with the reasons for what it keeps and what it drops.
import { h, useEffect } from "../../vendor/preact.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { Card, showInPlay, toggle } from "./card.js";
import { Controls, Looks } from "./controls.js";
import { Drawing } from "./drawing.js";
import { Comparison, Shelf } from "./finished.js";
import { drawn, fit, resize, reveal, zoom } from "./frame.js";
import { Legend, Over } from "./legend.js";
import { begun, best, folded, folds, form, pinned, pointed, pruned, version } from "./looked.js";
import { neighbour, resolve } from "./nearby.js";
import { searchNow } from "./run.js";
import { Scrubber, move, play } from "./scrubber.js";
import { say } from "./words.js";

/** Looks at an item, and takes the page's focus there, so that screen readers follow. @param {import("./picture.js").Item | null} item */
function lookAt(item) {
  if (!item) return;
  pointed.value = null;
  pinned.value = item.key;
  reveal(item);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const node = document.querySelector(`.beam-box [data-key="${item.key}"]`);
    if (node instanceof SVGElement) node.focus({ preventScroll: true });
  }));
}

/** The item that is looked at; the best text's last where there is none. */
function looked() {
  const picture = drawn.value;
  if (!picture) return null;
  return resolve(picture, pinned.value) ?? (best.value === null ? null : resolve(picture, String(best.value)));
}

/** Goes from what is looked at in a direction. @param {import("./nearby.js").Direction} direction */
function go(direction) {
  const [picture, item] = [drawn.value, looked()];
  if (!picture || !item) return;
  lookAt(pinned.value === null ? item : neighbour(picture, item, direction));
}

/** Opens Play at what is looked at. */
function show() {
  const at = looked()?.members.at(-1);
  if (at !== undefined && begun.value?.search.stays(begun.value.search.of(at))) void showInPlay(at);
}

/** Unfolds the chain that is looked at. */
function unfold() {
  const item = looked();
  if (!item) return;
  if (item.members.length > 1) toggle(/** @type {number} */ (item.members[0]));
  else pinned.value = item.key;
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "g", shown: "g", about: () => say("search"), act: () => void searchNow() },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("search"), act: () => void searchNow() },
  { key: "ArrowLeft", shown: "←", about: () => say("keyLeft"), act: () => go("left") },
  { key: "ArrowRight", shown: "→", about: () => say("keyRight"), act: () => go("right") },
  { key: "ArrowUp", shown: "↑", about: () => say("keyUp"), act: () => go("up") },
  { key: "ArrowDown", shown: "↓", about: () => say("keyDown"), act: () => go("down") },
  { key: "b", shown: "b", about: () => say("keyBest"), act: () => drawn.value && best.value !== null && lookAt(resolve(drawn.value, String(best.value))) },
  { key: "Enter", shown: "Enter", about: () => say("keyUnfold"), act: unfold },
  { key: "o", shown: "o", about: () => say("keyShow"), act: show },
  { key: "[", shown: "[", about: () => say("keyBack"), act: () => move(-1) },
  { key: "]", shown: "]", about: () => say("keyOn"), act: () => move(1) },
  { key: " ", shown: "Space", about: () => say("keyPlay"), act: play },
  { key: "m", shown: "m", about: () => say("keyForm"), act: () => (form.value = form.value === "merged" ? "lanes" : "merged") },
  { key: "x", shown: "x", about: () => say("keyDropped"), act: () => (pruned.value = !pruned.value) },
  { key: "f", shown: "f", about: () => say("keyFold"), act: () => (folded.value = !folds.value) },
  { key: "+", shown: "+", about: () => say("larger"), act: () => zoom(1.25) },
  { key: "-", shown: "-", about: () => say("smaller"), act: () => zoom(1 / 1.25) },
  { key: "0", shown: "0", about: () => say("fit"), act: fit },
  { key: "1", shown: "1", about: () => say("fullSize"), act: () => resize(1) },
];

/** The view. */
function Beams() {
  useEffect(() => {
    here.value = keys();
    return () => { here.value = []; };
  }, []);
  void version.value;
  const now = begun.value;
  return h("div", { class: "beams" },
    h("div", { class: "work" },
      h(PromptBox, { action: say("search"), onGo: () => void searchNow(), single: false }),
      h(Controls, null),
      now ? [h(Scrubber, { key: "scrubber" }), h(Looks, { key: "looks" }), h(Drawing, { key: "drawing" }), h(Over, { key: "over" }), h(Legend, { key: "legend" })] : h("p", { class: "beam-empty faint" }, say("empty"))),
    h("div", { class: "side" }, now ? [h(Card, { key: "card" }), h(Comparison, { key: "comparison" })] : null),
    h(Shelf, null));
}

/** @type {import("../../shell/views.js").View} */
export const beams = { name: "beams", show: () => h(Beams, null) };
