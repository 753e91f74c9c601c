// Texts that are scrolled together, by their tokens: the token at the top of one is at the top of all. A text is a box of blocks; blocks that
// are seen have an element for each token, and in others a token's place is reckoned.

/** Tokens of a block. */
export const BLOCK = 200;

/** Boxes that were scrolled by this page and not by the reader: their own event moves nobody. @type {WeakMap<Element, number>} */
const moved = new WeakMap();

/** The place of the first of elements, which stand one below the other, that ends below a line. @param {ArrayLike<Element>} all @param {number} line */
function firstBelow(all, line) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {Element} */ (all[middle]).getBoundingClientRect().bottom <= line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first and the last block of a box that is seen. @param {Element} box @returns {[number, number]} */
export function seen(box) {
  const { top, bottom } = box.getBoundingClientRect();
  return [firstBelow(box.children, top), firstBelow(box.children, bottom)];
}

/** The token at the top of a box. @param {Element} box @returns {number | null} */
function topOf(box) {
  const line = box.getBoundingClientRect().top + 4;
  const at = firstBelow(box.children, line);
  const block = box.children[at];
  if (!block) return null;
  const token = block.children[firstBelow(block.children, line)];
  if (token instanceof HTMLElement && token.dataset["at"]) return Number(token.dataset["at"]);
  const { top, height } = block.getBoundingClientRect();
  return at * BLOCK + Math.floor(BLOCK * Math.max(0, Math.min(0.99, (line - top) / height)));
}

/** Where a token of a box is, and whether that is known or reckoned; null where the text does not reach it. @param {Element} box @param {number} at */
function find(box, at) {
  const token = box.querySelector(`[data-at="${at}"]`)?.getBoundingClientRect();
  if (token) return { top: token.top, bottom: token.bottom, known: true };
  const block = box.children[Math.floor(at / BLOCK)]?.getBoundingClientRect();
  if (!block) return null;
  const top = block.top + (block.height * (at % BLOCK)) / BLOCK;
  return { top, bottom: top + 20, known: false };
}

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
  if (at === null) return;
  const others = [...(box.closest(".ways")?.querySelectorAll(".text") ?? [])].filter((other) => other !== box);
  for (const other of others) {
    const token = find(other, at);
    scroll(other, token ? other.scrollTop + token.top - other.getBoundingClientRect().top - 4 : other.scrollHeight);
  }
}

/** Brings a token of a box into sight, and moves nothing but the box. Says whether it is there for sure. @param {Element} box @param {number} at */
export function reveal(box, at) {
  const [token, outer] = [find(box, at), box.getBoundingClientRect()];
  if (!token) return true;
  if (token.top < outer.top) scroll(box, box.scrollTop + token.top - outer.top - 8);
  else if (token.bottom > outer.bottom) scroll(box, box.scrollTop + token.bottom - outer.bottom + 8);
  return token.known;
}
