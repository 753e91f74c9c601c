// Tree, in a real browser: what it shows is what /v1/expand tells; lists, areas, samples, files, keys; five thousand nodes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { count } from "../../pages/numbers/format.js";
import { accessible, api, close, idsOf, metaOf, open, shot, together } from "./lab.js";
import { plantBush } from "./large.js";

const { server, browser } = await together();

const PROMPT = "The best thing about";
const at = (/** @type {string} */ view) => `#/${view}?p=${encodeURIComponent(PROMPT)}`;
const GROWTH = { depth: 3, children: 4, cover_p: 0.9, min_mass: 0.001, budget: 200 };

/** @typedef {{id: number, parent: number, token: number, text: string, logprob: number, cum: number, rank: number, rest: number}} Told */
/** @typedef {import("./lab.js").WatchedPage} Page */

/** A share as the page writes it. @param {number} value */
const share = (value) => (value * 100 < 0.1 ? `${(value * 100).toFixed(4)} %` : `${(value * 100).toFixed(2)} %`);
const fixed = (/** @type {number} */ value) => value.toFixed(3).replace("-", "−");
const name = (/** @type {string} */ text) => text.replaceAll(" ", "␣").replaceAll("\n", "↵");

/** What /v1/expand tells of the prompt: parents before children, of siblings the most probable first. @returns {Promise<Told[]>} */
const told = async () => (await api(server.url, "v1/expand", { prompt: PROMPT, ...GROWTH })).nodes;

/** The most probable token behind the prompt, and the most probable one behind that. @param {Told[]} nodes */
function best(nodes) {
  const first = nodes.find(({ parent }) => parent === 0);
  const second = nodes.find(({ parent }) => parent === first?.id);
  assert.ok(first && second, "the model is too sure: another prompt is to be tried");
  return { first, second };
}

/** Waits until nothing runs. @param {Page} page */
const idle = (page) => page.waitForFunction(() => document.querySelector(".node .deeds button") instanceof HTMLButtonElement && !document.querySelector(".prompt button.main")?.textContent?.match(/Stop|멈춤/) && document.querySelector(".grown p"));

/** Opens the view and grows a tree behind the prompt. @param {Parameters<typeof open>[2]} [how] */
async function grown(how = {}) {
  const page = await open(browser, server.url, { hash: at("tree"), ...how });
  await page.locator(".prompt button.main").click();
  await page.locator(".loom .line.others").first().waitFor();
  await idle(page);
  return page;
}

/** What stands in the rows: name, probability, log p, sum, rank, level. @param {Page} page */
const lines = (page) => page.locator(".loom .lines .line").evaluateAll((rows) => rows.map((row) => {
  const [, p, log, cum, rank] = [...row.children].map((cell) => cell.textContent ?? "");
  return { name: row.querySelector(".tokens")?.textContent ?? "", p, log, cum, rank, level: Number(row.getAttribute("aria-level")), rest: row.classList.contains("others") };
}));

test("the list has the numbers that /v1/expand tells, and every place ends with the rest", async () => {
  const page = await grown({ height: 3000 });
  const nodes = await told();
  await page.getByLabel("Join tokens without branches").uncheck();
  await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector(".loom")).style.setProperty("height", "2800px"));
  await page.waitForFunction((count) => document.querySelectorAll(".loom .lines .line:not(.others)").length === count, nodes.length + 1);
  const shown = await lines(page);
  /** @type {Told[]} */
  const order = [];
  const below = (/** @type {number} */ parent) => {
    for (const node of nodes.filter((one) => one.parent === parent).sort((a, b) => b.logprob - a.logprob)) {
      order.push(node);
      below(node.id);
    }
  };
  below(0);
  const tokens = shown.filter((row) => !row.rest).slice(1);
  assert.deepEqual(tokens.map(({ name, p, log, cum, rank }) => [name, p, log, cum, rank]), order.map((node) => [name(node.text), share(Math.exp(node.logprob)), fixed(node.logprob), fixed(node.cum), `#${node.rank}`]));
  const rests = shown.filter((row) => row.rest);
  const parents = [0, ...order.map((node) => node.id)].filter((id) => nodes.some((node) => node.parent === id));
  assert.equal(rests.length, parents.length);
  const first = nodes.filter((node) => node.parent === 0);
  const last = /** @type {(typeof shown)[0]} */ (shown.at(-1));
  assert.deepEqual([last.level, last.p, last.name], [2, share(Number(first[0]?.rest)), `all other ${count((await metaOf(server.url)).n_vocab - first.length)} tokens`]);
  assert.match((await page.locator(".grown p").textContent()) ?? "", new RegExp(`^${nodes.length} nodes told, ${nodes.length} of them new; ${parents.length} places`));
  assert.equal(await page.locator("main > [role=status]").textContent(), `Done, ${nodes.length} tokens.`);
  await close(page);
});

test("areas are as high as paths are probable; a click zooms, and the way back is there", async () => {
  const page = await grown();
  await page.getByRole("button", { name: "Icicle" }).click();
  const nodes = await told();
  const measured = await page.locator(".icicle .area").evaluateAll((all) => all.map((area) => ({ name: area.getAttribute("aria-label") ?? "", high: area.querySelector("rect")?.getBoundingClientRect().height ?? 0 })));
  for (const node of nodes.filter((node) => node.parent === 0)) {
    const box = measured.find(({ name: told }) => told.startsWith(`${name(node.text)}, ${share(Math.exp(node.logprob))}`));
    assert.ok(box && Math.abs(box.high + 1 - 480 * Math.exp(node.cum)) < 1, `${node.text}: ${box?.high} for ${480 * Math.exp(node.cum)}`);
  }
  const { first, second } = best(nodes);
  await page.locator(".icicle .area").nth(1).click();
  await page.locator(".crumbs .mass").waitFor();
  assert.equal(await page.locator(".crumbs .mass").textContent(), `P = ${share(Math.exp(first.logprob))}`);
  const zoomed = await page.locator(".icicle .area").nth(1).getAttribute("aria-label");
  assert.ok(zoomed?.startsWith(`${name(second.text)}, `) && zoomed.includes(`${share(Math.exp(second.logprob))} of the root`), String(zoomed));
  await accessible(page);
  await page.keyboard.press("Backspace");
  await page.waitForFunction(() => !document.querySelector(".crumbs .mass"));
  assert.match(await page.evaluate(() => location.hash), /^#\/tree\/icicle/);
  await page.locator(".icicle .area").nth(1).click();
  await page.locator(".crumbs .mass").waitFor();
  await page.locator("#prompt").fill("The ship was");
  await page.locator("#prompt").press("Control+Enter");
  await page.waitForFunction(() => document.querySelector(".icicle .area")?.getAttribute("aria-label")?.startsWith("␣was, the root"));
  assert.equal(await page.locator(".crumbs .mass").count(), 0, "another prompt is shown from its own end");
  await idle(page);
  await close(page);
});

test("samples are counted on their tokens, beside what chance gives", async () => {
  const page = await grown();
  await page.locator(".samples > summary").click();
  await page.getByRole("button", { name: "Draw samples from here" }).click();
  await page.locator(".loom .drawn .words").first().waitFor();
  await idle(page);
  const words = await page.locator(".loom .line").nth(2).locator(".drawn .unseen").textContent();
  const [, k, n, mean, sd] = /^(\d+) of (\d+); expected ([\d.]+) ± ([\d.]+)$/.exec(words ?? "") ?? [];
  const drawn = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 1, do_sample: true, num_return_sequences: 100, seed: 1 });
  const { first } = best(await told());
  const p = Math.exp(drawn.sequences.find((/** @type {any} */ sequence) => sequence.token_ids[0] === first.token).tokens[0].logprob_processed);
  assert.deepEqual([n, mean, sd], ["100", (100 * p).toFixed(1), Math.sqrt(100 * p * (1 - p)).toFixed(1)]);
  assert.ok(Math.abs(Number(k) - 100 * p) < 6 * Number(sd));
  assert.match((await page.locator(".samples .hint").first().textContent()) ?? "", new RegExp(`100 samples .*top_k ${drawn.effective_config.top_k.value}`));
  await shot(page, "tree-samples");
  await page.getByRole("button", { name: "Draw samples from here" }).click();
  await page.waitForFunction(() => document.querySelector(".loom .drawn .unseen")?.textContent?.includes(" of 200;"));
  await idle(page);
  await accessible(page);
  await close(page);
});

test("a text is found in the branches, and marks, notes and the reader's branch are kept", async () => {
  const page = await grown();
  const { first, second } = best(await told());
  await page.keyboard.press("/");
  await page.keyboard.type((first.text + second.text).trimStart());
  await page.keyboard.press("Enter");
  assert.match((await page.locator(".finder .hint").textContent()) ?? "", /^1 of \d+$/);
  assert.ok((await page.locator(".loom .looked .tokens").textContent())?.startsWith(name(second.text)));
  await page.locator(".loom").focus();
  await page.keyboard.press("k");
  await page.locator(".loom .looked .mark.kept").waitFor();
  await page.keyboard.press("e");
  await page.keyboard.type("look here");
  await page.locator(".loom").focus();
  await page.locator(".loom .looked .noted").waitFor();
  await page.keyboard.press("o");
  await page.waitForFunction((text) => [...document.querySelectorAll(".chip")].map((chip) => chip.textContent).join("").endsWith(text), name(PROMPT + first.text + second.text));
  await close(page);
});

test("what Play wrote is in the tree, and the reference text is found its place", async () => {
  const page = await open(browser, server.url, { hash: `${at("play")}&o=${encodeURIComponent('{"max_new_tokens":6}')}` });
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  const given = (await idsOf(server.url, PROMPT)).length;
  await page.waitForFunction((count) => document.querySelectorAll(".chip").length === count, given + 6);
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  const text = (await page.locator(".chip").allTextContents()).slice(given).join("");
  await page.getByRole("link", { name: "Tree" }).click();
  assert.equal(await page.locator(".loom .line.mine .tokens").first().textContent(), text);
  const chain = (await lines(page)).find((row) => row.name === text);
  const { sequences: [greedy] } = await api(server.url, "v1/generate", { prompt: PROMPT, max_new_tokens: 6 });
  assert.equal(chain?.cum, fixed(greedy.sum_logprob));
  assert.equal(chain?.p, share(Math.exp(greedy.tokens[0].logprob)));
  await page.locator("summary", { hasText: "Reference" }).click();
  await page.getByRole("textbox", { name: "Reference text" }).fill(" summer nights at sea");
  await page.getByRole("button", { name: "Outline it" }).click();
  await page.locator(".loom .named").first().waitFor();
  assert.equal((await page.locator(".loom .named .tokens").allTextContents()).join(""), "␣summer␣nights␣at␣sea");
  const scored = await api(server.url, "v1/score", { items: [{ prefix: PROMPT, continuations: [" summer nights at sea"] }] });
  const row = page.locator(".loom .named [data-cum]").last();
  assert.ok(Math.abs(Number(await row.getAttribute("data-cum")) - scored.items[0].texts[0].sum_logprob) < 1e-9);
  await close(page);
});

/** Has the page save a file; gives its bytes. @param {Page} page @param {string} button */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button, exact: true }).click()]);
  return readFile(/** @type {string} */ (await download.path()));
}

test("files: JSON is read again as it was, the icicle is a picture, a page stands alone", async () => {
  const page = await grown();
  await page.locator(".files > summary").click();
  const json = (await saved(page, "JSON")).toString();
  const nodes = await told();
  const { first } = best(nodes);
  const key = (/** @type {Told} */ node) => `${node.token} ${node.logprob} ${node.rank}`;
  assert.deepEqual(JSON.parse(json).nodes.map(key).sort(), nodes.map(key).sort());
  assert.ok(JSON.parse(json).nodes.every((/** @type {any} */ node) => node.finish_reason === null), "that the tree goes no deeper ends no text");
  const [root = "", row = ""] = (await saved(page, "Markdown")).toString().split("\n");
  assert.ok(root.startsWith("- `") && root.endsWith(`${PROMPT}\``), root);
  assert.ok(row.startsWith(`  - \`${name(first.text)}`) && row.includes(` ${share(Math.exp(first.logprob))}`), row);
  const png = await saved(page, "PNG");
  assert.deepEqual([...png.subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join(""), "PNG");
  assert.ok(png.readUInt32BE(16) > 400 && png.readUInt32BE(20) === 960, "twice as many pixels as on the page");
  const html = (await saved(page, "HTML page")).toString();
  const svg = (await saved(page, "SVG")).toString();
  assert.ok(/<rect width="\d+" height="480" fill="#FFFFFF"/.test(svg), "the page's own colours");
  assert.ok(svg.includes(name(first.text)) && !svg.includes("var(") && html.includes(name(first.text)));
  await close(page);
  const other = await open(browser, server.url, { hash: "#/tree" });
  await other.locator(".files > summary").click();
  await other.locator(".files input").setInputFiles({ name: "tree.json", mimeType: "application/json", buffer: Buffer.from(json) });
  await other.getByText(`${nodes.length} nodes read.`).waitFor();
  assert.equal((await saved(other, "JSON")).toString(), json);
  await other.locator(".files input").setInputFiles({ name: "tree.json", mimeType: "application/json", buffer: Buffer.from("{}") });
  await other.getByText("This is no tree").waitFor();
  await close(other);
});

test("everything can be done by keys, also in Korean and dark", async () => {
  const page = await open(browser, server.url, { hash: at("tree"), language: "ko", dark: true });
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await page.locator(".loom .line.others").first().waitFor();
  await idle(page);
  await page.locator("main").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(".loom .looked").getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".loom .looked").getAttribute("aria-expanded"), "true");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".loom .looked").getAttribute("aria-level"), "3");
  const here = await page.locator(".loom .looked").getAttribute("id");
  assert.equal(await page.locator(".loom").getAttribute("aria-activedescendant"), here);
  await page.keyboard.press("c");
  await page.waitForFunction((id) => document.querySelector(".loom .looked")?.id !== id, here);
  await idle(page);
  await page.keyboard.press("v");
  await page.locator(".icicle").waitFor();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".crumbs .mass").waitFor();
  await accessible(page);
  await shot(page, "tree-icicle-ko-dark");
  await page.keyboard.press("v");
  await accessible(page);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await close(page);
});

test("it fits a narrow window", async () => {
  const page = await grown({ width: 360, height: 740 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await wide(), 360);
  await shot(page, "tree-360");
  await page.getByRole("button", { name: "Icicle" }).click();
  assert.equal(await wide(), 360);
  await accessible(page);
  await close(page);
});

test("of five thousand nodes those are drawn that are seen", async () => {
  const page = await open(browser, server.url, { hash: "#/tree" });
  await plantBush(page, 5000);
  const shown = () => page.locator(".loom .lines .line").evaluateAll((rows) => {
    const outer = /** @type {Element} */ (document.querySelector(".loom")).getBoundingClientRect();
    const boxes = rows.map((row) => row.getBoundingClientRect());
    return { rows: rows.length, above: Math.min(...boxes.map(({ top }) => top)) - outer.top, below: outer.bottom - Math.max(...boxes.map(({ bottom }) => bottom)) };
  });
  const whole = await page.locator(".loom").evaluate((loom) => loom.scrollHeight);
  for (const part of [0, 0.1, 0.5, 0.9, 0.97]) {
    await page.evaluate((top) => new Promise((done) => {
      /** @type {HTMLElement} */ (document.querySelector(".loom")).scrollTop = top;
      requestAnimationFrame(() => requestAnimationFrame(done));
    }), part * whole);
    const { rows, above, below } = await shown();
    assert.ok(rows < 80, `${rows} rows at ${part}`);
    // The head of the list covers the first rows.
    assert.ok(part === 0 || (above <= 40 && below <= 0), `rows fill the window at ${part}: ${above}, ${below}`);
  }
  await page.locator(".loom").focus();
  await page.keyboard.press("End");
  const seen = await page.locator(".loom .looked").evaluate((row) => {
    const [inner, outer] = [row.getBoundingClientRect(), /** @type {Element} */ (row.closest(".loom")).getBoundingClientRect()];
    return inner.top >= outer.top && inner.bottom <= outer.bottom;
  });
  assert.ok(seen, "the keys take the view along");
  await page.getByRole("button", { name: "Icicle" }).click();
  await page.locator(".icicle .area").nth(20).waitFor();
  await close(page);
});
