// What can be done with the node that is looked at.
import { attempt, moveTo, promptEnd, promptText, asChat, remember, running, tip, tree, usePrompt } from "../../state/lab.js";
import { open } from "../../state/link.js";
import { vocabulary } from "../../state/generate.js";
import { signal } from "../../vendor/preact.js";
import { joined } from "../../words/glyphs.js";
import { continueGreedily, expand, sample } from "./grow.js";
import { below, chosen, fold, looked } from "./where.js";

/** How long a greedy continuation is, and how many samples of how many tokens are drawn. */
export const asked = signal({ greedy: 20, samples: 100, length: 1 });

/** Whether the model can be asked about the node: the root is no token, and one thing runs at a time. */
export const canAsk = () => looked.value > 0 && running.value === null;

/** Grows a tree from the end of the prompt that stands in the box. */
export function growPrompt() {
  return attempt(async () => {
    const end = await usePrompt(vocabulary());
    chosen.value = end;
    await expand(end);
  });
}

/** Grows a tree from the node. */
export function expandHere() {
  const key = looked.value;
  if (!canAsk()) return;
  fold([key], true);
  void attempt(() => expand(key));
}

/** Continues the node greedily, and looks at the end. */
export function greedyHere() {
  const key = looked.value;
  if (!canAsk()) return;
  fold([key], true);
  void attempt(async () => {
    chosen.value = await continueGreedily(key, asked.value.greedy);
  });
}

/** Draws samples from the node. */
export function sampleHere() {
  const key = looked.value;
  if (!canAsk()) return;
  fold([key], true);
  void attempt(() => sample(key, asked.value.samples, asked.value.length));
}

/** Whether the reader's branch may end with the node: a prompt comes before it. */
export const canBeMine = () => looked.value > 0 && tree.node(looked.value).origin !== "prompt";

/** Makes the path to the node the reader's branch; a path of another prompt brings that prompt along. */
export function makeMine() {
  const key = looked.value;
  if (!canBeMine()) return;
  if (below(promptEnd.value, key)) return moveTo(key);
  remember();
  const prompt = tree.path(key).findLast((node) => node.origin === "prompt");
  if (prompt) {
    promptEnd.value = prompt.key;
    promptText.value = joined(tree.path(prompt.key));
    asChat.value = false;
  }
  tip.value = key;
}

/** Makes it the reader's branch and opens it in Play. */
export function openInPlay() {
  makeMine();
  open("play");
}

/** Marks the node, or takes the mark back. @param {"good" | "bad" | "kept"} mark */
export function mark(mark) {
  const node = tree.node(looked.value);
  if (node.key === 0) return;
  tree.tell(node.key, { mark: node.mark === mark ? "" : mark });
  tree.changed();
}

/** Keeps a note with the node. @param {number} key @param {string} text */
export function note(key, text) {
  tree.tell(key, { note: text });
  tree.changed();
}
