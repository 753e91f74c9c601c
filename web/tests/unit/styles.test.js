// Styles of views do not meet: all sheets are loaded at once, so each is within the scope of its own view.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const pages = new URL("../../pages/", import.meta.url);

test("every view's sheet is one scope, its own", () => {
  for (const view of readdirSync(new URL("views/", pages), { withFileTypes: true })) {
    if (!view.isDirectory()) continue;
    const text = readFileSync(new URL(`views/${view.name}/${view.name}.css`, pages), "utf8").trim();
    const opening = `@scope ([data-view="${view.name}"]) {`;
    assert.ok(text.startsWith(opening), `${view.name}.css begins with ${opening}`);
    let depth = 0;
    const ends = [...text.replaceAll(/\/\*.*?\*\//gs, (comment) => " ".repeat(comment.length))].flatMap((sign, at) => {
      depth += sign === "{" ? 1 : sign === "}" ? -1 : 0;
      return sign === "}" && depth === 0 ? [at] : [];
    });
    assert.deepEqual(ends, [text.length - 1], `${view.name}.css has nothing behind its scope`);
  }
});
