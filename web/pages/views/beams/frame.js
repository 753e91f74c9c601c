// How large the drawing is shown, and what is drawn.
import { signal } from "../../vendor/preact.js";

/** The size of the drawing: 1 is full size. */
export const frame = signal(1);

/** The picture that is drawn. */
export const drawn = signal(/** @type {import("./picture.js").Picture | null} */ (null));

const [LEAST, MOST] = [0.05, 2];

/** Makes it larger or smaller, and keeps the middle where it is. @param {number} by */
export function zoom(by) {
  resize(frame.value * by);
}

/** Shows it at a size. @param {number} to */
export function resize(to) {
  const size = Math.min(MOST, Math.max(LEAST, to));
  const box = document.querySelector(".beam-box");
  const middle = box ? [(box.scrollLeft + box.clientWidth / 2) / frame.value, (box.scrollTop + box.clientHeight / 2) / frame.value] : [0, 0];
  frame.value = size;
  requestAnimationFrame(() => box?.scrollTo((middle[0] ?? 0) * size - box.clientWidth / 2, (middle[1] ?? 0) * size - box.clientHeight / 2));
}

/** Shows all of it at once, at full size at most. */
export function fit() {
  const box = document.querySelector(".beam-box");
  const all = drawn.value;
  if (!box || !all) return;
  const room = Math.max(240, innerHeight * 0.7);
  resize(Math.min(1, (box.clientWidth - 4) / all.width, room / all.height));
}

/** Brings an item into sight. @param {import("./picture.js").Item} item */
export function reveal(item) {
  const box = document.querySelector(".beam-box");
  if (!box) return;
  const [x, y] = [item.x * frame.value, item.y * frame.value];
  const width = item.width * frame.value;
  if (x < box.scrollLeft + 30) box.scrollLeft = x - 60;
  else if (x + width > box.scrollLeft + box.clientWidth - 30) box.scrollLeft = x + width - box.clientWidth + 60;
  if (y < box.scrollTop + 10) box.scrollTop = y - 40;
  else if (y + item.height * frame.value > box.scrollTop + box.clientHeight - 10) box.scrollTop = y + item.height * frame.value - box.clientHeight + 40;
}
