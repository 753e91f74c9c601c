// The server now: its metrics as lines of the last two minutes.
import { h, useEffect } from "../../vendor/preact.js";
import { area, curveStepAfter, scaleLinear } from "../../vendor/d3.js";
import { count, fixed, share } from "../../numbers/format.js";
import { KEPT, looks, watch } from "./looks.js";
import { mean, rate, value } from "./metrics.js";
import { say } from "./words.js";

const [WIDTH, HEIGHT] = [240, 36];

/** A number with few digits. @param {number | null} number */
const plain = (number) => (number === null ? "–" : Number.isInteger(number) ? count(number) : fixed(number, 1));

/** Bytes in a unit that is read. @param {number | null} bytes */
function size(bytes) {
  if (bytes === null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  return `${fixed(bytes / 1000 ** at, at === 0 ? 0 : 1)} ${units[at]}`;
}

/** A time in milliseconds or seconds. @param {number | null} seconds */
const time = (seconds) => (seconds === null ? "–" : seconds < 1 ? `${fixed(seconds * 1000, 1)} ms` : `${fixed(seconds, 2)} s`);

/** A line of the last values; what is not known is left open. @param {{values: Array<number | null>, most: number}} props */
function Line({ values, most }) {
  const x = scaleLinear([0, KEPT - 1], [0, WIDTH]);
  const y = scaleLinear([0, Math.max(most, 1e-9)], [HEIGHT - 1, 3]);
  const first = KEPT - values.length;
  const points = values.map((value, i) => ({ at: first + i, value }));
  const shape = area(/** @type {any} */ ((/** @type {any} */ point) => x(point.at)), HEIGHT, /** @type {any} */ ((/** @type {any} */ point) => y(point.value ?? 0)))
    .defined(/** @type {any} */ ((/** @type {any} */ point) => point.value !== null)).curve(curveStepAfter);
  return h("svg", { class: "line", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    h("path", { d: shape(/** @type {any} */ (points)) ?? "", fill: "var(--series-0)", opacity: 0.35, stroke: "var(--series-0)", "vector-effect": "non-scaling-stroke" }));
}

/** A number now, with its line. @param {{id: string, name: string, values: Array<number | null>, shown: (value: number | null) => string, most?: number, beside?: string}} props */
function Gauge({ id, name, values, shown, most, beside }) {
  const now = values.at(-1) ?? null;
  const top = Math.max(0, ...values.map((value) => value ?? 0));
  return h("div", { class: "gauge", "data-gauge": id, "data-now": now },
    h("dt", null, name), h("dd", null, h("b", null, shown(now)), beside ? h("span", { class: "faint" }, beside) : null),
    h(Line, { values, most: most ?? top }), h("dd", { class: "faint" }, say("last", { n: values.length, most: shown(top) })));
}

/** The panel. */
export function Now() {
  useEffect(watch, []);
  const all = looks.value;
  const last = all.at(-1)?.metrics;
  if (!last) return h("section", null, h("h2", null, say("now")), h("p", { class: "faint" }, say("waitingFor")));
  const series = (/** @type {string} */ name) => all.map(({ metrics }) => value(metrics, name));
  const rates = (/** @type {string} */ name) => all.map((look, i) => rate(all[i - 1], look, name));
  const hits = all.map(({ metrics }) => {
    const [hit, asked] = [value(metrics, "prefix_cache_hits_total"), value(metrics, "prefix_cache_queries_total")];
    return hit !== null && asked ? hit / asked : null;
  });
  const [hit, asked] = [value(last, "prefix_cache_hits_total"), value(last, "prefix_cache_queries_total")];
  const part = (/** @type {number | null} */ number) => (number === null ? "–" : share(number));
  return h("section", { class: "now" }, h("h2", null, say("now")), h("p", { class: "hint" }, say("live")),
    h("dl", { class: "gauges" },
      h(Gauge, { id: "running", name: say("requests"), values: series("num_requests_running"), shown: plain }),
      h(Gauge, { id: "sessions", name: say("sessions"), values: series("num_sessions_running"), shown: plain }),
      h(Gauge, { id: "waiting", name: say("waiting"), values: series("num_requests_waiting"), shown: plain }),
      h(Gauge, { id: "cache", name: say("cache"), values: series("kv_cache_usage_perc"), shown: part, beside: `${size(value(last, "prefix_cache_bytes"))} ${say("kept")}` }),
      h(Gauge, { id: "prefix", name: say("prefix"), values: hits, shown: part, most: 1, beside: hit === null || asked === null ? "" : say("ofTotal", { n: count(hit), all: count(asked) }) }),
      h(Gauge, { id: "generated", name: say("generated"), values: rates("generation_tokens_total"), shown: plain }),
      h(Gauge, { id: "read", name: say("read"), values: rates("prompt_tokens_total"), shown: plain }),
      h(Gauge, { id: "first", name: say("first"), values: all.map(({ metrics }) => mean(metrics, "time_to_first_token_seconds")), shown: time }),
      h(Gauge, { id: "between", name: say("between"), values: all.map(({ metrics }) => mean(metrics, "inter_token_latency_seconds")), shown: time })),
    h("details", null, h("summary", null, say("every")), h(Every, { metrics: last })));
}

/** All metrics, with what they mean in the server's words. @param {{metrics: import("./metrics.js").Metric[]}} props */
function Every({ metrics }) {
  return h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("every") }, h("table", { class: "every" },
    h("thead", null, h("tr", null, h("th", { scope: "col" }, say("metric")), h("th", { scope: "col", class: "number" }, say("value")), h("th", { scope: "col" }, say("about")))),
    h("tbody", null, metrics.flatMap((metric) => metric.values.map(({ labels, value }, i) => h("tr", { key: `${metric.name} ${labels}` },
      h("th", { scope: "row" }, h("code", null, metric.name.replace(/^beamline:/, ""), labels ? ` ${labels}` : "")), h("td", { class: "number" }, plain(value)), h("td", { class: "faint", lang: "en" }, i === 0 ? metric.help : "")))))));
}
