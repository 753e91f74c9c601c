// Takes pictures of every view, wide and narrow, light and dark, in English and Korean, and lays them out on contact sheets.
//
//   BEAMLINE=PROGRAM LAB_MODEL=MODEL node tests/pictures.js FOLDER [view ...]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { browse, open, serve } from "./browser/lab.js";

const [, , folder = "pictures", ...named] = process.argv;
const VIEWS = ["play", "shape", "beams", "compare", "score", "batch", "learn", "tree", "tokens", "model"];
const views = named.length > 0 ? named : VIEWS;

/** What each view is shown with. @type {Record<string, {text: string, options: Record<string, unknown>, press: boolean}>} */
const scenes = {
  play: { text: "Transformers are the", options: { max_new_tokens: 60, do_sample: true, temperature: 0.8, top_k: 50, top_p: 0.95 }, press: true },
  shape: { text: "The capital of France is", options: { do_sample: true, temperature: 0.7, top_k: 50, top_p: 0.9, max_new_tokens: 20 }, press: true },
  beams: { text: "Transformers are the", options: { num_beams: 4, max_new_tokens: 8 }, press: true },
  compare: { text: "Once upon a time", options: { max_new_tokens: 40 }, press: true },
  score: { text: "The students opened their books. Their teacher, who had read them all, was asleep.", options: {}, press: true },
  batch: { text: "", options: { max_new_tokens: 16, do_sample: true, temperature: 0.8 }, press: false },
  learn: { text: "", options: {}, press: false },
  tree: { text: "The best thing about", options: {}, press: true },
  tokens: { text: "안녕하세요, 今日は good! 🙂", options: {}, press: false },
  model: { text: "", options: {}, press: false },
};

/** Kinds of picture. */
const KINDS = [1280, 360].flatMap((width) => [false, true].flatMap((dark) => ["en", "ko"].map((language) => ({ width, dark, language }))));

/** @param {string} view @param {typeof KINDS[number]} kind */
const file = (view, { width, dark, language }) => `${folder}/${view}-${width}-${dark ? "dark" : "light"}-${language}.png`;

/** Takes one. @param {import("playwright-core").Browser} browser @param {string} url @param {string} view @param {typeof KINDS[number]} kind */
async function take(browser, url, view, kind) {
  const scene = scenes[view] ?? { text: "", options: {}, press: false };
  const query = new URLSearchParams({ ...(scene.text ? { p: scene.text } : {}), o: JSON.stringify(scene.options), s: "7" });
  const page = await open(browser, url, { hash: `#/${view}${view === "learn" ? "/5" : ""}?${query}`, ...kind, height: kind.width > 700 ? 900 : 760 });
  page.setDefaultTimeout(60_000);
  if (scene.press) {
    await page.locator("main .prompt button.main:not([disabled])").first().click();
    await page.waitForTimeout(600);
    await page.waitForFunction(() => !document.querySelector("main .prompt button.main")?.matches(":disabled"));
  }
  if (view === "batch") {
    await page.locator(".source button").nth(1).click();
    await page.locator(".run button.main").click();
    await page.locator('.far[data-state="done"]').waitFor();
  }
  // A function that gives a promise is not waited for by waitForFunction.
  while (!(await page.evaluate(async () => (await import(new URL("./state/lab.js", location.href.replace(/#.*/, "")).href)).running.value === null))) await page.waitForTimeout(50);
  await page.waitForTimeout(1500);
  await page.screenshot({ path: file(view, kind) });
  if (page.troubles.length > 0) console.error(view, kind, page.troubles);
  await page.context().close();
}

/** Lays pictures of one width out on a sheet. @param {import("playwright-core").Browser} browser @param {number} width */
async function sheet(browser, width) {
  const kinds = KINDS.filter((kind) => kind.width === width);
  const across = width > 700 ? 480 : 200;
  const cell = (/** @type {string} */ view, /** @type {typeof KINDS[number]} */ kind) => `<img alt="" width="${across}" src="data:image/png;base64,${readFileSync(file(view, kind)).toString("base64")}">`;
  const row = (/** @type {string} */ view) => `<tr><th>${view}</th>${kinds.map((kind) => `<td>${cell(view, kind)}</td>`).join("")}</tr>`;
  const page = await browser.newPage({ viewport: { width: 90 + kinds.length * (across + 16), height: 900 } });
  await page.setContent(`<style>body{margin:8px;font:14px sans-serif}td{padding:4px;vertical-align:top}img{display:block;border:1px solid #bbb}</style><table>${views.map(row).join("")}</table>`);
  await page.screenshot({ path: `${folder}/sheet-${width}.jpg`, type: "jpeg", quality: 82, fullPage: true });
  await page.close();
}

mkdirSync(folder, { recursive: true });
const server = await serve();
const browser = await browse();
for (const view of views) for (const kind of KINDS) await take(browser, server.url, view, kind);
await sheet(browser, 1280);
await sheet(browser, 360);
writeFileSync(`${folder}/made-of.txt`, `${process.env["LAB_MODEL"] ?? "builtin"}\n`);
await browser.close();
await server.stop();
