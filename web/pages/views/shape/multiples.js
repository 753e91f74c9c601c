// The same place at other temperatures, small: what the whole chain would leave. Computed once the reader's hand is still.
import { h, useEffect, useState } from "../../vendor/preact.js";
import { run } from "../../numbers/chain.js";
import { count, fixed } from "../../numbers/format.js";
import { loaded } from "./place.js";
import { steady, trusted } from "./reading.js";
import { drawing, endTokens, give, value } from "./stages.js";
import { name } from "./table.js";
import { say } from "./words.js";

const TEMPERATURES = [0.3, 0.5, 0.7, 1, 1.5, 2];
/** Bars of each. */
const BARS = 12;
/** Milliseconds of rest before they are computed. */
const REST = 250;

/** @typedef {{t: number, left: number, choices: number, bars: number[]}} Small */

/** The place at another temperature. @param {number} t @param {import("./place.js").Loaded} there @returns {Small} */
function at(t, there) {
  const now = value.value;
  // With a temperature of its own the token is drawn; everything else stays.
  const { row, raw } = run(there.row, (option) => (option === "temperature" ? t : option === "do_sample" ? true : now(option)), { ids: there.ids, eos: endTokens() });
  return { t, left: row.left, choices: Math.exp(row.sums.entropy), bars: [...raw.ids.subarray(0, BARS)].map((id) => row.p(id)) };
}

/** The small pictures; a click takes the temperature. */
export function Multiples() {
  const [all, show] = useState(/** @type {Small[]} */ ([]));
  const [now, there] = [steady.value, loaded.value];
  useEffect(() => {
    if (!there || !trusted.value) return undefined;
    const timer = setTimeout(() => show(TEMPERATURES.map((t) => at(t, there))), REST);
    return () => clearTimeout(timer);
  }, [now, there, trusted.value]);
  if (!now || all.length === 0 || !trusted.value) return null;
  const most = Math.max(...all.flatMap(({ bars }) => bars), 1e-9);
  // By the square root, so that small ones can be seen beside large ones.
  const height = (/** @type {number} */ p) => 38 * Math.sqrt(p / most);
  return h("section", { class: "card", "aria-label": say("multiples") }, h("h3", null, say("multiples")),
    h("div", { class: "multiples" }, all.map(({ t, left, choices, bars }) => {
      const is = drawing.value && value.value("temperature") === t;
      return h("button", {
        key: t, type: "button", "aria-pressed": is, onClick: () => give("temperature", t), "aria-label": say("multiple", { t, n: fixed(choices, 1), left: count(left) }),
      },
      h("b", null, `T = ${t}`),
      h("svg", { viewBox: `0 0 ${BARS * 7} 40`, preserveAspectRatio: "none", "aria-hidden": "true" },
        bars.map((p, i) => h("rect", { key: i, x: i * 7, width: 5, y: 40 - height(p), height: height(p), class: i === 0 ? "first" : "" }))),
      h("span", { class: "hint" }, say("choicesShort", { n: fixed(choices, 1) })));
    })),
    h("p", { class: "hint" }, say("multiplesHint", { token: name(now.raw.ids[0] ?? 0) })));
}
