// Compare: ways of choosing tokens beside each other, from one prompt, at the same time.
import { h, useEffect } from "../../vendor/preact.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { say as shell } from "../../words/lab.js";
import { receive } from "../../state/errand.js";
import { asChat, promptEnd, promptText, readText, tree } from "../../state/lab.js";
import { joined } from "../../words/glyphs.js";
import { At } from "./at.js";
import { nextDivergence } from "./align.js";
import { end, round, vote } from "./blind.js";
import { Card, HiddenCard } from "./card.js";
import { MOST, course, without } from "./columns.js";
import { followCursor, look } from "./exact.js";
import { showInPlay } from "./intoTree.js";
import { Numbers } from "./numbers.js";
import { outcomes, version } from "./outcomes.js";
import { a, add, b, chooseA, chooseB, columns, cursor, editing, followAddress, goTo, length, locked, move, samples, shownTexts, textOf, turnB } from "./state.js";
import { Sweep } from "./sweep.js";
import { BlindBar, Toolbar, runAll } from "./toolbar.js";
import { say } from "./words.js";

/** Goes to the next place where A and B part. @param {1 | -1} way */
function toDivergence(way) {
  const at = nextDivergence(textOf(a.value)?.ids ?? [], textOf(b.value)?.ids ?? [], cursor.value, way);
  if (at !== null) goTo(at);
}

/** The column at a place is B, or has a vote. @param {number} at */
function choose(at) {
  const now = round.value;
  const key = now ? now.order[at] : columns.value[at]?.key;
  if (key === undefined) return;
  if (!now) chooseB(key);
  else if (columns.value.every((column) => outcomes.value.get(column.key)?.over)) vote(key);
}

/** Shows column B in Play. */
function play() {
  const outcome = outcomes.value.get(b.value);
  if (outcome && outcome.count > 0) void showInPlay(outcome, shownTexts.value.get(b.value) ?? 0);
}

/** What keys do while names can be seen. @param {() => void} act */
const open = (act) => () => { if (!round.value || round.value.revealed) act(); };

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "g", shown: "g", about: () => say("runAll"), act: open(() => void runAll()) },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("runAll"), act: open(() => void runAll()) },
  { key: "ArrowLeft", shown: "←", about: () => say("keyLeft"), act: open(() => goTo(cursor.value - 1)) },
  { key: "ArrowRight", shown: "→", about: () => say("keyRight"), act: open(() => goTo(cursor.value + 1)) },
  { key: "d", shown: "d", about: () => say("keyNext"), act: open(() => toDivergence(1)) },
  { key: "D", shown: "D", about: () => say("keyBack"), act: open(() => toDivergence(-1)) },
  { key: "b", shown: "b", about: () => say("keyB"), act: open(() => turnB(1)) },
  { key: "a", shown: "a", about: () => say("keyA"), act: open(() => chooseA(b.value)) },
  { key: "<", shown: "<", about: () => say("keyMoveLeft"), act: open(() => move(b.value, -1)) },
  { key: ">", shown: ">", about: () => say("keyMoveRight"), act: open(() => move(b.value, 1)) },
  { key: "e", shown: "e", about: () => say("keyEdit"), act: open(() => (editing.value = editing.value === b.value ? null : b.value)) },
  { key: "n", shown: "n", about: () => say("keyAdd"), act: open(add) },
  { key: "Delete", shown: "Delete", about: () => say("keyRemove"), act: open(() => (columns.value = without(columns.value, b.value))) },
  { key: "p", shown: "p", about: () => say("keyPlay", { view: shell("play") }), act: open(play) },
  { key: "l", shown: "l", about: () => say("keyLock"), act: () => (locked.value = !locked.value) },
  { key: ".", shown: ".", about: () => say("keyAsk"), act: open(look) },
  ...Array.from({ length: MOST }, (_, at) => ({ key: String(at + 1), shown: at === 0 ? `1–${MOST}` : "", about: () => say("keyNumber"), act: () => choose(at) })),
];

/** Does what a command line of the tour asks for: the chapter's ways, so many texts of each. @param {import("../../state/command.js").Task} task */
function take(task) {
  if (round.value) end();
  columns.value = course(task.seed ?? 1);
  length.value = Number(task.options["max_new_tokens"] ?? length.value);
  samples.value = task.seeds ?? 1;
  void runAll();
}

/** The columns, with their names or without. */
function Ways() {
  void version.value;
  const now = round.value;
  const all = columns.value;
  const label = say("columns");
  if (!now) return h("div", { class: "ways", "data-count": all.length, role: "group", "aria-label": label }, all.map((column, at) => h(Card, { key: column.key, column, at })));
  const hidden = now.order.flatMap((key) => all.find((column) => column.key === key) ?? []);
  return h("div", { class: "ways", "data-count": all.length, role: "group", "aria-label": label }, hidden.map((column, at) => h(HiddenCard, { key: column.key, column, at })));
}

/** Runs all, from the main button. */
const go = () => void runAll();

/** Says where the texts follow another prompt than the one that the box holds by now. */
function Stale() {
  void version.value;
  const first = outcomes.value.values().next().value;
  if (!first) return null;
  const { text, chat } = readText.value;
  const isHere = first.promptEnd === promptEnd.value && text === promptText.value && chat === asChat.value;
  return isHere ? null : h("p", { class: "hint stale", role: "status" }, say("ofPrompt", { text: joined(tree.path(first.promptEnd)).slice(0, 120) }));
}

/** The view. */
function Compare() {
  useEffect(() => {
    here.value = keys();
    const ends = [followAddress(), followCursor(), receive("compare", take)];
    return () => {
      here.value = [];
      for (const end of ends) end();
    };
  }, []);
  const blind = round.value !== null;
  const hides = blind && !round.value?.revealed;
  return h("div", { class: "compare" },
    blind ? h(BlindBar, null) : [h(PromptBox, { key: "prompt", action: say("runAll"), onGo: go, single: false }), h(Toolbar, { key: "toolbar" })],
    blind ? null : [h(Stale, { key: "stale" }), h(At, { key: "at" })],
    h(Ways, null),
    hides ? null : h(Numbers, null),
    blind ? null : h(Sweep, null));
}

/** @type {import("../../shell/views.js").View} */
export const compare = { name: "compare", show: () => h(Compare, null) };
