// Model, in a real browser: what the server tells of itself, live numbers, the test to the bit, and the runs of the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "../../pages/numbers/format.js";
import { accessible, api, close, idsOf, open, shot, together } from "./lab.js";

const { server, browser } = await together();

/** @param {import("playwright-core").Page} page */
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
/** The value of a metric. @param {string} name */
const metric = async (name) => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(text.match(new RegExp(`^beamline:${name} (\\S+)$`, "m"))?.[1]);
};

test("the card and the defaults are what the server tells, no more", async () => {
  const page = await open(browser, server.url, { hash: "#/model" });
  const props = await api(server.url, "props");
  const { meta } = props.model;
  assert.equal(await page.locator("[data-weights]").getAttribute("data-weights"), String(meta.n_params));
  const card = (await page.locator(".about").textContent()) ?? "";
  for (const fact of [meta.architecture, meta.dtype, props.build_info, props.eos_token, `${count(meta.n_ctx)} tokens`]) assert.ok(card.includes(fact), `${fact} is not in ${card}`);
  assert.equal(await page.getByText("Chat template").count(), props.chat_template ? 1 : 0);
  const all = Object.entries(props.own_settings);
  const set = all.filter(([, setting]) => /** @type {any} */ (setting).origin !== "default");
  assert.deepEqual(await page.locator(".defaults tbody th").allTextContents(), set.map(([name]) => name));
  await page.locator(".defaults").getByLabel("Show all options").check();
  assert.equal(await page.locator(".defaults tbody tr").count(), all.length);
  await accessible(page);
  await shot(page, "model-en-light");
  await close(page);
});

test("numbers of the server follow what it does, while the view is open", async () => {
  const page = await open(browser, server.url, { hash: "#/model" });
  await page.locator("[data-gauge=prefix]").waitFor();
  const body = { prompt: "Once upon a time there was a king who had three daughters and no son, and he was sad.", max_new_tokens: 5, do_sample: false };
  await api(server.url, "v1/generate", body);
  await api(server.url, "v1/generate", body);
  const [hits, asked] = [await metric("prefix_cache_hits_total"), await metric("prefix_cache_queries_total")];
  assert.ok(hits > 0);
  await page.waitForFunction((share) => Math.abs(Number(document.querySelector("[data-gauge=prefix]")?.getAttribute("data-now")) - share) < 1e-9, hits / asked);
  await page.getByText("All metrics").click();
  const row = page.locator(".every tr", { hasText: /^generation_tokens_total/ });
  const generated = count(await metric("generation_tokens_total"));
  await row.locator(".number", { hasText: new RegExp(`^${generated}$`) }).waitFor();
  const looked = () => page.evaluate(() => performance.getEntriesByName(`${location.origin}/metrics`).length);
  await page.locator(".rail a", { hasText: "Play" }).click();
  await page.waitForTimeout(1200);
  const before = await looked();
  await page.waitForTimeout(2500);
  assert.equal(await looked(), before, "it still asks though nobody looks");
  await close(page);
});

test("the test really runs: alone, then together, and finds what differs", async () => {
  const page = await open(browser, server.url, { hash: "#/model" });
  const bodies = /** @type {string[]} */ ([]);
  page.on("request", (request) => { if (request.url().endsWith("/v1/generate")) bodies.push(request.postData() ?? ""); });
  await page.locator("main").focus();
  await page.keyboard.press("r");
  await page.locator("[data-phase=done]").waitFor({ timeout: 60_000 });
  assert.match((await page.locator("[data-phase]").textContent()) ?? "", /^✓ 10 of 10 identical/);
  assert.equal(bodies.length, 20);
  assert.deepEqual(bodies.slice(0, 10).sort(), bodies.slice(10).sort());
  // A server that gave another bit would be found out.
  let n = 0;
  await page.route("**/v1/generate", async (route) => {
    const answer = await route.fetch();
    const told = await answer.json();
    if ((n += 1) === 13) told.sequences[0].tokens[4].logprob += 1e-15;
    await route.fulfill({ response: answer, json: told });
  });
  await page.getByRole("button", { name: "Run the test" }).click();
  await page.locator(".test b.bad").waitFor({ timeout: 60_000 });
  assert.match((await page.locator("[data-phase]").textContent()) ?? "", /^✗ 9 of 10 identical/);
  assert.equal(await page.getByText("✗ differs at token 5 of 24").count(), 1);
  await close(page);
});

test("runs of the page are listed with their options, exported and replayed", async () => {
  const hash = `#/play?p=${encodeURIComponent("Once upon a")}&o=${encodeURIComponent('{"max_new_tokens":9}')}`;
  const page = await open(browser, server.url, { hash });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  const whole = (await idsOf(server.url, "Once upon a")).length + 9;
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, whole);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await page.locator(".rail a", { hasText: "Model" }).click();
  const run = page.locator("[data-run]").first();
  const told = await api(server.url, "v1/generate", { prompt: "Once upon a", max_new_tokens: 9, do_sample: false });
  assert.ok(((await run.textContent()) ?? "").includes(told.sequences[0].text.trim().slice(0, 20)));
  await run.getByRole("button", { name: "Replay" }).click();
  await run.getByText("✓ identical: 9 tokens, to the bit").waitFor();
  const saved = page.waitForEvent("download");
  await run.getByRole("button", { name: "Export" }).click();
  const stream = await (await saved).createReadStream();
  let file = "";
  for await (const piece of stream) file += piece;
  assert.deepEqual(JSON.parse(file).sequences[0].token_ids, told.sequences[0].token_ids);
  await run.getByText("Effective options").click();
  assert.match((await run.locator("tr", { hasText: "max_new_tokens" }).textContent()) ?? "", /9.*the request/);
  await run.getByRole("button", { name: "Open" }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".play .chip").length === count, whole);
  await close(page);
});

test("it is whole in Korean and dark, 360 wide", async () => {
  const page = await open(browser, server.url, { hash: "#/model", language: "ko", dark: true, width: 360, height: 740 });
  await page.locator("[data-gauge=cache]").waitFor();
  await page.getByText("요청의 한도").click();
  await accessible(page);
  assert.ok(await fits(page), "the page is wider than its window");
  await shot(page, "model-ko-dark-360");
  await close(page);
});
