// What beamline's own routes say, as types. Those that /openapi.json describes are made from it (web/types); docs/json.md describes the
// others. Nothing here runs.

/**
 * A token that might have followed.
 * @typedef {object} Choice
 * @property {number} id
 * @property {string} text
 * @property {number[]} bytes
 * @property {number} logprob the raw model's log-probability, in nats
 * @property {number | null} logprob_processed that after the processors; null where they removed it
 * @property {number} rank its place in the raw distribution, from 1
 * @property {string | null} [removed_by] the processor that removed it
 */

/**
 * `token`: a new token of a sequence.
 * @typedef {object} TokenEvent
 * @property {number} prompt
 * @property {number} sequence
 * @property {number} node
 * @property {number} id
 * @property {string} text
 * @property {number[]} bytes
 * @property {number} logprob
 * @property {number} logprob_processed
 * @property {number} rank
 * @property {number} entropy in nats
 * @property {string} new_text
 * @property {string | null} finish_reason
 * @property {string | null} stop_string
 * @property {Choice[]} [top]
 */

/**
 * `draw`: where a number between 0 and 1 fell.
 * @typedef {object} DrawEvent
 * @property {number} step
 * @property {number} parent
 * @property {number} sequence
 * @property {number} coin
 * @property {number} from
 * @property {number} to
 * @property {{id: number, text: string}} token
 */

/**
 * `stage`: what a processor removed.
 * @typedef {object} StageEvent
 * @property {number} step
 * @property {number} parent
 * @property {string} processor
 * @property {number} kept
 * @property {number} removed
 * @property {number} removed_prob
 */

/**
 * `candidate`: what a search considered, and what became of it.
 * @typedef {object} CandidateEvent
 * @property {number} step
 * @property {number} parent
 * @property {number} sequence
 * @property {{id: number, text: string}} token
 * @property {number | null} node its number in the search's tree; null where it was not kept
 * @property {number} logprob_raw
 * @property {number} logprob
 * @property {number} score
 * @property {number | null} normalised
 * @property {number} rank
 * @property {string} fate
 */

/**
 * An option with its value, and who set it.
 * @typedef {{value: unknown, origin: string}} Setting
 */

/**
 * `done` of `v1/generate`, and its answer without a stream.
 * @typedef {object} Completion
 * @property {{name: string, architecture: string, parameters: number, dtype: string}} model
 * @property {Record<string, Setting>} effective_config
 * @property {Array<{text: string, token_ids: number[]}>} prompts
 * @property {Array<{prompt: number, rank: number, text: string, token_ids: number[], finish_reason: string | null, stop_string: string | null, context_full: boolean, score: number | null, sum_logprob: number, tokens: Array<Omit<TokenEvent, "prompt" | "sequence" | "node">>}>} sequences
 * @property {{prompt_tokens: number, new_tokens: number}} usage
 * @property {Record<string, number>} timings
 * @property {Record<string, unknown>} [bundle]
 */

/**
 * A token of a text that was scored.
 * @typedef {object} ScoredToken
 * @property {number} id
 * @property {string} text
 * @property {number[]} bytes
 * @property {number | null} logprob
 * @property {number | null} rank
 * @property {number | null} entropy
 * @property {Choice[]} top
 */

/**
 * `v1/score`: one text.
 * @typedef {object} ScoredText
 * @property {number[]} token_ids
 * @property {number} prefix_tokens
 * @property {ScoredToken[]} tokens
 * @property {number} sum_logprob
 * @property {number | null} mean_logprob null where no token was scored, as those below
 * @property {number | null} perplexity
 * @property {number | null} bits_per_byte
 * @property {number | null} bits_per_character
 * @property {number} [unconditional_logprob] the text's log-probability after the begin token alone
 * @property {number} [pmi] how much more probable the prefix makes it, in nats
 */

/**
 * `node` of `v1/expand`.
 * @typedef {object} GrownNode
 * @property {number} id
 * @property {number} parent
 * @property {number} token
 * @property {string} text
 * @property {number[]} bytes
 * @property {number} logprob
 * @property {number} logprob_processed
 * @property {number} cum
 * @property {number} rank
 * @property {number} rest
 * @property {string | null} finish_reason
 */

/**
 * A row of `v1/inspect`.
 * @typedef {object} StepRow
 * @property {string} input
 * @property {{id: number, text: string}} chosen
 * @property {number} entropy
 * @property {number} kept
 * @property {Array<{id: number, text: string, bytes: number[], logit: number, logprob: number, prob: number, prob_processed: number, rank: number, removed_by: string | null}>} candidates
 * @property {{count: number, prob: number}} rest
 * @property {Array<{processor: string, kept: number, probs: number[]}>} [stages]
 */

/**
 * The server and its model, as `props` tells.
 * @typedef {object} Props
 * @property {{id: string, meta: {architecture: string, n_params: number, dtype: string, n_vocab: number, n_ctx: number, n_layer: number, n_head_kv: number, head_width: number, weight_bytes: number, step_bytes: number}}} model
 * @property {string} build_info
 * @property {{n_ctx: number, params: Record<string, Setting>}} default_generation_settings what OpenAI's routes decode with
 * @property {Record<string, Setting>} own_settings what beamline's own routes decode with
 * @property {number} total_slots
 * @property {string | null} chat_template
 * @property {string | null} bos_token
 * @property {string | null} eos_token
 * @property {{chat: boolean, grammar: boolean, prompt_logprobs: boolean}} capabilities
 */

/** @typedef {import("../../types/openapi.js").components["schemas"]} Schemas what the server says of itself */
/** @typedef {Schemas["OptionCard"]} OptionCard a decoding option, as `v1/options` describes it */
/** @typedef {Schemas["TokensResponse"]} TokensAnswer how a text becomes tokens, as `v1/tokens` tells */
/** @typedef {Schemas["VocabularyAnswer"]} VocabularyAnswer what each id stands for, as `v1/vocabulary` tells */
/** @typedef {Schemas["ReplayResponse"]} Verdict what a replay found */

export {};
