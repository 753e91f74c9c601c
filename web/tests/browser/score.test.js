// Score, in a real browser: texts, windows, minimal pairs, continuations; the numbers on the page are the API's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "../../pages/numbers/format.js";
import { accessible, api, builtinAlone, close, idsOf, metaOf, open, shot, together } from "./lab.js";
import { scoreLong } from "./large.js";

const { server, browser } = await together();

const TEXT = "Once upon a time there was a king. He had three daughters, and he loved the youngest.\nShe was a peculiar submarine.";
const address = (/** @type {string} */ text, place = "") => `#/score${place}?p=${encodeURIComponent(text)}`;

/** A number that the page has in an attribute. @param {import("playwright-core").Page} page @param {string} name */
const number = async (page, name) => Number(await page.locator(`[${name}]`).first().getAttribute(name));

/** Whether the page is no wider than its window. @param {import("playwright-core").Page} page */
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test("a text is scored: sums, ranks, alternatives and the rest of the vocabulary are the API's", async () => {
  const page = await open(browser, server.url, { hash: address(TEXT) });
  await page.getByRole("button", { name: "Score", exact: true }).click();
  const { items } = await api(server.url, "v1/score", { items: [{ text: TEXT }], top: 15 });
  const [text] = items[0].texts;
  await page.waitForFunction((n) => document.querySelectorAll(".chip").length === n, text.tokens.length);
  assert.deepEqual([await number(page, "data-sum"), await number(page, "data-mean"), await number(page, "data-perplexity"), await number(page, "data-bits-byte"), await number(page, "data-bits-character")],
    [text.sum_logprob, text.mean_logprob, text.perplexity, text.bits_per_byte, text.bits_per_character]);
  const ranks = text.tokens.map((/** @type {{rank: number | null}} */ token) => token.rank).filter(Boolean);
  const counts = await page.locator("[data-bucket]").evaluateAll((all) => all.map((item) => Number(item.getAttribute("data-count"))));
  const upTo = (/** @type {number} */ low, /** @type {number} */ high) => ranks.filter((/** @type {number} */ rank) => rank > low && rank <= high).length;
  assert.deepEqual(counts, [upTo(0, 10), upTo(10, 100), upTo(100, 1000), upTo(1000, Infinity)]);
  await page.locator(".chip").nth(9).click();
  const listed = await page.locator(".look .alternatives li:not(.rest) .number").allTextContents();
  const percents = text.tokens[9].top.map((/** @type {{logprob: number}} */ { logprob }) => logprob);
  assert.equal(listed[0], `${(100 * Math.exp(percents[0])).toFixed(2)} %`);
  const others = 100 * (1 - percents.reduce((/** @type {number} */ sum, /** @type {number} */ logprob) => sum + Math.exp(logprob), 0));
  const told = (await page.locator(".look li.rest").textContent()) ?? "";
  assert.ok(told.startsWith(`all other ${count((await metaOf(server.url)).n_vocab - percents.length)} tokens`) && told.includes(others.toFixed(2)), told);
  await shot(page, "score-text-en-light");
  await page.getByLabel("Colour by").selectOption("buckets");
  assert.equal(await page.locator(".strip .chip.bucket-0").count(), counts[0]);
  assert.equal(await page.locator(".strip .chip.bucket-2").count(), counts[2]);
  await accessible(page);
  await close(page);
});

test("lines and sentences add up to the whole, and lead to their tokens", async () => {
  const page = await open(browser, server.url, { hash: address(TEXT) });
  await page.getByRole("button", { name: "Score", exact: true }).click();
  await page.locator(".parts tbody tr").first().waitFor();
  const rows = page.locator(".parts tbody tr");
  assert.equal(await rows.count(), 3);
  const sum = await number(page, "data-sum");
  const added = (await rows.locator("td:nth-child(4)").allTextContents()).reduce((all, text) => all + Number(text.replace("−", "-").replace(" nat", "")), 0);
  assert.ok(Math.abs(added - sum) < 0.02, `${added} is not ${sum}`);
  await page.getByLabel("Parts").selectOption("line");
  assert.equal(await rows.count(), 2);
  await page.getByRole("button", { name: "2", exact: true }).click();
  assert.equal(await page.locator(".chip.focused").textContent(), "She");
  await page.getByRole("columnheader", { name: "log p" }).getByRole("button").click();
  assert.equal(await page.locator(".parts th[aria-sort=descending]").count(), 1);
  const saved = page.waitForEvent("download");
  await page.locator(".parts").getByRole("button", { name: "CSV" }).click();
  assert.equal((await saved).suggestedFilename(), "beamline-lines.csv");
  await close(page);
});

test("products come to nothing where sums do not, up to the token that is looked at", async () => {
  const text = `${TEXT} Colourless green ideas sleep furiously, said the umbrella to the sewing machine.`.repeat(2);
  const page = await open(browser, server.url, { hash: address(text) });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await page.locator(".chip").first().waitFor();
  const { items } = await api(server.url, "v1/score", { items: [{ text }] });
  const logprobs = items[0].texts[0].tokens.slice(1).map((/** @type {{logprob: number}} */ token) => token.logprob);
  let [narrow, lost] = [1, 0];
  logprobs.forEach((/** @type {number} */ logprob, /** @type {number} */ i) => {
    narrow = Math.fround(narrow * Math.fround(Math.exp(logprob)));
    if (narrow === 0 && lost === 0) lost = i + 1;
  });
  assert.ok(lost > 0, "the text is too short to show it");
  assert.match((await page.locator("[data-row=f32]").textContent()) ?? "", new RegExp(`32 bits0.*0 since token ${lost}:`));
  await page.locator(".chip").nth(2).click();
  const product = Math.exp(logprobs[0]) * Math.exp(logprobs[1]);
  assert.ok(((await page.locator("[data-row=f64] .value").textContent()) ?? "").startsWith(product.toExponential(4).replace("-", "−").slice(0, 5)));
  await close(page);
});

test("a text that does not fit is scored in windows, each token once, after as many tokens as fit", builtinAlone("the text is longer than its 512 tokens of context"), async () => {
  const long = "The king sat by the sea and told a tale of ships. ".repeat(45);
  const page = await open(browser, server.url, { hash: address("x"), expected: /400/ });
  await page.locator("#prompt").fill(long);
  await page.getByRole("button", { name: "Score", exact: true }).click();
  const ids = await idsOf(server.url, long);
  await page.getByText(`the text has ${ids.length} tokens; this model's context holds 512; score it in parts`).waitFor();
  await page.getByRole("button", { name: /Score in \d+ windows/ }).click();
  await page.locator(".chip").first().waitFor({ timeout: 20_000 });
  assert.equal(await page.locator(".chip").count(), ids.length);
  const score = async (/** @type {unknown} */ item) => (await api(server.url, "v1/score", { items: [item] })).items[0].texts[0].sum_logprob;
  let expected = await score({ ids: ids.slice(0, 512) });
  for (let first = 512; first < ids.length; first += 256) {
    const to = Math.min(ids.length, first + 256);
    expected += await score({ prefix: ids.slice(to - 512, first), continuations: [ids.slice(first, to)] });
  }
  assert.ok(Math.abs((await number(page, "data-sum")) - expected) < 1e-6);
  await close(page);
});

test("minimal pairs: what the places add is the API's whole difference", async () => {
  const page = await open(browser, server.url, { hash: address("", "/pairs") });
  const texts = ["He was the king of the sea.", "He were the king of all the sea."];
  await page.getByLabel("Text 1").fill(/** @type {string} */ (texts[0]));
  await page.getByLabel("Text 2").fill(/** @type {string} */ (texts[1]));
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator(".pair").first().waitFor();
  const { items } = await api(server.url, "v1/score", { items: texts.map((text) => ({ text })) });
  const [first, second] = items.map((/** @type {any} */ item) => item.texts[0].sum_logprob);
  assert.ok(Math.abs((await number(page, "data-whole")) - (first - second)) < 1e-9);
  const added = await page.locator("[data-difference]").evaluateAll((all) => all.reduce((sum, place) => sum + Number(place.getAttribute("data-difference")), 0));
  assert.ok(Math.abs(added - (first - second)) < 1e-9);
  assert.ok((await page.locator(".pair:not(.same)").count()) >= 2);
  await accessible(page);
  await shot(page, "score-pairs-en-light");
  await page.getByRole("button", { name: "Add a text" }).click();
  await page.getByRole("textbox", { name: "Text 3" }).fill("He was a king.");
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.getByRole("heading", { name: "Text 1 against text 3" }).waitFor();
  await close(page);
});

test("continuations are ranked by the API's numbers, and the table is sorted and taken along", async () => {
  const page = await open(browser, server.url, { hash: address("Once upon a", "/continuations"), dark: true });
  await page.getByLabel("What may follow, one a line").fill("time\nmidnight dreary\nday");
  await page.getByRole("button", { name: "Rank", exact: true }).click();
  const { items } = await api(server.url, "v1/score", { items: [{ prefix: "Once upon a", continuations: [" time", " midnight dreary", " day"] }], unconditional: true });
  await page.locator(".ranking tbody tr").first().waitFor();
  const read = async (/** @type {string} */ name) => (await page.locator(`.ranking [${name}]`).evaluateAll((all, name) => all.map((cell) => Number(cell.getAttribute(name))), name));
  assert.deepEqual(await read("data-sum"), items[0].order.sum.map((/** @type {number} */ at) => items[0].texts[at].sum_logprob));
  await page.getByRole("columnheader", { name: "PMI" }).getByRole("button").click();
  assert.deepEqual(await read("data-pmi"), items[0].order.pmi.map((/** @type {number} */ at) => items[0].texts[at].pmi));
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const stream = await (await saved).createReadStream();
  let file = "";
  for await (const piece of stream) file += piece;
  assert.match(file, /^continuation,tokens,sum_logprob,share,mean_logprob,logprob_per_character,pmi\r\n/);
  assert.ok(file.includes(String(items[0].texts[1].sum_logprob)));
  await page.getByRole("button", { name: "␣midnight dreary" }).click();
  await page.getByRole("heading", { name: "Tokens of" }).waitFor();
  await accessible(page);
  await close(page);
});

test("everything can be done by keys, and a chosen alternative opens in Play", async () => {
  const page = await open(browser, server.url, { hash: address(TEXT), width: 360, height: 740 });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await page.locator(".chip").first().waitFor();
  assert.ok(await fits(page), "the page is wider than its window");
  await page.keyboard.press("u");
  const chip = page.locator(".chip.focused");
  assert.match((await chip.getAttribute("aria-label")) ?? "", /(\d{3,})$/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  const at = Number(await chip.getAttribute("data-key"));
  const other = page.locator(".look .alternatives .take").first();
  const name = await other.locator(".name").textContent();
  await other.focus();
  await page.keyboard.press("Enter");
  await page.locator(".play .chip").first().waitFor();
  assert.equal(await page.locator(".play .strip .chip").count(), at + 1);
  assert.equal(await page.locator(".play .strip .chip").last().textContent(), name);
  await close(page);
});

test("it is whole in Korean and dark, 360 wide", async () => {
  const page = await open(browser, server.url, { hash: address("옛날 옛적에 한 왕이 살았습니다."), language: "ko", dark: true, width: 360, height: 740 });
  await page.getByRole("button", { name: "채점", exact: true }).click();
  await page.locator(".chip").first().waitFor();
  await page.locator(".chip").nth(3).click();
  await accessible(page);
  assert.ok(await fits(page), "the page is wider than its window");
  await shot(page, "score-text-ko-dark-360");
  await page.locator("main").focus();
  for (const [key, name] of [["2", "비교"], ["3", "순위 매기기"]]) {
    await page.keyboard.press(String(key));
    await page.getByRole("button", { name: String(name), exact: true }).click();
    await page.locator(".sorted tbody tr").first().waitFor();
    assert.ok(await fits(page), "the page is wider than its window");
    await shot(page, `score-${key}-ko-dark-360`);
    await page.locator("main").focus();
  }
  await close(page);
});

test("the tour's tasks are taken: a text is scored, two texts are compared", async () => {
  const page = await open(browser, server.url, { hash: address("x") });
  const task = { view: "score", place: "pairs", prompt: "He was a king.", against: "He were a king.", options: {}, seed: null, seeds: null };
  const perform = (/** @type {Record<string, unknown>} */ given) => page.evaluate(async (given) => {
    const errand = await import(new URL("state/errand.js", document.baseURI).href);
    await errand.perform(given);
  }, given);
  await perform(task);
  await page.locator(".pair").first().waitFor();
  const { items } = await api(server.url, "v1/score", { items: [{ text: task.prompt }, { text: task.against }] });
  assert.ok(Math.abs((await number(page, "data-whole")) - (items[0].texts[0].sum_logprob - items[1].texts[0].sum_logprob)) < 1e-9);
  await perform({ ...task, place: "", against: null });
  await page.locator(".strip .chip").first().waitFor();
  assert.equal(await number(page, "data-sum"), items[0].texts[0].sum_logprob);
  await close(page);
});

test("of 8,000 scored tokens each is there, and the keys go from one to the next", async () => {
  const page = await open(browser, server.url, { hash: address("x") });
  await scoreLong(page, 8000);
  assert.equal(await page.locator(".strip .chip").count(), 8000);
  assert.ok((await page.locator(".strip .block").count()) > 40, "in blocks, which the browser draws when they are seen");
  assert.equal(await page.locator(".strip .block").first().evaluate((block) => getComputedStyle(block).contentVisibility), "auto");
  for (let i = 0; i < 25; i++) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector(".chip.focused")?.getAttribute("data-key") === "24");
  assert.equal(await page.locator(".chip.focused").count(), 1);
  await close(page);
});
