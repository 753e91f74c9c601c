// Has the server continue a branch, and puts what comes into the tree while it comes.
import { stream } from "../api/events.js";
import { batch } from "../vendor/preact.js";
import { ALTERNATIVES, promptEnd, remember, rest, running, tip, tree } from "./lab.js";
import * as runs from "./runs.js";
import * as settings from "./settings.js";
import { props } from "./server.js";
import { work } from "./work.js";

/** @typedef {import("../api/shapes.js").TokenEvent} TokenEvent */
/** @typedef {import("../api/shapes.js").DrawEvent} DrawEvent */
/** @typedef {import("../api/shapes.js").StageEvent} StageEvent */
/** @typedef {import("./tree.js").Origin} Origin */
/** @typedef {import("./tree.js").Outlook} Outlook */

/** The size of the vocabulary. */
export const vocabulary = () => props.value?.model.meta.n_vocab ?? 0;

/** The browser's next frame; under Node, the time of one. @param {() => void} act */
const frame = (act) => ("requestAnimationFrame" in globalThis ? requestAnimationFrame(act) : void setTimeout(act, 16));

/**
 * Shows what came once a frame, however much that was: tells those who draw the tree, where nothing else is to be done.
 *
 * @param {() => void} [show] @param {() => number} [pause] milliseconds to wait before the frame, where much is drawn
 */
export function paced(show = () => tree.changed(), pause = () => 0) {
  let asked = false;
  const act = () => {
    asked = false;
    show();
  };
  return () => {
    if (asked) return;
    asked = true;
    const wait = pause();
    if (wait > 0) setTimeout(() => frame(act), wait);
    else frame(act);
  };
}

/**
 * What the server tells of a generation: `token` with what it was chosen from, which draws and stages tell before it comes; and `text` and
 * `done` as they are.
 *
 * @param {Record<string, unknown>} body @param {AbortSignal} stop
 * @returns {AsyncGenerator<{name: string, data: any, outlook: Outlook | null}>}
 */
export async function* told(body, stop) {
  /** By the node of the search that they are about. @type {Map<number, {draws: DrawEvent[], stages: StageEvent[]}>} */
  const before = new Map();
  const at = (/** @type {number} */ node) => {
    const there = before.get(node) ?? { draws: [], stages: [] };
    before.set(node, there);
    return there;
  };
  /** The node of the search that each sequence ends with. @type {Map<number, number>} */
  const ends = new Map();
  for await (const { name, data } of stream("v1/generate", { ...body, top: ALTERNATIVES, events: ["token", "draw", "stage"], bundle: true }, stop)) {
    if (name === "draw") at(data.parent).draws.push(data);
    else if (name === "stage") at(data.parent).stages.push(data);
    else if (name === "token") {
      yield { name, data, outlook: data.top ? outlook(data, at(ends.get(data.sequence) ?? 0)) : null };
      ends.set(data.sequence, data.node);
    } else yield { name, data, outlook: null };
  }
}

/**
 * Continues a branch from a node, by the options that are set and those given; the reader goes along with the first sequence.
 *
 * @param {number} from the node to continue
 * @param {{more?: settings.Options, follow?: boolean, step?: boolean, origin?: Origin, what?: string, heard?: (token: TokenEvent, parent: number, node: number) => void}} [how]
 *   `step` says whether the way back leads to where the reader is now: not where the deed of which this is a part has remembered that; `heard` is told
 *   of each token with the nodes of the tree that it follows and is
 * @returns {Promise<number[]>} the ends of the new branches
 */
export function generate(from, { more = {}, follow = true, step = true, origin = "model", what = "generate", heard } = {}) {
  const options = settings.request(more);
  return work(what, async (own) => {
    if (follow) {
      if (step) remember();
      tip.value = from;
    }
    const epoch = tree.epoch;
    // Where this run has led the reader, and where it will with the next frame. One who has gone elsewhere meanwhile is left there.
    let [led, newest] = [from, from];
    const show = () => batch(() => {
      if (tree.epoch !== epoch) return;
      if (follow && tip.value === led) tip.value = newest;
      led = newest;
      own.tell();
      tree.changed();
    });
    const draw = paced(show);
    /** The end of each sequence. @type {Map<number, number>} */
    const ends = new Map();
    try {
      for await (const { name, data, outlook } of told({ prompt_ids: tree.ids(from), ...options }, own.signal)) {
        if (tree.epoch !== epoch) return [];
        const end = ends.get(data.sequence) ?? from;
        if (name === "token") {
          const token = /** @type {TokenEvent} */ (data);
          if (outlook) tree.foresee(end, outlook);
          const { key } = tree.add(end, { ...token, processed: token.logprob_processed, end: token.finish_reason }, origin);
          ends.set(token.sequence, key);
          heard?.(token, end, key);
          if (token.sequence === 0) newest = key;
          own.count();
          draw();
        } else if (name === "text" && data.finish_reason) {
          if (ends.has(data.sequence)) tree.tell(end, { end: data.finish_reason });
        } else if (name === "done") {
          runs.add({ from, prompt: promptEnd.value, ends: [...ends.values()], options, completion: data });
        }
      }
    } finally {
      show();
    }
    return [...ends.values()];
  });
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

/** Takes a token of the reader's own choice; gives its node. @param {number} parent @param {import("./tree.js").Choice} choice @param {boolean} [step] whether the way back leads to before it */
export function take(parent, choice, step = true) {
  const node = tree.add(parent, { ...choice, processed: choice.logprob_processed }, "taken");
  if (step) remember();
  tip.value = node.key;
  tree.changed();
  return node;
}

/** Ends what runs. What has come stays. */
export function stop() {
  running.value?.stop.abort();
}
