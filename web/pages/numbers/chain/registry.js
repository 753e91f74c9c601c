// The processors that the page computes, by name, and the ones that it leaves to the server.
import { badWords, minLength, minNewTokens, noPromptNgram, noRepeatNgram, suppress, suppressAtBegin } from "./bans.js";
import { decay, renormalize, sequenceBias } from "./bias.js";
import { epsilon, eta, minP, pLess, topNSigma } from "./floors.js";
import { frequency, presence, promptPenalty, repetition } from "./penalties.js";
import { dynatemp, temperature } from "./temperature.js";
import { topH, topK } from "./top_k.js";
import { topP, typical } from "./top_p.js";

/** @typedef {import("./processor.js").Processor} Processor */

/** What the page computes. */
export const PROCESSORS = new Map(/** @type {Processor[]} */ ([
  sequenceBias, promptPenalty, repetition, frequency, presence, noRepeatNgram, noPromptNgram, badWords, minLength, minNewTokens, decay, suppress, suppressAtBegin,
  temperature, dynatemp, topH, topK, topP, minP, typical, epsilon, eta, topNSigma, pLess, renormalize,
]).map((processor) => [processor.name, processor]));

/**
 * Options that the page cannot compute with, each with the value that changes nothing: they need another row of the model, a grammar, a
 * coin, or what was drawn before.
 * @type {Record<string, unknown>}
 */
export const BEYOND = {
  guidance_scale: 1, num_beam_groups: 1, dry_multiplier: 0, json_schema: null, regex: null, lark: null, forced_bos_token_id: null, forced_eos_token_id: null,
  remove_invalid_values: false, xtc_probability: 0, mirostat: 0, adaptive_target: -1, exact_search: false, assistant: null,
};

/** The processor that each of these options means. @type {Record<string, string>} */
const OF_OPTION = {
  num_beam_groups: "diversity_penalty", dry_multiplier: "dry", json_schema: "grammar", regex: "grammar", lark: "grammar", xtc_probability: "xtc", adaptive_target: "adaptive_p",
};

/** The processor's name that an option switches on. @param {string} option */
export const processorOf = (option) => OF_OPTION[option] ?? option;
