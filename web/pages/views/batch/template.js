// A prompt made of a row's columns, as `beamline batch --prompt` makes it.
import { write } from "../../numbers/json.js";

/** @typedef {import("../../numbers/json.js").Json} Json */
/** @typedef {ReadonlyMap<string, Json>} Fields */

/**
 * A text with places for columns.
 * @typedef {Array<{text: string} | {column: string}>} Template
 */

/** What is wrong with a template, or with a row; as the engine says it. */
export class Wrong extends Error {}

/** Columns that are named at most. */
const NAMED = 30;

/** What to say of a column that is not there. @param {string} name @param {ReadonlyArray<string>} there */
export function missing(name, there) {
  if (there.length === 0) return `there is no column ${JSON.stringify(name)}; the row has none`;
  const more = there.length > NAMED ? ` and ${there.length - NAMED} more` : "";
  return `there is no column ${JSON.stringify(name)}; columns are ${there.slice(0, NAMED).join(", ")}${more}`;
}

/** Reads a template: `{name}` is a column, a brace that is meant is written twice. @param {string} source @returns {Template} @throws {Wrong} where a brace stands alone */
export function template(source) {
  const wrong = (/** @type {string} */ what) => new Wrong(`the template ${JSON.stringify(source)} has ${what}; a brace that is meant is written twice`);
  /** @type {Template} */
  const parts = [];
  let text = "";
  for (let at = 0; at < source.length; ) {
    const brace = source[at];
    if (brace !== "{" && brace !== "}") {
      text += source[at++];
    } else if (source[at + 1] === brace) {
      text += brace;
      at += 2;
    } else if (brace === "}") {
      throw wrong("a } that closes nothing");
    } else {
      const end = source.indexOf("}", at);
      if (end < 0) throw wrong("a { that is not closed");
      const name = source.slice(at + 1, end);
      if (name.trim() === "" || name.includes("{")) throw wrong("a { that is followed by no column's name");
      parts.push({ text }, { column: name.trim() });
      text = "";
      at = end + 1;
    }
  }
  return [...parts, { text }];
}

/** The columns that a template names. @param {Template} parts */
export const columnsOf = (parts) => parts.flatMap((part) => ("column" in part ? [part.column] : []));

/** The text for a row: its texts as they are, its other values as JSON. @param {Template} parts @param {Fields} fields @returns {string} @throws {Wrong} where a column is missing or null */
export function fill(parts, fields) {
  return parts.map((part) => {
    if ("text" in part) return part.text;
    const value = fields.get(part.column);
    if (value === undefined) throw new Wrong(missing(part.column, [...fields.keys()]));
    if (value === null) throw new Wrong(`the column ${JSON.stringify(part.column)} is null, and the prompt needs it`);
    return typeof value === "string" ? value : write(value);
  }).join("");
}
