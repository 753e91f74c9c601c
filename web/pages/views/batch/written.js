// Rows with their results as files: the bytes that `beamline batch` writes.
import { line } from "../../numbers/csv.js";
import { Digits, float, of, write } from "../../numbers/json.js";
import { SEPARATORS } from "./rows.js";

/** @typedef {import("../../numbers/json.js").Json} Json */
/** @typedef {import("./template.js").Fields} Fields */
/** @typedef {import("./rows.js").Format} Format */

/** A sequence as the server gives it, as far as it is kept. @typedef {{text: string, token_ids: number[], finish_reason: string | null, stop_string: string | null, score: number | null, sum_logprob: number}} Sequence */

/** What came of a row: its sequences, the best first, or why there are none. @typedef {{sequences: Sequence[], error: null} | {sequences: null, error: string}} Result */

/** The columns of a result. A column of the input that is called so is written as `input_` and its name. */
export const RESULTS = ["text", "token_ids", "finish_reason", "sum_logprob", "error", "sequences"];

/** What a column of the input is called in the output. @param {string} name @param {(name: string) => boolean} taken */
export function carried(name, taken) {
  let all = name;
  if (RESULTS.includes(name)) while (RESULTS.includes(all) || taken(all)) all = `input_${all}`;
  return all;
}

/** @param {number | null} value */
const real = (value) => (value === null ? null : new Digits(float(value)));

/** All sequences. @param {ReadonlyArray<Sequence>} all @returns {Json} */
const sequences = (all) => all.map(({ text, token_ids, finish_reason, stop_string, score, sum_logprob }) => new Map(/** @type {Array<[string, Json]>} */ ([
  ["text", text], ["token_ids", of(token_ids)], ["finish_reason", finish_reason], ["stop_string", stop_string], ["score", real(score)], ["sum_logprob", real(sum_logprob)],
])));

/** The values of the columns of a result. @param {Result} result @returns {Map<string, Json>} */
function results({ sequences: all, error }) {
  const first = all?.[0];
  return new Map(/** @type {Array<[string, Json]>} */ ([
    ["text", first?.text ?? null], ["token_ids", first ? of(first.token_ids) : null], ["finish_reason", first?.finish_reason ?? null],
    ["sum_logprob", first ? real(first.sum_logprob) : null], ["error", error === null ? null : error.split(/\s+/).filter(Boolean).join(" ")], ["sequences", all ? sequences(all) : null],
  ]));
}

/** A row as a line of JSON. @param {Fields | null} fields @param {Result} result */
export function jsonLine(fields, result) {
  const [given, made] = [fields ?? new Map(), results(result)];
  const several = (result.sequences?.length ?? 0) > 1;
  const named = [...made].filter(([name]) => several || name !== "sequences");
  return `${write(new Map([...[...given].map(([name, value]) => /** @type {[string, Json]} */ ([carried(name, (other) => given.has(other)), value])), ...named]))}\n`;
}

/** A value in a table. @param {Json | undefined} value */
const cell = (value) => (typeof value === "string" ? value : value === null || value === undefined ? "" : write(value));

/**
 * A table.
 *
 * @param {Format} format @param {ReadonlyArray<string>} columns @param {boolean} several whether rows may have several sequences
 * @returns {{head: string, row: (fields: Fields | null, result: Result) => string}}
 */
export function tableOf(format, columns, several) {
  const separator = SEPARATORS[format] ?? ",";
  const names = RESULTS.filter((name) => several || name !== "sequences");
  return {
    head: line([...columns.map((column) => carried(column, (other) => columns.includes(other))), ...names], separator),
    row: (fields, result) => {
      const made = results(result);
      return line([...columns.map((column) => cell(fields?.get(column))), ...names.map((name) => cell(made.get(name)))], separator);
    },
  };
}
