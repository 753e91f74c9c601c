// What holds for all columns: how long texts are, how many, what they are coloured by, which two are compared; and the blind vote.
import { h } from "../../vendor/preact.js";
import { Choice, Slider, Switch } from "../../parts/field.js";
import { props } from "../../state/server.js";
import { promptText, running } from "../../state/lab.js";
import { begin, end, reveal, round, tally } from "./blind.js";
import { shared } from "./card.js";
import { MOST, course, nameOf } from "./columns.js";
import { outcomes } from "./outcomes.js";
import { race } from "./race.js";
import { PAINTS, a, add, b, chooseA, chooseB, columns, length, locked, paint, samples } from "./state.js";
import { say } from "./words.js";

/** Runs all columns. */
export const runAll = () => race(columns.value, shared());

/** Gives all columns another seed, the same for each. */
function newSeeds() {
  const seed = Math.floor(Math.random() * 1_000_000);
  columns.value = columns.value.map((column) => ({ ...column, seed }));
}

/** A round of the blind vote: another order, another seed, and new texts. */
function blindRound() {
  newSeeds();
  begin(columns.value);
  void runAll();
}

/** The settings. */
function Settings() {
  const names = columns.value.map((column, at) => ({ value: String(column.key), label: `${at + 1} · ${nameOf(column.options)}` }));
  return h("div", { class: "settings" },
    h(Slider, { label: say("length"), value: length.value, least: 1, most: 500, step: 1, log: true, onChange: (value) => (length.value = Math.max(1, Math.trunc(value ?? 40))) }),
    h(Slider, { label: say("samples"), value: samples.value, least: 1, most: 20, step: 1, onChange: (value) => (samples.value = Math.max(1, Math.trunc(value ?? 1))) }),
    h(Choice, { label: say("a"), value: String(a.value), choices: names, onChange: (key) => chooseA(Number(key)) }),
    h(Choice, { label: say("b"), value: String(b.value), choices: names, onChange: (key) => chooseB(Number(key)) }),
    h(Choice, { label: say("colour"), value: paint.value, choices: PAINTS.map((name) => ({ value: name, label: say(name) })), onChange: (name) => (paint.value = /** @type {any} */ (name)) }));
}

/** The buttons. */
function Buttons() {
  return h("div", { class: "row" },
    h("button", { type: "button", disabled: columns.value.length >= MOST, onClick: add }, `+ ${say("add")}`),
    h("button", { type: "button", onClick: () => (columns.value = course(columns.value[0]?.seed ?? 1)) }, say("course")),
    h("button", { type: "button", onClick: newSeeds }, say("seeds")),
    h("button", { type: "button", disabled: !props.value || running.value !== null, onClick: blindRound }, say("blind")),
    h(Switch, { label: say("lock"), checked: locked.value, onChange: (on) => (locked.value = on) }));
}

/** Votes of all rounds. */
function Tally() {
  const all = [...tally.value.entries()].sort(([, one], [, other]) => other.votes - one.votes);
  if (all.length === 0) return null;
  return h("div", { class: "scroll-x", tabIndex: 0, role: "group", "aria-label": say("tally") }, h("table", { class: "tally" }, h("caption", null, say("tally")),
    h("tbody", null, all.map(([name, { options, votes, rounds }]) => h("tr", { key: name }, h("th", { scope: "row" }, nameOf(options)), h("td", { class: "number" }, say("votes", { n: votes })), h("td", { class: "number faint" }, say("rounds", { n: rounds })))))));
}

/** The bar of the blind vote, while that is on. */
export function BlindBar() {
  const now = round.value;
  const all = columns.value.every(({ key }) => outcomes.value.get(key)?.over);
  return h("section", { class: "blind", "aria-label": say("blind") },
    now?.revealed ? null : h("p", null, say("blindAbout")),
    h("blockquote", { tabIndex: 0 }, promptText.value),
    h("div", { class: "row" },
      now?.revealed
        ? h("button", { type: "button", class: "main", onClick: blindRound, disabled: running.value !== null }, say("round"))
        : h("button", { type: "button", class: "main", disabled: !all, onClick: () => reveal(columns.value) }, say("reveal")),
      h("button", { type: "button", onClick: end }, say("endVote")),
      h("span", { role: "status" }, say("votes", { n: Object.values(now?.votes ?? {}).reduce((sum, n) => sum + n, 0) }))),
    now?.revealed ? h(Tally, null) : null);
}

/** The bar. */
export function Toolbar() {
  return h("section", { class: "toolbar", "aria-label": say("columns") }, h(Settings, null), h(Buttons, null));
}
