// A comparison as files: a table of numbers (CSV), and all of it with a bundle of each run (JSON).

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./outcomes.js").Outcome} Outcome */

/** The numbers of every text, one row each, under their names. @param {ReadonlyArray<{column: Column, name: string, outcome: Outcome}>} all */
export function rows(all) {
  const names = /** @type {const} */ (["length", "sum", "mean", "perplexity", "rep2", "rep3", "rep4", "distinct1", "distinct2", "distinct3", "longest"]);
  const head = ["way", "options", "seed", "text_number", ...names, "finish_reason", "seconds", "tokens_per_s", "alike", "text"];
  return [head, ...all.flatMap(({ column, name, outcome }) => outcome.texts.map((text, number) => [
    name, JSON.stringify(outcome.request), "seed" in outcome.request ? Number(outcome.request["seed"]) : null, number, ...names.map((measure) => text.measures[measure]),
    text.finish, outcome.seconds, outcome.rate, outcome.alike, text.tokens.map((token) => token.shown).join(""),
  ]))];
}

/**
 * All of a comparison.
 *
 * @param {{model: string, prompt: string, all: ReadonlyArray<{column: Column, name: string, outcome: Outcome}>, tally: Iterable<{options: unknown, votes: number, rounds: number}>}} given
 */
export function whole({ model, prompt, all, tally }) {
  return {
    schema: 1, kind: "comparison", model, prompt, prompt_token_ids: all[0]?.outcome.prompt ?? [],
    runs: all.map(({ name, outcome }) => ({
      name, options: outcome.request, state: outcome.state, seconds: outcome.seconds, similarity: outcome.alike, trouble: outcome.trouble,
      texts: outcome.texts.map((text) => ({
        text: text.tokens.map((token) => token.shown).join(""), token_ids: text.ids, finish_reason: text.finish, measures: text.measures,
        tokens: text.tokens.map(({ id, text: own, logprob, logprob_processed, rank, entropy }) => ({ id, text: own, logprob, logprob_processed, rank, entropy })),
      })),
      bundle: outcome.completion?.bundle ?? null,
    })),
    votes: [...tally],
  };
}
