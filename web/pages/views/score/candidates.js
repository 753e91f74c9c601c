// Candidates for what follows a prefix, as they are written: one a line.
import { languageOf } from "../../words/script.js";

/** Whether words are parted by spaces in a text's language. @param {string} text */
const parts = (text) => ["en", "ko"].includes(languageOf(text));

/** Whether candidates need a space before them: words of this prefix's language are parted, and it does not end with one. @param {string} prefix */
export function needsSpace(prefix) {
  return prefix !== "" && !/\s$/.test(prefix) && parts(prefix);
}

/** The candidates: lines that are not empty, each once, with a space before them where that is asked for. @param {string} written @param {boolean} spaced @returns {string[]} */
export function candidates(written, spaced) {
  const lines = written.split(/\r?\n/).filter((line) => line.trim() !== "");
  return [...new Set(lines.map((line) => (spaced && !/^\s/.test(line) ? ` ${line}` : line)))];
}

/** Each log-probability as a share of all of them together. @param {ReadonlyArray<number>} logprobs @returns {number[]} */
export function shares(logprobs) {
  const most = Math.max(...logprobs);
  const all = logprobs.map((logprob) => Math.exp(logprob - most));
  const sum = all.reduce((a, b) => a + b, 0);
  return all.map((value) => value / sum);
}
