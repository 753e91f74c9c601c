// Batch: the prompts of a file, row by row, as `beamline batch` runs them.
import { h, useEffect } from "../../vendor/preact.js";
import { here } from "../../shell/keys.js";
import { OptionsPanel } from "../../parts/options.js";
import { useNarrow } from "../../parts/window.js";
import { action } from "../../state/errand.js";
import { say as shell } from "../../words/lab.js";
import { Buttons, Files, Obstacles, Progress, Spoken, again, press } from "./bar.js";
import { Elsewhere, command, copy } from "./elsewhere.js";
import { save } from "./files.js";
import { look } from "./kept.js";
import { showInPlay } from "./play.js";
import { Prompt } from "./prompt.js";
import { Source, choose } from "./source.js";
import { counts, failedOnly, looked, shown, source } from "./state.js";
import { Looked, Rows, go } from "./table.js";
import { say } from "./words.js";

/** Rows that a page of the table has. */
const PAGE = 10;

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "o", shown: "o", about: () => say("choose"), act: choose },
  { key: "g", shown: "g", about: () => say("keyGo"), act: press },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("keyGo"), act: press },
  { key: "ArrowUp", shown: "↑", about: () => say("keyUp"), act: () => go(-1) },
  { key: "ArrowDown", shown: "↓", about: () => say("keyDown"), act: () => go(1) },
  { key: "PageUp", shown: "PageUp", about: () => say("keyPageUp"), act: () => go(-PAGE) },
  { key: "PageDown", shown: "PageDown", about: () => say("keyPageDown"), act: () => go(PAGE) },
  { key: "Home", shown: "Home", about: () => say("keyFirst"), act: () => go(-Infinity) },
  { key: "End", shown: "End", about: () => say("keyLast"), act: () => go(Infinity) },
  { key: "Enter", shown: "Enter", about: () => say("toPlay", { view: shell("play") }), act: () => { if (shown.value.includes(looked.value)) void showInPlay(looked.value); } },
  { key: "f", shown: "f", about: () => say("keyFailed"), act: () => (failedOnly.value = !failedOnly.value) },
  { key: "r", shown: "r", about: () => say("keyRetry"), act: again },
  { key: "s", shown: "s", about: () => say("save", { as: "JSONL" }), act: () => { if (counts.done + counts.failed > 0) save("jsonl"); } },
  // What generates elsewhere would stop the run.
  { key: ".", shown: "", about: () => "", act: () => {} },
  { key: "G", shown: "", about: () => "", act: () => {} },
  { key: "c", shown: "c", about: () => say("keyCopy"), act: () => copy(command()) },
];

/** The view. */
function Batch() {
  useEffect(() => {
    here.value = keys();
    action.value = press;
    void look().catch(() => {}); // a browser that keeps nothing says so when something is to be kept
    return () => {
      here.value = [];
      action.value = null;
    };
  }, []);
  const is = source.value !== null;
  const narrow = useNarrow("(max-width: 1000px)");
  return h("div", { class: "batch" },
    h("div", { class: "work" },
      h(Source, null), h(Prompt, null),
      is ? h("section", { class: "run", "aria-label": say("run") }, h(Buttons, null), h(Obstacles, null), h(Progress, null), h(Files, null), h(Spoken, null)) : null,
      h(Rows, null), h(Looked, null), h(Elsewhere, null)),
    h("div", { class: "side" }, h("details", { class: "panel-options", open: !narrow }, h("summary", null, shell("options")), h(OptionsPanel, null))));
}

/** @type {import("../../shell/views.js").View} */
export const batch = { name: "batch", show: () => h(Batch, null) };
