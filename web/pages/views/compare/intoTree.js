// Puts the texts of columns into the tree of tokens, where other views show them too, and goes to one of them in Play.
import { attempt, promptEnd, read, remember, tip, tree } from "../../state/lab.js";
import { vocabulary } from "../../state/generate.js";
import { open } from "../../state/link.js";
import * as runs from "../../state/runs.js";

/** @typedef {import("./outcomes.js").Outcome} Outcome */
/** @typedef {import("./outcomes.js").Text} Text */

/** Puts a text behind a node; gives its last node. @param {number} from @param {Text} text @param {import("../../state/tree.js").Origin} origin */
function plant(from, text, origin) {
  let at = from;
  text.tokens.forEach((token, i) => {
    if (token.outlook) tree.foresee(at, token.outlook);
    const end = i === text.tokens.length - 1 ? text.finish : null;
    at = tree.add(at, { id: token.id, text: token.text, bytes: token.bytes, logprob: token.logprob, processed: token.logprob_processed, rank: token.rank, end }, origin).key;
  });
  return at;
}

/** Puts all texts of a column behind the prompt, each a branch; gives their ends. @param {Outcome} outcome @param {number} from the prompt's last token */
export function plantAll(outcome, from) {
  const origin = Number(outcome.request["num_beams"] ?? 1) > 1 ? "beam" : "model";
  const ends = outcome.texts.map((text) => plant(from, text, origin));
  const { completion } = outcome;
  if (completion && !runs.all.value.some((run) => run.completion === completion)) runs.add({ from, prompt: from, ends, options: outcome.request, completion });
  tree.changed();
  return ends;
}

/** Whether a column's prompt still stands where it stood: the reader may have opened another work. @param {Outcome} outcome */
export function stands({ prompt, promptEnd: end }) {
  return end < tree.size && tree.ids(end).join() === prompt.join();
}

/** Shows a text of a column in Play. @param {Outcome} outcome @param {number} shown */
export function showInPlay(outcome, shown) {
  return attempt(async () => {
    const from = stands(outcome) ? outcome.promptEnd : await read([...outcome.prompt], vocabulary(), "prompt");
    const ends = plantAll(outcome, from);
    const end = ends[Math.min(shown, ends.length - 1)];
    if (end === undefined) return;
    remember();
    promptEnd.value = from;
    tip.value = end;
    open("play");
  });
}
