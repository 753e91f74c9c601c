// Where the keys lead to in a picture, and what of it is seen.

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Item} Item */
/** @typedef {"left" | "right" | "up" | "down"} Direction */

/** The item of a key; where the picture was drawn anew, the one that has the same candidate now. @param {Picture} picture @param {string | null} key @returns {Item | null} */
export function resolve(picture, key) {
  if (key === null) return null;
  const same = picture.by.get(key);
  if (same) return same;
  const at = Number(key.split(" ").at(-1));
  return picture.items.find((item) => item.members.includes(at)) ?? null;
}

/** The item that a direction leads to: back to what it follows, on to the uppermost that follows it, or to the next above or below. @param {Picture} picture @param {Item} item @param {Direction} direction @returns {Item | null} */
export function neighbour(picture, item, direction) {
  if (direction === "left") return item.before === null ? null : (picture.by.get(item.before) ?? null);
  if (direction === "right") return uppermost(picture.items.filter((other) => other.before === item.key));
  const way = direction === "up" ? -1 : 1;
  const beside = picture.items.filter((other) => other.from <= item.to && item.from <= other.to && way * (other.row - item.row) > 0);
  let nearest = null;
  for (const other of beside) if (!nearest || way * (nearest.row - other.row) > 0) nearest = other;
  return nearest;
}

/** @param {Item[]} items */
function uppermost(items) {
  let best = null;
  for (const item of items) if (!best || item.row < best.row) best = item;
  return best;
}

/** The items within a stretch. @param {Picture} picture @param {number} from @param {number} to @returns {Item[]} */
export function within(picture, from, to) {
  return picture.items.filter((item) => item.x <= to && item.x + item.width >= from);
}
