// The strip of the sweep: a row for each temperature, a cell for each token, its probability as colour and as the line below it.
import { h } from "../../vendor/preact.js";
import { css, heat } from "../../numbers/colour.js";
import { amount, chance } from "../../numbers/format.js";
import { ground } from "../../parts/chip.js";
import { running } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { label } from "../../words/glyphs.js";
import { columns, length } from "./state.js";
import { rows, sweep } from "./sweeping.js";
import { say } from "./words.js";

/** What the colours mean. */
function Legend() {
  const stops = [0, 0.25, 0.5, 0.75, 1].map((at) => css(heat(at))).join(", ");
  return h("p", { class: "legend hint" }, say("unlikely"), h("span", { class: "ramp", "aria-hidden": "true", style: { background: `linear-gradient(90deg, ${stops})` } }), say("likely"));
}

/** The strip. */
export function Sweep() {
  const all = rows.value;
  const seed = columns.value[0]?.seed ?? 1;
  const mean = (/** @type {import("./sweeping.js").Row} */ { tokens }) => tokens.reduce((sum, token) => sum - token.logprob, 0) / tokens.length;
  return h("section", { class: "sweep", "aria-label": say("sweep") },
    h("div", { class: "row" }, h("h2", null, say("sweep")), h("button", { type: "button", disabled: !props.value || running.value !== null, onClick: () => void sweep(seed, length.value) }, say("sweepGo"))),
    h("p", { class: "hint" }, say("sweepAbout")),
    all.length > 0 ? [
      h(Legend, { key: "legend" }),
      h("div", { key: "rows", class: "scroll-x", tabIndex: 0, role: "group", "aria-label": say("sweep") }, h("table", null, h("tbody", null, all.map((row) => h("tr", { key: row.temperature, "data-temperature": row.temperature },
        h("th", { scope: "row" }, `T ${row.temperature}`, h("span", { class: "spread" }, `${amount(mean(row))}/token`)),
        row.tokens.map((token, i) => h("td", { key: i, style: ground(Math.exp(token.logprob)), title: `${label(token)} ${chance(token.logprob)}` }, token.shown.trim() === "" ? label(token) : token.shown.trim(),
          h("span", { class: "chance", "aria-hidden": "true", style: { width: `${100 * Math.exp(token.logprob)}%` } })))))))),
    ] : null);
}
