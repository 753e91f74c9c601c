// The cursor: what A and B chose at the same place, and how far the distributions are apart that they chose from.
import { h } from "../../vendor/preact.js";
import { amount, chance, count, share } from "../../numbers/format.js";
import { Alternatives } from "../../parts/alternatives.js";
import { fact, facts } from "../../parts/facts.js";
import { vocabulary } from "../../state/generate.js";
import { label } from "../../words/glyphs.js";
import { nameOf } from "./columns.js";
import { asking, here, known, look } from "./exact.js";
import { a, b, columns, cursor, longest, textOf } from "./state.js";
import { say } from "./words.js";

/** Alternatives that each side lists. */
const LISTED = 10;

/** The token that a side chose. @param {{side: "A" | "B", token: import("./outcomes.js").Token}} props */
function Chosen({ side, token }) {
  return fact(say(side === "A" ? "chosenA" : "chosenB"), [h("code", { class: "token" }, label(token)), h("span", null, chance(token.logprob)), h("span", { class: "faint" }, say("ofRank", { n: token.rank }))]);
}

/** How far apart they are. @param {{place: import("./exact.js").Place}} props */
function Distances({ place }) {
  const found = known(place);
  const distance = (/** @type {string} */ name, /** @type {string} */ about, /** @type {string} */ value) => fact(name, value, { "data-fact": name }, { about });
  const dash = asking.value ? "…" : "–";
  return [
    distance(say("kl"), say("klWhy"), found ? amount(found.ab) : dash), distance(say("klBack"), say("klWhy"), found ? amount(found.ba) : dash),
    distance(say("jaccard"), say("jaccardWhy"), found ? share(found.jaccard) : dash),
    distance(say("bInA"), label(place.b.token), found ? say("ofRank", { n: count(found.bInA) }) : dash), distance(say("aInB"), label(place.a.token), found ? say("ofRank", { n: count(found.aInB) }) : dash),
  ];
}

/** What the numbers rest on. @param {{place: import("./exact.js").Place}} props */
function Ground({ place }) {
  if (place.same) return h("p", { class: "hint" }, say("oneDistribution"));
  if (known(place)) return h("p", { class: "hint" }, say("exact", { n: count(vocabulary()) }));
  return h("p", { class: "hint" }, asking.value ? say("asking") : [say("unasked"), " ", h("button", { key: "ask", type: "button", onClick: look }, say("ask"))]);
}

/** What both could choose from. @param {{place: import("./exact.js").Place}} props */
function Lists({ place }) {
  const side = (/** @type {"A" | "B"} */ name, /** @type {import("./exact.js").Place["a"]} */ { token }) => (token.outlook
    ? h("div", { key: name }, h("h3", null, name, " · ", amount(token.entropy)), h(Alternatives, { outlook: token.outlook, chosen: token.id, marked: null, most: LISTED }))
    : null);
  return h("details", { class: "lists" }, h("summary", null, say("lists")), h("div", { class: "two" }, side("A", place.a), side("B", place.b), h("p", { class: "hint" }, h("b", null, "KL "), say("klWhy"), " ", h("b", null, `${say("jaccard")} `), say("jaccardWhy"))));
}

/** The panel. */
export function At() {
  const place = here.value;
  const name = (/** @type {number} */ key) => nameOf(columns.value.find((column) => column.key === key)?.options ?? {});
  if (longest.value === 0) return h("section", { class: "at-cursor" }, h("p", { class: "faint" }, say("nothing")));
  const short = textOf(a.value)?.tokens[cursor.value] ? "B" : "A";
  return h("section", { class: "at-cursor", "aria-label": say("at", { at: cursor.value + 1 }) },
    h("div", { class: "head" }, h("h2", { "data-cursor": cursor.value }, say("at", { at: cursor.value + 1 })), h("span", { class: "faint" }, `A ${name(a.value)} · B ${name(b.value)}`)),
    place
      ? [
          facts([h(Chosen, { key: "A", side: "A", token: place.a.token }), h(Chosen, { key: "B", side: "B", token: place.b.token }), h(Distances, { key: "distances", place })], "far"),
          h(Ground, { key: "ground", place }), h(Lists, { key: "lists", place }),
        ]
      : h("p", { class: "faint" }, say("short", { side: short })),
    h("p", { class: "unseen", role: "status" }, place ? `${say("at", { at: cursor.value + 1 })}: A ${label(place.a.token)}, ${chance(place.a.token.logprob)}; B ${label(place.b.token)}, ${chance(place.b.token.logprob)}` : ""));
}
