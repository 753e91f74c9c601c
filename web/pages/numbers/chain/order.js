// The orders in which engines apply their processors, by the names of the server's registry (crates/shape).

/** transformers' order, with those that it lacks beside their kin. */
export const HF = [
  "guidance_scale", "sequence_bias", "diversity_penalty", "encoder_repetition_penalty", "repetition_penalty", "frequency_penalty", "presence_penalty",
  "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "dry", "bad_words_ids", "min_length", "min_new_tokens", "grammar", "forced_bos_token_id",
  "forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "temperature", "dynatemp_range",
  "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_n_sigma", "p_less", "xtc", "mirostat", "adaptive_p", "renormalize_logits",
];

/** What llama.cpp has of them, in its order: up to the cuts, and from there on. */
const EARLY = ["sequence_bias", "repetition_penalty", "frequency_penalty", "presence_penalty", "dry", "top_n_sigma", "top_k", "typical_p", "top_p", "min_p"];
const LATE = ["xtc", "temperature", "dynatemp_range", "mirostat", "adaptive_p"];

/** llama.cpp's order; what it lacks stands where it would in transformers'. */
export const LLAMA_CPP = (() => {
  const others = HF.filter((name) => !EARLY.includes(name) && !LATE.includes(name) && name !== "renormalize_logits");
  const early = (/** @type {string} */ name) => HF.indexOf(name) < HF.indexOf("temperature");
  return [...others.filter(early), ...EARLY, ...others.filter((name) => !early(name)), ...LATE, "renormalize_logits"];
})();

/** llama.cpp's defaults where they differ. @type {Record<string, unknown>} */
export const LLAMA_CPP_DEFAULTS = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, repeat_last_n: 64 };

/** The order that options ask for. @param {(name: string) => any} value */
export function orderOf(value) {
  const listed = value("processors");
  if (Array.isArray(listed) && listed.length > 0) return listed.map((name) => String(name).replaceAll("-", "_"));
  return value("preset") === "llama.cpp" ? LLAMA_CPP : HF;
}
