// Compare, in a real browser: columns side by side, whose numbers are those of the API and of `beamline compare`; the cursor, the keys, the
// blind vote, files, and the way to Play.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { count } from "../../pages/numbers/format.js";
import { accessible, api, close, idsOf, metaOf, model, open, shot, together } from "./lab.js";
import { compareLong } from "./large.js";

const { server, browser } = await together(["--threads", "1"]);

/** @typedef {import("./lab.js").WatchedPage} Page */

const PROMPT = "Once upon a time";
const hash = `#/compare?p=${encodeURIComponent(PROMPT)}`;

/** The address of columns. @param {Array<[Record<string, unknown>, number]>} columns */
const address = (columns) => `#/compare/${encodeURIComponent(JSON.stringify(columns))}?p=${encodeURIComponent(PROMPT)}`;

/** Waits until every column is done. @param {Page} page */
const done = (page) => page.waitForFunction(() => {
  const all = [...document.querySelectorAll(".progress-line")];
  return all.length > 1 && all.every((line) => ["done", "failed", "stopped"].includes(/** @type {HTMLElement} */ (line).dataset["state"] ?? ""));
}, null, { timeout: 120_000 });

/** Runs all columns. @param {Page} page @param {number} [tokens] */
async function run(page, tokens = 24) {
  const digits = page.getByLabel("New tokens, at most").last();
  await digits.fill(String(tokens));
  await digits.press("Tab");
  await page.getByRole("button", { name: "Run all", exact: true }).click();
  await done(page);
}

/** A column's text. @param {Page} page @param {number} column */
const text = async (page, column) => (await page.locator(`[data-column="${column}"] .text`).textContent()) ?? "";

/** The numbers of a row, by their names. @param {Page} page @param {number} column @returns {Promise<Record<string, number>>} */
const numbers = (page, column) => page.locator(`[data-row="${column}"] [data-figure]`).evaluateAll((cells) =>
  Object.fromEntries(cells.map((cell) => [/** @type {HTMLElement} */ (cell).dataset["figure"], Number(/** @type {HTMLElement} */ (cell).dataset["value"])])));

const near = (/** @type {number | undefined} */ a, /** @type {number} */ b, /** @type {string} */ what) => assert.ok(Math.abs(Number(a) - b) < 1e-9, `${what}: ${a} is not ${b}`);

test("the chapter's eight ways run at once, and their texts and numbers are those of `beamline compare`", async () => {
  const page = await open(browser, server.url, { hash });
  await run(page);
  const ways = ["greedy", "beams", "beams-no-repeat", "cool", "hot", "top-k", "top-p", "all-together"];
  const command = process.env["BEAMLINE"] ?? new URL("../../../target/debug/beamline", import.meta.url).pathname;
  const given = ["compare", PROMPT, "--model", model, "--json", "--max-new-tokens", "24", "--seed", "1", ...ways.flatMap((way) => ["--run", way])];
  const told = JSON.parse((await promisify(execFile)(command, given, { maxBuffer: 1 << 26 })).stdout);
  for (const [at, way] of told.runs.entries()) {
    const [its] = way.texts;
    assert.equal(await text(page, at + 1), its.text, way.name);
    const shown = await numbers(page, at + 1);
    const wanted = {
      tokens: its.measures.length, sum: its.sum_logprob, mean: its.mean_logprob, perplexity: its.perplexity, distinct1: its.measures.distinct_1, distinct2: its.measures.distinct_2,
      distinct3: its.measures.distinct_3, rep2: 1 - its.measures.distinct_2, rep3: 1 - its.measures.distinct_3, rep4: its.measures.repeated_4, longest: its.measures.longest_repeat,
    };
    for (const [name, value] of Object.entries(wanted)) near(shown[name], value, `${name} of ${way.name}`);
    const relation = await page.locator(`[data-column="${at + 1}"] .relation`).textContent();
    if (at === 0) assert.match(relation ?? "", /^A:/);
    else assert.match(relation ?? "", its.differs_at === null ? /the same as A/ : new RegExp(`leaves A at token ${its.differs_at + 1}:`), way.name);
    const dimmed = await page.locator(`[data-column="${at + 1}"] .text .shared`).count();
    assert.equal(dimmed, at === 0 ? told.common : (its.differs_at ?? its.measures.length), `dimmed of ${way.name}`);
  }
  const all = told.runs.reduce((/** @type {number} */ sum, /** @type {{texts: Array<{measures: {length: number}}>}} */ way) => sum + Number(way.texts[0]?.measures.length), 0);
  assert.equal(await page.locator("main > [role=status]").textContent(), `Done, ${all} tokens.`);
  await shot(page, "compare-en-light");
  await accessible(page);
  await close(page);
});

/** The log-probabilities after a beginning, from the API's logits. @param {number[]} ids */
async function logprobs(ids) {
  const answer = await fetch(`${server.url}/v1/logits`, { method: "POST", body: JSON.stringify({ prompt_ids: ids }), headers: { "content-type": "application/json" } });
  const logits = [...new Float32Array(await answer.arrayBuffer())];
  const most = logits.reduce((a, b) => Math.max(a, b));
  const all = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return logits.map((logit) => logit - all);
}

test("keys walk A and B together, and the distances are exact", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ num_beams: 5 }, 1]]), dark: true });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await done(page);
  const prompt = await idsOf(server.url, PROMPT);
  const [a, b] = await Promise.all([{}, { num_beams: 5 }].map(async (options) => (await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 40, ...options })).sequences[0]));
  const first = a.token_ids.findIndex((/** @type {number} */ id, /** @type {number} */ at) => id !== b.token_ids[at]);
  await page.keyboard.press("d");
  await page.locator(`[data-cursor="${first}"]`).waitFor();
  assert.equal(await page.locator('[data-fact="KL(A‖B)"]').textContent(), "0.000 bit", "up to here it is one distribution");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const at = first + 2;
  await page.locator(`[data-cursor="${at}"]`).waitFor();
  await page.keyboard.press(".");
  await page.getByText("Exact, over all").waitFor();
  const [p, q] = await Promise.all([a, b].map(({ token_ids }) => logprobs([...prompt, ...token_ids.slice(0, at)])));
  assert.ok(p && q);
  const bits = (/** @type {number[]} */ of, /** @type {number[]} */ from) => (of.reduce((sum, own, id) => sum + Math.exp(own) * (own - Number(from[id])), 0) / Math.LN2).toFixed(3);
  assert.equal(await page.locator('[data-fact="KL(A‖B)"]').textContent(), `${bits(p, q)} bit`);
  assert.equal(await page.locator('[data-fact="KL(B‖A)"]').textContent(), `${bits(q, p)} bit`);
  const top = (/** @type {number[]} */ of) => of.map((own, id) => ({ own, id })).sort((x, y) => y.own - x.own).slice(0, 10).map(({ id }) => id);
  const both = top(p).filter((id) => top(q).includes(id)).length;
  assert.equal(await page.locator('[data-fact="best 10 in common"]').textContent(), `${((100 * both) / (20 - both)).toFixed(2)} %`.replace(/^0\.00 %$/, "0 %"));
  const rank = (/** @type {number[]} */ of, /** @type {number} */ id) => 1 + of.filter((own) => own > Number(of[id])).length;
  assert.equal((await page.locator('[data-fact="B\'s token in A"]').textContent())?.replace(/\D/g, ""), String(rank(p, b.token_ids[at])));
  assert.equal((await page.locator('[data-fact="A\'s token in B"]').textContent())?.replace(/\D/g, ""), String(rank(q, a.token_ids[at])));
  await page.locator(".lists summary").click();
  assert.ok(((await page.locator(".lists li.rest").first().textContent()) ?? "").startsWith(`all other ${count((await metaOf(server.url)).n_vocab - 10)} tokens`));
  await accessible(page);
  await close(page);
});

test("columns are added, edited, moved and taken away by keys, and the address keeps them", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ num_beams: 3 }, 1]]) });
  await page.locator("main").focus();
  const names = () => page.locator(".way h2").allTextContents();
  await page.keyboard.press("n");
  assert.equal((await names()).length, 3);
  await page.keyboard.press(">");
  assert.deepEqual(await names(), ["Greedy search", "Greedy search", "Beam search 3"]);
  await page.keyboard.press("e");
  await page.locator(".panel select").first().selectOption("sampling");
  await page.locator(".panel").getByLabel("Top-k").last().fill("7");
  await page.locator(".panel").getByLabel("Top-k").last().press("Tab");
  assert.deepEqual(await names(), ["Greedy search", "Greedy search", "Top-k 7"]);
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await done(page);
  const told = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 40, do_sample: true, top_k: 7, seed: 1 });
  assert.equal(await text(page, 2), told.sequences[0].text);
  await page.locator(".panel").getByLabel("Top-k").last().fill("8");
  await page.locator(".panel").getByLabel("Top-k").last().press("Tab");
  await page.getByText("Options have changed").waitFor();
  await page.getByRole("button", { name: "Run this one" }).click();
  await page.getByText("Options have changed").waitFor({ state: "detached" });
  const where = await page.evaluate(() => location.hash);
  await page.locator("main").focus();
  await page.keyboard.press("a");
  await page.keyboard.press("3");
  await page.keyboard.press("Delete");
  assert.equal((await names()).length, 2);
  await close(page);
  const again = await open(browser, server.url, { hash: where });
  assert.deepEqual(await again.locator(".way h2").allTextContents(), ["Greedy search", "Greedy search", "Top-k 8"]);
  await close(again);
});

test("several texts of a way have their middle, least and greatest; rows are sorted; files hold all", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ do_sample: true, temperature: 1.5, top_k: 0 }, 3], [{ do_sample: true, top_k: 5 }, 3]]), language: "en" });
  await page.getByLabel("Texts of each way that draws").last().fill("5");
  await run(page, 16);
  const told = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 16, do_sample: true, temperature: 1.5, top_k: 0, seed: 3, num_return_sequences: 5 });
  const sums = told.sequences.map((/** @type {{sum_logprob: number}} */ sequence) => sequence.sum_logprob).sort((/** @type {number} */ x, /** @type {number} */ y) => x - y);
  near((await numbers(page, 2))["sum"], sums[2], "the middle sum");
  const spread = (await page.locator('[data-row="2"] [data-figure="sum"] .spread').textContent()) ?? "";
  assert.equal(spread, `${sums[0].toFixed(2)}…${sums[4].toFixed(2)}`.replaceAll("-", "−"));
  assert.equal(await text(page, 2), told.sequences[0].text);
  await page.locator('[data-column="2"]').getByRole("button", { name: "Text after" }).click();
  assert.equal(await text(page, 2), told.sequences[1].text);
  const order = () => page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset["row"]));
  const means = await Promise.all([1, 2, 3].map(async (row) => ({ row: String(row), mean: Number((await numbers(page, row))["mean"]) })));
  const falling = means.sort((x, y) => y.mean - x.mean).map(({ row }) => row);
  await page.getByRole("button", { name: "log p a token" }).click();
  assert.deepEqual(await order(), falling);
  await page.getByRole("button", { name: "log p a token" }).click();
  assert.deepEqual(await order(), [...falling].reverse());
  await accessible(page);
  const saved = async (/** @type {string} */ name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    return readFile(await download.path(), "utf8");
  };
  const lines = (await saved("CSV")).trimEnd().split("\r\n");
  assert.ok(lines.length >= 12 && lines[0]?.startsWith("way,options,seed"), `${lines.length} lines`);
  const file = JSON.parse(await saved("JSON with bundles"));
  assert.deepEqual(file.runs[1].texts.map((/** @type {{token_ids: number[]}} */ one) => one.token_ids), told.sequences.map((/** @type {{token_ids: number[]}} */ one) => one.token_ids));
  for (const { bundle } of file.runs) assert.equal((await api(server.url, "v1/replay", { bundle })).same, true);
  await close(page);
});

test("in a blind vote names are hidden until they are shown, and votes are counted", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ num_beams: 2 }, 1]]), dark: true });
  await page.getByRole("button", { name: "Blind vote" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".way .text").length === 2);
  const content = (await page.locator(".ways").textContent()) ?? "";
  assert.ok(!/search|beams|num_/i.test(content), content);
  assert.equal(await page.locator(".numbers").count(), 0);
  await accessible(page);
  await page.locator("main").focus();
  await page.keyboard.press("1");
  await page.keyboard.press("1");
  await page.getByRole("button", { name: "Vote for B" }).click();
  await page.getByRole("button", { name: "Reveal" }).click();
  const shown = await page.locator(".way h2").allTextContents();
  assert.deepEqual([...shown].sort(), ["Beam search 2", "Greedy search"]);
  assert.match((await page.locator(".tally tr").first().textContent()) ?? "", new RegExp(`^${shown[0]}2 votes`));
  await accessible(page);
  await page.getByRole("button", { name: "End the vote" }).click();
  await page.getByRole("button", { name: "Run all", exact: true }).waitFor();
  await close(page);
});

test("a refusal is told in the engine's words, and stays in its column", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ temperature: 2 }, 1]]), expected: /400/ });
  await run(page, 8);
  assert.match((await page.locator('[data-column="2"] .refusal').textContent()) ?? "", /temperature has no effect/);
  assert.equal((await page.locator('[data-column="1"] .progress-line').textContent())?.startsWith("8 tokens"), true);
  await accessible(page);
  await close(page);
});

test("Escape stops every column, and what came stays", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ do_sample: true }, 1], [{ do_sample: true, top_k: 5 }, 2]]) });
  const digits = page.getByLabel("New tokens, at most").last();
  await digits.fill("480");
  await digits.press("Tab");
  await page.getByRole("button", { name: "Run all", exact: true }).click();
  await page.waitForFunction(() => (document.querySelector('[data-column="3"] .text')?.textContent ?? "").length > 20);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll('.progress-line[data-state="stopped"]').length === 3);
  assert.ok((await text(page, 1)).length > 20);
  assert.match((await page.locator("main > [role=status]").textContent()) ?? "", /^Stopped after \d+ tokens\.$/);
  await close(page);
});

test("a column is shown in Play, with the same tokens and numbers", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ do_sample: true, temperature: 0.7 }, 4]]) });
  await run(page, 12);
  const told = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 12, do_sample: true, temperature: 0.7, seed: 4 });
  await page.keyboard.press("p");
  await page.locator(".strip .chip").first().waitFor();
  near(Number(await page.locator("[data-sum]").getAttribute("data-sum")), told.sequences[0].sum_logprob, "the sum in Play");
  assert.match((await page.locator(".outlook").textContent()) ?? "", /drawn:/);
  assert.equal(await page.locator(".branches li").count(), 1, "the other column's text is there, too");
  await close(page);
});

test("the sweep has a row for each temperature, with the API's tokens", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 9], [{ num_beams: 2 }, 9]]), language: "ko", width: 360 });
  await page.getByRole("button", { name: "훑기", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-temperature]").length === 7);
  const told = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 24, do_sample: true, temperature: 0.5, top_k: 0, top_p: 1, seed: 9 });
  const cells = await page.locator('[data-temperature="0.5"] td').allTextContents();
  assert.deepEqual(cells.map((cell) => cell.replace(/[␣↵]/g, "")), told.sequences[0].tokens.map((/** @type {{text: string}} */ token) => token.text.trim()));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page does not scroll sideways");
  await accessible(page);
  await close(page);
});

test("of 8,000 tokens those have elements that are seen, and the rest is text", async () => {
  const page = await open(browser, server.url, { hash: address([[{}, 1], [{ num_beams: 3 }, 1]]) });
  await compareLong(page, 8000);
  const box = page.locator(".ways .text").first();
  assert.match((await box.textContent()) ?? "", /^.?w0 ?.*w7998/s);
  for (const part of [0, 0.5, 1]) {
    await box.evaluate((text, part) => (text.scrollTop = part * text.scrollHeight), part);
    await page.waitForFunction((part) => {
      const text = /** @type {Element} */ (document.querySelector(".ways .text"));
      const places = [...text.querySelectorAll("[data-at]")].map((token) => Number(token.getAttribute("data-at")));
      return places.length > 0 && places.length <= 2000 && places.some((at) => Math.abs(at - part * 7999) < 1000);
    }, part);
  }
  await close(page);
});
