// Tokens, in a real browser: text, ids and bytes, live; the search in the vocabulary; what is said of several tokens for one character.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "../../pages/numbers/format.js";
import { accessible, api, close, idsOf, open, partedCharacter, shot, together } from "./lab.js";

const { server, browser } = await together();

const TEXT = "Once upon a time.\n안녕 早い 🙂";
const address = (/** @type {string} */ text) => `#/tokens?p=${encodeURIComponent(text)}`;
/** @param {import("playwright-core").Page} page @param {number} n */
const counted = (page, n) => page.waitForFunction((n) => document.querySelectorAll(".in-tokens .chip").length === n, n);
/** @param {import("playwright-core").Page} page */
const ids = (page) => page.locator(".in-tokens .chip").evaluateAll((all) => all.map((chip) => Number(chip.getAttribute("data-id"))));
/** @param {import("playwright-core").Page} page */
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test("a text's tokens come as it is written, with the API's ids, bytes and places", async () => {
  const page = await open(browser, server.url, { hash: address("x") });
  await page.getByLabel("Text", { exact: true }).fill(TEXT);
  const told = await api(server.url, "v1/tokens", { text: TEXT });
  await counted(page, told.tokens.length);
  assert.deepEqual(await ids(page), told.tokens.map((/** @type {{id: number}} */ token) => token.id));
  assert.equal(await page.locator("[data-tokens]").getAttribute("data-tokens"), String(told.tokens.length));
  assert.equal(await page.locator("[data-characters]").getAttribute("data-characters"), String([...TEXT].length));
  assert.equal(await page.locator("[data-bytes]").getAttribute("data-bytes"), String(new TextEncoder().encode(TEXT).length));
  const hexes = (await page.locator(".in-bytes .part").allTextContents()).join(" ").trim();
  assert.equal(hexes, [...new TextEncoder().encode(TEXT)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  assert.equal(await page.locator(".piece").count(), told.pieces.length);
  assert.equal(await page.getByLabel("Ids", { exact: true }).inputValue(), told.tokens.map((/** @type {{id: number}} */ token) => token.id).join(" "));
  await shot(page, "tokens-en-light");
  await close(page);
});

test("what is pointed at lights up in all three, and several tokens for a character are explained", async () => {
  const character = await partedCharacter(server.url);
  const text = TEXT.replace("안", character);
  const page = await open(browser, server.url, { hash: address(text) });
  const told = await api(server.url, "v1/tokens", { text });
  await counted(page, told.tokens.length);
  await page.locator(".in-text .part", { hasText: character }).click();
  const encoder = new TextEncoder();
  const [start, bytes] = [encoder.encode(text.slice(0, text.indexOf(character))).length, [...encoder.encode(character)]];
  const own = told.tokens.filter((/** @type {{start: number, end: number}} */ token) => token.start < start + bytes.length && token.end > start);
  assert.equal(await page.locator(".in-tokens .lit").count(), own.length);
  const lit = (await page.locator(".in-bytes .lit").allTextContents()).join(" ");
  assert.ok(lit.includes(bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")), lit);
  const why = (await page.locator(".why-tokens").textContent()) ?? "";
  const point = `U+${character.codePointAt(0)?.toString(16).toUpperCase()}`;
  const vocabulary = (await api(server.url, "v1/vocabulary")).tokens.length;
  for (const part of [`Why ${character} takes ${own.length} tokens`, point, `No token of the vocabulary’s ${count(vocabulary)} stands for these bytes`]) assert.ok(why.includes(part), `${part} is not in ${why}`);
  await page.locator(".in-tokens .chip.lit").nth(1).click();
  assert.equal(await page.locator(".in-tokens .lit").count(), 1);
  assert.equal(await page.locator(".in-tokens .near").count(), own.length - 1);
  const begin = [...text.slice(0, text.indexOf(character))].length;
  assert.match((await page.locator(".detail").textContent()) ?? "", new RegExp(`bytes ${start}\\.\\.${start + bytes.length}characters ${begin}\\.\\.${begin + 1}`));
  await page.locator(".in-bytes .part").first().hover();
  const first = told.tokens.find((/** @type {{start: number, end: number}} */ token) => token.end > 0);
  assert.equal(await page.locator(".in-text .lit").textContent(), new TextDecoder().decode(encoder.encode(text).subarray(0, first.end)));
  await accessible(page);
  await page.getByRole("button", { name: "Find it in the vocabulary" }).click();
  await page.waitForFunction(() => /^[\d\s]+ of/.test(document.querySelector(".vocabulary [role=status]")?.textContent ?? ""));
  assert.equal(await page.getByLabel("by", { exact: true }).inputValue(), "bytes");
  await close(page);
});

test("ids become text, and what is wrong with them is said", async () => {
  const page = await open(browser, server.url, { hash: address("Once upon"), expected: /400/ });
  await counted(page, (await idsOf(server.url, "Once upon")).length);
  const { tokens } = await api(server.url, "v1/tokens", { text: " a time", add_special_tokens: false });
  const box = page.getByLabel("Ids", { exact: true });
  await box.fill(tokens.map((/** @type {{id: number}} */ token) => token.id).join(", "));
  await page.locator(".ids .back").waitFor();
  assert.equal(await page.locator(".ids .back").textContent(), " a time");
  await page.getByRole("button", { name: "Put it into the box" }).click();
  await counted(page, (await idsOf(server.url, " a time")).length);
  assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), " a time");
  await box.fill("99999999");
  const refused = await fetch(`${server.url}/detokenize`, { method: "POST", body: '{"tokens":[99999999]}', headers: { "content-type": "application/json" } });
  await page.getByText((await refused.json()).error.message, { exact: true }).waitFor();
  await box.fill("one");
  await page.getByText("Ids are whole numbers").waitFor();
  // The letters of Once, one by one, are not how the tokenizer writes it.
  const letters = await Promise.all([..."Once"].map((letter) => idsOf(server.url, letter, false)));
  await box.fill(letters.flat().join(" "));
  await page.locator(".ids .card").waitFor();
  await close(page);
});

test("the vocabulary is searched by text, expression and bytes; a bad or slow expression harms nothing", async () => {
  const page = await open(browser, server.url, { hash: address("x") });
  const { tokens } = await api(server.url, "v1/vocabulary");
  const status = page.locator(".vocabulary [role=status]");
  const found = async (/** @type {number} */ n) => page.waitForFunction((n) => document.querySelector(".vocabulary [role=status]")?.textContent?.replaceAll("\u202f", "").startsWith(`${n} of`), n);
  const texts = /** @type {string[]} */ (tokens.filter((/** @type {unknown} */ token) => typeof token === "string"));
  await found(tokens.length);
  await page.getByLabel("Find tokens").fill("KING");
  await found(texts.filter((text) => text.toLowerCase().includes("king")).length);
  await page.getByLabel("by", { exact: true }).selectOption("regex");
  await page.getByLabel("Find tokens").fill("^ the?$");
  await found(texts.filter((text) => /^ the?$/i.test(text)).length);
  await page.getByLabel("Find tokens").fill("(");
  await page.waitForFunction(() => /regular expression/i.test(document.querySelector(".vocabulary .wrong")?.textContent ?? ""));
  await page.getByLabel("Find tokens").fill("^(\\s|\\S|.)*(\\w|\\W|.)*(\\d|\\D|.)*(\\w|\\W|.)*(\\w|\\W|.)*(\\w|\\W|.)*(\\w|\\W|.)*(\\d|\\D|.)*\u0001$");
  await page.getByText("took longer than 1.5 s").waitFor();
  await page.getByLabel("by", { exact: true }).selectOption("bytes");
  await page.getByLabel("Find tokens").fill("6b 69 6e 67");
  await found(texts.filter((text) => text.includes("king")).length);
  const row = page.locator(".entries .scroll .entry").first();
  const id = Number(await row.locator("[role=cell]").first().textContent());
  assert.match(tokens[id], /king/);
  await row.getByRole("button").click();
  assert.match(await page.getByLabel("Ids", { exact: true }).inputValue(), new RegExp(` ${id}$`));
  await page.getByLabel("Find tokens").fill("");
  await found(tokens.length);
  await page.locator(".entries .scroll").evaluate((box) => (box.scrollTop = box.scrollHeight));
  await page.locator(".entry", { hasText: new RegExp(`^${tokens.length - 1}`) }).waitFor();
  assert.ok((await page.locator(".entries .scroll .entry").count()) < 60, "rows that nobody sees are drawn");
  assert.ok(await status.isVisible());
  await close(page);
});

test("nothing is sent while a syllable is being put together", async () => {
  const page = await open(browser, server.url, { hash: address("") });
  const asked = /** @type {string[]} */ ([]);
  page.on("request", (request) => { if (request.url().endsWith("/v1/tokens")) asked.push(request.postData() ?? ""); });
  const box = page.getByLabel("Text", { exact: true });
  await box.fill("");
  await counted(page, (await idsOf(server.url, "")).length);
  asked.length = 0;
  const session = await page.context().newCDPSession(page);
  for (const text of ["ㅎ", "하", "한"]) await session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await page.waitForTimeout(400);
  assert.deepEqual(asked, []);
  await session.send("Input.insertText", { text: "한" });
  await counted(page, (await idsOf(server.url, "한")).length);
  assert.deepEqual(asked.map((body) => JSON.parse(body).text), ["한"]);
  await close(page);
});

test("everything can be done by keys, in Korean, dark and 360 wide", async () => {
  const page = await open(browser, server.url, { hash: address(TEXT), language: "ko", dark: true, width: 360, height: 740 });
  await page.locator(".in-tokens .chip").first().waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-key") === "1");
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "search");
  await page.keyboard.type("king");
  const all = count((await api(server.url, "v1/vocabulary")).tokens.length);
  await page.waitForFunction((all) => {
    const [whole = "", found = ""] = (document.querySelector(".vocabulary [role=status]")?.textContent ?? "").split("개 중 ");
    return whole === all && /^\d{1,3}개$/.test(found);
  }, all);
  assert.ok(await fits(page), "the page is wider than its window");
  await accessible(page);
  await shot(page, "tokens-ko-dark-360");
  await close(page);
});

test("8,000 tokens stay smooth", async () => {
  const page = await open(browser, server.url, { hash: address("") });
  const text = "A king went out to sea one day, and 안 came. ".repeat(700);
  const { length } = await idsOf(server.url, text);
  assert.ok(length > 7000, `${length} tokens`);
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.locator(".in-tokens .chip").nth(length - 1).waitFor({ state: "attached", timeout: 60_000 });
  const middle = await page.evaluate(async () => {
    const times = [];
    const chips = [...document.querySelectorAll(".in-tokens .chip")].slice(20, 50);
    for (const chip of chips) {
      const begun = performance.now();
      chip.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
      times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b)[times.length >> 1] ?? Infinity;
  });
  // A frame or two; machines that do other things meanwhile take longer.
  assert.ok(middle < 250, `it took ${middle} ms to light a token up`);
  await close(page);
});
