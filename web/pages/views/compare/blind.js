// The blind vote: names are hidden and columns shuffled, readers vote, names are shown, and votes are counted over the rounds.
import { signal } from "../../vendor/preact.js";
import { written } from "./columns.js";

/** @typedef {import("./columns.js").Column} Column */

/**
 * A round of voting.
 * @typedef {object} Round
 * @property {number[]} order the columns' keys as they are shown
 * @property {Record<number, number>} votes by key
 * @property {boolean} revealed
 */

/** The round that is on; null while names are shown. */
export const round = signal(/** @type {Round | null} */ (null));

/** @typedef {{options: import("./columns.js").Options, votes: number, rounds: number}} Tallied */

/** Votes over all rounds, by what a way sets. */
export const tally = signal(/** @type {ReadonlyMap<string, Tallied>} */ (new Map()));

/** Another order by chance, each as likely as any other (Fisher and Yates). @template T @param {ReadonlyArray<T>} all @param {() => number} [chance] @returns {T[]} */
export function shuffled(all, chance = Math.random) {
  const given = [...all];
  for (let last = given.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [given[last], given[other]] = [/** @type {T} */ (given[other]), /** @type {T} */ (given[last])];
  }
  return given;
}

/** The name of a place while names are hidden. @param {number} at */
export const letter = (at) => String.fromCharCode(65 + at);

/** Begins a round. @param {ReadonlyArray<Column>} columns */
export function begin(columns) {
  round.value = { order: shuffled(columns.map((column) => column.key)), votes: {}, revealed: false };
}

/** Votes for a column. @param {number} key */
export function vote(key) {
  const now = round.value;
  if (!now || now.revealed) return;
  round.value = { ...now, votes: { ...now.votes, [key]: (now.votes[key] ?? 0) + 1 } };
}

/** A tally with a round's votes. @param {ReadonlyMap<string, Tallied>} before @param {ReadonlyArray<Column>} columns @param {Readonly<Record<number, number>>} votes */
export function counted(before, columns, votes) {
  const all = new Map(before);
  for (const { key, options } of columns) {
    const name = written(options);
    const there = all.get(name) ?? { options, votes: 0, rounds: 0 };
    all.set(name, { options, votes: there.votes + (votes[key] ?? 0), rounds: there.rounds + 1 });
  }
  return all;
}

/** Shows the names, and counts the round's votes. @param {ReadonlyArray<Column>} columns */
export function reveal(columns) {
  const now = round.value;
  if (!now || now.revealed) return;
  tally.value = counted(tally.value, columns, now.votes);
  round.value = { ...now, revealed: true };
}

/** Ends the vote. */
export function end() {
  round.value = null;
}
