// Which candidates of a search are shown, and which of them are folded into one chip of text: long stretches in which nothing forks.

/** @typedef {import("./search.js").Search} Search */
/** @typedef {import("./paths.js").Laid} Laid */

/**
 * @typedef {object} Shown
 * @property {Set<number>} kept those that stay
 * @property {number[]} dropped
 * @property {number[][]} parts the kept ones, each alone or as a chain of its own, parents before children
 * @property {Map<number, number>} hidden by the first of a chain or alone: how many kept candidates that led nowhere are left out behind it
 */

/** A chain is folded from so many tokens on. */
export const LEAST = 3;

/** What still counts after a step: what runs, and all that has ended, also what was pushed out of the pool; with all that they came from. @param {Search} search @param {number} step @returns {Set<number>} */
export function survivors(search, step) {
  const all = new Set();
  const ended = search.candidates.filter((candidate) => candidate.step <= step && candidate.reason !== null).map(({ at }) => at);
  for (const end of [...search.running(step), ...ended]) {
    for (let at = end; at >= 0 && !all.has(at); at = search.of(at).parent) all.add(at);
  }
  return all;
}

/**
 * What is shown of a search after a step.
 *
 * @param {Search} search
 * @param {{step: number, fold: boolean, pruned: boolean, open: ReadonlySet<number>, laid: Laid[]}} how `open` holds the first candidates of chains that stay unfolded
 * @returns {Shown}
 */
export function select(search, { step, fold, pruned, open, laid }) {
  const told = search.candidates.filter((candidate) => candidate.step <= step);
  const stay = told.filter((candidate) => search.stays(candidate)).map(({ at }) => at);
  const drop = told.filter((candidate) => !search.stays(candidate)).map(({ at }) => at);
  if (!fold) return { kept: new Set(stay), dropped: pruned ? drop : [], parts: stay.map((at) => [at]), hidden: new Map() };
  const kept = survivors(search, step);
  for (const { along } of laid) for (const at of along) if (search.stays(search.of(at))) kept.add(at);
  const parts = chains(search, kept, open, new Set(laid.map(({ along }) => along.at(-1) ?? -1)));
  const lasts = new Set(parts.map((part) => part.at(-1)));
  const dropped = pruned ? drop.filter((at) => search.of(at).parent < 0 || (lasts.has(search.of(at).parent) && search.of(at).step >= step - 1)) : [];
  return { kept, dropped, parts, hidden: left(search, stay, kept, parts) };
}

/** Parts candidates into chains. @param {Search} search @param {Set<number>} kept @param {ReadonlySet<number>} open @param {ReadonlySet<number>} splits candidates behind which a chain ends @returns {number[][]} */
function chains(search, kept, open, splits) {
  const heirs = (/** @type {number} */ at) => search.of(at).children.filter((child) => kept.has(child));
  const begins = (/** @type {number} */ at) => {
    const { parent } = search.of(at);
    return parent < 0 || splits.has(parent) || heirs(parent).length > 1;
  };
  const parts = [];
  for (const first of [...kept].sort((a, b) => a - b)) {
    if (!begins(first)) continue;
    const run = [first];
    for (let next = heirs(first); next.length === 1 && !splits.has(/** @type {number} */ (run.at(-1))); next = heirs(/** @type {number} */ (run.at(-1)))) run.push(/** @type {number} */ (next[0]));
    // What a text ends with, or what still runs, keeps its own place: there its number and its flag are.
    const leaf = heirs(/** @type {number} */ (run.at(-1))).length === 0 ? run.pop() : undefined;
    if (run.length >= LEAST && !open.has(first)) parts.push(run);
    else parts.push(...run.map((at) => [at]));
    if (leaf !== undefined) parts.push([leaf]);
  }
  return parts.sort((a, b) => search.of(/** @type {number} */ (a[0])).step - search.of(/** @type {number} */ (b[0])).step);
}

/** How many kept candidates are left out behind each part. @param {Search} search @param {number[]} stay @param {Set<number>} kept @param {number[][]} parts */
function left(search, stay, kept, parts) {
  const of = new Map(parts.flatMap((part) => part.map((at) => [at, /** @type {number} */ (part[0])])));
  const counts = new Map();
  for (const at of stay) {
    if (kept.has(at)) continue;
    let above = search.of(at).parent;
    while (above >= 0 && !kept.has(above)) above = search.of(above).parent;
    const first = of.get(above) ?? -1;
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}
