// A scene of the chapter: what it tells, its command lines with what they do here, its question with the answer.
import { h, useState } from "../vendor/preact.js";
import { say as shell } from "../words/lab.js";
import { NoView, taskOf } from "../state/command.js";
import { perform } from "../state/errand.js";
import { props } from "../state/server.js";
import { answer, answered, lead, tour } from "../state/tour.js";
import { say } from "./words.js";

/** @typedef {import("../state/chapter.js").Scene} Scene */

/** Running text, with what stands in backquotes as code. @param {{text: string}} props */
export function Prose({ text }) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? h("code", { key: i, lang: "en" }, part) : part));
}

/** What a command line does in the lab; null where no view shows it. @param {string} line */
function taskIf(line) {
  try {
    return taskOf(line);
  } catch (error) {
    if (error instanceof NoView) return null;
    throw error;
  }
}

/** Does a command of a scene in the view that shows it; the scene goes along, the reader's keys go to the view. @param {Scene} scene @param {number} step */
export function act(scene, step) {
  const task = taskIf(scene.commands[step] ?? "");
  if (!task) return;
  lead(scene.name, step, !globalThis.matchMedia?.("(max-width: 720px)").matches); // on a small screen the view is seen first
  void perform(task);
  document.querySelector("main")?.focus({ preventScroll: true });
}

/** A command line, to be copied. @param {{line: string}} props */
function Line({ line }) {
  const [copied, setCopied] = useState("");
  const copy = () => void navigator.clipboard?.writeText(line).then(() => setCopied(line));
  return h("div", { class: "command" },
    h("code", { lang: "en", tabIndex: 0, class: "scroll-x", role: "region", "aria-label": say("command") }, line),
    h("button", { type: "button", class: "plain", "aria-label": `${say("copy")}: ${line}`, onClick: copy }, copied === line ? shell("copied") : say("copy")));
}

/** What the scene's commands do here, in their order. @param {{scene: Scene, lines?: boolean}} props `lines` says whether the command lines are shown with them */
export function Actions({ scene, lines = true }) {
  const at = tour.value.scene === scene.name ? tour.value.step : null;
  const following = at === null ? 0 : at + 1;
  return h("ol", { class: "actions-of-scene" }, scene.commands.map((line, step) => {
    const task = taskIf(line);
    const label = scene.commands.length > 1 ? say("doStep", { n: step + 1, view: task ? shell(/** @type {any} */ (task.view)) : "" }) : say("doHere", { view: task ? shell(/** @type {any} */ (task.view)) : "" });
    return h("li", { key: line },
      lines ? h(Line, { line }) : null,
      task ? h("button", {
        type: "button", class: step === following ? "main" : "", disabled: !props.value, "aria-current": step === at ? "step" : undefined, title: line,
        onClick: () => act(scene, step),
      }, label, step === at ? h("span", { "aria-hidden": "true" }, " ✓") : null) : null);
  }));
}

/** The question, and the answer once the reader asks for it. @param {{scene: Scene, headings: {question: string, answer: string}, level?: "h3" | "h4"}} props */
export function Question({ scene, headings, level = "h3" }) {
  const shown = answered.value.includes(scene.name);
  return h("section", { class: "question", "aria-label": headings.question },
    h(level, null, headings.question), h("p", null, h(Prose, { text: scene.question })),
    h("div", { "aria-live": "polite" },
      shown ? [h(level, { key: "heading" }, headings.answer), h("p", { key: "answer" }, h(Prose, { text: scene.answer }))] : null),
    shown ? null : h("button", { type: "button", "aria-expanded": "false", onClick: () => answer(scene.name) }, say("showAnswer")));
}
