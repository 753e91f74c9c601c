// Work that takes a while: one piece at a time, which can be stopped, and whose tokens are counted.
import { signal } from "../vendor/preact.js";
import { running, speed } from "./lab.js";

/** @typedef {"done" | "stopped" | "failed"} End */

/** How the last piece of work ended, and how many tokens came of it; null where it counts none, and before the first. */
export const ended = signal(/** @type {{what: string, how: End, tokens: number | null} | null} */ (null));

/** A piece of work that runs. */
class Work {
  /** Tokens that have come; null where it counts none. @type {number | null} */
  tokens = null;
  since = performance.now();
  stop = new AbortController();

  /** @param {string} what */
  constructor(what) {
    this.what = what;
  }

  /** What tells it to stop. */
  get signal() {
    return this.stop.signal;
  }

  /** Whether it is still what runs: another piece may have taken its place. */
  get runs() {
    return running.value?.stop === this.stop;
  }

  /** Counts tokens; they are shown with the next `tell`. @param {number} [tokens] */
  count(tokens = 1) {
    this.tokens = (this.tokens ?? 0) + tokens;
  }

  /** Shows how many tokens have come. */
  tell() {
    if (this.runs) running.value = { what: this.what, tokens: this.tokens ?? 0, since: this.since, stop: this.stop };
  }

  /** @param {End} how */
  end(how) {
    if (this.tokens) speed.value = (this.tokens * 1000) / (performance.now() - this.since);
    if (!this.runs) return;
    ended.value = { what: this.what, how, tokens: this.tokens };
    running.value = null;
  }
}

/** @typedef {Work} Running */

/**
 * Does what takes a while, in the place of what ran before, which is stopped. What goes wrong is the caller's to tell.
 *
 * @template T @param {string} what its name @param {(work: Running) => Promise<T>} act @returns {Promise<T>}
 */
export async function work(what, act) {
  running.value?.stop.abort();
  const own = new Work(what);
  running.value = { what, tokens: 0, since: own.since, stop: own.stop };
  /** @type {End} */
  let how = "failed";
  try {
    const result = await act(own);
    how = own.signal.aborted ? "stopped" : "done";
    return result;
  } catch (error) {
    if (own.signal.aborted) how = "stopped";
    throw error;
  } finally {
    own.end(how);
  }
}
