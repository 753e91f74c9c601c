// Shape, in a real browser: the chain's numbers are the server's, its stages are changed and moved, tokens are found, all by keys too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beyond, removedAt, run, values } from "../../pages/numbers/chain.js";
import { LLAMA_CPP } from "../../pages/numbers/chain/order.js";
import { count, share } from "../../pages/numbers/format.js";
import { Row } from "../../pages/numbers/row.js";
import { accessible, api, close, idsOf, metaOf, open, shot, together } from "./lab.js";
import { logitsOf, showVocabulary, slide } from "./large.js";

/** @typedef {import("../../pages/api/shapes.js").StepRow} StepRow */
/** @typedef {import("./lab.js").WatchedPage} Page */

const { server, browser } = await together();
const TEXT = "Once upon a time, there was a little girl. The little girl was a";
const ids = await idsOf(server.url, TEXT);
const { n_vocab: vocabulary } = await metaOf(server.url);
/** What the model's files ask for, which counts where nothing is set. */
const { own_settings: usual } = await api(server.url, "props");
const asked = Object.fromEntries(Object.entries(usual).filter(([, { origin }]) => origin === "model").map(([name, { value }]) => [name, value]));
const eos = [usual.eos_token_id.value ?? []].flat();

/** The view's address with these options. @param {Record<string, unknown>} options */
const hash = (options) => `#/shape?p=${encodeURIComponent(TEXT)}&o=${encodeURIComponent(JSON.stringify(options))}&s=7`;

/** What the server says. @param {Record<string, unknown>} options @param {number} top @returns {Promise<StepRow>} */
async function inspect(options, top) {
  const { steps } = await api(server.url, "v1/inspect", { do_sample: false, num_beams: 1, ...options, prompt_ids: ids, steps: 1, stages: true, top, ...(options["do_sample"] ? { seed: 7 } : {}) });
  return steps[0];
}

/** The server has agreed to what is shown; gives the largest difference. @param {Page} page */
async function agreed(page) {
  await page.locator("[data-verdict=same]").waitFor();
  return Number(await page.locator("[data-verdict]").getAttribute("data-largest"));
}

/** Puts options in the place of all, as another view might. @param {Page} page @param {Record<string, unknown>} options */
const use = (page, options) => page.evaluate(async (options) => (await import(String(new URL("state/settings.js", location.href.replace(/#.*/, ""))))).replace(options), options);

/** The cells of a token's row. @param {Page} page @param {number} id */
const cells = (page, id) => page.locator(`.shape-table [data-id="${id}"] .cell`).allTextContents();

const drawn = { do_sample: true, top_k: 0 };

/** Options whose chains are compared over the whole vocabulary. @type {Array<Record<string, unknown>>} */
const CHAINS = [
  { ...drawn, temperature: 0.7 }, { ...drawn, temperature: 2.5 }, { ...drawn, temperature: 1e-4 }, { do_sample: true, top_k: 7 }, { do_sample: true }, { ...drawn, top_p: 0.9, temperature: 1.3 },
  { ...drawn, min_p: 0.05 }, { ...drawn, typical_p: 0.3 }, { ...drawn, typical_p: 0.95 }, { repetition_penalty: 1.3 }, { ...drawn, repetition_penalty: 1.3, top_p: 0.8 },
  { ...drawn, frequency_penalty: 0.7, presence_penalty: -0.3 }, { no_repeat_ngram_size: 2 }, { no_repeat_ngram_size: 1 }, { encoder_no_repeat_ngram_size: 2 }, { encoder_repetition_penalty: 1.4 },
  { do_sample: true, preset: "llama.cpp" }, { do_sample: true, preset: "llama.cpp", repetition_penalty: 1.2, repeat_last_n: 5, typical_p: 0.8, no_repeat_ngram_size: 2, epsilon_cutoff: 0.001, top_n_sigma: 2, min_new_tokens: 2 },
  { ...drawn, epsilon_cutoff: 0.01 }, { ...drawn, eta_cutoff: 0.01 }, { ...drawn, top_h: 0.4 }, { ...drawn, top_n_sigma: 1.5 }, { ...drawn, p_less: true }, { ...drawn, dynatemp_range: 0.4, dynatemp_exponent: 0.7 },
  { renormalize_logits: true, min_length: 90, exponential_decay_length_penalty: [1, 1.5] }, { suppress_tokens: [513, 948], begin_suppress_tokens: [654] }, { sequence_bias: [[[812], 3.5], [[259, 973], 2]] }, { bad_words_ids: [[513], [259, 515], [0]] },
  { ...drawn, processors: ["top_p", "temperature", "repetition_penalty"], top_p: 0.6, temperature: 1.5, repetition_penalty: 1.4 },
];

test("every processor that the page has gives the server's numbers, over the whole vocabulary", async () => {
  const answer = await fetch(`${server.url}/v1/logits`, { method: "POST", body: JSON.stringify({ prompt_ids: ids }), headers: { "content-type": "application/json" } });
  const logits = new Float32Array(await answer.arrayBuffer());
  const row = Row.of(logits);
  for (const options of CHAINS) {
    const said = JSON.stringify(options);
    const step = await inspect(options, logits.length);
    const done = run(row, values(options, asked), { ids, eos });
    assert.deepEqual(beyond(values(options, asked)), [], said);
    assert.deepEqual(done.stages.map(({ name, row }) => [name, row.left]), (step.stages ?? []).map(({ processor, kept }) => [processor, kept]), said);
    // The engine has one entropy for all who ask, of exponentials in f32 (each within 2e-7); the page's is of f64.
    assert.ok(Math.abs(done.raw.sums.entropy - step.entropy) < 1e-6, said);
    step.candidates.forEach((candidate, i) => {
      assert.equal(row.ids[candidate.rank - 1], candidate.id, said);
      const here = [done.raw.p(candidate.id), ...done.stages.map(({ row }) => row.p(candidate.id)), done.row.p(candidate.id)];
      const there = [candidate.prob, ...(step.stages ?? []).map(({ probs }) => Number(probs[i])), candidate.prob_processed];
      assert.ok(here.every((p, at) => Math.abs(p - Number(there[at])) < 1e-9), `${said}: ${candidate.text} ${here} ${there}`);
      assert.equal(removedAt(done, candidate.id)?.name ?? null, candidate.removed_by, said);
    });
  }
});

test("a list of all processors in the page's order for llama.cpp is that preset's", async () => {
  const more = { do_sample: true, temperature: 0.7, top_k: 40, top_p: 0.95, min_p: 0.05, typical_p: 0.9, no_repeat_ngram_size: 2, repetition_penalty: 1.1, epsilon_cutoff: 0.0001, xtc_probability: 1, dry_multiplier: 0.5, renormalize_logits: true };
  const [listed, preset] = [await inspect({ ...more, processors: LLAMA_CPP }, 1), await inspect({ ...more, preset: "llama.cpp" }, 1)];
  assert.deepEqual(listed.stages?.map(({ processor }) => processor), preset.stages?.map(({ processor }) => processor));
});

test("the table shows the API's numbers, and the server agrees", async () => {
  const page = await open(browser, server.url, { hash: hash({}) });
  await agreed(page);
  for (const options of [
    { ...drawn, temperature: 0.7 }, { do_sample: true, top_k: 5 }, { ...drawn, top_p: 0.5 }, { ...drawn, min_p: 0.1 }, { ...drawn, typical_p: 0.4 }, { repetition_penalty: 1.5 }, { no_repeat_ngram_size: 2 }, { do_sample: true, preset: "llama.cpp" },
  ]) {
    await use(page, options);
    await page.locator("[data-verdict=asking]").waitFor();
    assert.ok((await agreed(page)) < 1e-9, JSON.stringify(options));
    const step = await inspect(options, 12);
    assert.equal(await page.locator(".shape-table .head .cell").count(), 2 + (step.stages?.length ?? 0));
    for (const candidate of step.candidates.filter(({ rank }) => rank <= 12)) {
      const shown = await cells(page, candidate.id);
      assert.equal(shown[0], share(candidate.prob));
      if (candidate.prob_processed > 0) assert.equal(shown.at(-1), share(candidate.prob_processed));
      else assert.match(shown.join(" "), /✕/);
    }
    const kept = await page.locator("[data-measure=left]").nth(1).textContent();
    assert.equal(kept?.replace(/\D/g, ""), String(step.kept));
  }
  await close(page);
});

test("sliders recolour at once, the setting before stays as a ghost, and stages are switched and moved", async () => {
  const page = await open(browser, server.url, { hash: hash({ do_sample: true, temperature: 0.8, top_k: 50, top_p: 0.9, repetition_penalty: 1.2 }) });
  await agreed(page);
  const best = Number(await page.locator(".shape-table [data-id]").first().getAttribute("data-id"));
  const before = await cells(page, best);
  await slide(page, "temperature", 0.6);
  await page.waitForFunction(([id, text]) => document.querySelector(`.shape-table [data-id="${id}"] .cell:last-child`)?.textContent !== text, [best, before.at(-1)]);
  assert.ok((await page.locator(".was").count()) > 5);
  assert.ok((await agreed(page)) < 1e-9);
  await page.locator('[data-stage="top_k"] input[type=checkbox]').click();
  assert.ok((await agreed(page)) < 1e-9);
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "temperature", "top-p", "draw"]);
  await page.locator('[data-stage="top_k"] input[type=checkbox]').click();
  await page.locator('[data-move="top_p earlier"]').focus();
  for (let i = 0; i < 2; i++) await page.keyboard.press("Enter");
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "top-p", "temperature", "top-k", "draw"]);
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-move") === "top_p earlier");
  assert.ok((await agreed(page)) < 1e-9);
  await slide(page, "temperature", 0);
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "draw"]);
  await slide(page, "temperature", 0.5);
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "top-p", "temperature", "top-k", "draw"], "what was put by comes back");
  await page.locator('[data-stage="top_k"] .card-head').dragTo(page.locator('[data-stage="top_p"] .card-head'));
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "top-k", "top-p", "temperature", "draw"]);
  assert.ok((await agreed(page)) < 1e-9);
  await page.getByRole("button", { name: "llama.cpp" }).click();
  assert.deepEqual(await page.locator(".shape-table .head b").allTextContents(), ["raw", "repetition", "top-k", "top-p", "min-p", "temperature", "draw"]);
  assert.ok((await agreed(page)) < 1e-9);
  await page.getByRole("button", { name: /^Compare all/ }).click();
  await page.waitForFunction((all) => document.querySelector("[data-verdict=same]")?.textContent?.includes(`${all} tokens`), count(vocabulary));
  await close(page);
});

test("what the page cannot compute is the server's, and said to be", async () => {
  const options = { do_sample: true, mirostat: 2, mirostat_tau: 2 };
  const page = await open(browser, server.url, { hash: hash(options) });
  await page.locator("[data-verdict=server]").waitFor();
  assert.match((await page.locator("[data-verdict]").textContent()) ?? "", /mirostat/);
  const step = await inspect(options, 200);
  assert.equal(await page.locator(".shape-table [role=table]").getAttribute("aria-rowcount"), String(step.candidates.length + 2));
  const first = /** @type {StepRow["candidates"][number]} */ (step.candidates.find(({ rank }) => rank === 1));
  assert.equal((await cells(page, first.id)).at(-1), share(first.prob_processed));
  await page.locator('[data-stage="mirostat"] input[type=checkbox]').click();
  await agreed(page);
  await close(page);
});

test("an option that the server refuses is told in its words, and nothing false is shown", async () => {
  const page = await open(browser, server.url, { hash: hash({ do_sample: true, min_length: 5, max_length: 3, top_k: 4, num_beams: 2, early_stopping: "x" }), expected: /400/ });
  await page.locator("[data-verdict=differs]").waitFor();
  assert.match((await page.locator("[data-verdict]").textContent()) ?? "", /refuses: .*early_stopping/);
  await close(page);
});

test("everything can be done by keys: rows, a search to the last rank, taking a token, going back", async () => {
  const page = await open(browser, server.url, { hash: hash({ do_sample: true, top_p: 0.9 }) });
  await agreed(page);
  const ranked = (await inspect({}, vocabulary)).candidates.map(({ id, text, rank }) => ({ id, text, rank })).sort((a, b) => a.rank - b.rank);
  await page.locator("main").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".shape-table .line.focused").getAttribute("data-id"), String(ranked[2]?.id));
  const k = Number(usual.top_k.value);
  assert.ok(((await page.locator(".formula").textContent()) ?? "").includes(`#3 ${k < 3 ? ">" : "≤"} k = ${k}`));
  await page.keyboard.press("End");
  await page.locator(`.shape-table .line.focused[data-id="${ranked.at(-1)?.id}"]`).waitFor();
  const far = ranked.findLast(({ text, rank }) => rank > 4000 && /^ [a-z]{6,}$/.test(text) && ranked.filter((other) => other.text.toLowerCase().includes(text)).length === 1);
  assert.ok(far);
  await page.keyboard.press("/");
  await page.keyboard.type(far.text);
  await page.keyboard.press("Enter");
  await page.locator(`.shape-table .line.focused[data-id="${far.id}"]`).waitFor();
  assert.ok(await page.locator(`.shape-table [data-id="${far.id}"]`).isVisible());
  assert.match((await page.locator(".find [role=status]").textContent()) ?? "", new RegExp(`rank ${String(far.rank).replace(/(?=(\d{3})+$)\B/g, ".?")}`));
  await page.locator("main").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.locator(".trail .chip").nth(ids.length).waitFor();
  assert.ok((await agreed(page)) < 1e-9);
  await page.keyboard.press("ArrowLeft");
  await page.locator(`.shape-table .came[data-id="${ranked[0]?.id}"]`).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await accessible(page);
  await page.keyboard.press("Escape");
  await close(page);
});

test("the last row is all other tokens, and with those that are seen they sum to 1", async () => {
  const page = await open(browser, server.url, { hash: hash({ do_sample: true, top_k: 0 }), height: 700 });
  await agreed(page);
  const rest = page.locator(".shape-table .rest");
  const [others] = /[\d\u202f]+/.exec((await rest.textContent()) ?? "") ?? [""];
  const seen = vocabulary - Number(others.replace(/\D/g, ""));
  const step = await inspect({ do_sample: true, top_k: 0 }, seen);
  const mass = 1 - step.candidates.filter(({ rank }) => rank <= seen).reduce((sum, { prob }) => sum + prob, 0);
  assert.equal((await rest.locator(".cell").allTextContents())[0], share(mass));
  await close(page);
});

test("people with other eyes and hands can use it, in light and dark and narrow", async () => {
  const options = { do_sample: true, temperature: 0.8, top_k: 50, top_p: 0.9, repetition_penalty: 1.2 };
  for (const how of [{ height: 640 }, { width: 360, height: 640, dark: true, language: "ko" }]) {
    const page = await open(browser, server.url, { hash: hash(options), ...how });
    await agreed(page);
    await slide(page, "temperature", 0.6);
    await page.locator(".was").first().waitFor({ state: "attached" });
    await agreed(page);
    await accessible(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page does not scroll sideways");
    await shot(page, `shape-${how.language ?? "en"}`);
    await close(page);
  }
});

test("vocabularies of 50,000 and 150,000 tokens follow a slider, with the rows that are seen", async () => {
  for (const size of [50_257, 151_936]) {
    const page = await open(browser, server.url, { hash: "#/model" });
    await showVocabulary(page, size);
    await use(page, { do_sample: true, top_k: 0 });
    for (const place of [0.5, 0.3]) {
      await slide(page, "temperature", place);
      const temperature = Number(await page.locator('[data-stage="temperature"] input.digits').inputValue());
      const now = run(Row.of(logitsOf(size)), values({ do_sample: true, top_k: 0, temperature }, {}), { ids, eos: [] });
      const wanted = share(now.row.p(Number(now.raw.ids[0])));
      await page.waitForFunction((text) => document.querySelector(".shape-table [data-id] .cell:last-child")?.textContent === text, wanted);
      assert.equal(await page.locator(".shape-table [data-id]").first().getAttribute("data-id"), String(now.raw.ids[0]));
    }
    const rows = await page.locator(".shape-table [data-id]").count();
    assert.ok(rows > 5 && rows < 100, `${rows} rows`);
    await close(page);
  }
});
