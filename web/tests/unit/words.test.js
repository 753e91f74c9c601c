// What the lab says: no word that nothing says, and in every language the same values in it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const pages = resolve(dirname(fileURLToPath(import.meta.url)), "../../pages");

/** All modules below a folder. @param {string} folder @returns {string[]} */
const modules = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  if (name === "vendor") return [];
  return statSync(path).isDirectory() ? modules(path) : name.endsWith(".js") ? [path] : [];
});

/** A module's code without its comments. @param {string} path */
const code = (path) => readFileSync(path, "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** Keys that are put together: how the code does that, and which keys come of it. */
const BUILT = /** @type {Record<string, Array<{by: string, is: RegExp}>>} */ ({
  "parts": [{ by: "`origin_${", is: /^origin_/ }, { by: "`end_${", is: /^end_/ }],
  "views/batch": [{ by: "`is_${", is: /^is_/ }, { by: "`by_${", is: /^by_/ }, { by: "`row_${", is: /^row_/ }],
  "views/beams": [{ by: "`number_${", is: /^number_/ }],
  "views/compare": [{ by: "${name}Why`", is: /Why$/ }],
  "views/model": [{ by: "`from_${", is: /^from_/ }],
  "views/shape": [{ by: "${kind}About`", is: /About$/ }],
});

/** Keys that are values of a list elsewhere, or names of an object's entries. */
const LISTED = /** @type {Record<string, {path: string, is: (key: string) => RegExp}>} */ ({
  "parts": { path: "parts/options.js", is: (key) => new RegExp(`^  ${key}: \\{`, "m") },
  "views/play": { path: "state/looks.js", is: (key) => new RegExp(`"${key}"`) },
  "views/tokens": { path: "words/script.js", is: (key) => new RegExp(`"${key}"`) },
});

/** Modules that define words, with all that they say. */
const all = modules(pages).flatMap((path) => {
  const given = /define\((\{\n[\s\S]*?\n\})\)/.exec(readFileSync(path, "utf8"))?.[1];
  return given ? [{ path, folder: relative(pages, dirname(path)), words: /** @type {Record<string, Record<string, string>>} */ (new Function(`return ${given}`)()) }] : [];
});

test("every word is said somewhere", () => {
  assert.ok(all.length > 9, `${all.length} modules of words`);
  const dead = [];
  for (const { path, folder, words } of all) {
    // What the lab says as a whole is said anywhere, the rest where it is defined.
    const said = modules(folder === "words" ? pages : dirname(path)).filter((other) => other !== path).map(code).join("\n");
    const built = BUILT[folder] ?? [];
    for (const { by } of built) assert.ok(said.includes(by), `${folder} does not build words by ${by}`);
    const listed = LISTED[folder];
    const others = listed ? code(join(pages, listed.path)) : "";
    for (const key of Object.keys(words["en"] ?? {})) {
      if (said.includes(`"${key}"`) || built.some(({ is }) => is.test(key)) || listed?.is(key).test(others)) continue;
      dead.push(`${relative(pages, path)}: ${key}`);
    }
  }
  assert.deepEqual(dead, []);
});

test("a word has the same values in every language", () => {
  const values = (/** @type {string | undefined} */ text) => [...new Set(text?.match(/\{\w+\}/g))].sort().join(" ");
  for (const { path, words: { en, ...others } } of all) {
    for (const [language, texts] of Object.entries(others)) {
      for (const [key, text] of Object.entries(en ?? {})) assert.equal(values(texts[key]), values(text), `${relative(pages, path)}: ${key} (${language})`);
    }
  }
});
