// Measures what the lab promises: how soon a token is seen, how evenly long texts scroll, how fast large trees and vocabularies follow.
// Figures, not tests: they depend on the machine.
//
//   BEAMLINE=PROGRAM node tests/measure.js
import { readdirSync, statSync } from "node:fs";
import { get } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { browse, open, serve } from "./browser/lab.js";
import { compareLong, plantBush, scoreLong, showVocabulary, slide } from "./browser/large.js";

const pages = resolve(dirname(fileURLToPath(import.meta.url)), "../pages");

/** The bytes of an answer as they are sent. @param {string} url @returns {Promise<number>} */
const sent = (url) => new Promise((found, failed) => {
  get(url, { headers: { "accept-encoding": "gzip" } }, (answer) => {
    let bytes = 0;
    answer.on("data", (part) => (bytes += part.length)).on("end", () => found(bytes));
  }).on("error", failed);
});

/** Bytes of all pages, as a server sends those of its binary. @param {string} url @param {string} [folder] @returns {Promise<number>} */
async function weight(url, folder = "") {
  let sum = 0;
  for (const name of readdirSync(join(pages, folder))) {
    const path = join(folder, name);
    if (statSync(join(pages, path)).isDirectory()) sum += await weight(url, path);
    else if (!name.endsWith(".d.ts")) sum += await sent(`${url}/lab/${path}`);
  }
  return sum;
}

const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const tenths = (/** @type {number | undefined} */ value) => Math.round(10 * (value ?? 0)) / 10;
const spread = (/** @type {number[]} */ values) => ({ median: tenths(median(values)), most: tenths(values.at(-1)) });

/** How long the page's thread has worked, in milliseconds of the processor's time, so that other programs count for little. @param {import("playwright-core").Page} page */
async function work(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * Number(metrics.find(({ name }) => name === "TaskDuration")?.value);
  };
}

/** Work of the page for each of so many steps. @param {import("playwright-core").Page} page @param {number} steps @param {(step: number) => Promise<unknown>} take */
async function worked(page, steps, take) {
  const busy = await work(page);
  const each = [];
  for (let step = 0, before = await busy(); step < steps; step++) {
    await take(step);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const now = await busy();
    each.push(now - before);
    before = now;
  }
  return spread(each);
}

/** Frames while something scrolls: the longest, and the median, in milliseconds. @param {import("playwright-core").Page} page @param {string} selector what scrolls; the page where it is empty */
export async function scroll(page, selector = "") {
  return page.evaluate(async (what) => {
    const box = what ? document.querySelector(what) : document.scrollingElement;
    if (!box) throw new Error(`there is no ${what}`);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [];
    let last = performance.now();
    for (let at = 0; at < 120; at++) {
      box.scrollTop = ((box.scrollHeight - box.clientHeight) * at) / 119;
      await frame();
      times.push(performance.now() - last);
      last = performance.now();
    }
    const slow = times.flatMap((time, at) => (time > 50 ? [`${Math.round(time)} at ${at}`] : []));
    times.sort((a, b) => a - b);
    return { longest: Math.round(times.at(-1) ?? 0), median: Math.round(times[60] ?? 0), over_50: slow, height: box.scrollHeight };
  }, selector);
}

/** Milliseconds from the arrival of the first token's event to the frame that shows it. @param {import("playwright-core").Page} page */
async function firstToken(page) {
  await page.locator("#prompt").fill(`Once upon a time ${Math.random()}`);
  return page.evaluate(async () => {
    const { stream } = await import(new URL("./api/events.js", location.href.replace(/#.*/, "")).href);
    void stream;
    const read = ReadableStreamDefaultReader.prototype.read;
    let arrived = 0;
    ReadableStreamDefaultReader.prototype.read = async function () {
      const got = await read.call(this);
      if (!arrived && got.value && new TextDecoder().decode(got.value).includes("event: token")) arrived = performance.now();
      return got;
    };
    const seen = new Promise((done) => {
      const strip = document.querySelector(".strip");
      const before = new Set([...document.querySelectorAll(".chip")].map((chip) => chip.getAttribute("data-key")));
      const watcher = new MutationObserver(() => {
        const fresh = [...document.querySelectorAll('.chip[data-chosen="model"]')].some((chip) => !before.has(chip.getAttribute("data-key")));
        if (!fresh) return;
        watcher.disconnect();
        requestAnimationFrame(() => done(performance.now()));
      });
      if (strip) watcher.observe(strip, { childList: true, subtree: true });
    });
    [...document.querySelectorAll("button.main")].find((button) => button.textContent === "Generate")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    const at = /** @type {number} */ (await seen);
    ReadableStreamDefaultReader.prototype.read = read;
    return at - arrived;
  });
}

/** Puts a text of so many tokens into the tree. @param {import("playwright-core").Page} page @param {number} count */
export function fill(page, count) {
  return page.evaluate(async (tokens) => {
    const { tree, tip } = await import(new URL("./state/lab.js", location.href.replace(/#.*/, "")).href);
    let at = 0;
    for (let i = 0; i < tokens; i++) {
      const text = i % 40 === 39 ? ".\n" : ` word${i % 97}`;
      const logprob = -((i * 7919) % 1000) / 150;
      tree.foresee(at, { entropy: 3, top: [{ id: 1, text: " a", bytes: [32, 97], logprob, logprob_processed: logprob, rank: 1 }], restCount: 8191, restMass: 0.5, draw: null, stages: [] });
      at = tree.add(at, { id: (i * 31) % 8000, text, bytes: [...new TextEncoder().encode(text)], logprob, rank: 1 + (i % 50) }, "model").key;
    }
    tree.changed();
    const begun = performance.now();
    tip.value = at;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return Math.round(performance.now() - begun);
  }, count);
}

/** @typedef {import("playwright-core").Browser} Browser */

/** Play: the first token, and 8,000 of them. @param {Browser} browser @param {string} url */
async function play(browser, url) {
  const page = await open(browser, url);
  const first = [];
  for (let i = 0; i < 9; i++) {
    first.push(await firstToken(page));
    await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  }
  const shown = await fill(page, 8000);
  const frames = await scroll(page);
  await page.context().close();
  return { first_token_ms: Math.round(median(first) ?? 0), tokens_8000: { shown_ms: shown, frames } };
}

/** Tree: 5,000 nodes scrolled, slowly and in leaps. @param {Browser} browser @param {string} url */
async function tree(browser, url) {
  const page = await open(browser, url, { hash: "#/tree" });
  await plantBush(page, 5000);
  const work_ms = await worked(page, 80, (step) => page.evaluate((top) => {
    /** @type {HTMLElement} */ (document.querySelector(".loom")).scrollTop = top;
  }, step < 60 ? step * 130 : step * 1800));
  await page.context().close();
  return { nodes_5000: { work_ms } };
}

/** Shape: a slider moved over a vocabulary of so many tokens. @param {Browser} browser @param {string} url @param {number} size */
async function shape(browser, url, size) {
  const page = await open(browser, url, { hash: "#/model" });
  await showVocabulary(page, size);
  await slide(page, "temperature", 0.5);
  await slide(page, "top_p", 0.99);
  const work_ms = await worked(page, 40, (step) => slide(page, "temperature", 0.4 + (step % 7) / 20));
  await page.context().close();
  return { work_ms };
}

/** Score: 8,000 tokens, from one to the next by keys, and scrolled. @param {Browser} browser @param {string} url */
async function score(browser, url) {
  const page = await open(browser, url, { hash: "#/score?p=x" });
  await scoreLong(page, 8000);
  const key_work_ms = await worked(page, 25, () => page.keyboard.press("ArrowRight"));
  const frames = await scroll(page);
  await page.context().close();
  return { tokens_8000: { key_work_ms, frames } };
}

/** Compare: two texts of 8,000 tokens, scrolled together. @param {Browser} browser @param {string} url */
async function compare(browser, url) {
  const columns = encodeURIComponent(JSON.stringify([[{}, 1], [{ num_beams: 2 }, 1]]));
  const page = await open(browser, url, { hash: `#/compare/${columns}?p=Once` });
  await compareLong(page, 8000);
  const key_work_ms = await worked(page, 25, () => page.keyboard.press("ArrowRight"));
  const frames = await scroll(page, ".ways .text");
  await page.context().close();
  return { tokens_8000: { key_work_ms, frames } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [server, binary] = [await serve(), await serve([], "0", ["--lab"])];
  const browser = await browse();
  const { url } = server;
  const figures = {
    pages_kb: Math.round((await weight(binary.url)) / 1000), play: await play(browser, url), tree: await tree(browser, url),
    shape: { vocabulary_50257: await shape(browser, url, 50_257), vocabulary_151936: await shape(browser, url, 151_936) },
    score: await score(browser, url), compare: await compare(browser, url),
  };
  console.log(JSON.stringify(figures));
  await browser.close();
  await Promise.all([server.stop(), binary.stop()]);
}
