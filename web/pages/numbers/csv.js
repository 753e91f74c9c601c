// Tables as CSV (RFC 4180), for other programs.

/** A field: quoted where it has a comma, a quote or a line break. @param {string | number | null | undefined} value */
function field(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as text. @param {ReadonlyArray<ReadonlyArray<string | number | null | undefined>>} rows the first one names the columns */
export function csv(rows) {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
