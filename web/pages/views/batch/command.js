// The same run elsewhere: as a command, and in Python.

/** @typedef {import("./ask.js").Run} Run */
/** @typedef {import("./rows.js").Format} Format */

/**
 * A run, as far as others must know it.
 * @typedef {object} Told
 * @property {Run} run
 * @property {string} model
 * @property {string} name the file's
 * @property {Format} format
 * @property {boolean} draws whether rows draw by the options of all
 * @property {Readonly<Record<string, unknown>>} usual what options have that nobody sets
 */

/** A word of a command line, for a shell of POSIX. @param {string} text */
const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A flag with its value, which may begin as a flag does. @param {string} flag @param {string} value */
const named = (flag, value) => `${flag}${value.startsWith("-") ? "=" : " "}${shell(value)}`;

/** A file's name that is no flag. @param {string} name */
const file = (name) => shell(name.startsWith("-") ? `./${name}` : name);

/** What the results are called. @param {string} name @param {string} [ending] */
export const outputName = (name, ending) => name.replace(/(\.[^.]*)?$/, (given) => `.out${ending === undefined ? given : `.${ending}`}`);

/** The options that are to be said: those that are set, and drawing or beams of the model's own, which the lab takes without being told only where it is. @param {Told} told */
function said({ run: { options }, usual }) {
  const all = { ...options };
  delete all["seed"];
  if (usual["do_sample"] === true) all["do_sample"] ??= false;
  if (Number(usual["num_beams"] ?? 1) > 1) all["num_beams"] ??= 1;
  return Object.entries(all);
}

/** An option as a flag. @param {string} name @param {unknown} value */
function flag(name, value) {
  const long = `--${name.replaceAll("_", "-")}`;
  if (typeof value === "boolean") return value ? long : `${long}=false`;
  return named(long, name === "processors" && Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : JSON.stringify(value));
}

/** Parts of a command on lines of their own. @param {string[]} parts */
const broken = (parts) => parts.join(" \\\n  ");

/** The command that does the same. @param {Told} told */
export function commandOf(told) {
  const { run: { asking, seed }, model, name, draws } = told;
  const { by, column } = asking;
  const prompt = by === "template" ? [named("--prompt", asking.template)] : by === "messages" ? [named("--messages-column", column)] : column === "prompt" ? [] : [named("--prompt-column", column)];
  return broken([
    "beamline batch", named("--model", model), `--input ${file(name)} --output ${file(outputName(name))}`,
    ...prompt,
    ...(asking.chat && by !== "messages" ? ["--chat"] : []),
    ...(asking.key === null ? [] : [named("--key-column", asking.key)]),
    ...(asking.own ? [] : ["--no-option-columns"]),
    ...said(told).map(([option, value]) => flag(option, value)),
    ...(draws || asking.own ? [`--seed ${seed}`] : []),
  ]);
}

/** A value in Python. @param {unknown} value @returns {string} */
function literal(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${literal(field)}`).join(", ")}}`;
  return JSON.stringify(value);
}

/** The same in Python. @param {Told} told */
export function pythonOf(told) {
  const { run: { asking, seed }, model, name, draws } = told;
  const { by, column } = asking;
  const given = [
    literal(name), literal(outputName(name)), literal(model),
    ...(by === "template" ? [`prompt=${literal(asking.template)}`] : by === "messages" ? [`messages_column=${literal(column)}`] : column === "prompt" ? [] : [`prompt_column=${literal(column)}`]),
    ...(asking.chat && by !== "messages" ? ["chat=True"] : []),
    ...(asking.key === null ? [] : [`key_column=${literal(asking.key)}`]),
    ...(asking.own ? [] : ["option_columns=False"]),
    ...said(told).map(([option, value]) => `${option}=${literal(value)}`),
    ...(draws || asking.own ? [`seed=${seed}`] : []),
  ];
  return ["import beamline", "", "beamline.batch(", ...given.map((part) => `    ${part},`), ")"].join("\n");
}
