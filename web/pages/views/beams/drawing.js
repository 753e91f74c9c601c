// The drawing: what of the picture is in sight, as SVG. Far away, where no letter could be read, it shows where things are.
import { h, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/preact.js";
import { signs } from "../../state/looks.js";
import { unit } from "../../numbers/format.js";
import { language } from "../../words/words.js";
import { begun, best, finished, folds, form, laid, numbers, open, pinned, plays, pointed, pruned, step, version } from "./looked.js";
import { drawn, frame, zoom } from "./frame.js";
import { Edges } from "./edges.js";
import { Far, Nodes } from "./nodes.js";
import { resolve, within } from "./nearby.js";
import { HEAD, PROMPT, picture, rootY } from "./picture.js";
import { linesOf, noteOf } from "./labels.js";
import { say } from "./words.js";

/** Below this size letters could not be read. */
export const READABLE = 0.7;
/** Pixels beyond the edge of sight that are drawn, too. */
const BEYOND = 400;

/** The picture of what is wished now. */
function usePicture() {
  const now = begun.value;
  const wish = [now, version.value, step.value, form.value, pruned.value, folds.value, numbers.value, open.value, laid.value, finished.value, signs.value, unit.value, language.value];
  return useMemo(() => {
    if (!now) return null;
    return picture(now.search, {
      step: step.value, form: form.value, pruned: pruned.value, fold: folds.value, open: open.value, laid: laid.value, ranking: finished.value.map(({ at }) => at),
      lines: (members) => linesOf(members, now.words), note: (members, ghost) => noteOf(now.search, members, ghost),
    });
  }, wish);
}

/** Keeps the last step in sight while there are more, unless the reader looks elsewhere. @param {{current: HTMLElement | null}} box @param {number} width */
function useFollowing(box, width) {
  const follows = useRef(true);
  useLayoutEffect(() => {
    const here = box.current;
    if (!here || !(begun.value?.live || plays.value)) return;
    if (follows.current) here.scrollLeft = here.scrollWidth;
  }, [width, step.value]);
  return () => {
    const here = box.current;
    if (here) follows.current = here.scrollLeft + here.clientWidth > here.scrollWidth - 160;
  };
}

/** Has the reader's pointer and wheel move the drawing. @param {{current: HTMLElement | null}} box */
function usePanning(box) {
  useEffect(() => {
    const here = box.current;
    if (!here) return;
    /** @type {{x: number, y: number} | null} */
    let held = null;
    const down = (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "mouse" && event.button === 0 && !(/** @type {Element} */ (event.target).closest(".node"))) held = { x: event.clientX + here.scrollLeft, y: event.clientY + here.scrollTop };
    };
    const move = (/** @type {PointerEvent} */ event) => {
      if (held) here.scrollTo(held.x - event.clientX, held.y - event.clientY);
    };
    const up = () => (held = null);
    const wheel = (/** @type {WheelEvent} */ event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    };
    here.addEventListener("pointerdown", down);
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    here.addEventListener("wheel", wheel, { passive: false });
    return () => {
      here.removeEventListener("pointerdown", down);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      here.removeEventListener("wheel", wheel);
    };
  }, []);
}

/** The drawing. */
export function Drawing() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [sight, setSight] = useState({ left: 0, width: 1200 });
  const shown = usePicture();
  const size = frame.value;
  drawn.value = shown;
  const followed = useFollowing(box, (shown?.width ?? 0) * size);
  usePanning(box);
  const look = () => {
    const here = box.current;
    if (here && (here.scrollLeft !== sight.left || here.clientWidth !== sight.width)) setSight({ left: here.scrollLeft, width: here.clientWidth });
  };
  useEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [sight]);
  if (!shown) return null;
  const from = (sight.left - BEYOND) / size;
  const to = (sight.left + sight.width + BEYOND) / size;
  const focus = resolve(shown, pointed.value ?? pinned.value);
  const near = size >= READABLE;
  const items = near ? within(shown, from, to) : shown.items;
  if (near && focus && !items.includes(focus)) items.push(focus);
  return h("div", { class: "beam-box scroll-x", ref: box, tabIndex: 0, role: "region", "aria-label": say("drawing"), onScroll: () => { followed(); look(); }, onPointerLeave: () => (pointed.value = null) },
    h("svg", { width: Math.ceil(shown.width * size), height: Math.ceil(shown.height * size), viewBox: `0 0 ${shown.width} ${shown.height}`, role: "group", "aria-label": say("drawing") },
      h(Columns, { shown, from, to, near }),
      h(Edges, { shown, items, best: best.value, near }),
      h(Root, { shown, near }),
      near ? h(Nodes, { shown, items, best: best.value, focus }) : h(Far, { shown, best: best.value })));
}

/** The steps above the columns, and the shelf's ground. @param {{shown: import("./picture.js").Picture, from: number, to: number, near: boolean}} props */
function Columns({ shown, from, to, near }) {
  let free = -Infinity;
  return h("g", { "aria-hidden": "true" },
    shelves(shown).map(({ x, width, height }) => h("rect", { key: `${x}`, class: "shelf", x, y: HEAD - 2, width, height })),
    near && shown.shelf > 0 ? h("text", { key: "name", class: "axis", x: 6, y: HEAD + 13 }, say("shelf")) : null,
    near ? shown.columns.map(({ step: at, x, width }) => {
      if (x < from || x > to || x < free) return null;
      free = x + 26;
      return h("text", { key: at, class: "axis", x: x + Math.min(width / 2, 20), y: 15, "text-anchor": "middle" }, at);
    }) : null);
}

/** The ground of the finished ones: the rows at the top, and all of a column in which nothing else is. @param {import("./picture.js").Picture} shown */
function shelves(shown) {
  const bottom = (/** @type {import("./picture.js").Item[]} */ items) => Math.max(0, ...items.map((item) => item.y + item.height)) - HEAD + 7;
  const all = shown.shelf > 0 ? [{ x: 0, width: shown.width, height: bottom(shown.items.filter((item) => item.row < shown.shelf)) }] : [];
  if (form.value === "lanes") return all;
  for (const column of shown.columns.slice(-1)) {
    const here = shown.items.filter((item) => item.to === column.step && item.kind === "finished");
    if (here.length > 0 && here.length > shown.shelf) all.push({ x: column.x - 6, width: column.width + 24, height: bottom(here) });
  }
  return all;
}

/** The prompt, from which all comes. @param {{shown: import("./picture.js").Picture, near: boolean}} props */
function Root({ shown, near }) {
  const y = rootY(shown);
  return h("g", { "aria-hidden": "true" },
    h("rect", { class: "root", x: 4, y: y - 13, width: PROMPT - 4, height: 26, rx: 13 }),
    near ? h("text", { x: 4 + (PROMPT - 4) / 2, y: y + 4.5, "text-anchor": "middle", class: "rootname" }, say("prompt")) : null);
}
