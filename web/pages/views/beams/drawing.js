// The drawing: what of the picture is in sight, as SVG. Far away, where no letter could be read, it shows where things are.
import { h, useEffect, useMemo, useRef, useState } from "../../vendor/preact.js";
import { signs } from "../../state/looks.js";
import { unit } from "../../numbers/format.js";
import { language } from "../../words/words.js";
import { begun, best, finished, folds, form, greedy, laid, numbers, open, pinned, plays, pointed, pruned, reference, step, version } from "./looked.js";
import { drawn, frame, zoom } from "./frame.js";
import { Edges, bestWay } from "./edges.js";
import { Far, Nodes } from "./nodes.js";
import { reaching, resolve, within } from "./nearby.js";
import { GAP, HEAD, PROMPT, picture, rootY, upTo } from "./picture.js";
import { lay } from "./paths.js";
import { linesOf, noteOf } from "./labels.js";
import { say } from "./words.js";

/** Below this size letters could not be read. */
const READABLE = 0.7;
/** Pixels beyond the edge of sight that are drawn, too. */
const BEYOND = 160;

/** The picture of what is wished now. */
function usePicture() {
  const now = begun.value;
  // Where each candidate has its own place for good, going through the steps only takes away what came later.
  const still = form.value === "merged" && !folds.value;
  const last = still ? (now?.search.steps ?? 0) : step.value;
  const wish = [now, version.value, last, form.value, pruned.value, folds.value, numbers.value, open.value, still ? null : laid.value, greedy.value, reference.value,
    form.value === "lanes" ? finished.value : null, signs.value, unit.value, language.value];
  const whole = useMemo(() => {
    if (!now) return null;
    const tracks = still ? [greedy.value, reference.value].flatMap((track) => (track ? [lay(now.search, track, last)] : [])) : laid.value;
    return picture(now.search, {
      step: last, form: form.value, pruned: pruned.value, fold: folds.value, open: open.value, laid: tracks, ranking: finished.value.map(({ at }) => at),
      lines: (members) => linesOf(members, now.words), note: (members, ghost) => noteOf(now.search, members, ghost),
    });
  }, wish);
  return useMemo(() => (whole && last > step.value ? upTo(whole, step.value) : whole), [whole, step.value]);
}

/** Keeps the last step in sight while there are more, unless the reader looks elsewhere. @param {{current: HTMLElement | null}} box @param {number} width where that step ends */
function useFollowing(box, width) {
  const follows = useRef(true);
  const was = useRef(false);
  /** Where it was scrolled to by itself: what differs from that is the reader's doing. */
  const own = useRef(0);
  const live = Boolean(begun.value?.live) || plays.value;
  useEffect(() => {
    const here = box.current;
    // The last that is told comes with the end.
    const goes = follows.current && (live || was.current);
    if (!live && !was.current) follows.current = true;
    was.current = live;
    if (!here || !goes) return;
    const frame = requestAnimationFrame(() => {
      here.scrollLeft = width + GAP - here.clientWidth;
      own.current = here.scrollLeft;
    });
    return () => cancelAnimationFrame(frame);
  }, [width, step.value, live]);
  return () => {
    const here = box.current;
    if (here && live && Math.abs(here.scrollLeft - own.current) > 2) follows.current = here.scrollLeft + here.clientWidth > width - 160;
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

/** What of the box is seen, in steps of so many pixels: between them nothing is drawn anew. */
const CHUNK = 240;

/** @param {{current: HTMLElement | null}} box */
function useSight(box) {
  const [sight, setSight] = useState({ x: 0, y: 0, width: 1200, height: 700 });
  const look = () => {
    const here = box.current;
    if (!here) return;
    const [x, y] = [Math.floor(here.scrollLeft / CHUNK) * CHUNK, Math.floor(here.scrollTop / CHUNK) * CHUNK];
    if (x !== sight.x || y !== sight.y || here.clientWidth !== sight.width || here.clientHeight !== sight.height) setSight({ x, y, width: here.clientWidth, height: here.clientHeight });
  };
  useEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [sight]);
  return { sight, look };
}

/** The drawing. */
export function Drawing() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { sight, look } = useSight(box);
  const shown = usePicture();
  const size = frame.value;
  drawn.value = shown;
  const end = shown?.columns[step.value - 1];
  const followed = useFollowing(box, end ? (end.x + end.width) * size : 0);
  usePanning(box);
  if (!shown) return null;
  const seen = {
    left: (sight.x - BEYOND) / size, right: (sight.x + sight.width + CHUNK + BEYOND) / size, top: (sight.y - BEYOND) / size, bottom: (sight.y + sight.height + CHUNK + BEYOND) / size,
  };
  const focus = resolve(shown, pointed.value ?? pinned.value);
  const near = size >= READABLE;
  const items = near ? within(shown, seen) : shown.items;
  if (near && focus && !items.includes(focus)) items.push(focus);
  const way = bestWay(shown, best.value);
  return h("div", { class: "beam-box scroll-x", ref: box, tabIndex: 0, role: "region", "aria-label": say("drawing"), onScroll: () => { followed(); look(); }, onPointerLeave: () => (pointed.value = null) },
    h("svg", { width: Math.ceil(shown.width * size), height: Math.ceil(shown.height * size), viewBox: `0 0 ${shown.width} ${shown.height}`, role: "group", "aria-label": say("drawing") },
      h(Columns, { shown, from: seen.left, to: seen.right, near }),
      h(Edges, { shown, items: near ? reaching(shown, seen) : shown.items, way, near }),
      h(Root, { shown, near }),
      near ? h(Nodes, { items, way, focus }) : h(Far, { shown, way })));
}

/** The steps above the columns, and the shelf's ground. @param {{shown: import("./picture.js").Picture, from: number, to: number, near: boolean}} props */
function Columns({ shown, from, to, near }) {
  let free = -Infinity;
  return h("g", { "aria-hidden": "true" },
    shelves(shown).filter(({ height }) => height > 0).map(({ x, width, height }) => h("rect", { key: `${x}`, class: "shelf", x, y: HEAD - 2, width, height })),
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
