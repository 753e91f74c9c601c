// From a scored text to Play: it becomes a branch of the tree that all views share.
import { take, vocabulary } from "../../state/generate.js";
import * as lab from "../../state/lab.js";
import { open } from "../../state/link.js";
import { joined } from "../../words/glyphs.js";
import { result } from "./state.js";

/** @typedef {import("../../api/shapes.js").Choice} Choice */

/** Puts the scored text into the tree and opens it. With a choice the branch ends before a token, and the choice takes its place. @param {{at: number, choice: Choice}} [instead] */
export function openInPlay(instead) {
  const scored = result.value;
  if (!scored) return;
  const tokens = scored.tokens.map((token) => ({ ...token, top: token.top ?? [] }));
  const text = { token_ids: tokens.map(({ id }) => id), prefix_tokens: 0, tokens, sum_logprob: 0, mean_logprob: null, perplexity: null, bits_per_byte: null, bits_per_character: null };
  const end = lab.plant(text, vocabulary(), "prompt");
  lab.remember();
  lab.promptEnd.value = lab.tip.value = end;
  if (instead) {
    const path = lab.tree.path(end).slice(0, instead.at);
    const before = path.at(-1)?.key ?? 0;
    // The prompt ends where the reader's text is left, so that generation goes on from there. Undo brings the whole text back.
    if (!scored.chat) {
      lab.promptText.value = joined(path);
      lab.promptEnd.value = before;
    }
    take(before, instead.choice, false);
  }
  open("play");
}
