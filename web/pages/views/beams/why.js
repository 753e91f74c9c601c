// Why a candidate lives or died, as a sentence's name with its numbers. The words themselves are in `words.js`.

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./search.js").Candidate} Candidate */

/**
 * @typedef {"whyKept" | "whyDrawn" | "whyEos" | "whyLength" | "whyStop" | "whyTime" | "whyBeyond" | "whyBeyondDrawn" | "whyLateDrawn" | "whyEndLow" | "whyFull" | "whyStopped" | "whyNotChosen" |
 *   "whyBounded" | "whyReplaced" | "whyOther" | "whyLeft" | "whyGoesOn" | "whyDied" | "whyWon" | "whyRuns"} Reason
 */

/** The candidates that a candidate was ranked among: its step's, of its group. @param {Search} search @param {Candidate} candidate */
export function rivals(search, candidate) {
  return (search.columns[candidate.step] ?? []).map((at) => search.of(at)).filter((other) => other.group === candidate.group);
}

/** The last step at which something of a candidate's text was still followed. @param {Search} search @param {Candidate} candidate @returns {number} */
export function livesTo(search, candidate) {
  let last = candidate.step;
  const open = [candidate];
  for (let next = open.pop(); next; next = open.pop()) {
    last = Math.max(last, next.step);
    for (const at of next.children) if (search.stays(search.of(at))) open.push(search.of(at));
  }
  return last;
}

/**
 * The sentences of a candidate: first what became of it at its step, then what became of it later. `numbers` gives sums as they are read.
 *
 * @param {Search} search @param {Candidate} candidate @param {number} shown the step up to which the search is shown @param {(sum: number) => string} total
 * @returns {Array<{key: Reason, values: Record<string, string | number>}>}
 */
export function why(search, candidate, shown, total) {
  const all = rivals(search, candidate);
  const each = search.rules.width / search.rules.groups;
  const went = all.filter((other) => other.fate === "kept" && other.reason !== "eos");
  // At the last step none goes on: those that stay end there.
  const stayed = went.length > 0 ? went : all.filter((other) => other.fate === "finished" && other.reason !== "eos");
  const values = { rank: candidate.rank, of: all.length, width: each, sum: total(candidate.score), step: candidate.step };
  const kept = Math.min(...stayed.map((other) => other.score));
  const worst = search.pools[candidate.step]?.at(-1);
  /** @type {Record<string, {key: Reason, values: Record<string, string | number>}>} */
  const by = {
    kept: { key: search.rules.samples ? "whyDrawn" : "whyKept", values },
    finished: { key: /** @type {Reason} */ ({ eos: "whyEos", length: "whyLength", time: "whyTime" }[candidate.reason ?? ""] ?? "whyStop"), values },
    "rank beyond the width": { key: !search.rules.samples ? "whyBeyond" : went.length > 0 ? "whyBeyondDrawn" : "whyLateDrawn", values: { ...values, needed: Number.isFinite(kept) ? total(kept) : "–" } },
    "end token ranked too low": { key: "whyEndLow", values },
    "pool full": { key: "whyFull", values: { ...values, own: total(candidate.normalised ?? NaN), worst: worst ? total(worst.score) : "–" } },
    stopped: { key: "whyStopped", values },
    "not chosen": { key: "whyNotChosen", values },
    "cannot win": { key: "whyBounded", values },
    replaced: { key: "whyReplaced", values },
  };
  const first = by[candidate.fate] ?? { key: /** @type {Reason} */ ("whyOther"), values };
  const later = after(search, candidate, shown);
  // Groups are cut at the length after their step: what was kept has ended then.
  const cut = candidate.fate === "kept" && candidate.reason !== null ? [{ key: /** @type {Reason} */ ("whyLength"), values }] : [];
  return [first, ...cut, ...(later ? [later] : [])];
}

/** What became of a candidate after its step. @param {Search} search @param {Candidate} candidate @param {number} shown @returns {{key: Reason, values: Record<string, string | number>} | null} */
function after(search, candidate, shown) {
  const best = search.best(shown);
  if (!search.stays(candidate)) return null;
  if (candidate.left !== null && candidate.left <= shown) return { key: "whyLeft", values: { step: candidate.left } };
  const within = best !== null && search.path(best).includes(candidate.at);
  if (within && search.over !== null && shown >= search.steps) return { key: "whyWon", values: {} };
  if (candidate.reason !== null) return null;
  if (candidate.step === shown) return { key: "whyRuns", values: {} };
  const last = Math.min(shown, livesTo(search, candidate));
  const goes = last >= shown && descends(search, candidate, search.running(shown));
  const ends = descends(search, candidate, (search.pools[shown] ?? []).map(({ at }) => at));
  return goes || ends ? { key: "whyGoesOn", values: {} } : { key: "whyDied", values: { step: Math.min(shown, last + 1) } };
}

/** Whether one of these texts has the candidate in it. @param {Search} search @param {Candidate} candidate @param {number[]} ends */
function descends(search, candidate, ends) {
  return ends.some((end) => {
    let at = end;
    while (at >= 0 && search.of(at).step > candidate.step) at = search.of(at).parent;
    return at === candidate.at;
  });
}
