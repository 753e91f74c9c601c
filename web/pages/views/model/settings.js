// Options with their values and who set them, as rows of a table.

/** @typedef {import("../../api/shapes.js").Setting} Setting */

/** A value as JSON has it, short. @param {unknown} value */
export function written(value) {
  if (value === null || value === undefined) return "–";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The options of a configuration; those alone that somebody set, unless all are wanted. @param {Record<string, Setting>} config @param {boolean} all @returns {Array<{name: string} & Setting>} */
export function rows(config, all) {
  return Object.entries(config).map(([name, setting]) => ({ name, ...setting })).filter(({ origin }) => all || origin !== "default");
}
