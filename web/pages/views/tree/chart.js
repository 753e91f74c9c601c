// The icicle on the page: clicked and walked through by keys; and as it goes into files.
import { computed, h, signal, useEffect, useRef } from "../../vendor/preact.js";
import { pageColours, written } from "../../parts/svg.js";
import { vocabulary } from "../../state/generate.js";
import { tree } from "../../state/lab.js";
import { signs } from "../../state/looks.js";
import { drawing, size } from "./icicle.js";
import { ways } from "./list.js";
import { partition } from "./partition.js";
import { chosen, cut, hoist, looked, overlay, rise, root } from "./where.js";
import { say } from "./words.js";

/** Heights of the drawing, and how narrow and wide its columns are. */
const HEIGHT = 480;
const COLUMN = { least: 76, most: 160 };
/** Paths lower than this many pixels are cut in any case. */
const LOWEST = 0.75;

/** How wide the box is. */
const room = signal(900);

/** The areas. */
export const areas = computed(() => {
  void tree.version.value;
  return partition(tree, root.value, { cut: Math.max(cut.value, LOWEST / HEIGHT), vocabulary: vocabulary() });
});

/** What is drawn. @param {boolean} withLooked */
function look(withLooked) {
  const parts = areas.value;
  const width = Math.floor(Math.min(COLUMN.most, Math.max(COLUMN.least, room.value / (parts.steps + 1))));
  return {
    tree, areas: parts, width, height: HEIGHT, signs: signs.value, looked: withLooked ? looked.value : null, mine: ways.value.mine, reference: ways.value.named, tally: overlay.value?.tally ?? null,
  };
}

/** The drawing as a file, with its size. */
export function picture() {
  const how = look(false);
  return { svg: written(drawing(how), pageColours()), ...size(how) };
}

/** Goes to a box beside the one that is looked at. @param {"up" | "down" | "left" | "right"} where */
export function step(where) {
  const all = areas.value.boxes;
  const here = all.find((box) => box.key === looked.value) ?? all[0];
  if (!here) return;
  const column = all.filter((box) => box.step === here.step).sort((a, b) => a.top - b.top);
  const at = column.indexOf(here);
  const found = {
    up: () => column[at - 1],
    down: () => column[at + 1],
    left: () => (here.step === 0 ? undefined : all.find((box) => box.key === tree.node(here.key).parent)),
    right: () => all.find((box) => box.step === here.step + 1 && tree.node(box.key).parent === here.key),
  }[where]();
  if (found) chosen.value = found.key;
}

/** Makes a box the whole; the root makes room for what is above it. @param {number} key */
export function zoom(key) {
  if (key === root.value) return rise();
  chosen.value = key;
  hoist(key);
}

/** The icicle. */
export function Icicle() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    if (!box.current) return;
    const element = box.current;
    const measure = () => (room.value = element.clientWidth);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const how = look(true);
  useEffect(() => {
    const at = how.areas.boxes.find((area) => area.key === looked.value);
    if (!at || !box.current) return;
    const [from, to] = [at.step * how.width, (at.step + 1) * how.width];
    if (from < box.current.scrollLeft) box.current.scrollLeft = from;
    else if (to > box.current.scrollLeft + box.current.clientWidth) box.current.scrollLeft = to - box.current.clientWidth;
  }, [looked.value]);
  const drawn = how.areas.boxes.some((area) => area.key === looked.value);
  const clicked = (/** @type {Event} */ event) => {
    const key = event.target instanceof Element ? event.target.closest("[data-key]")?.getAttribute("data-key") : null;
    if (key) zoom(Number(key));
  };
  return h("figure", { class: "icicle" },
    h("div", { class: "scroll-x", ref: box },
      drawing(how, { role: "tree", tabIndex: 0, "aria-label": `${say("icicle")}. ${say("drawn")}`, "aria-activedescendant": drawn ? `area-${looked.value}` : undefined, onClick: clicked })),
    h("figcaption", null,
      h("span", null, say("drawn")), " ",
      h("span", { class: "legend" }, h("i", { class: "pen mine" }), say("myBranch")),
      how.reference.size > 0 ? h("span", { class: "legend" }, h("i", { class: "pen named" }), say("theReference")) : null,
      how.tally ? h("span", { class: "legend" }, h("i", { class: "pen seen" }), say("observedBar")) : null,
      h("span", { class: "legend" }, h("i", { class: "pen left" }), say("rest")),
      h("span", null, say("blank")),
      how.areas.unknown > 0 ? h("p", null, say("unknown", { n: how.areas.unknown })) : null));
}
