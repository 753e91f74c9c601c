// Minimal pairs: texts beside the first one, and what each token adds to the difference between their log-probabilities.
import { h, signal } from "../../vendor/preact.js";
import { Refused, json } from "../../api/client.js";
import { chance, fixed, logarithm, power, unit } from "../../numbers/format.js";
import { Block, parted } from "../../parts/blocks.js";
import { sortedTable } from "../../parts/sorted.js";
import { stop } from "../../state/generate.js";
import { running } from "../../state/lab.js";
import { signs } from "../../state/looks.js";
import { props } from "../../state/server.js";
import { label } from "../../words/glyphs.js";
import { languageOf } from "../../words/script.js";
import { say as lab } from "../../words/lab.js";
import { language } from "../../words/words.js";
import { align, contributions } from "./align.js";
import { pairExamples, pairTexts } from "./drafts.js";
import { told } from "./scored.js";
import { scoring } from "./state.js";
import { say } from "./words.js";

/** @typedef {import("../../api/shapes.js").ScoredText} ScoredText */

/** As many texts as can be compared. */
const MOST = 6;

/** What was compared last. */
const compared = signal(/** @type {{texts: string[], scored: ScoredText[]} | null} */ (null));

/** Compares the texts of the boxes. */
export function comparePairs() {
  return scoring(async ({ signal }) => {
    const texts = pairTexts.value.filter((text) => text !== "");
    if (texts.length < 2) throw new Refused(say("onlyOne"), 400, "text");
    const { items } = await json("v1/score", { items: [{ continuations: texts }] }, signal);
    compared.value = { texts, scored: items[0].texts };
  });
}

/** The boxes. */
function Boxes() {
  const texts = pairTexts.value;
  const put = (/** @type {number} */ at, /** @type {string} */ text) => (pairTexts.value = texts.map((old, i) => (i === at ? text : old)));
  return h("div", { class: "boxes" }, texts.map((text, i) => {
    const id = `pair-${i}`;
    return h("div", { key: i, class: "field" }, h("label", { for: id }, say("textN", { n: i + 1 })),
      h("div", { class: "box" },
        h("textarea", { id, rows: 2, value: text, lang: languageOf(text), spellcheck: false, onInput: (/** @type {any} */ event) => put(i, event.currentTarget.value) }),
        texts.length > 2 ? h("button", { type: "button", class: "plain", "aria-label": say("remove", { n: i + 1 }), onClick: () => (pairTexts.value = texts.filter((_, at) => at !== i)) }, "✕") : null));
  }));
}

/** A bar up or down, for a difference. @param {{value: number, most: number}} props */
function Bar({ value, most }) {
  const part = `${Math.min(100, (100 * Math.abs(value)) / most)}%`;
  return h("span", { class: "swing", "aria-hidden": "true" },
    h("span", { class: "half over" }, value > 0 ? h("span", { class: "more", style: { height: part } }) : null),
    h("span", { class: "half under" }, value < 0 ? h("span", { class: "less", style: { height: part } }) : null));
}

/** A text against the first. @param {{first: ScoredText, other: ScoredText, number: number}} props */
function Against({ first, other, number }) {
  const places = align(first.token_ids, other.token_ids);
  const added = contributions(places, first.tokens.map(({ logprob }) => logprob), other.tokens.map(({ logprob }) => logprob));
  const most = Math.max(1, ...added.map(Math.abs));
  const said = (/** @type {number | null} */ at, /** @type {ScoredText} */ text) => (at === null ? "–" : label(/** @type {any} */ (text.tokens[at]), signs.value));
  const columns = places.map((place, i) => ({ place, i, value: Number(added[i]), text: place.a === null ? "" : (first.tokens[place.a]?.text ?? "") }));
  const heard = (/** @type {number} */ value) => `${logarithm(value)}${value > 0 ? `, ${say("up")}` : value < 0 ? `, ${say("down", { n: number })}` : ""}`;
  const column = (/** @type {(typeof columns)[number]} */ { place, i, value }) => h("span", { key: i, class: `pair${place.same ? " same" : ""}`, role: "listitem", "data-difference": value },
    h("span", { class: "token" }, said(place.a, first)),
    h(Bar, { value, most }),
    h("span", { class: "token" }, said(place.b, other)),
    h("span", { class: "value", title: heard(value) }, Math.abs(value) < 5e-4 ? "·" : fixed(unit.value === "bits" ? value / Math.LN2 : value, 2)));
  const whole = first.sum_logprob - other.sum_logprob;
  return h("section", { class: "against" }, h("h2", null, say("against", { n: number })),
    h("p", { class: "hint" }, say("legend", { n: number })),
    h("div", { class: "pairs", role: "list", "aria-label": say("against", { n: number }) },
      parted(columns).map(({ from, tokens }) => h(Block, { key: from, tokens, state: `${unit.value} ${signs.value} ${language.value} ${other.sum_logprob} ${number}`, show: () => tokens.map(column) }))),
    h("p", { class: "whole", "data-whole": whole }, `${say("total")}: `, h("b", null, logarithm(whole, 4)), ` ${whole === 0 ? "" : whole > 0 ? say("up") : say("down", { n: number })}`));
}

/** The texts and their sums. @param {{texts: string[], scored: ScoredText[]}} props */
function Table({ texts, scored }) {
  const base = scored[0]?.sum_logprob ?? 0;
  const rows = scored.map((text, i) => ({ number: i + 1, text: texts[i] ?? "", ...told(text), tokens: text.tokens.length, difference: text.sum_logprob - base }));
  /** @typedef {(typeof rows)[number]} Row */
  /** @type {import("../../parts/sorted.js").Column<Row>[]} */
  const columns = [
    { name: "text", label: say("part"), value: (row) => row.text, show: (row) => h("span", { class: "excerpt", lang: languageOf(row.text) }, h("b", null, row.number), ` ${row.text}`) },
    { name: "tokens", label: say("tokens"), value: (row) => row.tokens },
    { name: "sum_logprob", label: say("sum"), value: (row) => row.sum, show: (row) => h("span", { "data-sum": row.sum }, logarithm(row.sum, 4)) },
    { name: "mean_logprob", label: say("mean"), value: (row) => row.mean, show: (row) => (unit.value === "percent" ? chance(row.mean) : logarithm(row.mean)) },
    { name: "bits_per_character", label: say("bitsCharacter"), value: (row) => row.bitsPerCharacter, show: (row) => (row.bitsPerCharacter === null ? "–" : fixed(row.bitsPerCharacter, 3)) },
    { name: "difference", label: say("difference"), value: (row) => row.difference, show: (row) => (row.number === 1 ? "–" : logarithm(row.difference, 4)) },
    { name: "times", label: say("times"), value: (row) => row.difference, show: (row) => (row.number === 1 ? "–" : `${power(row.difference)} ×`), filed: false },
  ];
  return sortedTable({ label: say("pairs"), columns, rows, file: "beamline-pairs.csv", keyOf: (row) => row.number });
}

/** Minimal pairs. */
export function Pairs() {
  const found = compared.value;
  const [first, ...others] = found?.scored ?? [];
  return h("div", { class: "whole-width" },
    h(Boxes, null),
    h("div", { class: "row" },
      running.value
        ? h("button", { type: "button", class: "main", onClick: stop }, lab("stop"))
        : h("button", { type: "button", class: "main", disabled: !props.value, onClick: () => void comparePairs() }, say("compareThem")),
      pairTexts.value.length < MOST ? h("button", { type: "button", onClick: () => (pairTexts.value = [...pairTexts.value, ""]) }, say("add")) : null,
      h("select", {
        "aria-label": say("examples"), value: "", onChange: (/** @type {any} */ event) => {
          const example = pairExamples[Number(event.currentTarget.value)];
          if (example && event.currentTarget.value !== "") pairTexts.value = [...example.texts];
          event.currentTarget.value = "";
        },
      }, h("option", { value: "" }, say("examples")), pairExamples.map((example, i) => h("option", { key: i, value: i, lang: example.lang }, example.texts[0])))),
    found && first ? [h(Table, { key: "table", ...found }), others.map((other, i) => h(Against, { key: `against ${i}`, first, other, number: i + 2 }))] : null);
}
