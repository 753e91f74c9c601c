// The line above the strip: how surprising each token was. A click goes to the token.
import { h } from "../../vendor/preact.js";
import { area, curveStepAfter, scaleLinear } from "../../vendor/d3.js";
import { branch, promptEnd, tree } from "../../state/lab.js";
import { focused, pin } from "./focus.js";
import { say } from "./words.js";

const HEIGHT = 40;
/** Columns at most: more tokens share one, which shows the most surprising of them. */
const COLUMNS = 600;

/** Surprise by column, in nats. @param {Array<number | null>} values @returns {number[]} */
function columns(values) {
  const each = Math.max(1, Math.ceil(values.length / COLUMNS));
  const all = [];
  for (let from = 0; from < values.length; from += each) all.push(Math.max(...values.slice(from, from + each).map((value) => value ?? 0)));
  return all;
}

/** The line. */
export function Spark() {
  const nodes = branch.value;
  if (nodes.length < 2) return null;
  const values = columns(nodes.map((node) => (node.logprob === null ? null : -node.logprob)));
  const x = scaleLinear([0, values.length], [0, 1000]);
  const y = scaleLinear([0, Math.max(4, ...values)], [HEIGHT, 2]);
  const shape = area(/** @type {any} */ ((/** @type {number} */ _, /** @type {number} */ i) => x(i)), HEIGHT, /** @type {any} */ ((/** @type {number} */ value) => y(value))).curve(curveStepAfter);
  const at = nodes.findIndex((node) => node.key === focused.value);
  const share = (/** @type {number} */ place) => (1000 * place) / nodes.length;
  const go = (/** @type {MouseEvent} */ event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    const node = nodes[Math.min(nodes.length - 1, Math.floor(((event.clientX - box.left) / box.width) * nodes.length))];
    if (node) pin(node.key);
  };
  return h("svg", { class: "spark", viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": say("spark"), onClick: go },
    h("rect", { x: 0, y: 0, width: share(tree.node(promptEnd.value).depth), height: HEIGHT, fill: "var(--sunk)" }),
    h("path", { d: /** @type {string} */ (shape(/** @type {any} */ ([...values, values.at(-1) ?? 0]))), fill: "var(--series-0)" }),
    at >= 0 ? h("rect", { x: share(at), y: 0, width: Math.max(2, share(1)), height: HEIGHT, fill: "var(--chosen)", opacity: 0.45 }) : null);
}
