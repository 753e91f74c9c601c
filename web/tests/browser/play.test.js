// Play, in a real browser: generation, looking into tokens, branches, keys; the numbers on the page are the API's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count, share } from "../../pages/numbers/format.js";
import { Row } from "../../pages/numbers/row.js";
import { accessible, api, close, idsOf, metaOf, open, partedCharacter, shot, together } from "./lab.js";

const { server, browser } = await together();

/** Tokens of the prompt, and of it with the text behind it. */
const given = (await idsOf(server.url, "Once upon a")).length;
const whole = given + 12;

const greedy = `#/play?p=${encodeURIComponent("Once upon a")}&o=${encodeURIComponent('{"max_new_tokens":12}')}`;

/** Waits for so many tokens. @param {import("./lab.js").WatchedPage} page @param {number} count */
const chips = (page, count) => page.waitForFunction((wanted) => document.querySelectorAll(".chip").length === wanted, count);

test("a text is generated, and its tokens have the API's numbers", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await chips(page, whole);
  const told = await api(server.url, "v1/generate", { prompt: "Once upon a", max_new_tokens: 12 });
  const sum = Number(await page.locator("[data-sum]").getAttribute("data-sum"));
  assert.ok(Math.abs(sum - told.sequences[0].sum_logprob) < 1e-9, `${sum} is not ${told.sequences[0].sum_logprob}`);
  const labels = await page.locator(".chip").allTextContents();
  assert.equal(labels.slice(given).join("").replaceAll("␣", " ").replaceAll("↵", "\n"), told.sequences[0].text);
  const first = /** @type {{logprob: number, text: string}} */ (told.sequences[0].tokens[0]);
  await page.locator(".chip").nth(given).click();
  const percent = `${(100 * Math.exp(first.logprob)).toFixed(2)} %`;
  assert.equal(await page.locator(".alternatives li.chosen .number").textContent(), percent);
  const rest = page.locator(".alternatives li.rest");
  assert.ok(((await rest.textContent()) ?? "").startsWith(`all other ${count((await metaOf(server.url)).n_vocab - 20)} tokens`));
  await shot(page, "play-en-light");
  await accessible(page);
  await close(page);
});

test("another token is taken, the text goes on from there, and both branches stay", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await chips(page, whole);
  const text = (await page.locator(".chip").allTextContents()).join("");
  await page.locator(".chip").nth(5).click();
  await page.locator(".alternatives li").nth(1).locator(".take").click();
  await page.waitForFunction((before) => [...document.querySelectorAll(".chip")].map((chip) => chip.textContent).join("") !== before, text);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await page.locator(".branches li button").first().click();
  assert.equal((await page.locator(".chip").allTextContents()).join(""), text);
  await page.locator(".bar").getByRole("button", { name: "Undo" }).click();
  await page.locator(".bar").getByRole("button", { name: "Undo" }).click(); // the way to the branch, and what was taken with all that followed
  assert.equal((await page.locator(".chip").allTextContents()).join(""), text);
  await page.locator("#prompt").fill("The ship was");
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await chips(page, (await idsOf(server.url, "The ship was")).length + 12);
  await page.locator(".bar").getByRole("button", { name: "Undo" }).click();
  assert.equal((await page.locator(".chip").allTextContents()).join(""), text, "a new prompt with its text is one step");
  await page.keyboard.press("Escape");
  await close(page);
});

test("everything can be done by keys", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await chips(page, whole);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const wanted = await page.locator(".alternatives li.marked .name").textContent();
  await page.keyboard.press("+");
  await page.waitForFunction((name) => document.querySelector(".chip:last-of-type")?.textContent === name || [...document.querySelectorAll(".chip")].at(-1)?.textContent === name, wanted);
  await page.keyboard.press("Control+z");
  await chips(page, whole);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await accessible(page);
  await page.keyboard.press("Escape");
  await close(page);
});

test("an address leads back to the same branch, and the language changes without a new page", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await chips(page, whole);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  const text = (await page.locator(".chip").allTextContents()).join("");
  await page.waitForFunction(() => new URLSearchParams(location.hash.split("?")[1]).get("t")?.split(".").length === 12);
  const hash = await page.evaluate(() => location.hash);
  await close(page);
  const again = await open(browser, server.url, { hash, dark: true });
  await chips(again, whole);
  assert.equal((await again.locator(".chip").allTextContents()).join(""), text);
  await again.locator(".chip").nth(6).click();
  await again.getByLabel("Language").selectOption("ko");
  await again.getByRole("button", { name: "생성", exact: true }).waitFor();
  assert.equal(await again.evaluate(() => document.documentElement.lang), "ko");
  await accessible(again);
  await shot(again, "play-ko-dark");
  await close(again);
});

test("a text is generated anew from the prompt, and one that comes in parts of characters can be read", async () => {
  const parted = await partedCharacter(server.url);
  const page = await open(browser, server.url, { hash: `#/play?p=${encodeURIComponent(parted)}&o=${encodeURIComponent('{"max_new_tokens":6}')}` });
  const before = (await idsOf(server.url, parted)).length;
  const ready = () => page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  const anew = page.getByRole("button", { name: "From the prompt", exact: true });
  assert.ok(await anew.isDisabled());
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await chips(page, before + 6);
  await ready();
  assert.ok(((await page.locator(".reading p").textContent()) ?? "").includes(parted));
  await page.keyboard.press("g");
  await chips(page, before + 12);
  await ready();
  await page.keyboard.press("Shift+G");
  await chips(page, before + 6);
  await close(page);
});

test("what can be done with an alternative opens by a key, and closes with its place", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await chips(page, whole);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await page.locator(".chip").nth(6).click();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("m");
  await page.locator(".alternatives li.marked .actions").waitFor();
  await page.waitForFunction(() => document.activeElement === document.querySelector(".actions button"));
  for (let i = 0; i < 6; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".actions .ghost i").waitFor();
  await accessible(page);
  await page.locator(".chip").nth(8).click();
  await page.waitForFunction(() => document.querySelectorAll(".actions").length === 0);
  await page.locator(".chip").nth(6).click();
  await page.locator(".alternatives .more").nth(1).click();
  await page.locator(".actions").waitFor();
  assert.equal(await page.locator(".actions .ghost").count(), 0, "what was asked before is not told of another menu");
  await page.locator(".actions button").first().focus();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll(".actions").length === 0);
  await close(page);
});

test("a token that is not listed is found by its text, with its rank and probability, and taken", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await chips(page, whole);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  await page.locator(".chip").nth(given).click();
  const answer = await fetch(`${server.url}/v1/logits`, { method: "POST", body: JSON.stringify({ prompt_ids: await idsOf(server.url, "Once upon a") }), headers: { "content-type": "application/json" } });
  const row = Row.of(new Float32Array(await answer.arrayBuffer()));
  const { tokens: texts } = /** @type {{tokens: Array<string | number[]>}} */ (await api(server.url, "v1/vocabulary"));
  const far = [...row.ids.subarray(200, 2000)].find((id) => /^ [a-z]{5,}$/.test(String(texts[id])));
  assert.ok(far !== undefined);
  await page.locator("main").focus();
  await page.keyboard.press("/");
  await page.keyboard.type(String(texts[far]));
  const first = page.locator(".find li button").first();
  await page.locator(`.find li:first-child [data-id="${far}"]`).waitFor();
  assert.equal(await first.locator(".number").textContent(), share(row.p(far)));
  assert.equal((await first.locator(".faint").textContent())?.replace(/\D/g, ""), String(row.rank(far)));
  await accessible(page);
  await shot(page, "play-find");
  await first.click({ modifiers: ["Alt"] });
  await chips(page, given + 1);
  assert.equal(await page.locator(".chip").last().textContent(), String(texts[far]).replace(" ", "␣"));
  await close(page);
});

test("digits that are no number are told and taken back", async () => {
  const page = await open(browser, server.url, { hash: greedy });
  const digits = page.getByRole("textbox", { name: "New tokens, at most" });
  await digits.fill("many");
  await digits.press("Tab");
  await page.getByRole("alert").getByText("“many” is no number").waitFor();
  assert.deepEqual([await digits.inputValue(), await digits.getAttribute("aria-invalid")], ["12", "true"]);
  await accessible(page);
  await digits.fill("7");
  await digits.press("Tab");
  await page.waitForFunction(() => !document.querySelector("[aria-invalid]"));
  await page.waitForFunction(() => decodeURIComponent(location.hash).includes('"max_new_tokens":7'));
  await close(page);
});
