// The tour's panel: the scene that goes along beside the views. It lies at the foot of the window, or beside the view where there is
// room, and can be folded to its title.
import { h, useEffect, useLayoutEffect, useRef } from "../vendor/preact.js";
import { Actions, Prose, Question } from "../parts/scene.js";
import { chapter, followLanguage } from "../state/chapter.js";
import { open, view } from "../state/link.js";
import { props } from "../state/server.js";
import { answered, fold, lead, leave, tour } from "../state/tour.js";
import { say } from "../words/lab.js";

/** @typedef {import("../state/chapter.js").Scene} Scene */

/** Puts the reader's keys into the panel, or back into the view; with no scene going along, opens the tour. */
export function toTour() {
  const panel = document.querySelector(".tour");
  if (!(panel instanceof HTMLElement)) return open("learn", tour.value.scene ?? "");
  if (panel.contains(document.activeElement)) return document.querySelector("main")?.focus();
  fold(true);
  panel.focus();
}

/** The tour ends; the reader's keys go to the view. */
function end() {
  leave();
  document.querySelector("main")?.focus();
}

/** The panel, where a scene goes along. In the tour's own view the scene is there already. */
export function TourPanel() {
  useEffect(followLanguage, []);
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  const told = chapter.value;
  const { scene: name, shown } = tour.value;
  const scene = told?.scenes.find((one) => one.name === name);
  const last = useRef(name);
  // Whoever goes on to another scene in the panel reads from its title.
  useLayoutEffect(() => {
    if (last.current !== name && panel.current?.contains(document.activeElement)) panel.current.focus();
    last.current = name;
  }, [name]);
  const visible = Boolean(told && scene && view.value !== "learn");
  useEffect(() => {
    const box = visible ? panel.current : null;
    if (!box) return;
    // What has the focus is kept from lying under the panel: the page scrolls that much further.
    const root = document.documentElement;
    const watch = new ResizeObserver(() => root.style.setProperty("--tour", getComputedStyle(box).gridRowStart === "2" ? "0px" : `${box.offsetHeight}px`));
    watch.observe(box);
    return () => {
      watch.disconnect();
      root.style.removeProperty("--tour");
    };
  }, [visible]);
  if (!told || !scene || view.value === "learn") return null;
  return h("aside", { class: "tour", ref: panel, tabIndex: -1, "aria-label": `${say("tour")}: ${scene.title}` },
    h("header", null,
      h("h2", null, h("span", { class: "faint" }, `${scene.number} / ${told.scenes.length} `), scene.title),
      h("button", { type: "button", class: "plain", "aria-expanded": shown, onClick: () => fold(!shown) }, say(shown ? "fold" : "unfold")),
      h("button", { type: "button", class: "plain", onClick: () => open("learn", scene.name) }, say("toLearn")),
      h("button", { type: "button", class: "plain", "aria-label": say("endTour"), title: say("endTour"), onClick: end }, "✕")),
    shown ? h(Body, { scene, scenes: told.scenes, headings: told }) : null);
}

/** What the panel shows of a scene. @param {{scene: Scene, scenes: Scene[], headings: {question: string, answer: string}}} props */
function Body({ scene, scenes, headings }) {
  const before = scenes[scene.number - 2];
  const next = scenes[scene.number];
  const model = props.value?.model.id;
  const ready = tour.value.step === scene.commands.length - 1 && answered.value.includes(scene.name);
  return h("div", { class: "body" },
    h("div", { class: "told" },
      scene.paragraphs.map((text) => h("p", { key: text }, h(Prose, { text }))),
      h("p", { class: "hint" }, say("seenThere")),
      model && model !== "builtin" ? h("p", { class: "hint" }, say("otherModel", { model })) : null),
    h("div", { class: "asked" },
      h(Actions, { scene, lines: false }),
      h(Question, { scene, headings }),
      h("div", { class: "row" },
        before ? h("button", { type: "button", onClick: () => lead(before.name) }, say("beforeScene")) : null,
        next
          ? h("button", { type: "button", class: ready ? "main" : "", onClick: () => lead(next.name) }, `${say("nextScene")} ${next.title}`)
          : h("button", { type: "button", onClick: () => open("learn", scene.name) }, say("toLearn")))));
}
