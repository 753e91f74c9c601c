// Texts that are scrolled together, by their tokens: the token at the top of one is at the top of all.

/** Boxes that were scrolled by this page and not by the reader: their own event moves nobody. @type {WeakMap<Element, number>} */
const moved = new WeakMap();

/** The first of elements, which stand one below the other, that ends below a line. @param {ArrayLike<Element>} all @param {number} line @returns {HTMLElement | undefined} */
function firstBelow(all, line) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {Element} */ (all[middle]).getBoundingClientRect().bottom <= line) low = middle + 1;
    else high = middle;
  }
  return /** @type {HTMLElement | undefined} */ (all[low]);
}

/** The token at the top of a box. @param {Element} box @returns {number | null} */
function topOf(box) {
  const line = box.getBoundingClientRect().top + 4;
  const token = firstBelow(firstBelow(box.children, line)?.children ?? [], line);
  return token ? Number(token.dataset["at"]) : null;
}

/** A token of a box. @param {Element} box @param {number} at @returns {HTMLElement | null} */
const tokenOf = (box, at) => box.querySelector(`[data-at="${at}"]`);

/** @param {Element} box @param {number} top */
function scroll(box, top) {
  const to = Math.max(0, Math.min(box.scrollHeight - box.clientHeight, Math.round(top)));
  if (Math.abs(to - box.scrollTop) < 1) return;
  moved.set(box, to);
  box.scrollTop = to;
}

/** The other texts follow one that the reader scrolls. @param {Element} box */
export function follow(box) {
  const own = moved.get(box);
  moved.delete(box);
  if (own !== undefined && Math.abs(own - box.scrollTop) < 2) return;
  const at = topOf(box);
  const others = [...(box.closest(".ways")?.querySelectorAll(".text") ?? [])].filter((other) => other !== box);
  for (const other of others) {
    const token = at === null ? null : tokenOf(other, at);
    if (token) scroll(other, other.scrollTop + token.getBoundingClientRect().top - other.getBoundingClientRect().top - 4);
    else if (at !== null) scroll(other, other.scrollHeight);
  }
}

/** Brings a token of a box into sight, and moves nothing but the box. @param {Element} box @param {number} at */
export function reveal(box, at) {
  const token = tokenOf(box, at);
  if (!token) return;
  const [inner, outer] = [token.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top) scroll(box, box.scrollTop + inner.top - outer.top - 8);
  else if (inner.bottom > outer.bottom) scroll(box, box.scrollTop + inner.bottom - outer.bottom + 8);
}
