// Whether a request gives the same bits alone and beside others: what is asked, and how answers are compared.

/** @typedef {{prompt: string, lang: string, options: Record<string, unknown>}} Case */
/** @typedef {Array<{tokens: Array<{id: number, logprob: number, logprob_processed: number}>}>} Sequences */

/** New tokens of each text. */
const LENGTH = 24;

/** What is asked: short and long prompts in four languages, greedily, drawn and by beams. @type {ReadonlyArray<Case>} */
export const cases = [
  { lang: "en", prompt: "Once upon a time", options: { do_sample: false } },
  { lang: "en", prompt: "Once upon a time", options: { do_sample: true, seed: 7 } },
  { lang: "ko", prompt: "근육이 커지기 위해서는", options: { do_sample: false } },
  { lang: "zh", prompt: "今天天气很好，我们", options: { do_sample: true, seed: 11, top_p: 0.9 } },
  { lang: "ja", prompt: "昔々あるところに", options: { do_sample: false, num_beams: 3 } },
  { lang: "en", prompt: "The old man and the sea: he was an old man who fished alone in a skiff, and he had gone many days now without taking a fish.", options: { do_sample: false } },
  { lang: "en", prompt: "A", options: { do_sample: true, seed: 3, temperature: 1.5 } },
  { lang: "ko", prompt: "안녕하세요, 저는", options: { do_sample: true, seed: 5, top_k: 20 } },
  { lang: "en", prompt: "Once upon a time there was", options: { do_sample: false, repetition_penalty: 1.2 } },
  { lang: "zh", prompt: "从前", options: { do_sample: true, seed: 13, num_return_sequences: 2 } },
];

/** A case as a request. @param {Case} one */
export const request = ({ prompt, options }) => ({ prompt, max_new_tokens: LENGTH, num_beams: 1, ...options });

/** How many requests stand beside each other: browsers hold six lines to a server, one of which the metrics need. */
export const TOGETHER = 5;

/** Cases in groups that run together. @template T @param {ReadonlyArray<T>} all @param {number} size @returns {T[][]} */
export function groups(all, size) {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/**
 * Compares two answers: every token's id and its log-probabilities, to the bit.
 *
 * @param {Sequences} a @param {Sequences} b
 * @returns {{tokens: number, differs: number | null}} tokens compared, and the first that differs, counted over all sequences
 */
export function compare(a, b) {
  const [one, other] = [a, b].map((all) => all.flatMap(({ tokens }, sequence) => tokens.map((token) => ({ ...token, sequence }))));
  const n = Math.max(one?.length ?? 0, other?.length ?? 0);
  for (let i = 0; i < n; i++) {
    const [x, y] = [one?.[i], other?.[i]];
    const same = x && y && x.sequence === y.sequence && x.id === y.id && Object.is(x.logprob, y.logprob) && Object.is(x.logprob_processed, y.logprob_processed);
    if (!same) return { tokens: n, differs: i };
  }
  return { tokens: n, differs: null };
}
