// The same run elsewhere: the command and the lines of Python, to be copied.
import { h, signal } from "../../vendor/preact.js";
import { props } from "../../state/server.js";
import { drawn } from "../../state/settings.js";
import { say as parts } from "../../parts/words.js";
import { say as shell } from "../../words/lab.js";
import { commandOf, pythonOf } from "./command.js";
import { isStale, run, source, wanted } from "./state.js";
import { say } from "./words.js";

/** What was copied last. */
const copied = signal("");

/** What the command is about: the run, or what would be run. @returns {import("./command.js").Told | null} */
function told() {
  const given = source.value;
  if (!given || !props.value) return null;
  const of = run.value && !(isStale.value && run.value.state !== "paused") ? run.value.run : wanted();
  const usual = Object.fromEntries(Object.entries(props.value.own_settings).map(([name, { value }]) => [name, value]));
  return { run: of, model: props.value.model.id, name: given.name, format: given.format, draws: drawn(of.options), usual };
}

/** The command; empty before there is a file. */
export function command() {
  const all = told();
  return all ? commandOf(all) : "";
}

/** Copies a text. @param {string} text */
export const copy = (text) => void navigator.clipboard?.writeText(text).then(() => (copied.value = text));

/** Lines to be copied. @param {{name: string, text: string}} props */
function Lines({ name, text }) {
  return h("div", { class: "lines" },
    h("div", { class: "row" }, h("h3", null, name), h("button", { type: "button", class: "plain", "aria-label": `${parts("copy")}: ${name}`, onClick: () => copy(text) }, copied.value === text ? shell("copied") : parts("copy"))),
    h("pre", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": name, lang: "en" }, h("code", null, text)));
}

/** Both. */
export function Elsewhere() {
  const all = told();
  if (!all) return null;
  return h("details", { class: "elsewhere", open: true }, h("summary", null, say("elsewhere")),
    h("p", { class: "hint" }, say("same")),
    h(Lines, { name: say("commandLine"), text: commandOf(all) }),
    h(Lines, { name: "Python", text: pythonOf(all) }));
}
