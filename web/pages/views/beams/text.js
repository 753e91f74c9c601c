// What is written in the picture: tokens in full, chains in a few lines of which nothing is cut in silence.
import { cells } from "./items.js";

/** Letters of a line, and lines of a chain. */
const WIDE = 34;
const LINES = 2;

/**
 * A chain's text in lines. What does not fit is left out in the middle, and the number of tokens that stands below tells how much there is.
 *
 * @param {string[]} labels of the tokens, one each
 * @returns {string[]}
 */
export function chainLines(labels) {
  const lines = wrapped(labels);
  if (lines.length <= LINES) return lines;
  const [first = ""] = lines;
  const last = wrapped([...labels].reverse(), true)[0] ?? "";
  return [`${first} …`, `… ${last}`];
}

/** Fills lines; `backward` takes the labels from the end on, and puts them together in their order. @param {string[]} labels @param {boolean} [backward] */
function wrapped(labels, backward = false) {
  const lines = [""];
  for (const label of labels) {
    const line = /** @type {string} */ (lines.at(-1));
    const longer = backward ? label + line : line + label;
    if (line !== "" && cells(longer) > WIDE) lines.push(label);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
