// What the browser keeps of small things, such as the language. A browser may forbid it, or be full: then they last as long as the page.

/** @typedef {"local" | "session"} Kind `local` for good, `session` for this window */

/** @type {Map<string, string>} */
const page = new Map();

/** @param {Kind} kind @returns {Storage | undefined} */
function storage(kind) {
  try {
    return kind === "local" ? globalThis.localStorage : globalThis.sessionStorage;
  } catch {
    return undefined; // forbidden
  }
}

/** What is kept under a name; null where nothing is. @param {string} name @param {Kind} [kind] @returns {string | null} */
export function kept(name, kind = "local") {
  try {
    return storage(kind)?.getItem(name) ?? page.get(name) ?? null;
  } catch {
    return page.get(name) ?? null;
  }
}

/** Keeps a text under a name. @param {string} name @param {string} text @param {Kind} [kind] */
export function keep(name, text, kind = "local") {
  page.set(name, text);
  try {
    storage(kind)?.setItem(name, text);
  } catch {
    // Full, or forbidden: this page knows it.
  }
}

/** What is kept as JSON, where it is of the kind of what stands for nothing: a list, a text, an object. @template T @param {string} name @param {T} otherwise @param {Kind} [kind] @returns {T} */
export function keptAs(name, otherwise, kind = "local") {
  try {
    const value = JSON.parse(kept(name, kind) ?? "null");
    const isSame = value !== null && typeof value === typeof otherwise && Array.isArray(value) === Array.isArray(otherwise);
    return isSame ? value : otherwise;
  } catch {
    return otherwise; // what another version of the lab kept
  }
}
