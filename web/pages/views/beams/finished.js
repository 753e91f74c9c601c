// The finished texts by the reader's length penalty, greedy search beside them, and the sums added up once more in the page.
import { h, useState } from "../../vendor/preact.js";
import { fixed, power } from "../../numbers/format.js";
import { total, totalUnit } from "../../numbers/sums.js";
import { joined } from "../../words/glyphs.js";
import { before, begun, finished, greedy, laid, penalty, pinned, reference, step, version } from "./looked.js";
import { showInPlay } from "./card.js";
import { addsUp, sums } from "./shelf.js";
import { say } from "./words.js";

/** @typedef {import("./shelf.js").Finished} Finished */
/** @typedef {import("./search.js").Search} Search */

/** Texts that are listed at once. */
const SHOWN = 10;

/** A text of the search as the server writes it, in one line: special tokens, such as most end tokens, stand for nothing in it. @param {Search} search @param {import("../../state/vocabulary.js").Vocabulary} words @param {number} at */
function textOf(search, words, at) {
  return joined(search.path(at).map((place) => words(search.of(place).id)).filter(({ special }) => !special)).replaceAll("\n", "↵");
}

/** The shelf. */
export function Shelf() {
  void version.value;
  const [all, setAll] = useState(false);
  const now = begun.value;
  if (!now || now.search.steps === 0) return null;
  const ranked = finished.value;
  const was = before.value;
  const changed = penalty.value !== now.search.rules.penalty;
  const winner = was[0]?.at;
  return h("section", { class: "beam-shelf", "aria-label": say("shelf") },
    h("h2", null, say("shelf"), h("span", { class: "faint" }, ` ${ranked.length}`)),
    changed && ranked.length > 0
      ? h("p", { class: "note", role: "status" }, say("pageRanking", { now: fixed(penalty.value, 2), was: fixed(now.search.rules.penalty, 2) }), " ",
          h("b", null, ranked[0]?.at === winner ? say("sameWinner") : say("newWinner"))) : null,
    ranked.length === 0
      ? h("p", { class: "faint" }, say("noneFinished"))
      : h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("shelf") },
          h("table", null,
            h("thead", null, h("tr", null, h("th", null, "#"), h("th", null, say("text")), h("th", { class: "number" }, say("length")), h("th", { class: "number" }, `${say("sum")} (${totalUnit()})`),
              h("th", { class: "number" }, say("perToken")), h("th", { class: "number" }, `${say("normalised")} (α ${fixed(penalty.value, 2)})`), h("th", null, say("check")), h("th", null, h("span", { class: "unseen" }, say("showInPlay"))))),
            h("tbody", null, ranked.slice(0, all ? undefined : SHOWN).map((one, i) => h(Text, { key: one.at, one, place: i, was: was.findIndex(({ at }) => at === one.at), changed }))))),
    ranked.length > SHOWN ? h("button", { type: "button", onClick: () => setAll(!all) }, all ? say("fewer") : say("allOf", { n: ranked.length })) : null,
    h(Checked, { search: now.search, ranked }));
}

/** A finished text. @param {{one: Finished, place: number, was: number, changed: boolean}} props */
function Text({ one, place, was, changed }) {
  const now = /** @type {NonNullable<typeof begun.value>} */ (begun.value);
  const { search, words } = now;
  const last = search.of(one.at);
  const moved = changed && was !== place ? (was > place ? `▲ ${was + 1}` : `▼ ${was + 1}`) : "";
  const marks = [place === 0 && say("first"), changed && was === 0 && place !== 0 && say("wasFirst"), last.left !== null && say("pushedOut"), last.fate === "pool full" && say("keptOut"), last.reason === "length" && say("cutByLength")];
  const added = sums(search, one.at).counted;
  return h("tr", { class: `${place === 0 ? "winner" : ""} ${pinned.value === String(one.at) ? "held" : ""}`, "data-at": one.at },
    h("td", null, place + 1, moved ? h("span", { class: "moved" }, ` ${moved}`) : null),
    h("td", { class: "text" }, h("button", { type: "button", class: "plain", onClick: () => (pinned.value = String(one.at)) }, textOf(search, words, one.at) || "∅"),
      h("span", { class: "marks" }, marks.filter(Boolean).map((mark) => h("span", { key: mark, class: "mark" }, mark)))),
    h("td", { class: "number" }, one.length), h("td", { class: "number", "data-sum": one.sum }, total(one.sum)), h("td", { class: "number" }, total(one.mean, 3)),
    h("td", { class: "number", "data-normalised": one.normalised }, total(one.normalised, 4)),
    h("td", { class: "check" }, addsUp(added, one.sum, one.length) ? h("span", { class: "ok" }, "✓ ", h("span", { class: "unseen" }, say("addsUp"))) : h("span", { class: "bad" }, `✗ ${total(added, 6)}`)),
    h("td", null, search.stays(last) ? h("button", { type: "button", class: "plain", "aria-label": `${say("showInPlay")}: ${place + 1}`, onClick: () => void showInPlay(one.at) }, say("play")) : null));
}

/** The sums, added up in the page. @param {{search: Search, ranked: Finished[]}} props */
function Checked({ search, ranked }) {
  const all = ranked.map((one) => ({ one, ...sums(search, one.at) }));
  if (all.length === 0) return null;
  const right = all.filter(({ one, counted, length }) => addsUp(counted, one.sum, length)).length;
  const most = Math.max(...all.map(({ one, counted }) => Math.abs(counted - one.sum)));
  const pool = ranked.filter((one) => one.engine !== null);
  const alpha = search.rules.penalty;
  const scores = pool.filter((one) => addsUp(one.sum / one.length ** alpha, one.engine ?? NaN, one.length)).length;
  return h("p", { class: "checked", "data-right": right, "data-all": all.length },
    h("span", { class: right === all.length ? "ok" : "bad" }, right === all.length ? "✓ " : "✗ "), say("checkSums", { n: right, of: all.length, most: most.toExponential(1) }), " ",
    h("span", { class: scores === pool.length ? "ok" : "bad" }, scores === pool.length ? "✓ " : "✗ "), say("checkScores", { n: scores, of: pool.length }));
}

/** Greedy search and the reader's own text beside the best of the search. */
export function Comparison() {
  void version.value;
  const now = begun.value;
  const best = finished.value[0];
  if (!now || !greedy.value || !best || step.value < now.search.steps) return null;
  const alpha = penalty.value;
  const rows = [
    { name: say("bestBeam"), sum: best.raw, length: best.length, track: /** @type {string | null} */ (null) },
    ...[greedy.value, reference.value].flatMap((track) => (track ? [{ name: say(track.name), sum: track.tokens.reduce((all, token) => all + token.logprob, 0), length: track.tokens.length, track: track.name }] : [])),
  ];
  const [beam, other] = rows;
  return h("section", { class: "beam-compare card", "aria-label": say("comparison") },
    h("h2", null, say("comparison")),
    h("table", null,
      h("thead", null, h("tr", null, h("td", null), rows.map((row) => h("th", { key: row.name, class: "number", scope: "col" }, row.name)))),
      h("tbody", null, [
        { name: say("sumRaw"), of: (/** @type {typeof rows[number]} */ row) => total(row.sum) }, { name: say("length"), of: (/** @type {typeof rows[number]} */ row) => String(row.length) },
        { name: say("perToken"), of: (/** @type {typeof rows[number]} */ row) => total(row.sum / row.length, 3) },
        { name: `${say("normalised")}, α ${fixed(alpha, 2)}`, of: (/** @type {typeof rows[number]} */ row) => total(row.sum / row.length ** alpha, 4) },
      ].map(({ name, of }, i) => h("tr", { key: i }, h("th", { scope: "row" }, name), rows.map((row) => h("td", { key: row.name, class: "number", ...(i === 0 ? { "data-of": row.track ?? "beam", "data-sum": row.sum } : {}) }, of(row))))))),
    beam && other ? h(Verdict, { search: now.search, beam, other }) : null);
}

/** What the comparison means. @param {{search: Search, beam: {sum: number, length: number}, other: {sum: number, length: number}}} props */
function Verdict({ search, beam, other }) {
  const difference = beam.sum - other.sum;
  const along = laid.value.find(({ track }) => track.name === "greedy")?.along ?? [];
  const leaves = along.findIndex((at) => !search.stays(search.of(at)));
  const left = leaves >= 0 ? leaves + 1 : along.length < other.length ? along.length + 1 : null;
  const times = power(Math.abs(difference));
  return h("div", { class: "verdict" },
    h("p", null, h("b", null, say("verdict", { greedy: total(other.sum), beam: total(beam.sum) })), " ",
      Math.abs(difference) < 1e-6 ? say("sameText") : say(difference > 0 ? "beamWins" : "greedyWins", { times })),
    beam.length !== other.length ? h("p", null, say("lengthsDiffer", { beam: beam.length, greedy: other.length })) : null,
    left !== null ? h("p", null, say("greedyLeft", { step: left })) : h("p", null, say("greedyStays")));
}
