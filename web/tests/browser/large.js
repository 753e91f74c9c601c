// Large inputs, made up: a bush of nodes, a vocabulary, long texts. Tests look at what is drawn of them, and measure.js at how long that takes.

/** @typedef {import("./lab.js").WatchedPage} Page */

/** A file of a tree with so many nodes: six children each, the most probable first. @param {number} count @param {{model: string, vocabulary: number}} of whose it is */
function bush(count, of) {
  const token = (/** @type {number} */ id, /** @type {string} */ text, /** @type {number | null} */ logprob) => ({
    token: id, text, bytes: [...Buffer.from(text)], logprob, logprob_processed: null, rank: logprob === null ? null : 1 + (id % 6), origin: "tree", finish_reason: null, note: "", mark: "",
  });
  const nodes = Array.from({ length: count }, (_, at) => ({ id: at + 1, parent: Math.floor(at / 6), ...token(at % 6, ` word${at}`, Math.log(0.5 / 2 ** (at % 6))), cum: null, rest: null }));
  return JSON.stringify({ schema: 1, kind: "beamline-tree", ...of, prompt_tokens: 1, prompt_token_ids: [47], path: [{ ...token(47, "O", null), origin: "prompt" }], nodes });
}

/** Has Tree, which is open, read a tree of so many nodes. @param {Page} page @param {number} count */
export async function plantBush(page, count) {
  const of = await page.evaluate(async () => {
    const { id, meta } = (await import(new URL("./state/server.js", location.href.replace(/#.*/, "")).href)).props.value.model;
    return { model: id, vocabulary: meta.n_vocab };
  });
  await page.locator(".files > summary").click();
  await page.locator(".files input").setInputFiles({ name: "tree.json", mimeType: "application/json", buffer: Buffer.from(bush(count, of)) });
  await page.waitForFunction((nodes) => Number(document.querySelector(".loom")?.getAttribute("aria-rowcount")) > nodes, count);
}

/** Logits of a vocabulary of so many tokens, the same each time. @param {number} size */
export function logitsOf(size) {
  let state = 7;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return Float32Array.from({ length: size }, () => (next() + next() + next() - 1.5) * 6);
}

/** Opens Shape with a vocabulary of so many tokens; the server is not asked whether it agrees. @param {Page} page any view but Shape @param {number} size */
export async function showVocabulary(page, size) {
  await page.route("**/v1/logits", (route) => route.fulfill({ body: Buffer.from(logitsOf(size).buffer), contentType: "application/octet-stream" }));
  await page.route("**/v1/vocabulary", (route) => route.fulfill({ json: { tokens: Array.from({ length: size }, (_, id) => ` t${id}`), special: [] } }));
  await page.route("**/v1/inspect", () => {}); // never answered
  await page.getByRole("link", { name: "Shape" }).click();
  await page.locator(".shape-table [data-id]").first().waitFor();
}

/** Moves a slider of Shape. @param {Page} page @param {string} stage @param {number} place between 0 and 1 */
export const slide = (page, stage, place) => page.locator(`[data-stage="${stage}"] input[type=range]`).evaluate((input, value) => {
  /** @type {HTMLInputElement} */ (input).value = String(value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}, place);

/** Has Score, which is open, score so many tokens. @param {Page} page @param {number} count */
export async function scoreLong(page, count) {
  await page.route("**/v1/score", async (route) => {
    const bytes = [...new TextEncoder().encode(" word")];
    const top = Array.from({ length: 5 }, (_, i) => ({ id: i, text: `t${i}`, bytes: [116, 48 + i], logprob: -1 - i, rank: i + 1 }));
    const tokens = Array.from({ length: count }, (_, i) => (i === 0 ? { id: 0, text: " word", bytes, logprob: null, rank: null, entropy: null, top: [] } : { id: i, text: " word", bytes, logprob: -(i % 9), rank: 1 + (i % 2000), entropy: 3, top }));
    await route.fulfill({ json: { items: [{ texts: [{ token_ids: tokens.map(({ id }) => id), prefix_tokens: 0, tokens, sum_logprob: -4 * count, mean_logprob: -4, perplexity: 54, bits_per_byte: 1, bits_per_character: 1 }] }] } });
  });
  await page.getByRole("button", { name: "Score", exact: true }).click();
  await page.locator(".chip").nth(count - 1).waitFor({ state: "attached", timeout: 30_000 });
}

/** Has each column of Compare, which is open, show a text of so many tokens; they are the same up to the middle. @param {Page} page @param {number} count */
export async function compareLong(page, count) {
  await page.evaluate(async (tokens) => {
    const load = (/** @type {string} */ path) => import(new URL(path, location.href.replace(/#.*/, "")).href);
    const [{ Outcome, outcomes, version }, { columns }] = [await load("views/compare/outcomes.js"), await load("views/compare/state.js")];
    outcomes.value = new Map(columns.value.map((/** @type {{key: number}} */ { key }, /** @type {number} */ column) => {
      const outcome = new Outcome([1], 0, {});
      for (let at = 0; at < tokens; at++) {
        const text = at % 40 === 39 ? ".\n" : ` w${at}`;
        const logprob = -((at * 7919) % 1000) / 150;
        outcome.text(0).push({ id: at < tokens / 2 ? at : at * 2 + column, text, new_text: text, bytes: [...new TextEncoder().encode(text)], logprob, logprob_processed: logprob, rank: 1 + (at % 50), entropy: 3 }, null);
      }
      outcome.state = "stopped";
      return [key, outcome];
    }));
    version.value += 1;
  }, count);
  await page.locator(".text [data-at]").first().waitFor();
}
