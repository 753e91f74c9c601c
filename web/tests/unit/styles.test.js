// The views' styles do not meet: all are loaded at once, so a class that two views style on its own is styled by both.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const pages = new URL("../../pages/", import.meta.url);

/** The classes that a style sheet's selectors begin with. @param {string} path */
function roots(path) {
  const text = readFileSync(new URL(path, pages), "utf8").replaceAll(/\/\*.*?\*\//gs, "");
  const selectors = [...text.matchAll(/([^{}]+)\{/g)].flatMap(([, all]) => String(all).split(","));
  return new Set(selectors.map((one) => /^\w*\.([\w-]+)/.exec(one.trim())?.[1] ?? "").filter(Boolean));
}

test("no class is the beginning of two views' selectors, but where the parts define it", () => {
  const shared = new Set(["style/parts.css", "style/shell.css", "style/base.css"].flatMap((path) => [...roots(path)]));
  /** @type {Map<string, string>} */
  const owners = new Map();
  for (const view of readdirSync(new URL("views/", pages), { withFileTypes: true })) {
    if (!view.isDirectory()) continue;
    for (const name of roots(`views/${view.name}/${view.name}.css`)) {
      assert.ok(!shared.has(name), `${view.name}: .${name} is styled for all views; write .${view.name} before it`);
      assert.equal(owners.get(name) ?? view.name, view.name, `.${name} is styled by two views; write .${view.name} before it`);
      owners.set(name, view.name);
    }
  }
});
