// A text that does not fit the context: what the engine says, and windows in which it can be scored.
import { h, useState } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { Slider } from "../../parts/field.js";
import { running } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { scoreWindows, tooLong, windowsOf } from "./state.js";
import { say } from "./words.js";

/** The panel. */
export function Long() {
  const context = props.value?.model.meta.n_ctx ?? 2;
  const [given, setStride] = useState(/** @type {number | null} */ (null));
  const stride = given ?? Math.max(1, context >> 1);
  const long = tooLong.value;
  if (!long) return null;
  const n = windowsOf(long.ids.length, stride);
  return h("section", { class: "card long", role: "status" },
    h("p", null, h("b", null, long.said)),
    h("p", null, say("long")),
    h(Slider, { label: say("stride"), value: stride, least: 1, most: context - 1, step: 1, onChange: (value) => setStride(Math.max(1, Math.min(context - 1, Math.round(value ?? stride)))) }),
    h("p", { class: "hint" }, say("stays")),
    h("div", { class: "row" },
      h("button", { type: "button", class: "main", disabled: running.value !== null, onClick: () => void scoreWindows(stride) }, say("go", { n: count(n) })),
      running.value ? h("progress", { value: running.value.tokens, max: long.ids.length, "aria-label": say("score") }) : null,
      running.value ? h("span", { class: "number" }, `${count(running.value.tokens)} / ${count(long.ids.length)}`) : null));
}
