// A column: what it is, how far it has come, its text and its plot.
import { h } from "../../vendor/preact.js";
import { fixed } from "../../numbers/format.js";
import { endNames } from "../../parts/ends.js";
import { OptionsPanel } from "../../parts/options.js";
import { say as shell } from "../../words/lab.js";
import { changed, drawn } from "../../state/settings.js";
import { running } from "../../state/lab.js";
import { label } from "../../words/glyphs.js";
import { letter, round, vote } from "./blind.js";
import { FEWEST, edited, nameOf, without, written } from "./columns.js";
import { showInPlay } from "./intoTree.js";
import { outcomes, version } from "./outcomes.js";
import { Plot } from "./plot.js";
import { race, requestOf } from "./race.js";
import { a, b, chooseB, columns, editing, length, move, parting, prefix, samples, showText, shownTexts, textOf } from "./state.js";
import { TextBox } from "./text.js";
import { say } from "./words.js";

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./outcomes.js").Outcome} Outcome */

/** What each column is asked with beside its own options. */
export const shared = () => ({ length: length.value, samples: samples.value });

/** How far a column has come, in words. @param {Outcome} outcome */
function progress(outcome) {
  const [n, rate] = [outcome.count, outcome.rate === null ? "–" : fixed(outcome.rate, 1)];
  const finish = endNames(outcome.texts.map((text) => text.finish));
  switch (outcome.state) {
    case "waiting": return say("waiting");
    case "running": return n === 0 ? say("begun") : say("running", { n, rate });
    case "done": return say("done", { n, rate, finish });
    case "stopped": return say("stopped", { n });
    case "failed": return say("failed");
  }
}

/** Where the text stands to A's, in words. @param {Column} column */
function relation({ key }) {
  if (key === a.value) return say("isA");
  const [text, at] = [textOf(key), parting(key)];
  if (!text || !textOf(a.value)) return "";
  if (at === null) return say("same");
  const token = text.tokens[at];
  return token ? say("parts", { at: at + 1, token: label(token) }) : say("ends", { at: text.tokens.length });
}

/** The texts of a column that has several, to go through. @param {{column: Column, outcome: Outcome}} props */
function Several({ column, outcome }) {
  void version.value;
  const all = outcome.texts.length;
  if (all < 2) return null;
  const now = Math.min(shownTexts.value.get(column.key) ?? 0, all - 1);
  const go = (/** @type {number} */ way) => showText(column.key, (now + way + all) % all);
  return h("div", { class: "several" },
    h("button", { type: "button", class: "plain", "aria-label": say("before"), onClick: () => go(-1) }, "‹"),
    h("span", null, say("textOf", { n: now + 1, all })),
    h("button", { type: "button", class: "plain", "aria-label": say("after"), onClick: () => go(1) }, "›"));
}

/** What can be done with a column. @param {{column: Column, outcome: Outcome | undefined, name: string}} props */
function Tools({ column: { key }, outcome, name }) {
  void version.value; // what came of a column grows, but stays one object
  const tool = (/** @type {string} */ sign, /** @type {string} */ about, /** @type {() => void} */ onClick, /** @type {Record<string, unknown>} */ more = {}) =>
    h("button", { type: "button", class: "plain", title: about, "aria-label": `${about}: ${name}`, onClick, ...more }, sign);
  const at = columns.value.findIndex((column) => column.key === key);
  const show = say("play", { view: shell("play") });
  return h("div", { class: "tools" },
    h("button", { type: "button", class: "plain", "aria-expanded": editing.value === key, "aria-label": `${say("edit")}: ${name}`, onClick: () => (editing.value = editing.value === key ? null : key) }, say("edit")),
    h("button", { type: "button", class: "plain", disabled: !outcome || outcome.count === 0, "aria-label": `${show}: ${name}`, onClick: () => outcome && void showInPlay(outcome, shownTexts.value.get(key) ?? 0) }, show),
    h("span", { class: "space" }),
    tool("←", say("left"), () => move(key, -1), { disabled: at === 0 }),
    tool("→", say("right"), () => move(key, 1), { disabled: at === columns.value.length - 1 }),
    tool("✕", say("remove"), () => (columns.value = without(columns.value, key)), { disabled: columns.value.length <= FEWEST }));
}

/** The options of a column, to be changed. @param {{column: Column, name: string}} props */
function Panel({ column, name }) {
  const change = (/** @type {Partial<Column>} */ changes) => (columns.value = edited(columns.value, column.key, changes));
  return h("div", { class: "panel", role: "group", "aria-label": say("editOf", { name }) }, h(OptionsPanel, {
    edit: {
      options: column.options, onChange: (changes) => change({ options: changed(column.options, changes) }), inherited: { max_new_tokens: length.value },
      seed: { value: column.seed }, onSeed: (seed) => change({ seed: seed.value }),
    },
  }));
}

/** A column with its name. @param {{column: Column, at: number}} props `at` is its place */
export function Card({ column, at }) {
  const { key, options } = column;
  const outcome = outcomes.value.get(key);
  const name = nameOf(options);
  const text = textOf(key);
  const stale = outcome !== undefined && outcome.over && JSON.stringify(outcome.request) !== JSON.stringify(requestOf(column, shared()));
  const same = key === a.value ? prefix.value : parting(key) ?? text?.tokens.length ?? 0;
  const role = key === a.value ? "A" : key === b.value ? "B" : "";
  return h("article", { class: `way${role ? ` is-${role.toLowerCase()}` : ""}`, "aria-label": name, "data-column": key },
    h("header", null,
      h("button", { type: "button", class: "plain place", title: say("keyNumber"), "aria-label": `${say("b")}: ${name}`, "aria-pressed": role === "B", disabled: role === "A", onClick: () => chooseB(key) }, String(at + 1)),
      h("h2", null, name), role ? h("span", { class: "role" }, role) : null),
    h("code", { class: "options-line" }, written(options), drawn(options) ? ` seed=${column.seed}` : ""),
    h(Tools, { column, outcome, name }),
    editing.value === key ? h(Panel, { column, name }) : null,
    h("p", { class: "progress-line", "data-state": outcome?.state }, outcome ? progress(outcome) : say("empty")),
    outcome?.trouble ? h("p", { class: "refusal", role: "alert" }, outcome.trouble) : null,
    stale ? h("p", { class: "stale" }, say("stale"), " ", h("button", { type: "button", disabled: running.value !== null, onClick: () => void race([column], shared()) }, say("run"))) : null,
    outcome ? h(Several, { column, outcome }) : null,
    text ? h(TextBox, { name: say("text", { name }), tokens: text.tokens, shared: same, parts: parting(key), plain: false }) : null,
    text ? h("p", { class: "relation" }, relation(column)) : null,
    h(Plot, { column: key }));
}

/** A column whose name is hidden, to be voted for. @param {{column: Column, at: number}} props */
export function HiddenCard({ column: { key, options }, at }) {
  const now = round.value;
  const outcome = outcomes.value.get(key);
  const [text, all] = [textOf(key), columns.value.every((column) => outcomes.value.get(column.key)?.over)];
  const name = now?.revealed ? nameOf(options) : letter(at);
  return h("article", { class: "way hidden-way", "aria-label": name, "data-column": now?.revealed ? key : undefined },
    h("header", null, h("span", { class: "place" }, letter(at)), h("h2", null, now?.revealed ? name : ""), now?.revealed ? h("span", { class: "role" }, say("votes", { n: now.votes[key] ?? 0 })) : null),
    all && outcome?.trouble ? h("p", { class: "refusal" }, outcome.trouble) : null,
    all && text ? h(TextBox, { name: say("text", { name }), tokens: text.tokens, shared: 0, parts: null, plain: true }) : h("p", { class: "faint" }, say("blindWait")),
    now?.revealed ? h("code", { class: "options-line" }, written(options)) : h("button", { type: "button", disabled: !all, onClick: () => vote(key) }, say("vote", { name })));
}
