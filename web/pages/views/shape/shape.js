// Shape: the distribution of one place over the whole vocabulary, through the chain of processors in its true order.
import { h, useEffect } from "../../vendor/preact.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { attempt, promptText, tip, usePrompt } from "../../state/lab.js";
import { take, vocabulary } from "../../state/generate.js";
import { health } from "../../state/server.js";
import { method } from "../../state/settings.js";
import { Cards } from "./cards.js";
import { Curves } from "./curves.js";
import { Find } from "./find.js";
import { focused, page, rawRank, toRow } from "./focus.js";
import { Formula } from "./formula.js";
import { Measures, Quadrant } from "./measures.js";
import { Multiples } from "./multiples.js";
import { along, load, loaded, look, path, place, stepTo, texts } from "./place.js";
import { follow, held, hold, reading, shown } from "./reading.js";
import { Verdict } from "./verdict.js";
import { Table } from "./table.js";
import { Trail } from "./trail.js";
import { say } from "./words.js";

/** Takes the token that is looked at, and looks behind it. */
function takeFocused() {
  const [id, run] = [focused.value, reading.value];
  if (id === null || !run || !texts.value) return;
  const logprob = Math.log(run.raw.p(id));
  const processed = shown.value?.columns.at(-1)?.p(id) ?? 0;
  const node = take(place.value, { ...texts.value(id), logprob, logprob_processed: processed > 0 ? Math.log(processed) : null, rank: rawRank(id) });
  stepTo(node.key);
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "ArrowLeft", shown: "←", about: () => say("earlierPlace"), act: () => along(-1) },
  { key: "ArrowRight", shown: "→", about: () => say("laterPlace"), act: () => along(1) },
  { key: "ArrowUp", shown: "↑", about: () => say("rowUp"), act: () => toRow(-1) },
  { key: "ArrowDown", shown: "↓", about: () => say("rowDown"), act: () => toRow(1) },
  { key: "PageUp", shown: "PageUp", about: () => say("pageUp"), act: () => toRow(-page()) },
  { key: "PageDown", shown: "PageDown", about: () => say("pageDown"), act: () => toRow(page()) },
  { key: "Home", shown: "Home", about: () => say("first"), act: () => toRow(-1e9) },
  { key: "End", shown: "End", about: () => say("last"), act: () => toRow(1e9) },
  { key: "Enter", shown: "Enter", about: () => say("takeKey"), act: takeFocused },
  { key: "/", shown: "/", about: () => say("find"), act: () => document.getElementById("shape-find")?.focus() },
  { key: "h", shown: "h", about: () => say("hold"), act: hold },
];

/** What stands above the table. */
function Tools() {
  return h("div", { class: "row tools" }, h(Find, null),
    h("button", { type: "button", "aria-pressed": held.value, onClick: hold }, say("hold")),
    h("button", { type: "button", onClick: takeFocused }, say("take")));
}

/** The view. */
function Shape() {
  useEffect(() => {
    here.value = keys();
    const end = follow();
    return () => {
      here.value = [];
      end();
    };
  }, []);
  const [key, ids, ready] = [place.value, path.value, health.value === "ready"];
  useEffect(() => {
    if (!ready) return undefined;
    // Whoever opens the view before anything was written sees what follows the prompt in the box.
    if (tip.value === 0 && promptText.value.trim()) void attempt(() => usePrompt(vocabulary(), false));
    return undefined;
  }, [ready]);
  useEffect(() => {
    if (ids === "") loaded.value = null;
    if (!ready || ids === "") return undefined;
    const stop = new AbortController();
    void attempt(() => load(key, stop.signal));
    return () => stop.abort();
  }, [key, ids, ready]);
  const searching = !["greedy_search", "sampling"].includes(method.value);
  return h("div", { class: "shape" },
    h(PromptBox, { action: say("look"), onGo: () => void look(), single: true }),
    h(Trail, null),
    loaded.value
      ? [
          h(Cards, { key: "cards" }),
          searching ? h("p", { key: "search", class: "hint" }, say("oneStep")) : null,
          h(Verdict, { key: "verdict" }),
          h("div", { key: "pair", class: "pair" },
            h("div", { class: "work" }, h(Tools, null), h(Table, null)),
            h("div", { class: "beside" }, h(Measures, null), h(Formula, null), h(Curves, null), h(Multiples, null), h(Quadrant, null))),
        ]
      : h("p", { class: "faint" }, say("empty")));
}

/** @type {import("../../shell/views.js").View} */
export const shape = { name: "shape", show: () => h(Shape, null) };
