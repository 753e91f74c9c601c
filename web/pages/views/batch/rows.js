// The text of a file as rows, each with its columns or what is wrong with it.
import { rows as tableRows } from "../../numbers/csv.js";
import { read } from "../../numbers/json.js";
import { Wrong } from "./template.js";

/** @typedef {import("./template.js").Fields} Fields */
/** @typedef {"jsonl" | "csv" | "tsv"} Format */

/** What stands between the values of a table. @type {Partial<Record<Format, string>>} */
export const SEPARATORS = { csv: ",", tsv: "\t" };

/**
 * A row: its columns, or why it has none.
 * @typedef {{fields: Fields, wrong: null} | {fields: null, wrong: string}} Row
 */

/**
 * The rows of a file.
 * @typedef {object} Rows
 * @property {Row[]} rows
 * @property {string[] | null} table the columns of a table; null where each row has its own
 * @property {string[]} columns those of the table, or of the first row that can be read
 */

/** The format that a file's name ends in; null for any other. @param {string} name @returns {Format | null} */
export function formatOf(name) {
  const ending = /\.([^.]+)$/.exec(name.toLowerCase())?.[1];
  if (ending === "jsonl" || ending === "ndjson") return "jsonl";
  return ending === "csv" || ending === "tsv" ? ending : null;
}

/** Rows that are looked at for one that can be read, to know the columns. */
const AHEAD = 100;

/** A line of JSON as a row. @param {string} line @param {number} number from 1 @returns {Row} */
function rowOf(line, number) {
  try {
    const value = read(line);
    if (value instanceof Map) return { fields: value, wrong: null };
    if (typeof value === "string") return { fields: new Map([["prompt", value]]), wrong: null };
    return { fields: null, wrong: `line ${number}: it must be a JSON object of columns, or a text, which is a prompt` };
  } catch (error) {
    return { fields: null, wrong: `line ${number}: not valid JSON: ${error instanceof Error ? error.message : error}` };
  }
}

/** A table's rows. @param {string} text @param {string} separator @returns {Rows} */
function table(text, separator) {
  const [columns = [], ...records] = tableRows(text, separator);
  if (columns.every((name) => name === "")) throw new Wrong("there is no first line with the names of the columns");
  const twice = columns.find((name, at) => columns.indexOf(name) < at);
  if (twice !== undefined) throw new Wrong(`the column ${JSON.stringify(twice)} is there twice; give each a name of its own`);
  const rows = records.map((values, at) => (values.length === columns.length
    ? { fields: new Map(columns.map((name, i) => [name, /** @type {string} */ (values[i])])), wrong: null }
    : { fields: null, wrong: `row ${at + 1}: it has ${values.length} values, and there are ${columns.length} columns; is there a quotation mark that is not closed, or a separator without one?` }));
  return { rows, table: columns, columns };
}

/** The rows of a text. @param {string} text without a byte order mark @param {Format} format @returns {Rows} @throws {Wrong} where a table has no columns, or two of one name */
export function rowsOf(text, format) {
  const separator = SEPARATORS[format];
  if (separator !== undefined) return table(text, separator);
  const rows = text.split("\n").flatMap((line, at) => (/^[ \t\r\f]*$/.test(line) ? [] : [rowOf(line, at + 1)]));
  const first = rows.slice(0, AHEAD).find((row) => row.fields !== null);
  return { rows, table: null, columns: [...(first?.fields?.keys() ?? [])] };
}

/** A file's bytes as text. @param {ArrayBuffer} bytes @throws {TypeError} where they are no UTF-8 */
export const textOf = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
