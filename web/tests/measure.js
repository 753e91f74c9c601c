// Measures what the lab promises: how soon a token is seen, how evenly long texts scroll. Figures, not tests: they depend on the machine.
//
//   BEAMLINE=PROGRAM node tests/measure.js
import { gzipSync } from "node:zlib";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { browse, open, serve } from "./browser/lab.js";

const pages = resolve(dirname(fileURLToPath(import.meta.url)), "../pages");

/** Bytes of all pages, compressed. @param {string} folder @returns {number} */
const weight = (folder) => readdirSync(folder).reduce((sum, name) => {
  const path = join(folder, name);
  if (statSync(path).isDirectory()) return sum + weight(path);
  return name.endsWith(".d.ts") ? sum : sum + gzipSync(readFileSync(path), { level: 9 }).length;
}, 0);

const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve();
  const browser = await browse();
  const page = await open(browser, server.url);
  const first = [];
  for (let i = 0; i < 9; i++) {
    first.push(await firstToken(page));
    await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  }
  const shown = await fill(page, 8000);
  const frames = await scroll(page);
  console.log(JSON.stringify({ pages_kb: Math.round(weight(pages) / 1000), first_token_ms: Math.round(median(first) ?? 0), tokens_8000: { shown_ms: shown, frames } }));
  await browser.close();
  await server.stop();
}
