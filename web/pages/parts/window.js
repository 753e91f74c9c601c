// Long lists: only the rows that are seen are drawn.
import { useEffect, useState } from "../vendor/preact.js";

/** Rows that are drawn beyond what is seen, so that scrolling meets them ready. */
const BEYOND = 10;
/** Rows by which what is drawn moves on. */
const STRIDE = 5;

/**
 * The rows to draw of a list in a box that scrolls.
 *
 * @param {{current: HTMLElement | null}} box
 * @param {number} count rows of the whole list
 * @param {number} row their height in pixels
 * @returns {{from: number, to: number, onScroll: () => void}}
 */
export function useWindow(box, count, row) {
  const [at, setAt] = useState({ first: 0, seen: 40 });
  const look = () => {
    const element = box.current;
    if (!element) return;
    const first = Math.floor(element.scrollTop / row / STRIDE) * STRIDE;
    const seen = Math.ceil(element.clientHeight / row) + STRIDE;
    setAt((before) => (before.first === first && before.seen === seen ? before : { first, seen }));
  };
  useEffect(() => {
    look();
    if (!box.current) return;
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [row]);
  const last = Math.max(0, Math.min(at.first, count - at.seen));
  return { from: Math.max(0, last - BEYOND), to: Math.min(count, last + at.seen + BEYOND), onScroll: look };
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
