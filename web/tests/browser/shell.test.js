// The frame: a server that loads, goes and comes back; keys; errors in the engine's words; work that is kept, taken along and run again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PATIENCE, accessible, close, idsOf, model, open, ready, serve, together } from "./lab.js";

const { server, browser } = await together();

/** Tokens of the prompt with the text behind it. */
const whole = (await idsOf(server.url, "Once upon a")).length + 8;

const greedy = `#/play?p=${encodeURIComponent("Once upon a")}&o=${encodeURIComponent('{"max_new_tokens":8}')}`;

/** Generates, and waits for the end. @param {import("./lab.js").WatchedPage} page @param {number} chips */
async function generate(page, chips) {
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, chips);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
}

test("a page that is opened while the model loads says so, and goes on when it is there", async () => {
  const page = await open(browser, server.url);
  let asked = 0;
  await page.route("**/health", (route) => (asked++ < 6 ? route.fulfill({ status: 503, json: { status: "loading model" } }) : route.continue()));
  page.troubles.length = 0;
  await page.reload();
  await page.getByText("The model is being loaded").waitFor();
  await page.getByText("1 s so far").waitFor();
  assert.equal(await page.getByRole("progressbar").count(), 1);
  await accessible(page);
  await page.locator(".bar .model").waitFor();
  assert.equal(await page.getByText("The model is being loaded").count(), 0);
  // The browser's own lines about the four answers of 503.
  page.troubles = page.troubles.filter((line) => !/503/.test(line));
  await close(page);
});

test("keys of a single sign can be switched off, and stay so; others act all the same", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.locator(".chip").first().waitFor();
  const chips = () => page.locator(".chip").count();
  const given = await chips();
  await page.locator("main").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByLabel("Keys of a single sign").uncheck();
  assert.ok((await page.locator("dl.keys .off").count()) > 5);
  assert.equal(await page.locator("dl.keys .off", { hasText: "Esc" }).count(), 0);
  await accessible(page);
  await page.keyboard.press("Escape");
  await page.locator("main").focus();
  for (const key of [".", "g", "?", "Shift+G"]) await page.keyboard.press(key);
  await page.keyboard.press("ArrowLeft");
  await page.locator(".chip.focused").waitFor();
  await page.waitForTimeout(300);
  assert.equal(await chips(), given, "nothing was generated");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.reload();
  await page.locator(".chip").first().waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("?");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, whole);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.locator(".bar").getByRole("button", { name: /Keys/ }).click();
  await page.getByRole("dialog").getByLabel("Keys of a single sign").check();
  await page.keyboard.press("Escape");
  await page.locator("main").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await close(page);
});

test("a server that goes away is said to be away, and work goes on when it is back", async () => {
  const own = await serve();
  const page = await open(browser, own.url, { hash: greedy, expected: /ERR_|Failed to load/ });
  await generate(page, whole);
  await own.stop();
  await page.getByText("The server is away").waitFor();
  await page.getByRole("button", { name: "One token" }).click();
  await page.getByRole("alert").getByText("cannot be reached").waitFor();
  const again = await serve([], new URL(own.url).port);
  await page.locator(".state").waitFor({ state: "detached" }); // it is back, and has loaded its model
  await page.getByRole("button", { name: "One token" }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, whole + 1);
  await close(page);
  await again.stop();
});

test("a server that asks for a key gets it from the reader", async () => {
  const keyed = await serve(["--api-key", "open-sesame"]);
  await ready(keyed.url);
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(90_000); // as for all pages that tests open
  await page.goto(`${keyed.url}/lab/`);
  await page.getByLabel("This server asks for a key").fill("open-sesame");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.locator(".bar .model").waitFor();
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.locator('.chip[data-chosen="model"]').first().waitFor();
  await context.close();
  await keyed.stop();
});

test("what the engine refuses is told in its words", async () => {
  const hash = `#/play?p=Once&o=${encodeURIComponent('{"max_new_tokens":4,"temperature":0.7}')}`;
  const page = await open(browser, server.url, { hash, expected: /400/ });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.getByRole("alert").getByText("temperature").waitFor();
  await accessible(page);
  await close(page);
});

test("a run is taken along, verified by the command, and replayed in the lab", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await generate(page, whole);
  await page.getByRole("button", { name: "Work" }).click();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export this run" }).click()]);
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  const path = join(folder, "run.json");
  await saved.saveAs(path);
  const code = await new Promise((done) => spawn(/** @type {string} */ (server.child.spawnfile), ["replay", path, "--model", model], { stdio: "ignore" }).on("exit", done));
  assert.equal(code, 0, "beamline replay verifies it");
  await page.locator('.menu input[type="file"]').setInputFiles(path);
  await page.getByText("identical: 8 tokens, to the bit").waitFor();
  const other = JSON.parse(readFileSync(path, "utf8"));
  other.sequences[0].token_ids[2] = 1;
  writeFileSync(path, JSON.stringify(other));
  await page.locator('.menu input[type="file"]').setInputFiles([]);
  await page.locator('.menu input[type="file"]').setInputFiles(path);
  await page.getByText(/differs: .*token 3/).waitFor();
  await accessible(page);
  await close(page);
});

test("work is kept by the browser, and opened again", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await generate(page, whole);
  const text = (await page.locator(".chip").allTextContents()).join("");
  await page.waitForTimeout(1200); // it is kept when the page has come to rest
  await page.goto(`${server.url}/lab/#/play`);
  await page.reload();
  await page.locator(".bar .model").waitFor();
  await page.getByRole("button", { name: "Work" }).click();
  await page.locator(".works button").first().click();
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, whole);
  assert.equal((await page.locator(".chip").allTextContents()).join(""), text);
  // And it can be gone on with.
  await page.getByRole("button", { name: "One token" }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, whole + 1);
  await close(page);
});

test("thousands of nodes are kept in portions between which frames are drawn, and a page that ends in the middle loses nothing that was kept", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await generate(page, whole);
  const counted = await page.evaluate(async () => {
    const load = (/** @type {string} */ path) => import(new URL(path, location.href.replace(/#.*/, "")).href);
    const [{ tree, tip }, keep, { props }] = [await load("./state/lab.js"), await load("./state/keep.js"), await load("./state/server.js")];
    const model = props.value.model.id;
    await keep.keep(model);
    const [before, size] = [tree.size, () => keep.read(keep.name.value).then((/** @type {any} */ work) => work.nodes.length)];
    const puts = /** @type {number[]} */ ([]);
    const { put } = IDBObjectStore.prototype;
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = /** @type {typeof transaction} */ (function (/** @type {string[]} */ names, /** @type {IDBTransactionMode} */ mode) {
      puts.push(0);
      return transaction.call(this, names, mode);
    });
    let fails = Infinity;
    IDBObjectStore.prototype.put = function (/** @type {unknown} */ value) {
      if (this.name === "nodes" && --fails < 0) throw new DOMException("the page ended", "AbortError");
      if (this.name === "nodes") puts[puts.length - 1] = Number(puts.at(-1)) + 1;
      return put.call(this, value);
    };
    const top = Array.from({ length: 12 }, (_, id) => ({ id, text: ` word${id}`, bytes: [32, 97, 98, 99, 100], logprob: -id, logprob_processed: -id, rank: id + 1 }));
    let at = tip.value;
    for (let i = 0; i < 4000; i++) {
      tree.foresee(at, { entropy: 3, top, restCount: 1, restMass: 0.5, draw: null, stages: [] });
      at = tree.add(at, { id: i % 100, text: " a", bytes: [32, 97], logprob: -1, rank: 1 }, "model").key;
    }
    tip.value = at;
    fails = 1500;
    await keep.keep(model);
    const [why, after] = [keep.unkept.value, await size()];
    fails = Infinity;
    await keep.keep(model);
    return { before, why, after, whole: await size(), size: tree.size, most: Math.max(...puts), portions: puts.filter((n) => n > 0).length };
  });
  assert.equal(counted.after, counted.before, "what had come of it does not count");
  assert.match(String(counted.why), /the page ended/);
  assert.equal(counted.whole, counted.size);
  assert.ok(counted.portions > 4 && counted.most < 2000, `${counted.portions} portions, ${counted.most} nodes at most`);
  await page.reload();
  await page.getByRole("button", { name: "Work" }).click();
  await page.locator(".works button").first().click();
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, counted.size - 1);
  await close(page);
});

test("another work that is opened in mid-stream gets nothing of what ran", async () => {
  const page = await open(browser, server.url, { hash: `#/play?p=${encodeURIComponent("Once upon a")}&o=${encodeURIComponent('{"max_new_tokens":6}')}` });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.locator(".sums").getByText("New tokens: 6").waitFor();
  const text = (await page.locator(".chip").allTextContents()).join("");
  await page.getByRole("button", { name: "Work" }).click();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.locator("#prompt").fill("A long and windy road goes");
  // Slow enough to be in the middle of it.
  await page.evaluate(async () => {
    const { running, tree } = await import(new URL("./state/lab.js", location.href.replace(/#.*/, "")).href);
    const keep = await import(new URL("./state/keep.js", location.href.replace(/#.*/, "")).href);
    const { props } = await import(new URL("./state/server.js", location.href.replace(/#.*/, "")).href);
    const settings = await import(new URL("./state/settings.js", location.href.replace(/#.*/, "")).href);
    settings.set({ max_new_tokens: 300 });
    /** @type {HTMLButtonElement} */ (document.querySelector(".prompt button.main")).click();
    while ((running.value?.tokens ?? 0) < 5) await new Promise((wake) => setTimeout(wake, 5));
    await keep.list();
    const other = keep.works.value.find((/** @type {{text: string}} */ work) => work.text === "Once upon a");
    await keep.show(await keep.read(other.name), props.value.model.id);
    const size = tree.size;
    await new Promise((wake) => setTimeout(wake, 600));
    if (tree.size !== size) throw new Error(`${tree.size - size} tokens came into another work`);
  });
  assert.equal((await page.locator(".chip").allTextContents()).join(""), text);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await close(page);
});

test("addresses that come are taken over, and broken ones break nothing", async () => {
  const page = await open(browser, server.url, { hash: "#/play/%E0%A4%A" });
  const go = (/** @type {string} */ hash) => page.evaluate((to) => { location.hash = to; }, hash);
  await go(`#/play?p=Hello&o=${encodeURIComponent('{"max_new_tokens":3}')}`);
  await page.waitForFunction(() => /** @type {HTMLTextAreaElement} */ (document.querySelector("#prompt")).value === "Hello");
  await page.waitForFunction(() => document.querySelectorAll(".chip").length > 0);
  await go("#/nonsense?p=Other");
  await page.waitForFunction(() => /** @type {HTMLTextAreaElement} */ (document.querySelector("#prompt")).value === "Other");
  await page.goBack();
  await page.waitForFunction(() => /** @type {HTMLTextAreaElement} */ (document.querySelector("#prompt")).value === "Hello");
  await close(page);
});

test("a browser that forbids to keep anything shows the lab all the same", async () => {
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get() { throw new DOMException("forbidden", "SecurityError"); } });
  });
  await page.goto(`${server.url}/lab/#/learn`);
  await page.locator(".bar .model").waitFor();
  await page.getByLabel("Language").selectOption("ja");
  await page.getByRole("heading", { level: 1 }).getByText("学ぶ").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
