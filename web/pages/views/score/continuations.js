// Continuations of a prefix, ranked.
import { h, signal, useState } from "../../vendor/preact.js";
import { Refused, json } from "../../api/client.js";
import { amount, chance, logarithm, share, unit } from "../../numbers/format.js";
import { Chip, keyOf } from "../../parts/chip.js";
import { Field, Switch } from "../../parts/field.js";
import { PromptBox } from "../../parts/prompt.js";
import { sortedTable } from "../../parts/sorted.js";
import { vocabulary } from "../../state/generate.js";
import { promptText } from "../../state/lab.js";
import { languageOf } from "../../words/script.js";
import { candidates, needsSpace, shares } from "./candidates.js";
import { candidateText, continuationExamples } from "./drafts.js";
import { placed, told } from "./scored.js";
import { scoring } from "./state.js";
import { say } from "./words.js";

/** @typedef {import("../../api/shapes.js").ScoredText} ScoredText */

/** What was ranked last; `noPmi` is why there is no PMI, where it was asked for. */
const ranked = signal(/** @type {{prefix: string, texts: string[], scored: ScoredText[], noPmi: string | null} | null} */ (null));

/** Whether candidates get a space before them, where the reader has said so. */
const asked = signal(/** @type {boolean | null} */ (null));
const spaced = () => asked.value ?? needsSpace(promptText.value);

/** Ranks the candidates. */
export function rankContinuations() {
  return scoring(async ({ signal }) => {
    const [prefix, texts] = [promptText.value, candidates(candidateText.value, spaced())];
    if (texts.length === 0) throw new Refused(say("candidates"), 400, "continuations");
    const items = [{ ...(prefix === "" ? {} : { prefix }), continuations: texts }];
    /** @type {string | null} */
    let noPmi = null;
    const answer = await json("v1/score", { items, unconditional: true }, signal).catch((error) => {
      if (!(error instanceof Refused) || error.field !== "unconditional") throw error;
      noPmi = error.message;
      return json("v1/score", { items }, signal);
    });
    ranked.value = { prefix, texts, scored: answer.items[0].texts, noPmi };
  });
}

/** A log-probability of a whole text, in the reader's unit, however small. @param {number} nats */
const whole = (nats) => (unit.value === "percent" ? chance(nats) : logarithm(nats, 4));
/** The same of a mean. @param {number | null} nats */
const mean = (nats) => (unit.value === "percent" ? chance(nats) : logarithm(nats));

/** The table. */
function Table() {
  const [choice, setChoice] = useState(/** @type {{of: unknown, number: number} | null} */ (null));
  const found = ranked.value;
  if (!found) return null;
  // What was picked counts for the ranking that it was picked in.
  const picked = choice?.of === found ? choice.number : null;
  const part = shares(found.scored.map((text) => text.sum_logprob));
  const rows = found.scored.map((text, i) => {
    const sums = told(text);
    const perCharacter = sums.bitsPerCharacter === null ? null : -sums.bitsPerCharacter * Math.LN2;
    return { number: i, text: found.texts[i] ?? "", ...sums, perCharacter, pmi: text.pmi ?? null, share: part[i] ?? 0 };
  }).sort((a, b) => b.sum - a.sum);
  /** @typedef {(typeof rows)[number]} Row */
  /** @type {import("../../parts/sorted.js").Column<Row>[]} */
  const columns = [
    { name: "continuation", label: say("candidate"), value: (row) => row.text, show: (row) => h("span", { class: "mono", lang: languageOf(row.text) }, row.text.replace(/^ /, "␣")) },
    { name: "tokens", label: say("tokens"), value: (row) => row.tokens },
    { name: "sum_logprob", label: say("sum"), value: (row) => row.sum, show: (row) => h("span", { "data-sum": row.sum }, whole(row.sum)) },
    { name: "share", label: say("share"), value: (row) => row.share, show: (row) => share(row.share) },
    { name: "mean_logprob", label: say("mean"), value: (row) => row.mean, show: (row) => mean(row.mean) },
    { name: "logprob_per_character", label: say("perCharacter"), value: (row) => row.perCharacter, show: (row) => mean(row.perCharacter) },
    ...(found.scored.some((text) => text.pmi !== undefined) ? [{ name: "pmi", label: say("pmi"), value: (/** @type {Row} */ row) => row.pmi, show: (/** @type {Row} */ row) => h("span", { "data-pmi": row.pmi }, amount(row.pmi)) }] : []),
  ];
  const text = picked === null ? undefined : found.scored[picked];
  return h("section", { class: "ranking" },
    h("p", { class: "hint" }, found.noPmi ? say("noPmi", { why: found.noPmi }) : say("pmiHint")),
    sortedTable({ label: say("continuations"), columns, rows, file: "beamline-continuations.csv", keyOf: (row) => row.number, picked, onPick: (row) => setChoice(row.number === picked ? null : { of: found, number: row.number }) }),
    text ? h(Tokens, { key: picked, text, name: found.texts[picked ?? 0] ?? "" }) : null);
}

/** A continuation's tokens. @param {{text: ScoredText, name: string}} props */
function Tokens({ text, name }) {
  const [at, setAt] = useState(text.prefix_tokens);
  const pick = (/** @type {Event} */ event) => setAt(keyOf(event) ?? at);
  const own = placed(text.tokens, vocabulary()).slice(text.prefix_tokens);
  return h("section", { class: "card" }, h("h2", null, say("tokensOf", { text: name })),
    h("ul", { class: "tokens-of", onClick: pick, onFocusIn: pick }, own.map(({ node, outlook }) => h("li", { key: node.key },
      h(Chip, { node, outlook, focused: node.key === at, given: false }),
      h("span", { class: "number" }, chance(node.logprob)), h("span", { class: "faint" }, `${say("rank")} ${node.rank ?? "–"}`)))));
}

/** Continuations. */
export function Continuations() {
  return h("div", { class: "whole-width" },
    h(PromptBox, { action: say("rankThem"), onGo: () => void rankContinuations(), single: false }),
    h(Field, {
      label: say("candidates"),
      children: (id) => h("textarea", {
        id, rows: Math.min(12, Math.max(3, candidateText.value.split("\n").length)), value: candidateText.value, spellcheck: false, lang: languageOf(candidateText.value),
        onInput: (/** @type {any} */ event) => (candidateText.value = event.currentTarget.value),
      }),
    }),
    h("div", { class: "row" },
      h(Switch, { label: say("spaced"), checked: spaced(), onChange: (on) => (asked.value = on) }),
      h("select", {
        "aria-label": `${say("examples")}: ${say("continuations")}`, value: "", onChange: (/** @type {any} */ event) => {
          const example = event.currentTarget.value === "" ? undefined : continuationExamples[Number(event.currentTarget.value)];
          if (example) [promptText.value, candidateText.value, asked.value] = [example.prefix, example.candidates, null];
          event.currentTarget.value = "";
        },
      }, h("option", { value: "" }, `${say("examples")}: ${say("continuations")}`), continuationExamples.map((example, i) => h("option", { key: i, value: i, lang: example.lang }, example.prefix)))),
    h(Table, null));
}
