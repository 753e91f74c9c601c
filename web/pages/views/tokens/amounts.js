// How many tokens the text takes: in all, by line, by script.
import { h, useState } from "../../vendor/preact.js";
import { count, fixed } from "../../numbers/format.js";
import { fact, facts } from "../../parts/facts.js";
import { Choice } from "../../parts/field.js";
import { sortedTable } from "../../parts/sorted.js";
import { languages } from "../../words/words.js";
import { byLine, byScript, counted, graphemes } from "./counts.js";
import { answer, parts } from "./state.js";
import { say } from "./words.js";

/** A ratio. @param {number} a @param {number} b */
const ratio = (a, b) => (b > 0 ? a / b : null);
/** @param {number | null} value */
const shown = (value) => (value === null ? "–" : fixed(value, 2));

/** The sums. */
export function Amounts() {
  const told = answer.value;
  if (!told) return null;
  const all = counted("", "", parts.value);
  const seen = graphemes(told.text);
  return facts([
    fact(say("tokens"), count(told.tokens.length), { "data-tokens": told.tokens.length }),
    fact(say("characters"), [count(all.characters), seen === all.characters ? null : h("span", { class: "faint", key: "seen" }, `${count(seen)} ${say("seen")}`)], { "data-characters": all.characters }),
    fact(say("bytes"), count(all.bytes), { "data-bytes": all.bytes }),
    fact(say("perToken"), shown(ratio(all.characters, told.tokens.length))),
    fact(say("bytesPerToken"), shown(ratio(all.bytes, told.tokens.length))),
  ], "tiles");
}

/** The table. */
export function Table() {
  const [kind, setKind] = useState(/** @type {"script" | "line"} */ ("script"));
  if (!answer.value || parts.value.length === 0) return null;
  const rows = kind === "line" ? byLine(parts.value) : byScript(parts.value).map((row) => ({ ...row, language: "" }));
  /** @typedef {(typeof rows)[number]} Row */
  /** @type {import("../../parts/sorted.js").Column<Row>[]} */
  const columns = [
    kind === "line"
      ? { name: "line", label: say("line"), value: (row) => Number(row.name) }
      : { name: "script", label: say("script"), value: (row) => row.name, show: (row) => say(/** @type {any} */ (row.name)) },
    ...(kind === "line" ? /** @type {import("../../parts/sorted.js").Column<Row>[]} */ ([
      { name: "text", label: say("text"), value: (row) => row.text, show: (row) => h("span", { class: "excerpt", lang: row.language }, row.text || "↵") },
      { name: "language", label: say("language"), value: (row) => row.language, show: (row) => languages.find(({ code }) => code === row.language)?.name ?? "" },
    ]) : []),
    { name: "characters", label: say("characters"), value: (row) => row.characters },
    { name: "bytes", label: say("bytes"), value: (row) => row.bytes },
    { name: "tokens", label: say("tokens"), value: (row) => row.tokens },
    { name: "characters_per_token", label: say("perToken"), value: (row) => ratio(row.characters, row.tokens), show: (row) => shown(ratio(row.characters, row.tokens)) },
  ];
  return h("details", { class: "amounts", open: true }, h("summary", null, say("counts")),
    h(Choice, { label: say("by"), value: kind, choices: /** @type {const} */ (["script", "line"]).map((name) => ({ value: name, label: say(name) })), onChange: (name) => setKind(/** @type {any} */ (name)) }),
    sortedTable({ label: say("counts"), columns, rows, file: `beamline-tokens-by-${kind}.csv`, keyOf: (row) => row.name }));
}
