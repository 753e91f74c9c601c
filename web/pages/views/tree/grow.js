// Has the server grow the tree: continuations from a node, its greedy one, and samples.
import { stream } from "../../api/events.js";
import { batch, signal } from "../../vendor/preact.js";
import { generate, paced, vocabulary } from "../../state/generate.js";
import { promptEnd, promptText, read, tree } from "../../state/lab.js";
import { json } from "../../api/client.js";
import * as runs from "../../state/runs.js";
import { nextSeed, request, seed } from "../../state/settings.js";
import { work } from "../../state/work.js";
import { Tally } from "./tally.js";
import { overlay, reference } from "./where.js";

/** @typedef {import("../../api/shapes.js").GrownNode} GrownNode */
/** @typedef {import("../../api/shapes.js").Choice} Choice */

/** How far a tree grows, under the names of `v1/expand`. */
export const growth = signal({ depth: 3, children: 4, cover_p: 0.9, min_mass: 0.001, budget: 200 });

/** What the last growth came to: nodes that were told, those that were new to the tree, places whose followers they are; whether it has ended, and whether by its budget. */
export const grown = signal(/** @type {{nodes: number, fresh: number, places: number, budget: number, ended: boolean, spent: boolean} | null} */ (null));

/** Puts what the server tells into the tree; siblings come together, and what is left over besides them. */
class Growing {
  /** The node of the tree that each told one is. @type {Map<number, number>} */
  #nodes;
  /** @type {GrownNode[]} */
  #siblings = [];

  /** @param {number} from */
  constructor(from) {
    this.#nodes = new Map([[0, from]]);
    this.places = 0;
  }

  /** @param {GrownNode} told */
  add(told) {
    if (this.#siblings[0] && this.#siblings[0].parent !== told.parent) this.close();
    this.#siblings.push(told);
    // "length" says that this tree goes no deeper, not that a text has ended.
    const end = told.finish_reason === "length" ? null : told.finish_reason;
    const { token: id, text, bytes, logprob, rank } = told;
    this.#nodes.set(told.id, tree.add(this.#at(told.parent), { id, text, bytes, logprob, rank, end }, "tree").key);
  }

  /** Tells what may follow the node whose children have come. */
  close() {
    const [first] = this.#siblings;
    if (!first) return;
    this.places += 1;
    const key = this.#at(first.parent);
    const before = tree.node(key).outlook;
    const top = this.#siblings.map(({ token: id, text, bytes, logprob, rank }) => ({ id, text, bytes, logprob, logprob_processed: logprob, rank }));
    if (!before || before.top.length < top.length) {
      tree.foresee(key, {
        entropy: before?.entropy ?? null, top, restCount: Math.max(0, vocabulary() - top.length), restMass: first.rest, draw: before?.draw ?? null, stages: before?.stages ?? [],
      });
    }
    this.#siblings = [];
  }

  /** @param {number} told */
  #at(told) {
    const key = this.#nodes.get(told);
    if (key === undefined) throw new RangeError(`the server told of node ${told} before it was there`);
    return key;
  }
}

/** Grows a tree of continuations from a node. @param {number} from */
export function expand(from) {
  return work("expand", async (own) => {
    const draw = paced(() => batch(() => {
      own.tell();
      tree.changed();
    }));
    const growing = new Growing(from);
    const [before, asked] = [tree.size, growth.value];
    const tell = (/** @type {boolean} */ ended, spent = false) => {
      grown.value = { nodes: own.tokens ?? 0, fresh: tree.size - before, places: growing.places, budget: asked.budget, ended, spent };
    };
    tell(false);
    try {
      for await (const { name, data } of stream("v1/expand", { prompt_ids: tree.ids(from), ...asked }, own.signal)) {
        if (name === "node") {
          growing.add(data);
          own.count();
          draw();
        } else if (name === "done") {
          growing.close();
          tell(true, data.budget_spent === true);
        }
      }
    } finally {
      growing.close();
      if (!grown.value?.ended) tell(true);
      tree.changed();
    }
  });
}

/** What only other searches have: taken back, since an option without effect is refused. */
const NOT_BEAMS = { num_beams: 1, length_penalty: undefined, early_stopping: undefined, num_beam_groups: undefined, diversity_penalty: undefined, penalty_alpha: undefined, exact_search: undefined };
const NOT_DRAWN = { temperature: undefined, top_k: undefined, top_p: undefined, min_p: undefined, typical_p: undefined, mirostat: undefined, num_return_sequences: undefined, seed: undefined };

/** Continues a node with the most probable token each time; gives the new branch's end. @param {number} from @param {number} length */
export async function continueGreedily(from, length) {
  const [end = from] = await generate(from, { more: { do_sample: false, max_new_tokens: length, ...NOT_BEAMS, ...NOT_DRAWN }, follow: false, what: "greedy" });
  return end;
}

/** Samples that a request draws at most. */
const TOGETHER = 100;

/** Options that shape probabilities, with the value that leaves them as they are. */
const SHAPERS = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, typical_p: 1, repetition_penalty: 1 };

/** What shaped the probabilities of the last run, as the server tells it: its defaults count, too. */
function shapers() {
  const config = runs.all.value.at(-1)?.completion.effective_config ?? {};
  const told = Object.entries(SHAPERS).map(([name, neutral]) => ({ name, neutral, value: config[name]?.value }));
  return told.filter(({ value, neutral }) => value !== undefined && value !== null && value !== neutral).map(({ name, value }) => `${name} ${value}`).join(", ");
}

/** Draws samples from a node and counts them; those drawn before from the same node by the same options count on. @param {number} from @param {number} samples @param {number} length */
export async function sample(from, samples, length) {
  nextSeed();
  const { seed: first, ...by } = request({ do_sample: true, ...NOT_BEAMS, max_new_tokens: length });
  const told = JSON.stringify(by);
  const same = overlay.value?.tally.from === from && overlay.value.by === told && !overlay.value.seeds.includes(Number(first)) ? overlay.value : null;
  const tally = same?.tally ?? new Tally(from);
  const seeds = [...(same?.seeds ?? [])];
  for (let drawn = 0, number = seed.value.value; drawn < samples; drawn += TOGETHER, number += 1) {
    seeds.push(number);
    const more = { ...by, num_return_sequences: Math.min(TOGETHER, samples - drawn), seed: number };
    await generate(from, { more, follow: false, what: "samples", heard: (token, parent, node) => tally.hear(parent, node, token) });
    overlay.value = { tally, by: told, after: shapers(), seeds };
  }
}

/** Reads a text that follows the prompt by the model, and marks its path in the tree; none where it is empty. @param {string} text */
export async function refer(text) {
  if (text === "") return void (reference.value = null);
  const ids = tree.ids(promptEnd.value);
  const idsOf = async (/** @type {unknown} */ body) => /** @type {number[]} */ ((await json("v1/tokens", body)).tokens.map((/** @type {{id: number}} */ token) => token.id));
  // Tokens may reach over the prompt's end; where they do, the text is read on its own.
  const whole = await idsOf({ text: promptText.value + text });
  const follows = whole.length > ids.length && ids.every((id, at) => id === whole[at]);
  const all = follows ? whole : [...ids, ...(await idsOf({ text, add_special_tokens: false }))];
  reference.value = await read(all, vocabulary(), "taken");
}
