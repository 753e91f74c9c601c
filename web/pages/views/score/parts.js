// A scored text by its lines or sentences: which of them surprised the model.
import { h, useState } from "../../vendor/preact.js";
import { fixed, logarithm } from "../../numbers/format.js";
import { Choice } from "../../parts/field.js";
import { sortedTable } from "../../parts/sorted.js";
import { sums } from "./scored.js";
import { segments } from "../../words/segments.js";
import { focused, pinned, result } from "./state.js";
import { say } from "./words.js";

/** @typedef {import("../../words/segments.js").Segment & {sums: import("./scored.js").Sums}} Row */

/** The rows of the text that was scored last, for each way to part it. @type {{of: unknown, rows: Map<string, Row[]>}} */
let known = { of: null, rows: new Map() };

/** @param {"line" | "sentence"} kind @returns {Row[]} */
function rowsOf(kind) {
  const tokens = result.value?.tokens ?? [];
  if (known.of !== tokens) known = { of: tokens, rows: new Map() };
  const rows = known.rows.get(kind) ?? segments(tokens, kind).map((segment) => ({ ...segment, sums: sums(tokens.slice(segment.from, segment.to)) }));
  known.rows.set(kind, rows);
  return rows;
}

/** The table. */
export function Parts() {
  const [kind, setKind] = useState(/** @type {"line" | "sentence"} */ ("sentence"));
  if (!result.value) return null;
  const rows = rowsOf(kind);
  const at = focused.value;
  const here = at === null ? null : (rows.find(({ from, to }) => from <= at && at < to)?.number ?? null);
  /** @type {import("../../parts/sorted.js").Column<Row>[]} */
  const columns = [
    { name: "number", label: say("number"), value: (row) => row.number },
    { name: "text", label: say("part"), value: (row) => row.text, show: (row) => h("span", { class: "excerpt", title: row.text }, row.text.trim() || "␣") },
    { name: "tokens", label: say("tokens"), value: (row) => row.to - row.from },
    { name: "sum_logprob", label: say("sum"), value: (row) => row.sums.sum, show: (row) => logarithm(row.sums.sum, 2) },
    { name: "mean_logprob", label: say("mean"), value: (row) => row.sums.mean, show: (row) => logarithm(row.sums.mean) },
    { name: "perplexity", label: say("perplexity"), value: (row) => row.sums.perplexity, show: (row) => (row.sums.perplexity === null ? "–" : fixed(row.sums.perplexity, 1)) },
    { name: "bits_per_character", label: say("bitsCharacter"), value: (row) => row.sums.bitsPerCharacter, show: (row) => (row.sums.bitsPerCharacter === null ? "–" : fixed(row.sums.bitsPerCharacter, 2)) },
  ];
  return h("section", { class: "parts" },
    h(Choice, { label: say("by"), value: kind, choices: /** @type {const} */ (["sentence", "line"]).map((name) => ({ value: name, label: say(name) })), onChange: (name) => setKind(/** @type {any} */ (name)) }),
    sortedTable({ label: say(kind), columns, rows, file: `beamline-${kind}s.csv`, keyOf: (row) => row.number, picked: here, onPick: (row) => (pinned.value = row.from) }));
}
