// Tables as CSV (RFC 4180): read, and written for other programs.

/** A field: quoted where it has a comma, a quote or a line break. @param {string | number | null | undefined} value */
function field(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as text. @param {ReadonlyArray<ReadonlyArray<string | number | null | undefined>>} rows the first one names the columns */
export function csv(rows) {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** A row of a table as the engine writes it: with a line end alone, quoted where a separator, a quote or a line break is in a value. @param {ReadonlyArray<string>} values two or more @param {string} separator */
export function line(values, separator) {
  const quoted = (/** @type {string} */ value) => (value.includes(separator) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return `${values.map(quoted).join(separator)}\n`;
}

/**
 * The rows of a table. A quotation mark counts at the beginning of a value; within quotation marks everything else is the value's, line ends
 * too, and a mark that is meant is written twice. Lines end with `\n`, `\r\n` or `\r`; empty ones are no rows.
 *
 * @param {string} text @param {string} separator one character
 * @returns {string[][]}
 */
export function rows(text, separator) {
  /** @type {string[][]} */
  const all = [];
  /** @type {string[]} */
  let row = [];
  const plain = new RegExp(`[^${separator}\r\n]*`, "y");
  for (let at = 0; at < text.length || row.length > 0; ) {
    if (row.length === 0 && (text[at] === "\n" || text[at] === "\r")) {
      at += 1;
      continue;
    }
    let value = "";
    if (text[at] === '"') [value, at] = quoted(text, at + 1);
    plain.lastIndex = at;
    const [more = ""] = plain.exec(text) ?? []; // what stands behind a closing mark belongs to the value, too
    row.push(value + more);
    at += more.length + 1;
    if (text[at - 1] === separator) continue;
    all.push(row); // the line's end, or the text's
    row = [];
  }
  return all;
}

/** A value in quotation marks, up to the closing one or the text's end; and where the text goes on. @param {string} text @param {number} from behind the first mark @returns {[string, number]} */
function quoted(text, from) {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) return [text.slice(from).replaceAll('""', '"'), text.length];
    if (text[at + 1] !== '"') return [text.slice(from, at).replaceAll('""', '"'), at + 1];
  }
}
