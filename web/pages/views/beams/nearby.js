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

/** @typedef {{left: number, right: number, top: number, bottom: number}} Sight what is seen, in the picture's pixels */

/** The items in sight. @param {Picture} picture @param {Sight} sight @returns {Item[]} */
export function within(picture, { left, right, top, bottom }) {
  return picture.items.filter((item) => item.x <= right && item.x + item.width >= left && item.y <= bottom && item.y + item.height >= top);
}

/** The items whose edges are in sight: the edge comes from what they follow, which may be far above or below. @param {Picture} picture @param {Sight} sight @returns {Item[]} */
export function reaching(picture, { left, right, top, bottom }) {
  return picture.items.filter((item) => {
    const before = item.before === null ? null : picture.by.get(item.before);
    const [x, y] = before ? [before.x, before.y] : [0, item.y];
    return Math.min(x, item.x) <= right && item.x + item.width >= left && Math.min(y, item.y) <= bottom && Math.max(y, item.y) + item.height >= top;
  });
}
