// Has the server continue a branch, and puts what comes into the tree while it comes.
import { stream } from "../api/events.js";
import { batch } from "../vendor/preact.js";
import { ALTERNATIVES, promptEnd, remember, rest, running, speed, tip, tree } from "./lab.js";
import * as runs from "./runs.js";
import * as settings from "./settings.js";
import { props } from "./server.js";

/** @typedef {import("../api/shapes.js").TokenEvent} TokenEvent */
/** @typedef {import("../api/shapes.js").DrawEvent} DrawEvent */
/** @typedef {import("../api/shapes.js").StageEvent} StageEvent */
/** @typedef {import("./tree.js").Origin} Origin */

/** The size of the vocabulary. */
export const vocabulary = () => props.value?.model.meta.n_vocab ?? 0;

/** Shows what came once a frame, however much that was: tells those who draw the tree, where nothing else is to be done. @param {() => void} [show] */
export function paced(show = () => tree.changed()) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const frame = globalThis.requestAnimationFrame ?? ((/** @type {() => void} */ f) => setTimeout(f, 16));
    frame(() => {
      asked = false;
      show();
    });
  };
}

/** Collects what is told between two tokens of one sequence, by the node of the search that it is about. */
export class Told {
  /** @type {Map<number, {draws: DrawEvent[], stages: StageEvent[]}>} */
  #of = new Map();

  /** @param {number} parent */
  at(parent) {
    const there = this.#of.get(parent) ?? { draws: [], stages: [] };
    this.#of.set(parent, there);
    return there;
  }
}

/**
 * Continues a branch from a node, by the options that are set and those given; the reader goes along with the first sequence.
 *
 * @param {number} from the node to continue
 * @param {{more?: settings.Options, follow?: boolean, origin?: Origin, what?: string, heard?: (token: TokenEvent, parent: number, node: number) => void}} [how]
 *   `heard` is told of each token with the nodes of the tree that it follows and is
 * @returns {Promise<number[]>} the ends of the new branches
 */
export async function generate(from, { more = {}, follow = true, origin = "model", what = "generate", heard } = {}) {
  const options = settings.request(more);
  const stop = new AbortController();
  running.value?.stop.abort();
  const begun = { what, tokens: 0, since: performance.now(), stop };
  running.value = begun;
  if (follow) {
    remember();
    tip.value = from;
  }
  const epoch = tree.epoch;
  // Where this run has led the reader, and where it will with the next frame. One who has gone elsewhere meanwhile is left there.
  let [led, newest] = [from, from];
  const show = () => batch(() => {
    if (tree.epoch !== epoch) return;
    if (follow && tip.value === led) tip.value = newest;
    led = newest;
    if (running.value?.stop === stop) running.value = { ...begun };
    tree.changed();
  });
  const draw = paced(show);
  const told = new Told();
  /** The end of each sequence, in the tree and in the search. @type {Map<number, {key: number, node: number}>} */
  const ends = new Map();
  try {
    const body = { prompt_ids: tree.ids(from), ...options, top: ALTERNATIVES, events: ["token", "draw", "stage"], bundle: true };
    for await (const { name, data } of stream("v1/generate", body, stop.signal)) {
      if (tree.epoch !== epoch) return [];
      if (name === "draw") told.at(data.parent).draws.push(data);
      else if (name === "stage") told.at(data.parent).stages.push(data);
      else if (name === "token") {
        const token = /** @type {TokenEvent} */ (data);
        const end = ends.get(token.sequence) ?? { key: from, node: 0 };
        if (token.top) tree.foresee(end.key, outlook(token, told.at(end.node)));
        const node = tree.add(end.key, { ...token, processed: token.logprob_processed, end: token.finish_reason }, origin);
        ends.set(token.sequence, { key: node.key, node: token.node });
        heard?.(token, end.key, node.key);
        if (token.sequence === 0) newest = node.key;
        begun.tokens += 1;
        draw();
      } else if (name === "text" && data.finish_reason) {
        const end = ends.get(data.sequence);
        if (end) tree.tell(end.key, { end: data.finish_reason });
      } else if (name === "done") {
        runs.add({ from, prompt: promptEnd.value, ends: [...ends.values()].map((end) => end.key), options, completion: data });
      }
    }
  } finally {
    if (begun.tokens > 0) speed.value = (begun.tokens * 1000) / (performance.now() - begun.since);
    show();
    if (running.value?.stop === stop) running.value = null;
  }
  return [...ends.values()].map((end) => end.key);
}

/** What might have followed, as a token's event tells it and what was told before. @param {TokenEvent} token @param {{draws: DrawEvent[], stages: StageEvent[]}} before */
export function outlook(token, { draws, stages }) {
  const top = token.top ?? [];
  const draw = draws.find((drawn) => drawn.token.id === token.id); // several sequences may draw from one place
  return {
    entropy: token.entropy,
    top,
    ...rest(top, vocabulary()),
    draw: draw === undefined ? null : { id: draw.token.id, coin: draw.coin, from: Math.max(0, draw.from), to: draw.to },
    stages: stages.map((stage) => ({ processor: stage.processor, removed: stage.removed, mass: stage.removed_prob })),
  };
}

/** Takes a token of the reader's own choice; gives its node. @param {number} parent @param {import("./tree.js").Choice} choice */
export function take(parent, choice) {
  const node = tree.add(parent, { ...choice, processed: choice.logprob_processed }, "taken");
  remember();
  tip.value = node.key;
  tree.changed();
  return node;
}

/** Ends what runs. What has come stays. */
export function stop() {
  running.value?.stop.abort();
}
