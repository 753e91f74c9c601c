// The icicle: the tree as areas. It is drawn of plain elements, so that the same drawing goes onto the page and into files.
import { h } from "../../vendor/preact.js";
import { css, heat, inkOn } from "../../numbers/colour.js";
import { chance, count, share } from "../../numbers/format.js";
import { label } from "../../words/glyphs.js";
import { say } from "./words.js";

/** @typedef {import("../../state/tree.js").TokenTree} TokenTree */
/** @typedef {import("./partition.js").Partition} Partition */
/** @typedef {import("./partition.js").Box} Box */
/** @typedef {import("./tally.js").Tally} Tally */

/**
 * @typedef {object} Look
 * @property {TokenTree} tree
 * @property {Partition} areas
 * @property {number} width of a column
 * @property {number} height of the whole
 * @property {boolean} signs
 * @property {number | null} looked
 * @property {ReadonlySet<number>} mine nodes of the reader's branch
 * @property {ReadonlySet<number>} reference nodes of the reference text
 * @property {Tally | null} tally
 */

/** Pixels from the top of a box to the first line's foot, and between lines. */
const LINE = 14;

/** How wide a character is drawn, about: those of Chinese, Japanese and Korean are wider. @param {string} sign */
const widthOf = (sign) => (/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]/.test(sign) ? 12.5 : 7.4);

/** As much of a text as fits. @param {string} text @param {number} width */
export function fit(text, width) {
  let used = 0;
  let whole = "";
  for (const sign of text) {
    used += widthOf(sign);
    if (used > width) return whole.length > 1 ? `${whole.slice(0, -1)}…` : "";
    whole += sign;
  }
  return whole;
}

/** What is said of a box. @param {Box} box @param {Look} look */
function spoken(box, { tree, tally }) {
  const node = tree.node(box.key);
  const told = `${label(node)}, ${box.step === 0 ? say("asRoot") : `${chance(node.logprob)}, ${say("ofRoot", { share: share(box.mass) })}`}`;
  const taken = tally && tally.count(box.key) > 0 ? `, ${say("drawnTimes", { n: tally.count(box.key) })}` : "";
  return told + taken;
}

/** A token's area. @param {Box} box @param {Look} look */
function area(box, look) {
  const { tree, width, height } = look;
  const node = tree.node(box.key);
  const [x, y, high] = [box.step * width, box.top * height, box.mass * height];
  const colour = box.step === 0 ? null : heat(box.p);
  const ink = colour ? inkOn(colour) : "var(--ink)";
  const times = look.tally && look.tally.count(box.key) > 0 ? `×${look.tally.count(box.key)}` : "";
  const lines = [fit(label(node, look.signs), width - 14), box.step === 0 ? "" : fit(chance(node.logprob), width - 14), times].filter(Boolean);
  const clear = high > 2 * LINE + 8 ? 4 : 0; // of the lines around boxes
  const room = Math.max(0, Math.floor((high - 3 - clear) / LINE));
  return h("g", { key: box.key, id: `area-${box.key}`, role: "treeitem", "aria-level": box.step + 1, "aria-selected": box.key === look.looked, "aria-label": spoken(box, look), "data-key": box.key, class: "area" },
    h("title", null, spoken(box, look)),
    h("rect", { x: x + 0.5, y, width: width - 1, height: Math.max(0.5, high - (high > 4 ? 1 : 0)), fill: colour ? css(colour) : "var(--sunk)" }),
    lines.slice(0, room).map((line, i) => h("text", { key: i, x: x + 6 + clear, y: y + clear + LINE * (i + 1) - 1, fill: ink, style: { fill: ink }, "font-size": 12, "font-family": i === 0 ? "monospace" : "sans-serif" }, line)));
}

/** An area that is left over. @param {import("./partition.js").Left} left @param {Look} look */
function leftOver(left, { width, height }) {
  const [x, y, high] = [left.step * width, left.top * height, left.mass * height];
  const told = say("leftOver", { n: count(left.count), share: share(left.mass) }) + (left.cutNodes > 0 ? `; ${say("cutOff", { n: left.cutNodes, share: share(left.cutMass) })}` : "");
  return h("g", { key: `left ${left.key}`, class: "left" },
    h("title", null, told),
    h("rect", { x: x + 0.5, y, width: width - 1, height: Math.max(0.5, high - (high > 4 ? 1 : 0)), fill: "url(#tree-rest)" }),
    high >= LINE + 3
      ? h("text", { x: x + 6, y: y + LINE - 1, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 4, "paint-order": "stroke", "font-size": 12, "font-family": "sans-serif" },
          [`${say("rest")} ${share(left.mass)}`, share(left.mass)].find((text) => fit(text, width - 8) === text) ?? "")
      : null);
}

/** A line around the boxes of a path. @param {ReadonlySet<number>} path @param {Look} look @param {(box: Box) => number} inset pixels from the box's edge @param {Record<string, unknown>} pen */
function outline(path, { areas, width, height }, inset, pen) {
  return areas.boxes.filter((box) => path.has(box.key) && box.step > 0).map((box) => {
    const by = Math.min(inset(box), Math.max(1, (box.mass * height) / 3));
    return h("rect", { key: `line ${box.key}`, x: box.step * width + by, y: box.top * height + by, width: width - 2 * by, height: Math.max(1, box.mass * height - 2 * by), fill: "none", "pointer-events": "none", "stroke-width": 3, ...pen });
  });
}

/** How often samples came through a box: a bar at its left, as high as their share of all that came through the root. @param {Box} box @param {Look} look */
function observed(box, { tally, width, height, areas }) {
  const all = tally?.count(/** @type {Box} */ (areas.boxes[0]).key) ?? 0;
  const times = tally?.count(box.key) ?? 0;
  if (all === 0 || times === 0 || box.step === 0 || box.mass * height < 4) return null;
  const high = (height * times) / all;
  const y = Math.min(height - high, box.top * height);
  return h("rect", { key: `seen ${box.key}`, x: box.step * width + 1, y, width: 4, height: Math.max(1, high), fill: "var(--chosen)", stroke: "var(--paper)", "stroke-width": 1, "pointer-events": "none" });
}

/** How large the drawing is. @param {Look} look */
export const size = ({ areas, width, height }) => ({ width: (areas.steps + 1) * width, height });

/** The drawing. @param {Look} look @param {Record<string, unknown>} [more] attributes of the page's */
export function drawing(look, more = {}) {
  const { width, height } = size(look);
  const at = look.areas.boxes.find((box) => box.key === look.looked);
  return h("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, ...more },
    h("defs", null, h("pattern", { id: "tree-rest", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      h("rect", { width: 6, height: 6, fill: "var(--sunk)" }), h("rect", { width: 1.5, height: 6, fill: "var(--pale)" }))),
    h("rect", { width, height, fill: "var(--paper)" }),
    look.areas.lefts.map((left) => leftOver(left, look)),
    look.areas.boxes.map((box) => area(box, look)),
    look.areas.boxes.map((box) => observed(box, look)),
    outline(look.mine, look, () => 1.5, { stroke: "var(--chosen)" }),
    outline(look.reference, look, (box) => (look.mine.has(box.key) ? 5 : 1.5), { stroke: "var(--ink)", "stroke-dasharray": "9 3" }),
    at ? h("rect", { key: "looked", x: at.step * look.width + 0.5, y: at.top * height, width: look.width - 1, height: Math.max(3, at.mass * height - 1), fill: "none", stroke: "var(--accent)", "stroke-width": 2, "stroke-dasharray": "2 2", "pointer-events": "none", class: "looked" }) : null);
}
