// Learn: the walk of the chapter, scene by scene. A scene's commands are done in the views that show them, and its text goes along.
import { h, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact.js";
import { Actions, Prose, Question, act } from "../../parts/scene.js";
import { here } from "../../shell/keys.js";
import { chapter, followLanguage, sceneAt } from "../../state/chapter.js";
import { open, place } from "../../state/link.js";
import { props } from "../../state/server.js";
import { answer, done, forget, tour } from "../../state/tour.js";
import { Paper } from "./paper.js";
import { say as shell } from "../../words/lab.js";
import { say } from "./words.js";

/** @typedef {import("../../state/chapter.js").Scene} Scene */
/** @typedef {import("../../state/chapter.js").Chapter} Chapter */

/** The scene that is open: the address says which; else the one that went along last, else the first that is not done. @param {Chapter} told */
function openScene(told) {
  const otherwise = tour.value.scene ?? told.scenes.find(({ name }) => !done.value.includes(name))?.name ?? "";
  return sceneAt(told.scenes, place.value || otherwise);
}

/** Goes on or back by scenes. @param {number} steps */
function along(steps) {
  const told = chapter.value;
  const now = told && openScene(told);
  const to = now && told.scenes[now.number - 1 + steps];
  if (to) open("learn", to.name);
}

/** Does something with the scene that is open. @param {(scene: Scene) => void} what */
function withScene(what) {
  const scene = chapter.value && openScene(chapter.value);
  if (scene) what(scene);
}

/** Does the command of a scene that is next in turn; after the last one, the first again. @param {Scene} scene */
function actNext(scene) {
  const last = tour.value.scene === scene.name ? (tour.value.step ?? -1) : -1;
  act(scene, (last + 1) % scene.commands.length);
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "ArrowLeft", shown: "←", about: () => say("before"), act: () => along(-1) },
  { key: "ArrowRight", shown: "→", about: () => say("next"), act: () => along(1) },
  { key: "Enter", shown: "Enter", about: () => say("act"), act: () => withScene(actNext) },
  { key: "a", shown: "a", about: () => say("answer"), act: () => withScene((scene) => answer(scene.name)) },
];

/** The list of scenes, with what is done. @param {{told: Chapter, now: Scene}} props */
function Scenes({ told, now }) {
  const count = told.scenes.filter(({ name }) => done.value.includes(name)).length;
  const progress = say("progress", { n: count, all: told.scenes.length });
  const [wide] = useState(() => matchMedia("(min-width: 901px)").matches);
  return h("nav", { class: "scenes", "aria-label": say("scenes") }, h("details", { open: wide },
    h("summary", null, h("b", null, say("scenes")), " ", h("span", { class: "hint" }, progress)),
    h("progress", { value: count, max: told.scenes.length, "aria-label": progress }),
    h("ol", null, told.scenes.map((scene) => h("li", { key: scene.name },
      h("a", {
        href: `#/learn/${scene.name}`, "aria-current": scene.name === now.name ? "step" : undefined,
        onClick: (/** @type {MouseEvent} */ event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          open("learn", scene.name);
        },
      },
      h("span", { class: "number" }, scene.number), h("span", { class: "name" }, scene.title),
      done.value.includes(scene.name) ? h("span", { class: "done" }, h("span", { "aria-hidden": "true" }, "✓"), h("span", { class: "unseen" }, ` ${say("done")}`)) : null)))),
    h("div", { class: "row" },
      h("button", { type: "button", class: "plain", onClick: () => print() }, say("print")),
      count > 0 ? h("button", { type: "button", class: "plain", onClick: forget }, say("again")) : null)));
}

/** A scene. @param {{told: Chapter, scene: Scene}} props */
function SceneView({ told, scene }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const last = useRef(scene.name);
  useLayoutEffect(() => {
    if (last.current === scene.name) return;
    last.current = scene.name;
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [scene.name]);
  const model = props.value?.model.id;
  const beside = (/** @type {number} */ steps, /** @type {string} */ word) => {
    const other = told.scenes[scene.number - 1 + steps];
    return other ? h("button", { type: "button", class: word, onClick: () => along(steps) }, h("span", { class: "faint" }, say(/** @type {any} */ (word))), h("b", null, other.title)) : h("span", null);
  };
  return h("article", { class: "scene" },
    h("h3", { ref: heading, tabIndex: -1 }, h("span", { class: "faint" }, `${scene.number} / ${told.scenes.length} `), scene.title),
    scene.paragraphs.map((text) => h("p", { key: text }, h(Prose, { text }))),
    h("p", { class: "hint" }, shell("seenThere")),
    model && model !== "builtin" ? h("p", { class: "hint" }, say("other", { model })) : null,
    h("section", { class: "try", "aria-label": say("tryIt") }, h("h4", null, say("tryIt")), h(Actions, { scene })),
    h(Question, { scene, headings: told, level: "h4" }),
    h("nav", { class: "along", "aria-label": `${say("before")}, ${say("next")}` }, beside(-1, "before"), beside(1, "next")));
}

/** The view. */
function Learn() {
  useEffect(followLanguage, []);
  useEffect(() => {
    here.value = keys();
    return () => { here.value = []; };
  }, []);
  const told = chapter.value;
  const scene = told && openScene(told);
  if (!told || !scene) return h("p", { class: "faint", role: "status" }, say("waiting"));
  return h("div", { class: "learn" },
    h("header", null, h("h2", null, told.title), h("p", { class: "faint" }, told.about)),
    h(Scenes, { told, now: scene }),
    h(SceneView, { told, scene }),
    h(Paper, { told }));
}

/** @type {import("../../shell/views.js").View} */
export const learn = { name: "learn", show: () => h(Learn, null) };
