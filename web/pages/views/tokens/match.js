// Finding tokens: by a part of their text, by a regular expression, by bytes.

/** @typedef {"part" | "regex" | "bytes"} Kind */
/** @typedef {string | number[]} Entry a token as the server lists it: its text, or bytes where they are part of a character */

/** Bytes as they are written in hexadecimal digits; null where they are not. @param {string} written @returns {number[] | null} */
export function bytesOf(written) {
  const digits = written.replace(/0x|[\s,]/gi, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return null;
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** Whether bytes have others within. @param {ArrayLike<number>} all @param {ReadonlyArray<number>} part */
function within(all, part) {
  for (let from = 0; from + part.length <= all.length; from++) {
    let i = 0;
    while (i < part.length && all[from + i] === part[i]) i += 1;
    if (i === part.length) return true;
  }
  return false;
}

const encoder = new TextEncoder();

/** What an entry must be to be found. Fails with a SyntaxError where the query cannot be read. @param {Kind} kind @param {string} query @param {boolean} fold whether capital letters count as small ones @returns {(entry: Entry) => boolean} */
export function matcher(kind, query, fold) {
  if (query === "") return () => true;
  if (kind === "bytes") {
    const bytes = bytesOf(query);
    if (!bytes) throw new SyntaxError(`${query}: e2 96 81`);
    return (entry) => within(typeof entry === "string" ? encoder.encode(entry) : entry, bytes);
  }
  if (kind === "regex") {
    const pattern = new RegExp(query, fold ? "iu" : "u");
    return (entry) => typeof entry === "string" && pattern.test(entry);
  }
  const part = fold ? query.toLowerCase() : query;
  return (entry) => typeof entry === "string" && (fold ? entry.toLowerCase() : entry).includes(part);
}

/** The ids of the entries that are found. @param {ReadonlyArray<Entry>} entries @param {Kind} kind @param {string} query @param {boolean} fold @returns {Uint32Array} */
export function find(entries, kind, query, fold) {
  const is = matcher(kind, query, fold);
  const ids = new Uint32Array(entries.length);
  let n = 0;
  entries.forEach((entry, id) => {
    if (is(entry)) ids[n++] = id;
  });
  return ids.slice(0, n);
}
