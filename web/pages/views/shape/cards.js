// The chain as cards, in its true order: each switches its processor on and off, gives it its number, and moves it.
import { h, useLayoutEffect, useRef, useState } from "../../vendor/preact.js";
import { count, share } from "../../numbers/format.js";
import { PROCESSORS } from "../../numbers/chain/registry.js";
import { Slider } from "../../parts/field.js";
import { chosen } from "../../state/settings.js";
import { lost } from "../../numbers/chain.js";
import { loaded } from "./place.js";
import { steady, trusted, verdict } from "./reading.js";
import { SLIDERS, choosePreset, drawing, give, move, on, optionOf, ownOrder, resetOrder, shownNames, toggle, value } from "./stages.js";
import { said, say } from "./words.js";

/** The number a card's slider shows. @param {string} name */
function numberOf(name) {
  if (name === "temperature" && !drawing.value) return 0;
  return Number(value.value(name));
}

/** What a stage did, in a line. @param {string} name */
function effect(name) {
  if (name === "temperature" && !drawing.value) return say("greedy");
  if (!on(name)) return PROCESSORS.get(name)?.draws && !drawing.value ? say("onlyDrawing") : say("off");
  if (!PROCESSORS.has(name)) return say("byServer");
  const stage = trusted.value ? steady.value?.stages.find((stage) => stage.name === name) : undefined;
  if (!stage) {
    const told = verdict.value?.step?.stages?.find(({ processor }) => processor === name);
    return told ? say("leftTokens", { n: count(told.kept) }) : say("noEffect");
  }
  const gone = stage.before.left - stage.row.left;
  if (gone <= 0) return stage.rule;
  return say("removed", { n: count(gone), share: share(lost(stage)) });
}

/** The slider of a card, where it has one. @param {{name: string}} props */
function Control({ name }) {
  const scale = SLIDERS[name];
  if (!scale) {
    const option = optionOf(name);
    const text = JSON.stringify(chosen.value[option] ?? value.value(option) ?? null);
    return h("p", { class: "hint value", title: text }, text.length > 30 ? `${text.slice(0, 29)}…` : text);
  }
  const most = name === "top_k" ? Math.max(1, loaded.value?.row.kept ?? 1) : scale.most;
  return h(Slider, { label: said(name), value: numberOf(name), least: scale.least, most, step: scale.step, log: scale.log, onChange: (number) => number !== undefined && give(name, number) });
}

/** A card. @param {{name: string, at: number, last: number, dragged: string | null, onDrag: (name: string | null) => void, onMove: (name: string, to: number, way: string) => void}} props */
function Card({ name, at, last, dragged, onDrag, onMove }) {
  const is = on(name);
  const arrow = (/** @type {string} */ way, /** @type {number} */ to, /** @type {boolean} */ end) => h("button", {
    type: "button", class: "plain arrow", "data-move": `${name} ${way}`, "aria-label": say(/** @type {any} */ (way), { name: said(name) }), "aria-disabled": end ? "true" : undefined,
    onClick: () => !end && onMove(name, to, way),
  }, way === "earlier" ? "‹" : "›");
  return h("li", {
    class: `stage-card${is ? "" : " off"}${dragged === name ? " dragged" : ""}`, "data-stage": name,
    onDragOver: (/** @type {DragEvent} */ event) => dragged && event.preventDefault(),
    onDrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      if (dragged) onMove(dragged, at, "earlier");
      onDrag(null);
    },
  },
  h("div", {
    class: "card-head", draggable: true, onDragEnd: () => onDrag(null),
    onDragStart: (/** @type {DragEvent} */ event) => {
      event.dataTransfer?.setData("text/plain", name); // some browsers drag nothing that carries nothing
      onDrag(name);
    },
  },
  h("label", { class: "switch" }, h("input", { type: "checkbox", checked: is, onChange: () => toggle(name) }), h("span", null, said(name))),
  h("span", { class: "arrows" }, arrow("earlier", at - 1, at === 0), arrow("later", at + 1, at === last))),
  h(Control, { name }),
  h("p", { class: "hint effect" }, effect(name)));
}

/** The chain. */
export function Cards() {
  const [dragged, drag] = useState(/** @type {string | null} */ (null));
  const list = useRef(/** @type {HTMLOListElement | null} */ (null));
  const moved = useRef(/** @type {string | null} */ (null));
  const names = shownNames.value;
  // A card that moves keeps the focus on the button that moved it.
  useLayoutEffect(() => {
    const button = moved.current && list.current?.querySelector(`[data-move="${moved.current}"]`);
    moved.current = null;
    if (button instanceof HTMLElement) button.focus();
  }, [names.join()]);
  const onMove = (/** @type {string} */ name, /** @type {number} */ to, /** @type {string} */ way) => {
    moved.current = `${name} ${way}`;
    move(name, to);
  };
  const preset = value.value("preset") === "llama.cpp" ? "llama.cpp" : "hf";
  return h("section", { class: "chain", "aria-label": say("chain") },
    h("div", { class: "row presets" },
      h("h2", null, say("chain")),
      h("div", { class: "row", role: "group", "aria-label": say("preset") },
        ["hf", "llama.cpp"].map((name) => h("button", { key: name, type: "button", "aria-pressed": preset === name && !ownOrder.value, onClick: () => choosePreset(name) }, name))),
      ownOrder.value ? h("button", { type: "button", class: "plain", onClick: resetOrder }, say("resetOrder")) : null,
      h("span", { class: "hint" }, ownOrder.value ? say("ownOrder") : say("dragHint"))),
    h("ol", { class: "cards", ref: list },
      names.map((name, at) => h(Card, { key: name, name, at, last: names.length - 1, dragged, onDrag: drag, onMove }))));
}
