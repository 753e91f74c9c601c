// What tests of whole views need: a server of the built-in model with the lab, a real browser, and a page that is watched: what it logs
// as an error, and what it asks of any other origin, fails the test.
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The browser that is used: CHROMIUM, or where Debian and others have it. */
export const browserPath = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

/** The model under test: the built-in one, or LAB_MODEL. Pages are held to what the API says of it. */
export const model = process.env["LAB_MODEL"] ?? "builtin";

/** For a test that is about the built-in model alone: why it is left out with another one. @param {string} why */
export const builtinAlone = (why) => ({ skip: model === "builtin" ? false : `about the built-in model: ${why}` });

/** Milliseconds that tests wait for something: large models take their time. */
export const PATIENCE = model === "builtin" ? 20_000 : 90_000;

/** The command under test. */
const beamline = process.env["BEAMLINE"] ?? resolve(root, process.env["CARGO_TARGET_DIR"] ?? "target", "debug/beamline");

/** Servers that have not been stopped: those of a test that failed end with its file. @type {Set<() => Promise<void>>} */
const started = new Set();

/**
 * Starts a server; gives its address.
 *
 * @param {string[]} [more] further arguments
 * @param {string} [port] one that is free where none is named
 * @param {string[]} [pages] those of this folder where nothing else is said; `--lab` for those in the binary
 * @returns {Promise<{url: string, stop: () => Promise<void>, child: import("node:child_process").ChildProcess}>}
 */
export async function serve(more = [], port = "0", pages = ["--lab-pages", resolve(root, "web/pages")]) {
  const child = spawn(beamline, ["serve", ...pages, "--model", model, "--port", port, ...more], { stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((found, failed) => {
    let said = "";
    child.stderr.on("data", (/** @type {Buffer} */ text) => {
      said += text;
      const match = said.match(/listening on (http:\S+)/);
      if (match?.[1]) found(match[1]);
    });
    child.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${said}`)));
    child.on("error", failed);
  });
  const stop = () => new Promise((/** @type {(value?: undefined) => void} */ done) => {
    started.delete(stop);
    if (child.exitCode !== null) return done();
    child.on("exit", () => done());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 5000).unref();
  });
  started.add(stop);
  return { url, stop, child };
}

/** Starts the browser. It asks nothing of anybody by itself. */
export function browse() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ ...(browserPath ? { executablePath: browserPath } : {}), args });
}

/** Waits until a server has loaded its model. @param {string} url */
export async function ready(url) {
  for (let left = 600; left > 0; left--) {
    if ((await fetch(`${url}/health`)).ok) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error("the model takes more than a minute to load");
}

/** A server with its model loaded and a browser for the tests of a file, which end with them. @param {string[]} [more] further arguments of the server */
export async function together(more = []) {
  const [server, browser] = [await serve(more), await browse()];
  await ready(server.url);
  after(async () => {
    await browser.close();
    await Promise.all([...started].map((stop) => stop()));
  });
  return { server, browser };
}

/** @typedef {import("playwright-core").Page & {troubles: string[]}} WatchedPage */

/**
 * Opens a page of the lab that is watched.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url of the server
 * @param {{hash?: string, width?: number, height?: number, dark?: boolean, language?: string, reduced?: boolean, expected?: RegExp}} [how]
 *   `expected` is what the console may say all the same
 * @returns {Promise<WatchedPage>}
 */
export async function open(browser, url, { hash = "#/play", width = 1280, height = 900, dark = false, language = "en", reduced = true, expected = /$^/ } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: dark ? "dark" : "light", locale: language, reducedMotion: reduced ? "reduce" : "no-preference",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = /** @type {WatchedPage} */ (await context.newPage());
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(90_000); // of a machine that does much else
  page.troubles = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text())) page.troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.troubles.push(`error: ${error.stack}`));
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !/^(data|blob):/.test(to)) page.troubles.push(`another origin: ${to}`);
  });
  await page.goto(`${url}/lab/${hash}`);
  await page.locator(".bar .model").waitFor();
  return page;
}

/** Closes a page, which must have had no trouble. @param {WatchedPage} page */
export async function close(page) {
  const troubles = page.troubles;
  await page.context().close();
  assert.deepEqual(troubles, []);
}

/** Looks for what keeps people out (WCAG 2.2, A and AA). @param {WatchedPage} page */
export async function accessible(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary?.slice(0, 200)}`).join(" | ")}`), []);
}

/** Asks the server itself. @param {string} url @param {string} path @param {unknown} [body] @returns {Promise<any>} */
export async function api(url, path, body) {
  const answer = await fetch(`${url}/${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.json();
}

/** The model under test, as the server tells it. @param {string} url @returns {Promise<{n_vocab: number, n_ctx: number}>} */
export const metaOf = async (url) => (await api(url, "props")).model.meta;

/** The ids of a text. @param {string} url @param {string} text @param {boolean} [special] whether a begin token and the like come with it @returns {Promise<number[]>} */
export const idsOf = async (url, text, special = true) => (await api(url, "v1/tokens", { text, add_special_tokens: special })).tokens.map((/** @type {{id: number}} */ token) => token.id);

/** A character for which the model has no single token. @param {string} url */
export async function partedCharacter(url) {
  for (const character of ["안", "👩", "ᚠ", "𓂀", "🜁"]) if ((await idsOf(url, character, false)).length > 1) return character;
  throw new Error("the model has a token for each of these characters: others are to be tried");
}

/** Writes a picture of a page into the folder of SHOTS, where one is given. @param {WatchedPage} page @param {string} name */
export async function shot(page, name) {
  const folder = process.env["SHOTS"];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
