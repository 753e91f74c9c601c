// What `metrics` says (Prometheus' text), as numbers; and how they change.

/**
 * A metric: a name, what it means, and its values by their labels.
 * @typedef {{name: string, help: string, kind: string, values: Array<{labels: string, value: number}>}} Metric
 */

/** The metrics of a text, in its order. Buckets of histograms are left out: their sums and counts stay. @param {string} text @returns {Metric[]} */
export function parse(text) {
  /** @type {Map<string, Metric>} */
  const all = new Map();
  const of = (/** @type {string} */ name) => {
    const known = all.get(name) ?? { name, help: "", kind: "", values: [] };
    all.set(name, known);
    return known;
  };
  for (const line of text.split("\n")) {
    const about = line.match(/^# (HELP|TYPE) (\S+) (.*)$/);
    if (about) {
      const metric = of(/** @type {string} */ (about[2]));
      if (about[1] === "HELP") metric.help = about[3] ?? "";
      else metric.kind = about[3] ?? "";
      continue;
    }
    const value = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/);
    if (!value || value[1]?.endsWith("_bucket")) continue;
    const [, full = "", labels = "", number = ""] = value;
    const name = all.has(full) ? full : full.replace(/_(sum|count)$/, "");
    const end = full.slice(name.length + 1);
    of(name).values.push({ labels: [end, labels].filter(Boolean).join(" "), value: numberOf(number) });
  }
  return [...all.values()];
}

/** A number as Prometheus writes it. @param {string} text */
function numberOf(text) {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}

/** The value of a metric, by its name without `beamline:`; null where there is none. @param {ReadonlyArray<Metric>} all @param {string} name @param {string} [labels] */
export function value(all, name, labels = "") {
  return all.find((metric) => metric.name === `beamline:${name}`)?.values.find((one) => one.labels === labels)?.value ?? null;
}

/** The mean of a histogram, in its unit; null where nothing was counted. @param {ReadonlyArray<Metric>} all @param {string} name */
export function mean(all, name) {
  const [sum, count] = [value(all, name, "sum"), value(all, name, "count")];
  return sum !== null && count ? sum / count : null;
}

/** A look at the metrics: when, in milliseconds, and what they were. @typedef {{at: number, metrics: Metric[]}} Look */

/** How much a counter grew a second, from one look to the next; null where that is not known. @param {Look | undefined} before @param {Look | undefined} now @param {string} name */
export function rate(before, now, name) {
  if (!before || !now || now.at <= before.at) return null;
  const [was, is] = [value(before.metrics, name), value(now.metrics, name)];
  // A server that was started anew counts from nothing.
  return was === null || is === null || is < was ? null : ((is - was) * 1000) / (now.at - before.at);
}
