// Puts a column's texts into the tree of tokens, and goes to the one that is shown in Play.
import { promptEnd, remember, tip, tree } from "../../state/lab.js";
import { open } from "../../state/link.js";
import * as runs from "../../state/runs.js";

/** @typedef {import("./outcomes.js").Outcome} Outcome */
/** @typedef {import("./outcomes.js").Text} Text */

/** Puts a text behind the prompt; gives its last node. @param {number} from @param {Text} text @param {import("../../state/tree.js").Origin} origin */
export function plant(from, text, origin) {
  let at = from;
  text.tokens.forEach((token, i) => {
    if (token.outlook) tree.foresee(at, token.outlook);
    const end = i === text.tokens.length - 1 ? text.finish : null;
    at = tree.add(at, { id: token.id, text: token.text, bytes: token.bytes, logprob: token.logprob, processed: token.logprob_processed, rank: token.rank, end }, origin).key;
  });
  return at;
}

/** Shows a column in Play: all of its texts, each a branch, and the reader in one of them. @param {Outcome} outcome @param {number} shown */
export function showInPlay(outcome, shown) {
  const origin = Number(outcome.request["num_beams"] ?? 1) > 1 ? "beam" : "model";
  const ends = outcome.texts.map((text) => plant(outcome.promptEnd, text, origin));
  const end = ends[Math.min(shown, ends.length - 1)];
  if (end === undefined) return;
  const { completion } = outcome;
  if (completion && !runs.all.value.some((run) => run.completion === completion)) runs.add({ from: outcome.promptEnd, prompt: outcome.promptEnd, ends, options: outcome.request, completion });
  remember();
  promptEnd.value = outcome.promptEnd;
  tip.value = end;
  tree.changed();
  open("play");
}
