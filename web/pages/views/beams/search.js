// A beam search as it is told: every candidate with what became of it, the pool of finished texts after each step, and why it ended.
// Nothing is computed that the engine has not said, but for who was best so far.

/** @typedef {import("../../api/shapes.js").CandidateEvent} CandidateEvent */
/** @typedef {import("../../api/shapes.js").StageEvent} StageEvent */

/**
 * A token that the search considered.
 * @typedef {object} Candidate
 * @property {number} at its place among all candidates
 * @property {number} step how many tokens its text has: 1 for the first behind the prompt
 * @property {number} parent the candidate that it follows; -1 for the prompt
 * @property {number | null} node the engine's number of it; null where it did not become a node
 * @property {number} id
 * @property {string} text
 * @property {number} logprob as the search counts it, after the processors
 * @property {number} raw the model's own
 * @property {number} score the sum from the prompt's end on
 * @property {number | null} normalised the score with which it would be among the finished ones
 * @property {number} rank its place in the step, or in its group's step
 * @property {string} fate the engine's word
 * @property {number} group from 0
 * @property {number[]} children candidates that follow it
 * @property {string | null} reason why its text ended: eos, length, stop, time; null where it did not end, or not by right
 * @property {number | null} left the step at which better ones pushed it out of the pool
 */

/**
 * What a search was asked to do.
 * @typedef {object} Rules
 * @property {number} width hypotheses that go on, all groups together
 * @property {number} groups
 * @property {number} penalty the length penalty
 * @property {number} most new tokens at most
 * @property {boolean} samples
 * @property {number} banned the size of n-grams that must not come again; 0 for none
 * @property {ReadonlySet<number>} ends the end tokens
 */

/** Below this a score is a placeholder's: transformers' own -1e9, which no text can reach. */
const PLACEHOLDER = -5e8;

/** What `begin` says of the rules. @param {Record<string, {value: unknown}>} config @returns {Rules} */
export function rules(config) {
  const number = (/** @type {string} */ name, /** @type {number} */ otherwise) => Number(config[name]?.value ?? otherwise);
  const ends = config["eos_token_id"]?.value ?? [];
  return {
    width: number("num_beams", 1), groups: Math.max(1, number("num_beam_groups", 1)), penalty: number("length_penalty", 1), most: number("max_new_tokens", Infinity),
    samples: config["do_sample"]?.value === true, banned: number("no_repeat_ngram_size", 0), ends: new Set(Array.isArray(ends) ? ends : [Number(ends)]),
  };
}

/** A search, told event by event. */
export class Search {
  /** @type {Candidate[]} */
  candidates = [];
  /** Candidates by step: the first step's at 1. @type {number[][]} */
  columns = [[]];
  /** The pool after each step, the best first, with the engine's scores. @type {Array<Array<{at: number, score: number}>>} */
  pools = [[]];
  /** What processors removed, by the candidate that the tokens would have followed. @type {Map<number, StageEvent[]>} */
  stages = new Map();
  /** Why the search ended, in the engine's words. @type {string | null} */
  over = null;
  /** Whether the reader stopped it. */
  stopped = false;
  /** @type {Rules} */
  rules = rules({});
  /** By the engine's numbers. @type {Map<number, number>} */
  #nodes = new Map([[0, -1]]);

  /** How many steps have been told to their end, which the pool is. */
  get steps() {
    return this.pools.length - 1;
  }

  /** A candidate that is there. @param {number} at @returns {Candidate} */
  of(at) {
    const candidate = this.candidates[at];
    if (!candidate) throw new RangeError(`the search has no candidate ${at}`);
    return candidate;
  }

  /** Hears an event; gives the candidate where it was one. @param {string} name @param {any} data @returns {Candidate | null} */
  take(name, data) {
    if (name === "begin") this.rules = rules(data.effective_config);
    else if (name === "candidate") return this.#consider(data);
    else if (name === "pool") this.#fill(data.sequences);
    else if (name === "over") this.over = data.why;
    else if (name === "stage") this.#stage(data);
    else if (name === "end") this.#end(data.sequences);
    return null;
  }

  /** @param {CandidateEvent} told @returns {Candidate | null} */
  #consider(told) {
    const parent = this.#nodes.get(told.parent);
    const score = told.score ?? -Infinity;
    if (parent === undefined || score < PLACEHOLDER) return null;
    const step = parent < 0 ? 1 : this.of(parent).step + 1;
    const at = this.candidates.length;
    const each = Math.max(1, this.rules.width / this.rules.groups);
    const candidate = {
      at, step, parent, node: told.node, id: told.token.id, text: told.token.text, logprob: told.logprob ?? -Infinity, raw: told.logprob_raw ?? -Infinity, score,
      normalised: told.normalised, rank: told.rank, fate: told.fate, group: this.rules.groups > 1 ? Math.floor(told.sequence / each) : 0, children: [],
      reason: told.fate === "finished" ? this.#reason(told.token.id, step) : null, left: null,
    };
    this.candidates.push(candidate);
    if (parent >= 0) this.of(parent).children.push(at);
    (this.columns[step] ??= []).push(at);
    if (told.node !== null) this.#nodes.set(told.node, at);
    return candidate;
  }

  /** Why a text ended that did, until the engine says it. @param {number} id @param {number} step */
  #reason(id, step) {
    return this.rules.ends.has(id) ? "eos" : step >= this.rules.most ? "length" : "stop";
  }

  /** @param {Array<{node: number, score: number}>} told */
  #fill(told) {
    const before = this.pools[this.steps] ?? [];
    const pool = told.flatMap(({ node, score }) => {
      const at = this.#nodes.get(node);
      return at === undefined || at < 0 || score < PLACEHOLDER ? [] : [{ at, score }];
    });
    this.pools.push(pool);
    const within = new Set(pool.map(({ at }) => at));
    for (const at of within) {
      const candidate = this.of(at);
      candidate.reason ??= this.#reason(candidate.id, candidate.step);
    }
    for (const { at } of before) if (!within.has(at)) this.of(at).left ??= this.steps;
  }

  /** @param {StageEvent} told */
  #stage(told) {
    const parent = this.#nodes.get(told.parent);
    if (parent === undefined || told.removed === 0) return;
    this.stages.set(parent, [...(this.stages.get(parent) ?? []), told]);
  }

  /** @param {Array<{node: number, finish_reason: string | null}>} told */
  #end(told) {
    for (const { node, finish_reason } of told) {
      const at = this.#nodes.get(node);
      if (at !== undefined && at >= 0 && finish_reason) this.of(at).reason = finish_reason;
    }
  }

  /** The candidate of an engine's number; undefined where it has none. @param {number} node */
  node(node) {
    return this.#nodes.get(node);
  }

  /** Whether a candidate was not dropped: it went on, or its text is or was among the finished ones. @param {Candidate} candidate */
  stays(candidate) {
    return candidate.reason !== null || candidate.fate === "kept";
  }

  /** The candidates that go on after a step. @param {number} step */
  running(step) {
    return (this.columns[step] ?? []).filter((at) => {
      const candidate = this.of(at);
      return candidate.fate === "kept" && candidate.reason === null;
    });
  }

  /** The candidates from the first token to this one. @param {number} at @returns {number[]} */
  path(at) {
    const path = [];
    for (let here = at; here >= 0; here = this.of(here).parent) path.push(here);
    return path.reverse();
  }

  /** The best text after a step: of the finished ones, and of those that run as if they ended there; null before the first. @param {number} step */
  best(step) {
    const runs = this.running(step).map((at) => ({ at, score: this.of(at).normalised ?? this.of(at).score }));
    const all = step >= this.steps && this.over !== null ? (this.pools[step] ?? []) : [...(this.pools[step] ?? []), ...runs];
    let best = null;
    for (const one of all) if (best === null || one.score > best.score) best = one;
    return best?.at ?? null;
  }
}
