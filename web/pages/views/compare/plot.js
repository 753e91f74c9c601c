// The small plot of a column: how surprising each token was. All columns have the same axes, so that they can be compared.
import { computed, h, useMemo } from "../../vendor/preact.js";
import { area, curveStepAfter, scaleLinear } from "../../vendor/d3.js";
import { amount, unit } from "../../numbers/format.js";
import { language } from "../../words/words.js";
import { columns, cursor, goTo, longest, parting, textOf } from "./state.js";
import { say } from "./words.js";

const HEIGHT = 48;
const WIDTH = 1000;
/** Steps at most: in longer texts several tokens share one, which shows the most surprising of them. */
const STEPS = 500;

/** Surprise in steps of so many tokens, in nats. @param {ReadonlyArray<{logprob: number}>} tokens @param {number} each @returns {number[]} */
export function steps(tokens, each) {
  const all = [];
  for (let from = 0; from < tokens.length; from += each) all.push(Math.max(...tokens.slice(from, from + each).map((token) => -token.logprob)));
  return all;
}

/** The least that axes reach, in nats. */
const LEAST = 4;

/** The greatest surprise of a text, in nats. @param {ReadonlyArray<{logprob: number}>} tokens */
const greatest = (tokens) => tokens.reduce((most, token) => Math.max(most, -token.logprob), 0);

/** The greatest surprise in any column that is shown, in nats. */
const highest = computed(() => Math.max(LEAST, ...columns.value.map(({ key }) => greatest(textOf(key)?.tokens ?? []))));

/** What of the plot stays while the cursor moves. @param {ReadonlyArray<{logprob: number}>} tokens @param {number} length @param {number} most */
function drawn(tokens, length, most) {
  const each = Math.max(1, Math.ceil(length / STEPS));
  const x = scaleLinear([0, length], [0, WIDTH]);
  const y = scaleLinear([0, most], [HEIGHT, 1]);
  const values = steps(tokens, each);
  const shape = area(/** @type {any} */ ((/** @type {number} */ _, /** @type {number} */ i) => x(Math.min(tokens.length, i * each))), HEIGHT, /** @type {any} */ ((/** @type {number} */ value) => y(value))).curve(curveStepAfter);
  const mean = tokens.reduce((sum, token) => sum - token.logprob, 0) / tokens.length;
  const path = /** @type {string} */ (shape(/** @type {any} */ ([...values, values.at(-1) ?? 0])));
  return { path, x, level: y(mean), about: say("plot", { mean: amount(mean), most: amount(greatest(tokens)) }) };
}

/** The plot. @param {{column: number}} props the column's key */
export function Plot({ column }) {
  const tokens = textOf(column)?.tokens ?? [];
  const parts = parting(column);
  const [length, most] = [longest.value, highest.value];
  const { path, x, level, about } = useMemo(() => drawn(tokens, length, most), [tokens, tokens.length, length, most, unit.value, language.value]);
  if (tokens.length === 0) return null;
  const go = (/** @type {MouseEvent} */ event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    goTo(Math.floor(((event.clientX - box.left) / box.width) * length));
  };
  return h("figure", { class: "surprise-plot" },
    h("figcaption", null, say("plotTop", { most: amount(most) })),
    h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": about, onClick: go },
      h("path", { d: path, fill: "var(--series-0)" }),
      h("line", { x1: 0, x2: x(tokens.length), y1: level, y2: level, stroke: "var(--ink)", "stroke-width": 1, "stroke-dasharray": "4 3", "vector-effect": "non-scaling-stroke" }),
      parts !== null ? h("line", { x1: x(parts), x2: x(parts), y1: 0, y2: HEIGHT, stroke: "var(--chosen)", "stroke-width": 2, "vector-effect": "non-scaling-stroke" }) : null,
      cursor.value < tokens.length ? h("rect", { x: x(cursor.value), width: Math.max(3, x(1)), y: 0, height: HEIGHT, fill: "var(--ink)", opacity: 0.28 }) : null));
}
