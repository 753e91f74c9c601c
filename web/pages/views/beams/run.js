// Has the server search, and puts what it tells into the picture and into the tree that views share.
import { stream } from "../../api/events.js";
import { json } from "../../api/client.js";
import { paced, vocabulary } from "../../state/generate.js";
import * as lab from "../../state/lab.js";
import * as runs from "../../state/runs.js";
import * as settings from "../../state/settings.js";
import { tokens } from "../../state/vocabulary.js";
import { work } from "../../state/work.js";
import { batch } from "../../vendor/preact.js";
import { begin, begun, greedy, reference, referenceText, version } from "./looked.js";
import { alternatives, beamOptions, behind, greedyOptions } from "./requests.js";
import { Search } from "./search.js";

/** @typedef {import("../../api/shapes.js").TokenEvent} TokenEvent */
/** @typedef {import("./search.js").Candidate} Candidate */

/** Milliseconds between two drawings of a search with many candidates. */
const PAUSE = 120;
const MANY = 400;

/** Searches from the prompt's end by the options that are set, then runs greedy search beside it. */
export const searchNow = () => lab.attempt(() => work("beams", async (own) => {
  try {
    const from = await lab.usePrompt(vocabulary());
    settings.nextSeed();
    await follow(from, own);
    greedy.value = await greedyText(from, own.signal);
    if (referenceText.value.trim()) await readReference();
  } finally {
    if (begun.value?.live) {
      begun.value.search.stopped = own.signal.aborted && begun.value.search.over === null;
      begun.value = { ...begun.value, live: false };
    }
    version.value += 1;
    lab.tree.changed();
  }
}));

/** Follows the search. @param {number} from @param {import("../../state/work.js").Running} own */
async function follow(from, own) {
  const words = await tokens();
  const search = new Search();
  const prompt = lab.tree.ids(from);
  const options = beamOptions(settings.chosen.value, settings.seed.value.value);
  const top = alternatives(Number(options["num_beams"]) * Number(options["max_new_tokens"] ?? 20));
  /** Nodes of the shared tree, by candidate. @type {Map<number, number>} */
  const keys = new Map([[-1, from]]);
  const draw = paced(() => batch(() => {
    version.value += 1;
    own.tell();
    lab.tree.changed();
  }), () => (search.candidates.length > MANY ? PAUSE : 0));
  let shown = false;
  const body = { prompt_ids: prompt, ...options, top, events: ["token", "stage", "candidate", "pool", "over"], bundle: true };
  for await (const { name, data } of stream("v1/generate", body, own.signal)) {
    const candidate = search.take(name, data);
    if (!shown) {
      // What was shown before stays until the server has taken the request.
      begin({ search, prompt, words, live: true });
      shown = true;
    }
    if (candidate && search.stays(candidate)) {
      keys.set(candidate.at, plant(keys.get(candidate.parent) ?? from, candidate, words));
      own.count();
    } else if (name === "token") foretell(search, keys, data);
    else if (name === "done") {
      const ends = search.pools[search.steps]?.map(({ at }) => keys.get(at) ?? from) ?? [];
      runs.add({ from, prompt: lab.promptEnd.value, ends, options, completion: data });
    }
    if (name !== "candidate" && name !== "stage") draw();
  }
}

/** Puts a candidate that stays into the shared tree. @param {number} parent @param {Candidate} candidate @param {import("../../state/vocabulary.js").Vocabulary} words */
function plant(parent, candidate, words) {
  const known = { ...words(candidate.id), logprob: candidate.raw, processed: candidate.logprob, ...(candidate.reason ? { end: candidate.reason } : {}) };
  return lab.tree.add(parent, known, "beam").key;
}

/** Tells the tree what else could have stood in the place of a finished text's token. @param {Search} search @param {Map<number, number>} keys @param {TokenEvent} token */
function foretell(search, keys, token) {
  const at = search.node(token.node);
  const key = at === undefined ? undefined : keys.get(at);
  if (key === undefined) return;
  const node = lab.tree.node(key);
  lab.tree.add(node.parent, { id: node.id, text: node.text, bytes: node.bytes, rank: token.rank }, "beam");
  if (token.finish_reason) lab.tree.tell(node.key, { end: token.finish_reason });
  if (!token.top) return;
  lab.tree.foresee(node.parent, { entropy: token.entropy, top: token.top, ...lab.rest(token.top, vocabulary()), draw: null, stages: [] });
}

/** Greedy search's text with the same processors. @param {number} from @param {AbortSignal} stop @returns {Promise<import("./paths.js").Track>} */
async function greedyText(from, stop) {
  const body = { prompt_ids: lab.tree.ids(from), ...greedyOptions(settings.chosen.value), top: 0 };
  const { sequences } = /** @type {import("../../api/shapes.js").Completion} */ (await json("v1/generate", body, stop));
  const all = sequences[0]?.tokens ?? [];
  let at = from;
  for (const token of all) at = lab.tree.add(at, { ...token, processed: token.logprob_processed, end: token.finish_reason }, "model").key;
  return { name: "greedy", tokens: all };
}

/** Has the model read the reader's own text behind the prompt. */
export function readReference() {
  return lab.attempt(async () => {
    const now = begun.value;
    if (!now || !referenceText.value.trim()) {
      reference.value = null;
      return;
    }
    const { tokens: read } = await json("v1/tokens", { text: behind(lab.promptText.value, referenceText.value), add_special_tokens: false });
    const ids = read.map((/** @type {{id: number}} */ token) => token.id);
    const { items } = await json("v1/score", { items: [{ ids: [...now.prompt, ...ids] }], top: 0 });
    reference.value = { name: "reference", tokens: items[0].texts[0].tokens.slice(now.prompt.length) };
  });
}

/** Moves the reader to a text of the search; what the tree has forgotten is put there again. Gives whether that went well. @param {number} at */
export function moveTo(at) {
  return lab.attempt(async () => {
    const now = begun.value;
    if (!now) return false;
    const here = lab.tree.ids(lab.promptEnd.value);
    const same = here.length === now.prompt.length && here.every((id, i) => id === now.prompt[i]);
    const from = same ? lab.promptEnd.value : await lab.read(now.prompt, vocabulary(), "prompt");
    let key = from;
    for (const place of now.search.path(at)) key = plant(key, now.search.of(place), now.words);
    lab.remember();
    lab.promptEnd.value = from;
    lab.tip.value = key;
    lab.tree.changed();
    return true;
  });
}
