// A row of logits on its way through the processors. Rows are never changed: a processor gives a new one, which shares with the one before
// what has stayed, so that all stages can be kept and shown.
import { byRank } from "./sort.js";
import { exchanged, sums } from "./softmax.js";

/** A row: values by id, and which ids are still in play, by falling value. */
export class Row {
  /** @type {import("./softmax.js").Sums | null} */
  #sums = null;

  /** @param {Float32Array} values by id @param {Uint32Array} ids in play, by falling value; of equals the lower id first */
  constructor(values, ids) {
    this.values = values;
    this.ids = ids;
  }

  /** The row that a model gives: a logit for each id. @param {Float32Array} logits */
  static of(logits) {
    return new Row(logits, byRank(logits));
  }

  /** Tokens in play. */
  get kept() {
    return this.ids.length;
  }

  /** Tokens that can be drawn: those in play, but for the ones whose probability is less than a float can hold. */
  get left() {
    const { max, sum } = this.sums;
    let [low, high] = [0, this.kept];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Math.exp(this.at(middle) - max) / sum > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Its sums. */
  get sums() {
    return (this.#sums ??= sums(this.values, this.ids));
  }

  /** The place of a token among those in play, from 0; -1 where it has been removed. @param {number} id */
  place(id) {
    const value = this.value(id);
    if (!(value > -Infinity)) return -1;
    let [low, high] = [0, this.kept];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) > value) low = middle + 1;
      else high = middle;
    }
    for (; low < this.kept && this.at(low) === value; low++) if (this.ids[low] === id) return low;
    return -1;
  }

  /** Whether a token is in play. @param {number} id */
  has(id) {
    return this.place(id) >= 0;
  }

  /** Where a token stands among those in play, from 1; 0 where it has been removed. @param {number} id */
  rank(id) {
    return this.place(id) + 1;
  }

  /** A token's value. @param {number} id */
  value(id) {
    return /** @type {number} */ (this.values[id]);
  }

  /** The value of the token at a place among those in play, from 0. @param {number} place */
  at(place) {
    return this.value(/** @type {number} */ (this.ids[place]));
  }

  /** A token's probability; 0 where it has been removed. @param {number} id */
  p(id) {
    return this.has(id) ? Math.exp(this.value(id) - this.sums.max) / this.sums.sum : 0;
  }

  /** The row with tokens at these places alone. @param {number} from @param {number} to */
  window(from, to) {
    return from === 0 && to === this.kept ? this : new Row(this.values, this.ids.subarray(from, to));
  }

  /** The best tokens: as many, and those equal to the last of them. @param {number} count */
  best(count) {
    let to = Math.min(count, this.kept);
    if (to < 1) return this;
    for (const least = this.at(to - 1); to < this.kept && this.at(to) >= least; ) to++;
    return this.window(0, to);
  }

  /** The best tokens for which something is true; never fewer than `least`, nor than those equal to these. @param {(value: number) => boolean} keep true of the greater of two wherever it is of the lesser @param {number} least */
  while(keep, least) {
    let [low, high] = [0, this.kept];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keep(this.at(middle))) low = middle + 1;
      else high = middle;
    }
    return low >= least ? this.window(0, low) : this.best(Math.max(1, least));
  }

  /** The row with every value divided by a number above 0, in f32. @param {number} by */
  divided(by) {
    const { values: from, kept } = this;
    const values = new Float32Array(from.length);
    // Values one after the other are read many times faster than by rank; a row of few tokens is not worth that.
    if (kept > from.length / 8) for (let id = 0; id < from.length; id++) values[id] = /** @type {number} */ (from[id]) / by;
    else for (let i = 0; i < kept; i++) {
      const id = /** @type {number} */ (this.ids[i]);
      values[id] = /** @type {number} */ (from[id]) / by;
    }
    return new Row(values, this.ids);
  }

  /** The row with every value replaced; none may pass another. @param {(value: number) => number} of */
  map(of) {
    const values = new Float32Array(this.values.length);
    for (let i = 0; i < this.kept; i++) {
      const id = /** @type {number} */ (this.ids[i]);
      values[id] = of(/** @type {number} */ (this.values[id]));
    }
    return new Row(values, this.ids);
  }

  /** The row with some values replaced; minus infinity removes a token. @param {Iterable<number>} ids @param {(value: number, id: number) => number} of */
  change(ids, of) {
    const changed = [...new Set(ids)].filter((id) => this.has(id));
    if (changed.length === 0) return this;
    const values = this.values.slice();
    for (const id of changed) values[id] = of(this.value(id), id);
    const there = changed.filter((id) => /** @type {number} */ (values[id]) > -Infinity);
    const value = (/** @type {number} */ id) => /** @type {number} */ (values[id]);
    there.sort((a, b) => value(b) - value(a) || a - b);
    const gone = new Uint8Array(values.length);
    for (const id of changed) gone[id] = 1;
    const merged = new Uint32Array(this.kept - changed.length + there.length);
    let [next, to] = [0, 0];
    for (let i = 0; i < this.kept; i++) {
      const id = /** @type {number} */ (this.ids[i]);
      if (gone[id] === 1) continue;
      for (; next < there.length; next++) {
        const other = /** @type {number} */ (there[next]);
        if (value(other) < value(id) || (value(other) === value(id) && other > id)) break;
        merged[to++] = other;
      }
      merged[to++] = id;
    }
    merged.set(there.slice(next), to);
    const row = new Row(values, merged);
    row.#sums = this.#sums && exchanged(this.#sums, this.values, values, changed, merged);
    return row;
  }
}
