// The runs of this page: what was asked, what came, taken along and run again.
import { h, useState } from "../../vendor/preact.js";
import { fixed } from "../../numbers/format.js";
import { download } from "../../parts/download.js";
import { moveTo, tree } from "../../state/lab.js";
import { open } from "../../state/link.js";
import * as runs from "../../state/runs.js";
import { languageOf } from "../../words/script.js";
import { language } from "../../words/words.js";
import { Options } from "./options.js";
import { written } from "./settings.js";
import { say } from "./words.js";

/** @typedef {import("../../state/runs.js").Run} Run */

/** Runs that are shown before more are asked for. */
const SHOWN = 20;

/** A run. @param {{run: Run}} props */
function Item({ run }) {
  const [said, setSaid] = useState("");
  const { completion } = run;
  const [prompt, first] = [completion.prompts[0]?.text ?? "", completion.sequences[0]];
  const replay = () => {
    setSaid(say("replaying"));
    void runs.replay(JSON.stringify(completion.bundle)).then((verdict) => setSaid(verdict.same ? say("same", { n: verdict.tokens }) : say("other", { why: verdict.difference ?? "" })), (error) => setSaid(error instanceof Error ? error.message : String(error)));
  };
  const end = run.ends[0];
  const there = end !== undefined && end < tree.size;
  return h("li", { class: "run", "data-run": run.number },
    h("p", { class: "said", lang: languageOf(prompt) }, h("b", null, `#${run.number} `), h("span", { class: "faint" }, `${prompt.slice(-60)} `), (first?.text ?? "").slice(0, 160)),
    h("p", { class: "hint" }, [say("when", { time: new Date(run.at).toLocaleTimeString(language.value) }), say("texts", { n: completion.sequences.length, tokens: completion.usage.new_tokens }), first ? `${say("log")} ${fixed(first.sum_logprob, 3)} nat` : ""].join(" · ")),
    h("p", { class: "hint" }, h("code", null, Object.entries(run.options).map(([name, value]) => `${name}=${written(value)}`).join(" "))),
    h("div", { class: "row" },
      there ? h("button", { type: "button", onClick: () => { moveTo(end); open("play"); } }, say("openRun")) : null,
      completion.bundle ? [
        h("button", { key: "export", type: "button", onClick: () => download(`beamline-run-${run.number}.json`, runs.bundle(run), "application/json") }, say("export")),
        h("button", { key: "replay", type: "button", onClick: replay }, say("replay")),
      ] : null,
      h("span", { role: "status", class: said.startsWith("✓") ? "good" : said.startsWith("✗") ? "bad" : "" }, said)),
    h("details", null, h("summary", null, say("effective")), h(Options, { config: completion.effective_config, label: say("effective"), requested: true })));
}

/** The log, the latest first. */
export function Runs() {
  const [shown, setShown] = useState(SHOWN);
  const all = runs.all.value.toReversed();
  return h("section", { class: "runs" }, h("h2", null, say("runs")),
    all.length === 0 ? h("p", { class: "faint" }, say("noRuns")) : h("ol", null, all.slice(0, shown).map((run) => h(Item, { key: run.number, run }))),
    all.length > shown ? h("button", { type: "button", onClick: () => setShown(shown + SHOWN) }, say("more", { n: Math.min(SHOWN, all.length - shown) })) : null);
}
