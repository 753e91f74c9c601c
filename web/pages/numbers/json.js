// JSON that loses nothing: numbers keep all their digits, objects the order of their fields; and written as the engine writes it.

/** A number as it is written: more digits than a number of this language has, and `1.0` stays `1.0`. */
export class Digits {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @typedef {null | boolean | string | Digits | any[] | Map<string, any>} Json lists and maps hold such values again */

/** As deep as lists and objects may lie in each other. */
const DEEPEST = 127;

const [LEAST, MOST] = [-(2n ** 63n), 2n ** 64n - 1n];

/** A number of 64 bits with as few digits as tell it from all others: `-7.0`, `1e-7`, `0.00012`. @param {number} value */
export function float(value) {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [, sign = "", first = "", more = "", power = ""] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const digits = first + more;
  const point = Number(power) + 1; // digits before the point
  if (digits.length <= point && point <= 16) return `${sign}${digits.padEnd(point, "0")}.0`;
  if (0 < point && point <= 16) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (-5 < point && point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${first}${more ? `.${more}` : ""}e${point - 1}`;
}

/** A number's digits as they are written again: whole ones of 64 bits as they are, all others as numbers of 64 bits. @param {string} text */
function digits(text) {
  if (/^-?\d+$/.test(text) && text !== "-0" && LEAST <= BigInt(text) && BigInt(text) <= MOST) return new Digits(text);
  if (!Number.isFinite(Number(text))) throw new SyntaxError(`the number ${text.slice(0, 40)} is out of range`);
  return new Digits(float(Number(text)));
}

/** A text between quotation marks. @param {string} written */
function unquoted(written) {
  const text = /** @type {string} */ (JSON.parse(written));
  if (/\p{Surrogate}/u.test(text)) throw new SyntaxError("half of a character of two halves (a lone surrogate)");
  return text;
}

const WORD = /[\s,:]*([[\]{}]|"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+)/y;

/** Reads JSON. @param {string} text @returns {Json} @throws {SyntaxError} where it is none */
export function read(text) {
  JSON.parse(text); // from here on every word is in its place
  let at = 0;
  const word = () => {
    WORD.lastIndex = at;
    const [whole = "", found = ""] = WORD.exec(text) ?? [];
    at += whole.length;
    return found;
  };
  /** @param {string} first @param {number} deep @returns {Json} */
  const value = (first, deep) => {
    if (deep > DEEPEST) throw new SyntaxError(`lists and objects lie deeper than ${DEEPEST} in each other`);
    if (first === "[") {
      const list = [];
      for (let next = word(); next !== "]"; next = word()) list.push(value(next, deep + 1));
      return list;
    }
    if (first === "{") {
      const fields = new Map();
      for (let name = word(); name !== "}"; name = word()) fields.set(unquoted(name), value(word(), deep + 1));
      return fields;
    }
    if (first.startsWith('"')) return unquoted(first);
    return first === "null" ? null : first === "true" ? true : first === "false" ? false : digits(first);
  };
  return value(word(), 0);
}

/** Plain data as JSON that loses nothing. @param {unknown} data @returns {Json} */
export function of(data) {
  if (data === null || data === undefined) return null;
  if (typeof data === "number") return new Digits(Number.isSafeInteger(data) && !Object.is(data, -0) ? String(data) : float(data));
  if (typeof data === "bigint") return new Digits(String(data));
  if (Array.isArray(data)) return data.map(of);
  if (data instanceof Digits || data instanceof Map || typeof data === "boolean" || typeof data === "string") return data;
  return new Map(Object.entries(/** @type {object} */ (data)).map(([name, value]) => [name, of(value)]));
}

/** Writes JSON, without spaces. @param {Json} value @returns {string} */
export function write(value) {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (value instanceof Map) return `{${[...value].map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(",")}}`;
  return JSON.stringify(value);
}
