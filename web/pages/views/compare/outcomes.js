// What came of each column: its texts while they come, and how long they took.
import { signal } from "../../vendor/preact.js";
import { alikeness, measured } from "./measures.js";

/** @typedef {import("../../api/shapes.js").TokenEvent} TokenEvent */
/** @typedef {import("../../state/tree.js").Outlook} Outlook */
/** @typedef {import("../../state/settings.js").Options} Options */
/** @typedef {import("./measures.js").Measures} Measures */

/**
 * A token of a text, what the server says that it adds to the text, and what it was chosen from.
 * @typedef {TokenEvent & {shown: string, outlook: Outlook | null}} Token
 */

/** A text of a column. */
export class Text {
  /** @type {Token[]} */
  tokens = [];
  /** @type {string | null} */
  finish = null;
  /** @type {number[]} */
  #ids = [];
  /** @type {Measures | null} */
  #measures = null;

  /** A token comes. @param {TokenEvent} token @param {Outlook | null} outlook */
  push(token, outlook) {
    this.tokens.push({ ...token, shown: token.new_text, outlook });
    this.#ids.push(token.id);
    this.#measures = null;
    if (token.finish_reason) this.finish = token.finish_reason;
  }

  /** Text comes without a token: what was held back, such as the sign for a character whose rest never came. @param {string} more */
  add(more) {
    const last = this.tokens.at(-1);
    if (last && more) this.tokens[this.tokens.length - 1] = { ...last, shown: last.shown + more };
  }

  /** The ids of its tokens. @returns {ReadonlyArray<number>} */
  get ids() {
    return this.#ids;
  }

  /** What it is measured by; counted once. */
  get measures() {
    this.#measures ??= measured(this.tokens);
    return this.#measures;
  }
}

/** What came of a column. */
export class Outcome {
  /** @type {"waiting" | "running" | "done" | "stopped" | "failed"} */
  state = "waiting";
  /** @type {Text[]} */
  texts = [];
  /** Why it failed, in the engine's words. @type {string | null} */
  trouble = null;
  /** When it began and when its last token came, in milliseconds. */
  begun = 0;
  last = 0;
  /** @type {import("../../api/shapes.js").Completion | null} */
  completion = null;
  /** @type {number | null | undefined} */
  #alike;

  /** @param {ReadonlyArray<number>} prompt the prompt's ids @param {number} promptEnd the prompt's last token in the tree @param {Options} request what was asked for */
  constructor(prompt, promptEnd, request) {
    this.prompt = prompt;
    this.promptEnd = promptEnd;
    this.request = request;
  }

  /** A text by its number; it begins where it is first asked for. @param {number} number */
  text(number) {
    while (this.texts.length <= number) this.texts.push(new Text());
    return /** @type {Text} */ (this.texts[number]);
  }

  /** Whether nothing more will come. */
  get over() {
    return this.state === "done" || this.state === "stopped" || this.state === "failed";
  }

  /** New tokens of all texts. */
  get count() {
    return this.texts.reduce((all, text) => all + text.tokens.length, 0);
  }

  /** Seconds from when it was asked for until its last token; null where none came. */
  get seconds() {
    return this.count > 0 ? (this.last - this.begun) / 1000 : null;
  }

  /** New tokens a second. */
  get rate() {
    return this.seconds ? this.count / this.seconds : null;
  }

  /** How alike its texts are; null where there is one. */
  get alike() {
    if (!this.over) return null;
    if (this.#alike === undefined) this.#alike = alikeness(this.texts.map((text) => text.ids));
    return this.#alike;
  }
}

/** What came of each column, by its key. */
export const outcomes = signal(/** @type {ReadonlyMap<number, Outcome>} */ (new Map()));

/** Grows when tokens came: who reads it while drawing is drawn anew. */
export const version = signal(0);
