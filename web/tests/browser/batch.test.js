// Batch, in a real browser: files are run row by row, and what is saved is what the command that is shown writes, to the byte.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { accessible, api, close, model, open, shot, together } from "./lab.js";

const { server, browser } = await together(["--threads", "1"]);

/** @typedef {import("./lab.js").WatchedPage} Page */

const command = process.env["BEAMLINE"] ?? new URL("../../../target/debug/beamline", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "beamline-batch-"));

/** The address with options and a seed. @param {Record<string, unknown>} options @param {number} [seed] */
const address = (options, seed = 7) => `#/batch?o=${encodeURIComponent(JSON.stringify(options))}&s=${seed}`;

/** Gives the page a file. @param {Page} page @param {string} name @param {string | Buffer} content */
const give = (page, name, content) => page.locator("#batch-file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(content) });

/** Waits for a state of the run. @param {Page} page @param {string} state */
const reached = (page, state) => page.locator(`.far[data-state="${state}"]`).waitFor({ timeout: 120_000 });

/** Runs the file. @param {Page} page */
async function run(page) {
  await page.getByRole("button", { name: /^Run( again| anew)?$/ }).first().click();
  await reached(page, "done");
}

/** What a button saves. @param {Page} page @param {string} as */
async function saved(page, as) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Save ${as}`, exact: true }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

// A server says what its model's file is called, and not where it lies: here it lies beside the rows.
if (existsSync(model)) symlinkSync(resolve(model), join(folder, basename(model)));

/** Runs the command that the page shows, with the file beside it; gives what it writes. @param {Page} page @param {string} name @param {string} content @param {string} output @param {string} [ending] another ending of the output */
async function written(page, name, content, output, ending) {
  writeFileSync(join(folder, name), content);
  const shown = (await page.locator(".lines code").first().textContent()) ?? "";
  const line = ending ? shown.replace(/(--output \S*|--output '[^']*)\.(\w+)/, (_, before) => `${before}.${ending}`) : shown;
  const program = `${JSON.stringify(command)} batch`;
  await promisify(execFile)("sh", ["-c", `${line.replace(/^beamline batch/, program)} --no-journal`], { cwd: folder, env: { ...process.env, PATH: `${dirname(command)}:${process.env["PATH"]}` }, maxBuffer: 1 << 26 });
  return readFileSync(join(folder, output), "utf8");
}

/** The rows' states. @param {Page} page */
const states = (page) => page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset["state"]));

const TABLE = [
  "id,name,place,temperature,options,text", "1,Anne,Bath,,,kept", '2,"Mr. Darcy, of Pemberley",Derbyshire,0.5,,', '3,춘향,"a town\r\nby the river",,"{""top_k"": 3, ""max_new_tokens"": 4}",', '4,Heidi,"the ""Alm""",0.9,,x',
  "5,Jim,sea,-1,,", "1,Anne again,Bath,,,", "7,short", "8,Ann,,warm,,", '9,,"{braces}",,"{""do_sample"": false}",', "",
].join("\r\n");

test("a table is run by a template, with keys, draws and options of its rows, and what is saved is what the command writes, to the byte", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 8, do_sample: true, temperature: 0.8 }), expected: /400/ });
  await give(page, "my letters.csv", `\ufeff${TABLE}`);
  await page.getByLabel("Prompt", { exact: true }).fill("{name} wrote {{so}} from {place}:");
  assert.deepEqual(await page.locator("[data-preview]").allTextContents(), ["Anne wrote {so} from Bath:", "Mr. Darcy, of Pemberley wrote {so} from Derbyshire:", "춘향 wrote {so} from a town\r\nby the river:"]);
  await page.getByLabel("Key", { exact: true }).selectOption("id");
  await page.getByText("Taken as each row's own options, before those of all: temperature, options").waitFor();
  await page.getByText("Called otherwise in the results: text → input_text").waitFor();
  await run(page);
  assert.deepEqual(await states(page), ["done", "done", "done", "done", "failed", "failed", "failed", "failed", "done"]);
  const table = await saved(page, "CSV");
  assert.equal(table.name, "my letters.out.csv");
  assert.equal(table.text, await written(page, "my letters.csv", `\ufeff${TABLE}`, "my letters.out.csv"));
  const lines = await saved(page, "JSONL");
  assert.equal(lines.name, "my letters.out.jsonl");
  assert.equal(lines.text, await written(page, "my letters.csv", `\ufeff${TABLE}`, "my letters.out.jsonl", "jsonl"));
  await shot(page, "batch-en-light");
  await accessible(page);
  await close(page);
});

const LINES = [
  '{"prompt": "Once upon a time", "n": 1.50, "big": 9007199254740993, "2": [1e2, {"b": null}]}', '"It was"', '{"prompt": [318, 752], "z": "last"}', '{"prompt": "She said", "do_sample": false}',
  '{"prompt": "He said", "num_beams": 2, "num_return_sequences": 2}', '{"prompt": null}', '{"text": "no prompt"}', '{"prompt": "A", "options": {"penalty_alpha": 0.6, "top_k": 4}}', '{"prompt": "B", "options": {"seed": 18446744073709551615}}',
  '{"prompt": "C", "options": 4}', '{"prompt": "D", "seed": 3}', '{"prompt": "E", "foo": 1, "error": "mine"}', "", "[1]", '{"prompt": "F", "options": {"bar": 1}}', "{not JSON}", '{"prompt": "안녕하세요, \\u001f🙂"}', "",
].join("\n");

test("lines of JSON keep their digits and their order, and rows' own options go before those of all", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 5, do_sample: true, temperature: 0.7 }, 12), expected: /400/ });
  await give(page, "rows.jsonl", LINES);
  await run(page);
  const own = (await saved(page, "JSONL")).text.split("\n");
  const told = (await written(page, "rows.jsonl", LINES, "rows.out.jsonl")).split("\n");
  assert.equal(own.length, told.length);
  // What is no JSON is told in the words of who reads it.
  const plain = (/** @type {string} */ line) => line.replace(/"line 16: not valid JSON: .*"(?=\}$)/, '"line 16"');
  own.forEach((line, at) => assert.equal(plain(line), plain(told[at] ?? ""), `line ${at + 1}`));
  assert.equal(await page.getByText("No CSV").count(), 1);
  await page.locator('[data-row="3"]').click();
  await page.locator(".looked-at").getByText("without effect here").waitFor();
  await close(page);
});

test("without draws and without keys, by beams, the command is the same, too", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 6, num_beams: 3, num_return_sequences: 2, stop_strings: ["a b", "'"] }) });
  const rows = "who\tprompt\nAnne\tOnce upon\nHeidi\tIt's a\n";
  await give(page, "it's.tsv", rows);
  await run(page);
  assert.equal((await saved(page, "TSV")).text, await written(page, "it's.tsv", rows, "it's.out.tsv"));
  await close(page);
});

/** Lets so many rows through to the server, and more as it is told: a run that is held can be looked at. @param {Page} page @param {number} rows @returns {Promise<(more: number) => void>} lets more rows through */
async function held(page, rows) {
  /** @type {Array<() => void>} */
  const waiting = [];
  let left = rows;
  await page.route("**/v1/generate", async (route) => {
    if (left > 0) left -= 1;
    else await new Promise((/** @type {(value?: undefined) => void} */ go) => waiting.push(go));
    await route.continue().catch(() => {}); // it was paused meanwhile
  });
  return (more) => {
    for (const go of waiting.splice(0, more)) {
      more -= 1;
      go();
    }
    left += more;
  };
}

/** How many rows are done. @param {Page} page @returns {Promise<number>} */
const done = (page) => page.evaluate(async () => (await import(new URL("./views/batch/state.js", location.href.replace(/#.*/, "")).href)).counts.done);

/** Waits until so many rows are done. @param {Page} page @param {number} rows */
async function came(page, rows) {
  for (const until = Date.now() + 60_000; (await done(page)) < rows; await page.waitForTimeout(50)) assert.ok(Date.now() < until, `${rows} rows are not done in a minute`);
}

/** A file of so many short rows. @param {number} count */
const many = (count) => Array.from({ length: count }, (_, at) => JSON.stringify({ id: `row ${at}`, prompt: `The number ${at}` })).join("\n");

test("a run is paused, kept over a reload, opened again and gone on with; what comes of it is the same", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 24, do_sample: true }) });
  const text = many(80);
  const let_ = await held(page, 8);
  await give(page, "many.jsonl", text);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await came(page, 8);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await reached(page, "paused");
  assert.equal(await page.locator('[data-state="running"]').count(), 0);
  await page.locator(".kept li", { hasText: "8/80" }).waitFor({ state: "attached" });
  await page.reload();
  await page.locator(".bar .model").waitFor();
  await page.locator(".kept summary").click();
  await page.locator(".kept li button").first().click();
  await reached(page, "paused");
  assert.match((await page.locator(".far .numbers").textContent()) ?? "", model === "builtin" ? /^Paused · 8 of 80 rows · 192 tokens$/ : /^Paused · 8 of 80 rows · \d+ tokens$/);
  let_(1000);
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await reached(page, "done");
  assert.equal((await saved(page, "JSONL")).text, await written(page, "many.jsonl", text, "many.out.jsonl"));
  // It is forgotten where that is asked for.
  await page.locator(".kept li button").last().click();
  await page.locator(".kept").waitFor({ state: "detached" });
  await close(page);
});

test("a cancelled run keeps what is finished, and Escape pauses", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 60 }) });
  const let_ = await held(page, 3);
  await give(page, "many.jsonl", many(60));
  await page.locator("[data-row]").first().waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("g");
  await came(page, 3);
  await page.keyboard.press("Escape");
  await reached(page, "paused");
  await page.keyboard.press("g");
  await reached(page, "running");
  let_(10); // of which the first five are those that Escape ended
  await came(page, 5);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await reached(page, "cancelled");
  await page.locator(".kept li", { hasText: "Cancelled" }).waitFor({ state: "attached" });
  const { text } = await saved(page, "JSONL");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(lines.length >= 5 && lines.length < 60, `${lines.length} lines`);
  const told = await api(server.url, "v1/generate", { prompt: lines[0].prompt, max_new_tokens: 60 });
  assert.deepEqual([lines[0].text, lines[0].token_ids, lines[0].sum_logprob], [told.sequences[0].text, told.sequences[0].token_ids, told.sequences[0].sum_logprob]);
  await page.getByText(`The ${lines.length} of 60 rows that are done.`).waitFor();
  await close(page);
});

test("rows that fail never end the run; they are filtered and tried again", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 4 }), expected: /422|503/ });
  let fails = true;
  await page.route("**/v1/generate", (route) => {
    const body = route.request().postData() ?? "";
    if (fails && /number (3|8)"/.test(body)) return route.fulfill({ status: /3"/.test(body) ? 422 : 503, json: { error: { message: `it was refused:\n once${/8"/.test(body) ? " (--deadline)" : ""}`, param: null } } });
    return route.continue();
  });
  await give(page, "many.jsonl", many(12));
  await run(page);
  await page.locator("main").focus();
  await page.keyboard.press("f");
  await page.waitForFunction(() => document.querySelectorAll("[data-row]").length === 2);
  assert.deepEqual(await page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset["row"])), ["3", "8"]);
  assert.equal(JSON.parse((await saved(page, "JSONL")).text.split("\n")[3] ?? "").error, "it was refused: once");
  await accessible(page);
  fails = false;
  await page.keyboard.press("r");
  await page.getByText("No row has an error.").waitFor();
  await reached(page, "done");
  await page.keyboard.press("f");
  assert.equal((await states(page)).filter((state) => state === "done").length, 12);
  await close(page);
});

test("an option of all rows that cannot be ends the run at its first row, in the engine's words", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 4, temperature: 2 }), expected: /400/ });
  await give(page, "many.jsonl", many(30));
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".trouble").getByText("temperature has no effect on greedy search").waitFor();
  await reached(page, "paused");
  assert.equal(await page.locator('[data-row][data-state="failed"]').count(), 0);
  await page.getByLabel("Method", { exact: true }).last().selectOption("sampling");
  await page.getByText("Settings have changed since this run began.").waitFor();
  await page.getByRole("button", { name: "Run anew", exact: true }).click();
  await reached(page, "done");
  assert.equal(await page.locator(".trouble span").count(), 0);
  await close(page);
});

test("where the server goes away, the run is paused, and goes on", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 4 }), expected: /Failed to load/ });
  let away = true;
  await page.route("**/v1/generate", (route) => (away && /number 7"/.test(route.request().postData() ?? "") ? route.abort() : route.continue()));
  await give(page, "many.jsonl", many(20));
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await reached(page, "paused");
  await page.locator(".trouble").getByText("the server cannot be reached").waitFor();
  assert.equal(await page.locator('[data-row][data-state="failed"]').count(), 0);
  away = false;
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await reached(page, "done");
  await close(page);
});

test("a row is opened in Play, with its text, its numbers and its seed", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 9, do_sample: true, top_k: 20 }) });
  await give(page, "many.jsonl", many(5));
  await page.getByLabel("Key", { exact: true }).selectOption("id");
  await run(page);
  await page.locator("main").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const sum = Number(await page.locator(".looked-at [data-sum]").getAttribute("data-sum"));
  const seed = Number(await page.locator('.looked-at [data-fact="seed"]').textContent());
  const told = await api(server.url, "v1/generate", { prompt: "The number 2", max_new_tokens: 9, do_sample: true, top_k: 20, seed });
  assert.equal(sum, told.sequences[0].sum_logprob);
  await page.keyboard.press("Enter");
  await page.locator(".strip .chip").first().waitFor();
  assert.equal(await page.locator("#prompt").inputValue(), "The number 2");
  assert.ok(Math.abs(Number(await page.locator("[data-sum]").getAttribute("data-sum")) - sum) < 1e-9);
  await page.getByRole("button", { name: "From the prompt" }).click();
  await page.getByRole("button", { name: "Generate", exact: true }).waitFor();
  assert.equal(await page.locator(".branches li").count(), 0, "the same draws give the same text");
  await close(page);
});

test("by keyboard alone, in Korean, dark and narrow: an example is run, its rows are walked and copied as a command", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 3 }), language: "ko", dark: true, width: 360, height: 760 });
  await page.locator("main").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "예시");
  await page.keyboard.press("Enter");
  await page.locator(".preview li").first().waitFor();
  await accessible(page);
  await page.keyboard.press("g");
  await reached(page, "done");
  await page.keyboard.press("End");
  assert.equal(await page.locator(".looked-at h2").textContent(), "8행");
  await page.keyboard.press("c");
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(line, /^beamline batch \\\n {2}--model \S+ \\\n {2}--input letters\.jsonl/);
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("오류가 난 행 다시 실행").waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page does not scroll sideways");
  await accessible(page);
  await close(page);
});

test("of ten thousand rows those are drawn that are seen", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 1 }) });
  await give(page, "many.jsonl", many(10_000));
  await page.locator("[data-row]").first().waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("End");
  await page.locator('[data-row="9999"].looked').waitFor();
  assert.ok((await page.locator("[data-row]").count()) < 60);
  await page.locator(".scroll").evaluate((box) => (box.scrollTop = box.scrollHeight / 2));
  await page.locator('[data-row="5000"]').waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForFunction(() => Number(/** @type {HTMLProgressElement | null} */ (document.querySelector(".far progress"))?.value) > 20);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await reached(page, "paused");
  await accessible(page);
  await close(page);
});

test("files and settings that cannot be run are refused in a line", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 2 }) });
  const trouble = async (/** @type {RegExp} */ said) => assert.match((await page.locator(".trouble span").textContent()) ?? "", said);
  await give(page, "rows.parquet", "PAR1");
  await page.locator(".trouble").getByText("Parquet is read in Python").waitFor();
  await give(page, "rows.txt", "a");
  await page.locator(".trouble").getByText("called .jsonl, .csv or .tsv").waitFor();
  await give(page, "rows.csv", Buffer.from([0x61, 0xff]));
  await page.locator(".trouble").getByText("not UTF-8 text").waitFor();
  await give(page, "rows.csv", "a,a\n1,2\n");
  await page.locator(".trouble").getByText("is there twice").waitFor();
  await trouble(/^rows\.csv: the column "a"/);
  await give(page, "rows.csv", "a,b\n1,2\n");
  await page.locator("[data-preview]").waitFor();
  assert.equal(await page.locator(".trouble span").count(), 0);
  for (const [template, why] of [["{c}", 'there is no column "c"; columns are a, b'], ["{a", "has a { that is not closed"]]) {
    await page.getByLabel("Prompt", { exact: true }).fill(String(template));
    await page.locator(".asking .wrong").getByText(String(why)).waitFor();
    assert.ok(await page.getByRole("button", { name: "Run", exact: true }).isDisabled());
  }
  await give(page, "requests.jsonl", '{"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {}}\n');
  await page.getByText("These look like requests of OpenAI's").waitFor();
  await close(page);
});

test("where the browser gives no SHA-256, rows that draw are refused, and greedy ones run", async () => {
  const page = await open(browser, server.url, { hash: address({ max_new_tokens: 3 }) });
  await page.addInitScript(() => Object.defineProperty(crypto, "subtle", { value: undefined }));
  await page.reload();
  await page.locator(".bar .model").waitFor();
  await give(page, "rows.jsonl", '{"prompt": "Once"}\n{"prompt": "Once", "do_sample": true}\n');
  await run(page);
  assert.deepEqual(await states(page), ["done", "failed"]);
  await page.getByText("Rows cannot draw on this address").waitFor();
  await page.locator(".panel-options select").first().selectOption("sampling");
  assert.ok(await page.getByRole("button", { name: "Run again", exact: true }).isDisabled());
  await accessible(page);
  await close(page);
});

test("the run goes on in other views, and what they generate pauses it", async () => {
  const page = await open(browser, server.url, { hash: `${address({ max_new_tokens: 30 })}&p=${encodeURIComponent("Once upon a time")}` });
  const let_ = await held(page, 4);
  await give(page, "many.jsonl", many(60));
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await came(page, 4);
  await page.getByRole("link", { name: "Tokens" }).click();
  let_(5);
  await came(page, 9);
  await page.getByRole("link", { name: "Batch" }).click();
  await page.waitForFunction(() => document.querySelectorAll('[data-row][data-state="done"]').length === 9);
  await page.locator("main").focus();
  await page.keyboard.press(".");
  await page.keyboard.press("Shift+G");
  await page.waitForTimeout(200);
  assert.equal(await page.locator(".far[data-state]").getAttribute("data-state"), "running", "keys of other views do nothing here");
  await page.getByRole("link", { name: "Play" }).click();
  let_(1000);
  await page.locator("main").focus();
  await page.keyboard.press("Shift+G");
  await page.locator(".strip .chip").first().waitFor();
  await page.getByRole("link", { name: "Batch" }).click();
  await reached(page, "paused");
  await close(page);
});

test("the command names the model as the server does", async () => {
  const page = await open(browser, server.url, { hash: address({}) });
  await give(page, "rows.jsonl", '"Once"\n');
  const { id } = (await api(server.url, "props")).model;
  assert.ok((await page.locator(".lines code").first().textContent())?.includes(`--model ${id} `), id);
  await close(page);
});
