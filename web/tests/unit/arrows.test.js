// Folders of the pages go one way: each uses only those before it, and no view uses another.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const pages = resolve(dirname(fileURLToPath(import.meta.url)), "../../pages");
const ORDER = ["vendor", "browser", "words", "api", "numbers", "state", "parts", "shell", "views"];

/** All modules below a folder. @param {string} folder @returns {string[]} */
const modules = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? modules(path) : name.endsWith(".js") ? [path] : [];
});

/** What a module imports, types left out. @param {string} path */
const imports = (path) => [...readFileSync(path, "utf8").matchAll(/^(?:import|export)[^;]*?from "(\.[^"]+)";/gms)].map((found) => normalize(join(dirname(path), /** @type {string} */ (found[1]))));

const all = modules(pages).filter((path) => !path.includes("/vendor/"));

test("every module that is named is there", () => {
  assert.ok(all.length > 40, `${all.length} modules`);
  for (const path of all) for (const other of imports(path)) assert.ok(statSync(other, { throwIfNoEntry: false }), `${relative(pages, path)} names ${relative(pages, other)}`);
});

test("folders go one way", () => {
  for (const path of all) {
    const [from = "", view] = relative(pages, path).split("/");
    if (!ORDER.includes(from)) continue; // start.js, which puts all together
    for (const other of imports(path)) {
      const [to = "", otherView] = relative(pages, other).split("/");
      assert.ok(ORDER.indexOf(to) <= ORDER.indexOf(from), `${relative(pages, path)} must not use ${relative(pages, other)}`);
      assert.ok(!(from === "views" && to === "views" && view !== otherView), `${relative(pages, path)} must not use ${relative(pages, other)}`);
    }
  }
});

test("modules have no circles", () => {
  /** @type {Map<string, "open" | "done">} */
  const state = new Map();
  /** @param {string} path @param {string[]} way */
  const visit = (path, way) => {
    if (state.get(path) === "done" || path.includes("/vendor/")) return;
    assert.notEqual(state.get(path), "open", `a circle: ${[...way, path].map((at) => relative(pages, at)).join(" → ")}`);
    state.set(path, "open");
    for (const other of imports(path)) visit(other, [...way, path]);
    state.set(path, "done");
  };
  for (const path of all) visit(path, []);
});

test("files are short", () => {
  for (const path of all) assert.ok(readFileSync(path, "utf8").split("\n").length <= 400, relative(pages, path));
});
