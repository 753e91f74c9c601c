// Long lists: only the rows that are seen are drawn.
import { useEffect, useLayoutEffect, useState } from "../vendor/preact.js";

/**
 * The rows to draw of a list in a box that scrolls.
 *
 * @param {{current: HTMLElement | null}} box
 * @param {number} count rows of the whole list
 * @param {number} row their height in pixels
 * @param {{beyond?: number, stride?: number, covered?: number}} [how] rows that are drawn beyond what is seen, so that scrolling meets them ready;
 *   rows by which what is drawn moves on; and pixels of the box in which no row can be seen
 * @returns {{from: number, to: number, first: number, last: number, onScroll: () => void}} the rows to draw, and those that are seen whole, where
 *   the stride is one
 */
export function useWindow(box, count, row, { beyond = 10, stride = 5, covered = 0 } = {}) {
  const [at, setAt] = useState({ first: 0, seen: 40 - stride });
  const look = () => {
    const element = box.current;
    if (!element) return;
    const first = Math.floor(element.scrollTop / row / stride) * stride;
    const seen = (element.clientHeight - covered) / row;
    setAt((before) => (before.first === first && before.seen === seen ? before : { first, seen }));
  };
  useLayoutEffect(() => {
    look();
    if (!box.current) return;
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [row]);
  const drawn = Math.ceil(at.seen) + stride;
  const start = Math.max(0, Math.min(at.first, count - drawn));
  const first = Math.max(0, Math.min(at.first, count - 1));
  return {
    from: Math.max(0, start - beyond), to: Math.min(count, start + drawn + beyond), first, last: Math.min(count, first + Math.max(1, Math.floor(at.seen))), onScroll: look,
  };
}

/** Scrolls a box so that a row is seen. @param {HTMLElement} box @param {number} place @param {number} row its height @param {number} [above] what covers the box's beginning, in pixels */
export function show(box, place, row, above = 0) {
  const top = place * row;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + row + above > box.scrollTop + box.clientHeight) box.scrollTop = top + row + above - box.clientHeight;
}

/** Whether the window is as narrow as a telephone's; drawn anew when it changes. @param {string} [query] */
export function useNarrow(query = "(max-width: 640px)") {
  const [is, setIs] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const hear = () => setIs(media.matches);
    hear();
    media.addEventListener("change", hear);
    return () => media.removeEventListener("change", hear);
  }, [query]);
  return is;
}
