// Modules are sent without their comments (web/src/spare.rs), which are told by how lines begin: no line of a text may begin so.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const pages = resolve(fileURLToPath(import.meta.url), "../../../pages");

/** All modules below a folder. @param {string} folder @returns {string[]} */
const modules = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  if (name === "vendor") return [];
  return statSync(path).isDirectory() ? modules(path) : name.endsWith(".js") ? [path] : [];
});

/** Lines of texts that begin as comments do. @param {string} name @param {string} code */
function wrong(name, code) {
  const found = /** @type {string[]} */ ([]);
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isTemplateLiteralToken(node)) found.push(...node.getText().split("\n").slice(1).filter((line) => /^\s*(\/\/|\/\*)/.test(line)).map((line) => `${name}: ${line.trim()}`));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true));
  return found;
}

test("no line of a text begins as a comment does", () => {
  const all = modules(pages);
  assert.ok(all.length > 100, `${all.length} modules`);
  assert.deepEqual(all.flatMap((path) => wrong(relative(pages, path), readFileSync(path, "utf8"))), []);
  assert.deepEqual(wrong("a", "const a = `b\n  // c ${d}\n /* e`;\n// f\n"), ["a: // c ${", "a: /* e`"]);
});
