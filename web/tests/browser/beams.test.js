// Beams, in a real browser: a search as it is drawn, its numbers, replay, another length penalty, keys, the way into Play.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, api, close, idsOf, open, shot, together } from "./lab.js";

const { server, browser } = await together();

/** @param {string} prompt @param {Record<string, unknown>} options */
const hash = (prompt, options) => `#/beams?p=${encodeURIComponent(prompt)}&o=${encodeURIComponent(JSON.stringify(options))}`;

/** Prompts of which one is taken: the first whose search ends as it should. */
const PROMPTS = ["He was not", "Once upon a time", "She opened the door and", "The king said"];

/**
 * A search whose texts end at different lengths, by end tokens that the model writes in it: with a length penalty of −2 another text comes
 * first than with one of 1.
 */
async function ending() {
  const all = { num_beams: 2, max_new_tokens: 16, num_return_sequences: 2 };
  const found = async (/** @type {Record<string, unknown>} */ options) => /** @type {Array<{token_ids: number[], sum_logprob: number}>} */ ((await api(server.url, "v1/generate", options)).sequences);
  for (const prompt of PROMPTS) {
    for (const id of new Set((await found({ prompt, ...all })).flatMap(({ token_ids }) => token_ids.slice(1, 12)))) {
      const score = (await found({ prompt, ...all, eos_token_id: [id] })).map(({ token_ids, sum_logprob }) => sum_logprob * token_ids.length ** 2);
      if (Number(score[1]) > Number(score[0])) return { prompt, ends: { num_beams: 2, max_new_tokens: 16, eos_token_id: [id] } };
    }
  }
  throw new Error("no token of these searches ends its texts so that another one wins: other prompts are to be tried");
}

const { prompt: PROMPT, ends: ENDS } = await ending();

/** Searches, and waits until greedy search stands beside it. @param {import("./lab.js").WatchedPage} page @param {string} [name] */
async function search(page, name = "Search") {
  await page.getByRole("button", { name, exact: true }).click();
  await page.locator(".beam-compare").waitFor();
  await page.getByRole("button", { name, exact: true }).waitFor();
}

test("a search is drawn with every candidate, and its numbers are the API's", async () => {
  const page = await open(browser, server.url, { hash: hash(PROMPT, ENDS) });
  await search(page);
  const told = await api(server.url, "v1/generate", { prompt: PROMPT, ...ENDS, num_return_sequences: 2 });
  const [first] = told.sequences;
  const row = page.locator(".beam-shelf tr.winner");
  assert.ok(Math.abs(Number(await row.locator("[data-normalised]").getAttribute("data-normalised")) - first.score) < 1e-6);
  assert.equal((await row.locator("td.text button").textContent())?.replaceAll("↵", "\n"), first.text);
  assert.ok(Math.abs(Number(await page.locator("[data-of=beam]").getAttribute("data-sum")) - first.sum_logprob) < 1e-6);
  const greedy = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 16, eos_token_id: ENDS.eos_token_id });
  assert.ok(Math.abs(Number(await page.locator("[data-of=greedy]").getAttribute("data-sum")) - greedy.sequences[0].sum_logprob) < 1e-9);
  const sums = page.locator(".checked");
  assert.equal(await sums.getAttribute("data-right"), await sums.getAttribute("data-all"));
  assert.equal(await page.locator(".beam-shelf .check .bad").count(), 0);
  await page.keyboard.press("0");
  await shot(page, "beams-far");
  await page.keyboard.press("1");
  await accessible(page);
  await shot(page, "beams-en-light");
  await close(page);
});

test("every candidate says why it lives or died, in the engine's word and in the reader's language", async () => {
  const page = await open(browser, server.url, { hash: hash(PROMPT, { ...ENDS, max_new_tokens: 7 }), width: 1600 });
  await search(page);
  await page.locator(".nodes > .node.dropped").first().hover();
  await page.locator(".beam-card .why.died").waitFor();
  assert.equal(await page.locator("[data-fate]").textContent(), "rank beyond the width");
  assert.match((await page.locator(".beam-card .why p").first().textContent()) ?? "", /^Dropped: its sum −\d+\.\d\d has rank \d of \d, and only 2 go on\. The lowest sum that went on is −\d+\.\d\d\.$/);
  await page.getByLabel("Language").selectOption("ja");
  await page.locator(".nodes > .node.finished").first().click();
  await page.locator("[data-fate]", { hasText: "finished" }).waitFor();
  assert.match((await page.locator(".beam-card .why p").first().textContent()) ?? "", /^終了：/);
  assert.equal(await page.locator("[data-fate]").textContent(), "finished");
  await close(page);
});

test("moving the length penalty ranks anew at once, says whose ranking it is, and marks the new winner", async () => {
  const page = await open(browser, server.url, { hash: hash(PROMPT, ENDS) });
  await search(page);
  assert.equal(await page.locator(".beam-shelf .note").count(), 0);
  const texts = () => page.locator(".beam-shelf tbody tr").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-at")));
  const own = await texts();
  const digits = page.getByRole("textbox", { name: "Length penalty α" });
  await digits.fill("-2");
  await digits.press("Enter");
  await page.locator(".beam-shelf .note").waitFor();
  const now = await texts();
  assert.notEqual(now[0], own[0]);
  assert.deepEqual([...now].sort(), [...own].sort());
  assert.match((await page.locator(".beam-shelf .note").textContent()) ?? "", /α = −2\.00.*α = 1\.00.*The winner changes\./);
  const scores = (await page.locator("[data-normalised]").evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("data-normalised")))));
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
  await page.locator(`.beam-shelf tr[data-at="${own[0]}"] .mark`, { hasText: "was first" }).waitFor();
  await close(page);
});

test("everything can be done by keys: search, go along, go back, unfold, and open Play there", async () => {
  const page = await open(browser, server.url, { hash: hash("Once upon a time", { num_beams: 3, max_new_tokens: 30 }), dark: true });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await page.locator(".beam-compare").waitFor();
  assert.ok(await page.locator(".nodes > .node.chain").count() > 0, "long stretches are folded");
  await page.keyboard.press("b");
  await page.waitForFunction(() => document.activeElement?.classList.contains("finished"));
  const end = await page.evaluate(() => document.activeElement?.getAttribute("data-key"));
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((key) => document.activeElement?.getAttribute("data-key") !== key && document.activeElement?.closest(".node"), end);
  const chain = page.locator(".nodes > .node.chain.focused");
  if (await chain.count()) await page.keyboard.press("Enter");
  const before = Number(await page.locator("[data-step]").getAttribute("data-step"));
  await page.keyboard.press("[");
  await page.locator(`[data-step="${before - 1}"]`).waitFor();
  await page.keyboard.press("]");
  await page.keyboard.press("m");
  await page.getByRole("button", { name: "One lane a text", pressed: true }).waitFor();
  await accessible(page);
  await shot(page, "beams-lanes-dark");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  const winner = (await page.locator(".beam-shelf tr.winner td.text button").textContent()) ?? "";
  await page.keyboard.press("o");
  await page.locator(".play .chip").first().waitFor();
  const chips = (await page.locator(".play .chip").allTextContents()).join("").replaceAll("␣", " ");
  assert.ok(chips.endsWith(winner), `${chips} does not end with ${winner}`);
  await close(page);
});

test("a replay goes step by step from the start to the end", async () => {
  const page = await open(browser, server.url, { hash: hash("Once upon a time", { num_beams: 2, max_new_tokens: 3 }) });
  await search(page);
  const all = await page.locator(".nodes > .node").count();
  await page.getByRole("slider", { name: "step", exact: true }).fill("1");
  await page.locator('[data-step="1"]').waitFor();
  assert.equal(await page.locator(".nodes > .node:not(.ghost)").count(), 4, "two were kept of four");
  assert.equal(await page.locator(".nodes > .node.dropped").count(), 2);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Replay" }).click();
  await page.locator('[data-step="3"]').waitFor();
  assert.equal(await page.locator(".nodes > .node").count(), all);
  await page.getByRole("button", { name: "Work", exact: true }).click();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.locator(".beam-empty").waitFor(); // another work has another tree
  await close(page);
});

test("groups, the reader's own text, Korean, a narrow window", async () => {
  const page = await open(browser, server.url, { hash: hash("Once upon a time", { num_beams: 4, num_beam_groups: 2, diversity_penalty: 1, max_new_tokens: 6 }), language: "ko", width: 360, height: 780 });
  await page.locator(".beam-controls summary").click();
  await page.locator("#reference").fill("there was a king");
  await search(page, "탐색");
  await page.locator("[data-of=reference]").waitFor();
  const prompt = await idsOf(server.url, "Once upon a time");
  const ids = [...prompt, ...(await idsOf(server.url, " there was a king", false))];
  const { items } = await api(server.url, "v1/score", { items: [{ ids }], top: 0 });
  const sum = items[0].texts[0].tokens.slice(prompt.length).reduce((/** @type {number} */ all, /** @type {{logprob: number}} */ token) => all + token.logprob, 0);
  assert.ok(Math.abs(Number(await page.locator("[data-of=reference]").getAttribute("data-sum")) - sum) < 1e-9);
  assert.ok(await page.locator(".nodes .tint.g1").count() > 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, "the page does not scroll sideways");
  await accessible(page);
  await shot(page, "beams-ko-narrow");
  await close(page);
});

test("what the engine refuses is told in its words, and what was there stays", async () => {
  const page = await open(browser, server.url, { hash: hash("Once upon a time", { num_beams: 4, max_new_tokens: 3 }), expected: /400/ });
  await search(page);
  const nodes = await page.locator(".nodes > .node").count();
  await page.locator(".beam-controls summary").click();
  await page.getByLabel("Groups of beams").selectOption("2");
  await page.getByRole("checkbox", { name: /Draw candidates/ }).check();
  await page.getByLabel("Groups of beams").selectOption("2");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await page.locator(".trouble:not(:empty)").waitFor();
  assert.equal(await page.locator(".nodes > .node").count(), nodes);
  await close(page);
});
