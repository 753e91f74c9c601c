// The card of what is looked at: its numbers, and why it lives or died.
import { h } from "../../vendor/preact.js";
import { chance, fixed, share } from "../../numbers/format.js";
import { fact, facts } from "../../parts/facts.js";
import { total, totalUnit } from "../../numbers/sums.js";
import { joined } from "../../words/glyphs.js";
import { open as openView } from "../../state/link.js";
import { begun, best, open, penalty, pinned, pointed, step, version } from "./looked.js";
import { drawn } from "./frame.js";
import { labelOf } from "./labels.js";
import { resolve } from "./nearby.js";
import { sumOf } from "./paths.js";
import { moveTo } from "./run.js";
import { rivals, why } from "./why.js";
import { say } from "./words.js";

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./search.js").Candidate} Candidate */

/** Opens Play at a text of the search. @param {number} at */
export async function showInPlay(at) {
  if (await moveTo(at)) openView("play");
}

/** Unfolds a chain, or folds it again. @param {number} first */
export function toggle(first) {
  const next = new Set(open.value);
  if (!next.delete(first)) next.add(first);
  open.value = next;
}

/** The card. */
export function Card() {
  void version.value;
  const now = begun.value;
  const shown = drawn.value;
  const item = shown && (resolve(shown, pointed.value) ?? resolve(shown, pinned.value) ?? resolve(shown, best.value === null ? null : String(best.value)));
  if (!now || !item) return h("aside", { class: "beam-card card", "aria-label": say("card") }, h("p", { class: "faint" }, say("choose")));
  return h("aside", { class: "beam-card card", "aria-label": say("card") },
    item.ghost ? h(GhostCard, { ghost: item.ghost }) : item.members.length > 1 ? h(ChainCard, { members: item.members, hidden: item.hidden }) : h(OneCard, { at: /** @type {number} */ (item.members[0]) }),
    pinned.value === null ? h("p", { class: "faint" }, say("choose")) : null);
}

/** A candidate. @param {{at: number}} props */
function OneCard({ at }) {
  const now = /** @type {NonNullable<typeof begun.value>} */ (begun.value);
  const { search, words } = now;
  const candidate = search.of(at);
  const alpha = penalty.value;
  const whole = `${total(candidate.score, 3)} / ${candidate.step}^${fixed(alpha, 2)} = ${total(candidate.score / candidate.step ** alpha, 4)}`;
  const differs = Math.abs(candidate.raw - candidate.logprob) > 1e-5;
  return [
    h("h2", { key: "name" }, h("code", null, labelOf(candidate.id, words)), h("span", { class: "faint" }, ` ${say("step")} ${candidate.step}${search.rules.groups > 1 ? ` · ${say("group", { n: candidate.group + 1 })}` : ""}`)),
    h("div", { key: "why", class: `why ${search.stays(candidate) ? "lives" : "died"}` },
      why(search, candidate, step.value, total).map(({ key, values }) => h("p", { key }, say(key, values))),
      h("p", { class: "faint" }, say("engineSays"), " ", h("code", { "data-fate": true }, candidate.fate))),
    facts([
      fact(say("probability"), `${chance(candidate.raw)} · log p ${total(candidate.raw, 4)}`),
      differs ? fact(say("counted"), `${chance(candidate.logprob)} · ${total(candidate.logprob, 4)}`) : null,
      fact(say("sum"), [h("b", { "data-score": candidate.score }, total(candidate.score, 4)), ` ${totalUnit()}`]),
      fact(say("length"), say("tokens", { n: candidate.step })),
      fact(say("normalised"), h("span", { class: "formula" }, whole)),
      fact(say("rank"), say("rankOf", { rank: candidate.rank, of: rivals(search, candidate).length })),
    ]),
    h(Removed, { key: "removed", search, at }),
    h("p", { key: "text", class: "text" }, joined(search.path(at).map((place) => words(search.of(place).id)))),
    search.stays(candidate) ? h("button", { key: "play", type: "button", onClick: () => void showInPlay(at) }, say("showInPlay")) : null,
    open.value.size > 0 && [...open.value].some((first) => search.path(at).includes(first))
      ? h("button", { key: "fold", type: "button", onClick: () => [...open.value].filter((first) => search.path(at).includes(first)).forEach(toggle) }, say("foldAgain")) : null,
  ];
}

/** What processors removed from what might have followed. @param {{search: Search, at: number}} props */
function Removed({ search, at }) {
  const stages = search.stages.get(at) ?? [];
  if (stages.length === 0) return null;
  return h("p", { class: "faint" }, stages.map((stage) => say("removed", { by: stage.processor, n: stage.removed, share: share(stage.removed_prob) })).join(" "));
}

/** A chain. @param {{members: number[], hidden: number}} props */
function ChainCard({ members, hidden }) {
  const { search, words } = /** @type {NonNullable<typeof begun.value>} */ (begun.value);
  const first = /** @type {number} */ (members[0]);
  const last = search.of(/** @type {number} */ (members.at(-1)));
  return [
    h("h2", { key: "name" }, say("chain", { n: members.length })),
    h("p", { key: "about", class: "faint" }, say("chainWhy"), hidden > 0 ? ` ${say("hiddenHere", { n: hidden })}` : ""),
    h("p", { key: "text", class: "text" }, joined(members.map((at) => words(search.of(at).id)))),
    facts([fact(say("step"), `${search.of(first).step}–${last.step}`), fact(say("sum"), `${total(last.score, 4)} ${totalUnit()}`)]),
    h("div", { key: "tokens", class: "members scroll-x", tabIndex: 0, role: "region", "aria-label": say("chain", { n: members.length }) },
      h("table", null, h("thead", null, h("tr", null, h("th", null, say("step")), h("th", null, say("token")), h("th", { class: "number" }, say("probability")), h("th", { class: "number" }, say("sum")))),
        h("tbody", null, members.map((at) => {
          const one = search.of(at);
          return h("tr", { key: at }, h("td", { class: "number" }, one.step), h("td", null, h("code", null, labelOf(one.id, words))), h("td", { class: "number" }, chance(one.logprob)), h("td", { class: "number" }, total(one.score)));
        })))),
    h("div", { key: "buttons", class: "row" },
      h("button", { type: "button", onClick: () => toggle(first) }, say("unfold")),
      h("button", { type: "button", onClick: () => void showInPlay(last.at) }, say("showInPlay"))),
  ];
}

/** Tokens of a text beside the search. @param {{ghost: import("./picture.js").Ghost}} props */
function GhostCard({ ghost }) {
  const { search, words } = /** @type {NonNullable<typeof begun.value>} */ (begun.value);
  const { track, first, place } = ghost;
  const token = track.tokens[place];
  if (!token) return null;
  const name = place > first ? say("chain", { n: place - first + 1 }) : h("code", null, labelOf(token.id, words));
  return [
    h("h2", { key: "name" }, name, h("span", { class: "faint" }, ` ${say("step")} ${first + 1}${place > first ? `–${place + 1}` : ""} · ${say(track.name)}`)),
    h("p", { key: "why" }, say("whyGhost")),
    facts([
      place > first ? null : fact(say("probability"), `${chance(token.logprob)} · log p ${total(token.logprob, 4)}`),
      fact(say("sum"), `${total(sumOf(track, place + 1), 4)} ${totalUnit()}`),
      fact(say("bestThere"), total(bestAt(search, place + 1), 4)),
    ]),
    h("p", { key: "text", class: "text" }, joined(track.tokens.slice(first, place + 1))),
  ];
}

/** The lowest sum that went on at a step. @param {Search} search @param {number} at */
function bestAt(search, at) {
  const stay = (search.columns[at] ?? []).map((one) => search.of(one)).filter((one) => search.stays(one));
  return stay.length > 0 ? Math.min(...stay.map((one) => one.score)) : null;
}

