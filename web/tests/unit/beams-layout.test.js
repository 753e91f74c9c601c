// Where a search is drawn: columns, order, nothing on top of anything else, chains, lanes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { select, survivors } from "../../pages/views/beams/fold.js";
import { neighbour, reaching, resolve, within } from "../../pages/views/beams/nearby.js";
import { cells } from "../../pages/views/beams/items.js";
import { picture, upTo } from "../../pages/views/beams/picture.js";
import { lay } from "../../pages/views/beams/paths.js";
import { Search } from "../../pages/views/beams/search.js";
import { shelf } from "../../pages/views/beams/shelf.js";
import { chainLines } from "../../pages/views/beams/text.js";
import { told } from "./beams.js";

/** @typedef {import("../../pages/views/beams/picture.js").Wish} Wish */
/** @typedef {import("../../pages/views/beams/picture.js").Item} Item */

/** @param {Search} search @param {Partial<Wish>} [wish] @returns {Wish} */
const wished = (search, wish = {}) => ({
  step: search.steps, form: "merged", pruned: true, fold: false, open: new Set(), laid: [], ranking: shelf(search, search.steps, 1).map(({ at }) => at),
  lines: (members) => (members.length > 1 ? chainLines(members.map(({ text }) => text)) : members.map(({ text }) => text)), note: (members) => members.at(-1)?.score.toFixed(2) ?? "", ...wish,
});

/** A search of one's own: `width` beams for `steps` steps, which all come from the first beam until `forks`. @param {number} width @param {number} steps @param {number} forks */
function made(width, steps, forks) {
  const search = new Search();
  search.take("begin", { effective_config: { num_beams: { value: width }, max_new_tokens: { value: steps }, eos_token_id: { value: [0] } } });
  let nodes = [0];
  let last = 0;
  for (let step = 0; step < steps; step++) {
    const next = [];
    for (let rank = 1; rank <= 2 * width; rank++) {
      const from = step < forks ? 0 : Math.min(rank - 1, nodes.length - 1);
      const kept = rank <= width;
      if (kept) next.push((last += 1));
      const fate = !kept ? "rank beyond the width" : step === steps - 1 ? "finished" : "kept";
      search.take("candidate", { parent: nodes[from], sequence: from, token: { id: 100 + rank, text: ` t${rank}` }, node: kept ? last : null, logprob_raw: -rank, logprob: -rank, score: -step - rank / 100, normalised: -1, rank, fate });
    }
    nodes = next;
    search.take("pool", { sequences: step === steps - 1 ? nodes.map((node, i) => ({ node, score: -1 - i })) : [] });
  }
  search.take("over", { why: "no running hypothesis can win any more" });
  return search;
}

/** Two items that lie on top of each other. @param {Item[]} items */
function overlap(items) {
  const sorted = [...items].sort((a, b) => a.x - b.x);
  for (const [i, a] of sorted.entries()) {
    for (const b of sorted.slice(i + 1)) {
      if (b.x >= a.x + a.width) break;
      if (a.y < b.y + b.height && b.y < a.y + a.height) return `${a.key} (${a.row}) and ${b.key} (${b.row})`;
    }
  }
  return null;
}

/** @param {import("../../pages/views/beams/picture.js").Picture} shown */
function sound(shown) {
  assert.equal(overlap(shown.items), null);
  for (const item of shown.items) {
    assert.ok(item.x >= 0 && item.y >= 0 && item.x + item.width <= shown.width && item.y + item.height <= shown.height, `${item.key} is outside`);
    const before = item.before === null ? null : shown.by.get(item.before);
    if (item.before !== null) assert.ok(before, `${item.key} follows what is not drawn`);
    if (before) assert.ok(before.x + before.width < item.x && before.to < item.from, `${item.key} does not stand behind ${item.before}`);
    for (const line of item.lines) assert.ok(cells(line) * 7.8 < item.width, `${line} is cut`);
  }
}

test("a column a step; what goes on by its sums, what was dropped below", () => {
  const search = told("ends");
  const shown = picture(search, wished(search));
  sound(shown);
  assert.equal(shown.items.length, search.candidates.length);
  for (let step = 1; step <= search.steps; step++) {
    const here = shown.items.filter((item) => item.from === step).sort((a, b) => a.row - b.row);
    const kept = here.filter((item) => item.kind === "kept").map((item) => search.of(item.members[0] ?? -1).score);
    assert.deepEqual(kept, [...kept].sort((a, b) => b - a));
    const lowest = Math.max(...here.filter((item) => item.kind !== "dropped").map((item) => item.row));
    for (const item of here) if (item.kind === "dropped") assert.ok(item.row > lowest);
    for (const item of here) assert.ok(item.kind !== "finished" || item.row < Math.max(1, shown.shelf) || here.every((other) => other.kind !== "kept"));
  }
});

test("whatever is wished, nothing lies on anything else, and no label is cut", () => {
  for (const search of [told("ends"), told("groups"), made(5, 30, 20), made(20, 8, 2), told("ends", ({ name, data }) => name === "candidate" && data.step === 7)]) {
    for (const form of /** @type {const} */ (["merged", "lanes"])) {
      for (const [fold, pruned] of [[true, true], [true, false], [false, true], [false, false]]) {
        const greedy = { name: /** @type {const} */ ("greedy"), tokens: Array.from({ length: 12 }, (_, i) => ({ id: i === 0 ? search.of(0).id : 9999, text: ` word${i}`, bytes: [], logprob: -2 })) };
        sound(picture(search, wished(search, { form, fold: Boolean(fold), pruned: Boolean(pruned), laid: [lay(search, greedy, search.steps)] })));
      }
    }
  }
});

test("wide letters take the room of two", () => {
  assert.deepEqual([cells("abc"), cells("한국"), cells("␣the"), cells("中a"), cells("日本語")], [3, 4, 4, 3, 6]);
});

test("a long stretch in which nothing forks is one chip, and can be unfolded", () => {
  const search = made(3, 30, 28);
  const shown = picture(search, wished(search, { fold: true }));
  const chains = shown.items.filter((item) => item.members.length > 1);
  assert.equal(chains.length, 1);
  assert.deepEqual([chains[0]?.from, chains[0]?.to], [1, 27]);
  assert.equal(chains[0]?.hidden, 26 * 2, "the two others of each step behind it led nowhere");
  assert.equal(shown.hidden, 27 * 2, "so did those of the first");
  const open = picture(search, wished(search, { fold: true, open: new Set([chains[0]?.members[0] ?? -1]) }));
  assert.equal(open.items.filter((item) => item.members.length > 1).length, 0);
  assert.ok(shown.width < picture(search, wished(search)).width / 2, "it takes less room");
});

test("a chain ends where another text leaves it", () => {
  const search = made(3, 30, 28);
  const tokens = search.path(search.best(30) ?? -1).slice(0, 10).map((at) => ({ id: search.of(at).id, text: "", bytes: [], logprob: -1 }));
  const laid = [lay(search, { name: "greedy", tokens: [...tokens, { id: -1, text: "x", bytes: [], logprob: -1 }] }, 30)];
  const shown = picture(search, wished(search, { fold: true, laid }));
  assert.deepEqual(shown.items.filter((item) => item.members.length > 1).map((item) => [item.from, item.to]), [[1, 10], [11, 27]]);
  assert.equal(shown.items.find((item) => item.ghost)?.before, String(tokens.length > 0 ? search.path(search.best(30) ?? -1)[0] : ""));
});

test("survivors are what runs and what has ended, with all they came from", () => {
  const search = told("ends");
  const all = survivors(search, search.steps);
  const ended = search.candidates.filter((one) => one.fate === "finished");
  assert.ok(ended.some((one) => one.left !== null), "one of them was pushed out");
  for (const { at } of ended) for (const one of search.path(at)) assert.ok(all.has(one));
  assert.ok(all.size < search.candidates.filter((one) => search.stays(one)).length);
  const { parts, kept } = select(search, { step: search.steps, fold: true, pruned: false, open: new Set(), laid: [] });
  assert.deepEqual(parts.flat().sort((a, b) => a - b), [...kept].sort((a, b) => a - b), "each is in one part");
});

test("lanes: each text has its own row, the best first, and common beginnings are pale", () => {
  const search = told("ends");
  const ranking = shelf(search, search.steps, 1).map(({ at }) => at);
  const shown = picture(search, wished(search, { form: "lanes", pruned: false }));
  const rows = new Set(shown.items.map((item) => item.row));
  const lanes = ranking.filter((at) => search.stays(search.of(at)));
  assert.equal(rows.size, lanes.length);
  lanes.forEach((at, row) => {
    const lane = shown.items.filter((item) => item.row === row).sort((a, b) => a.from - b.from);
    assert.deepEqual(lane.flatMap((item) => item.members), search.path(at));
    assert.ok(row > 0 || lane.every((item) => !item.repeats));
  });
  assert.ok(shown.items.some((item) => item.repeats));
});

test("going back takes away what came later and moves nothing", () => {
  const search = told("ends");
  const whole = picture(search, wished(search));
  const early = upTo(whole, 5);
  assert.ok(early.items.every((item) => item.to <= 5) && early.items.length < whole.items.length);
  for (const item of early.items) assert.equal(whole.by.get(item.key), item);
});

test("keys go back to what is followed, on to the uppermost, and up and down", () => {
  const search = told("ends");
  const shown = picture(search, wished(search));
  const first = /** @type {Item} */ (shown.items.find((item) => item.from === 1 && item.row === Math.min(...shown.items.filter((one) => one.from === 1).map((one) => one.row))));
  const next = /** @type {Item} */ (neighbour(shown, first, "right"));
  assert.equal(next.before, first.key);
  assert.equal(neighbour(shown, next, "left"), first);
  assert.equal(neighbour(shown, first, "left"), null);
  const down = /** @type {Item} */ (neighbour(shown, first, "down"));
  assert.deepEqual([down.from, down.row], [1, first.row + 1]);
  assert.equal(neighbour(shown, down, "up"), first);
  const lanes = picture(search, wished(search, { form: "lanes" }));
  assert.ok(resolve(lanes, first.key)?.members.includes(first.members[0] ?? -1), "found again when it is drawn another way");
  assert.equal(resolve(shown, null), null);
});

test("only what is in sight is drawn, with the edges that come from elsewhere", () => {
  const search = made(20, 100, 90);
  const shown = picture(search, wished(search));
  assert.equal(shown.items.length, 4000);
  const sight = { left: 2000, right: 2900, top: 0, bottom: 700 };
  const items = within(shown, sight);
  assert.ok(items.length > 50 && items.length < 600, String(items.length));
  const edges = new Set(reaching(shown, sight).map((item) => item.key));
  assert.ok(items.every((item) => edges.has(item.key)));
  assert.ok(edges.size > items.length);
});

test("a chain's text leaves out its middle, not its end", () => {
  assert.deepEqual(chainLines([" a", " b"]), [" a b"]);
  const lines = chainLines(Array.from({ length: 40 }, (_, i) => ` word${i}`));
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /^ word0 word1 .*…$/);
  assert.match(lines[1] ?? "", /^… .*word39$/);
});
