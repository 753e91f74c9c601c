// The rows with what has come of them; only those that are seen are drawn. And one of them, whole.
import { h, useEffect, useRef } from "../../vendor/preact.js";
import { count, logarithm } from "../../numbers/format.js";
import { endName } from "../../parts/ends.js";
import { fact, facts } from "../../parts/facts.js";
import { Switch } from "../../parts/field.js";
import { show, useWindow } from "../../parts/window.js";
import { say as shell } from "../../words/lab.js";
import { languageOf } from "../../words/script.js";
import { keyOf } from "./ask.js";
import { showInPlay } from "./play.js";
import { asking, counts, failedOnly, looked, outcomes, promptText, run, shown, source, version } from "./state.js";
import { say } from "./words.js";

/** The height of a row, in pixels. */
const ROW = 34;

/** Characters of a text that a row shows. */
const BRIEF = 160;

/** Looks at another row of those that are shown. @param {number} by */
export function go(by) {
  const all = shown.value;
  if (all.length === 0) return;
  const at = all.indexOf(looked.value);
  looked.value = /** @type {number} */ (all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]);
}

/** What is asked of columns: by the run, or by what is set. */
const asked = () => run.value?.run.asking ?? asking.value;

/** A row's prompt. @param {number} number */
function promptOf(number) {
  const row = source.value?.rows[number];
  return row ? promptText(row, asked()) : { wrong: "" };
}

/** What is known of a row, for its cells. @param {number} number */
function cells(number) {
  const outcome = outcomes[number];
  const prompt = promptOf(number);
  const text = "text" in prompt ? prompt.text : "";
  if (!outcome || outcome.state === "running") return { state: outcome ? "running" : "waiting", prompt: text, text: outcome ? say("runs") : "", tokens: "", sum: "", end: "" };
  const best = outcome.result.sequences?.[0];
  return {
    state: outcome.state, prompt: text, text: best?.text ?? outcome.result.error ?? "", tokens: best ? count(outcome.tokens) : "",
    sum: best ? logarithm(best.sum_logprob, 2) : "", end: best?.finish_reason ? endName(best.finish_reason) : "",
  };
}

/** Signs of states: colour alone says nothing to some. */
const SIGNS = /** @type {Record<string, string>} */ ({ done: "✓", failed: "✕", running: "…", waiting: "" });

/** One row. @param {{number: number, at: number}} props */
function Row({ number, at }) {
  void version.value;
  const { state, prompt, text, tokens, sum, end } = cells(number);
  const is = number === looked.value;
  const brief = (/** @type {string} */ whole) => whole.slice(0, BRIEF).replaceAll("\n", "↵");
  return h("div", { role: "row", "aria-rowindex": at + 2, class: `entry ${state}${is ? " looked" : ""}`, "data-row": number, "data-state": state, style: { transform: `translateY(${at * ROW}px)` }, onClick: () => (looked.value = number), onDblClick: () => void showInPlay(number) },
    h("span", { role: "cell", class: "number" }, h("button", { type: "button", class: "plain", "data-key": number, tabIndex: is ? 0 : -1, "aria-pressed": is, "aria-label": say("rowOf", { n: number + 1 }), onClick: () => (looked.value = number) }, count(number + 1))),
    h("span", { role: "cell", class: "sign" }, h("span", { "aria-hidden": "true" }, SIGNS[state]), h("span", { class: "unseen" }, say(/** @type {any} */ (`row_${state}`)))),
    h("span", { role: "cell", class: "brief" }, brief(prompt)),
    h("span", { role: "cell", class: state === "failed" ? "brief wrong" : "brief" }, brief(text)),
    h("span", { role: "cell", class: "number far" }, tokens), h("span", { role: "cell", class: "number far" }, sum), h("span", { role: "cell", class: "brief far" }, end));
}

/** The rows. */
export function Rows() {
  void version.value;
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const all = shown.value;
  const { from, to, onScroll } = useWindow(box, all.length, ROW);
  const at = all.indexOf(looked.value);
  useEffect(() => {
    if (!box.current || at < 0) return;
    show(box.current, at, ROW);
    // The focus goes along, where it is on a row.
    if (document.activeElement instanceof HTMLElement && document.activeElement.matches("[data-row] button")) requestAnimationFrame(() => /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(`[data-key="${looked.value}"]`))?.focus({ preventScroll: true }));
  }, [looked.value, failedOnly.value]);
  if (!source.value) return null;
  const heads = [say("number"), say("state"), say("prompt"), say("text"), say("newTokens"), say("sum"), say("ended")];
  return h("section", { class: "rows", "aria-label": say("table") },
    h("div", { class: "row" }, h(Switch, { label: say("failedOnly", { n: count(counts.failed) }), checked: failedOnly.value, onChange: (on) => (failedOnly.value = on) })),
    h("div", { role: "table", "aria-label": say("table"), "aria-rowcount": all.length + 1, class: "entries" },
      h("div", { role: "row", "aria-rowindex": 1, class: "entry head" }, heads.map((name, i) => h("span", { key: i, role: "columnheader", class: i > 3 ? "far" : i === 1 ? "sign" : "" }, i === 1 ? h("span", { class: "unseen" }, name) : name))),
      h("div", { class: "scroll", role: "rowgroup", ref: box, tabIndex: 0, "aria-label": say("table"), onScroll },
        h("div", { class: "height", role: "presentation", style: { height: `${all.length * ROW}px` } }, all.slice(from, to).map((number, i) => h(Row, { key: number, number, at: from + i }))))),
    all.length === 0 ? h("p", { class: "faint" }, say(failedOnly.value ? "noneFailed" : "noRows")) : null);
}

/** A row's key; null where it has none, or none that counts. @param {number} number */
function keyOfRow(number) {
  const fields = source.value?.rows[number]?.fields;
  try {
    return fields ? keyOf(asked(), fields) : null;
  } catch {
    return null; // the row's error says so
  }
}

/** The row that is looked at. */
export function Looked() {
  void version.value;
  const number = looked.value;
  const given = source.value;
  if (!given || !given.rows[number]) return null;
  const prompt = promptOf(number);
  const outcome = outcomes[number];
  const over = outcome && outcome.state !== "running" ? outcome : null;
  const all = over?.result.sequences ?? [];
  const key = keyOfRow(number);
  const best = all[0];
  return h("section", { class: "card looked-at", "aria-label": say("rowOf", { n: number + 1 }) },
    h("div", { class: "row" }, h("h2", null, say("rowOf", { n: number + 1 })),
      h("button", { type: "button", disabled: !("text" in prompt), onClick: () => void showInPlay(number) }, say("toPlay", { view: shell("play") }))),
    "text" in prompt ? h("p", { class: "whole faint", lang: languageOf(prompt.text) }, prompt.text) : null,
    all.map((sequence, i) => h("p", { key: i, class: "whole", lang: languageOf(sequence.text), "data-text": i }, sequence.text)),
    over?.result.error ? h("p", { class: "whole wrong" }, over.result.error) : null,
    facts([
      key === null ? null : fact(say("key"), h("code", null, key)),
      over?.seed != null ? fact(say("seed"), String(over.seed), { "data-fact": "seed" }) : null,
      best ? fact(say("newTokens"), count(over?.tokens ?? 0)) : null,
      best ? fact(say("sum"), logarithm(best.sum_logprob, 4), { "data-sum": best.sum_logprob }) : null,
      best?.finish_reason ? fact(say("ended"), endName(best.finish_reason)) : null,
      over && over.dropped.length > 0 ? fact(say("dropped"), over.dropped.join(", ")) : null,
    ]));
}
