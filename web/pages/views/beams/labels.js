// What the nodes say: on the screen, and to screen readers.
import { chance, fixed } from "../../numbers/format.js";
import { total } from "../../numbers/sums.js";
import { signs } from "../../state/looks.js";
import { label } from "../../words/glyphs.js";
import { begun, numbers } from "./looked.js";
import { sumOf } from "./paths.js";
import { chainLines } from "./text.js";
import { say } from "./words.js";

/** @typedef {import("./search.js").Candidate} Candidate */
/** @typedef {import("./picture.js").Ghost} Ghost */
/** @typedef {import("../../state/vocabulary.js").Vocabulary} Vocabulary */

/** The labels of the vocabulary's tokens, made once each. @type {Map<string, string>} */
const made = new Map();
/** @type {Vocabulary | null} */
let madeOf = null;

/** A token's label. @param {number} id @param {Vocabulary} words */
export function labelOf(id, words) {
  if (words !== madeOf) made.clear();
  madeOf = words;
  const key = `${id} ${signs.value}`;
  const before = made.get(key);
  if (before !== undefined) return before;
  const text = label(words(id), signs.value);
  made.set(key, text);
  return text;
}

/** The lines of a candidate, or of a chain. @param {ReadonlyArray<{id: number}>} members @param {Vocabulary} words */
export function linesOf(members, words) {
  // A chain is read as text, so its spaces are spaces.
  return members.length > 1 ? chainLines(members.map(({ id }) => label(words(id), false).replaceAll("\n", "↵"))) : members.map(({ id }) => labelOf(id, words));
}

/** The line of numbers below. @param {import("./search.js").Search} search @param {ReadonlyArray<Candidate>} members @param {Ghost | null} ghost */
export function noteOf(search, members, ghost) {
  const last = members.at(-1);
  if (ghost) return ghostNote(ghost, search.rules.penalty);
  if (!last) return "";
  const which = numbers.value;
  const many = members.length > 1 ? say("tokens", { n: members.length }) : "";
  const number = which === "none" || (which === "step" && many) ? "" : which === "sum" ? total(last.score) : which === "step" ? chance(last.logprob) : total(last.normalised, 3);
  return [many, number].filter(Boolean).join(" · ");
}

/** The same of a text beside the search. @param {Ghost} ghost @param {number} penalty */
function ghostNote({ track, first, place }, penalty) {
  const sum = sumOf(track, place + 1);
  const which = numbers.value;
  const many = place > first ? say("tokens", { n: place - first + 1 }) : "";
  const number = which === "none" || (which === "step" && many) ? "" : which === "sum" ? total(sum) : which === "step" ? chance(track.tokens[place]?.logprob) : total(sum / (place + 1) ** penalty, 3);
  return [many, number].filter(Boolean).join(" · ");
}

/** What a screen reader says of a node. @param {import("./picture.js").Item} item */
export function spoken(item) {
  const now = begun.value;
  if (!now) return "";
  if (item.ghost) {
    const { track, first, place } = item.ghost;
    return `${track.tokens.slice(first, place + 1).map((token) => label(token)).join("")}, ${say(track.name)}, ${say("step")} ${item.to}, ${item.note}`;
  }
  const last = now.search.of(/** @type {number} */ (item.members.at(-1)));
  const text = item.members.map((at) => labelOf(now.search.of(at).id, now.words)).join("");
  const many = item.members.length > 1 ? `, ${say("tokens", { n: item.members.length })}` : `, ${chance(last.logprob)}, #${last.rank}`;
  const state = item.kind === "finished" ? say("finishedState") : item.kind === "dropped" ? say("droppedState") : say("keptState");
  return `${text}, ${say("step")} ${item.to}${many}, ${say("sum")} ${fixed(last.score, 2)}, ${state}`;
}
