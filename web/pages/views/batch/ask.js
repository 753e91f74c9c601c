// A row's columns as a request: its prompt, its key, and the options that are its own, as `beamline batch` reads them.
import { Digits, of, read } from "../../numbers/json.js";
import { drawn } from "../../state/settings.js";
import { Wrong, columnsOf, fill, missing, template } from "./template.js";

/** @typedef {import("../../numbers/json.js").Json} Json */
/** @typedef {import("../../state/settings.js").Options} Options */
/** @typedef {import("../../api/shapes.js").OptionCard} OptionCard */
/** @typedef {import("./template.js").Fields} Fields */

/**
 * What columns are asked.
 * @typedef {object} Asking
 * @property {"template" | "column" | "messages"} by what the prompt is: made of columns, one of them, or a conversation in one
 * @property {string} template
 * @property {string} column that of the prompt or of the conversation
 * @property {string | null} key the column that names each row
 * @property {boolean} chat whether each prompt is a message to be answered
 * @property {boolean} own whether columns that are called as options are the row's own options
 */

/**
 * What holds for all rows.
 * @typedef {object} Run
 * @property {Asking} asking
 * @property {Options} options
 * @property {number} seed
 * @property {boolean} texts whether values are texts, as those of a table are
 */

const quoted = JSON.stringify;

/** The column of several options. */
const SEVERAL = "options";

/** The fields of a conversation that is an object. */
const CONVERSATION = ["messages", "tools", "documents", "add_generation_prompt", "chat_template_kwargs"];

/** What is asked of a file until the reader says otherwise. @param {ReadonlyArray<string>} columns @returns {Asking} */
export function usualAsking(columns) {
  const rest = { template: columns[0] === undefined ? "" : `{${columns[0]}}`, key: null, chat: false, own: true };
  if (columns.includes("prompt") || columns.length === 0) return { by: "column", column: "prompt", ...rest };
  return columns.includes("messages") ? { by: "messages", column: "messages", ...rest } : { by: "template", column: columns[0] ?? "", ...rest };
}

/** Looks whether the columns are there that all rows need. @param {Asking} asking @param {ReadonlyArray<string>} columns @throws {Wrong} */
export function settle(asking, columns) {
  const needed = asking.by === "template" ? columnsOf(template(asking.template)) : [asking.column];
  const absent = [...needed, ...(asking.key === null ? [] : [asking.key])].find((name) => !columns.includes(name));
  if (absent !== undefined) throw new Wrong(missing(absent, columns));
}

/** The option that a column is; undefined where it is none. @param {Asking} asking @param {ReadonlyArray<OptionCard>} cards @param {string} column */
export function optionOf(asking, cards, column) {
  if (!asking.own || column === asking.key || (asking.by !== "template" && column === asking.column)) return undefined;
  return cards.find(({ name }) => name === column);
}

/** A row's key; null where rows have none. @param {Asking} asking @param {Fields} fields @returns {string | null} @throws {Wrong} */
export function keyOf({ key }, fields) {
  if (key === null) return null;
  const value = fields.get(key);
  if (typeof value === "string") return value;
  if (value instanceof Digits) return value.text;
  if (typeof value === "boolean") return String(value);
  if (value === null) throw new Wrong(`the key ${quoted(key)} is null; give the row one of its own`);
  throw new Wrong(value === undefined ? missing(key, [...fields.keys()]) : `the key ${quoted(key)} must be a text or a number`);
}

/** A text as a prompt, or as a message. @param {Asking} asking @param {string} text @returns {Map<string, Json>} */
const told = ({ chat }, text) => (chat ? new Map([["messages", of([{ role: "user", content: text }])]]) : new Map([["prompt", text]]));

/** A conversation as fields of a request. @param {Json} value @returns {Map<string, Json>} @throws {Wrong} */
function conversation(value) {
  const none = new Wrong("the messages: they must be a list of objects with role and content");
  const fields = Array.isArray(value) ? new Map([["messages", value]]) : value;
  if (!(fields instanceof Map)) throw none;
  const unread = [...fields.keys()].find((name) => !CONVERSATION.includes(name));
  if (unread !== undefined) throw new Wrong(`the field ${quoted(unread)}: it is not read; fields are ${CONVERSATION.join(", ")}`);
  const messages = fields.get("messages");
  if (!Array.isArray(messages)) throw new Wrong("messages: they must be a list of objects with role and content");
  if (messages.length === 0) throw new Wrong("the messages: there are none; give one at least");
  return fields;
}

/** JSON of a text. @param {string} text @param {string} what what it should be @returns {Json} @throws {Wrong} */
function parsed(text, what) {
  try {
    return read(text);
  } catch (error) {
    throw new Wrong(`${what}: not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Whether a value is a token's id. @param {Json} value */
const isId = (value) => value instanceof Digits && /^\d+$/.test(value.text) && Number(value.text) < 2 ** 32;

/** A row's prompt, as fields of a request. @param {Asking} asking @param {Fields} fields @returns {Map<string, Json>} @throws {Wrong} */
export function promptOf(asking, fields) {
  const { by, column } = asking;
  if (by === "template") return told(asking, fill(template(asking.template), fields));
  const value = fields.get(column);
  if (value === undefined) throw new Wrong(missing(column, [...fields.keys()]));
  if (by === "messages") {
    try {
      return conversation(typeof value === "string" ? parsed(value, "the messages") : value);
    } catch (error) {
      throw error instanceof Wrong ? new Wrong(`the column ${quoted(column)}: ${error.message}`) : error;
    }
  }
  if (typeof value === "string") return told(asking, value);
  if (value === null) throw new Wrong(`the column ${quoted(column)} is null, and it is the prompt`);
  if (!Array.isArray(value) || asking.chat) throw new Wrong(`the column ${quoted(column)} must be a text, or a list of token ids`);
  if (!value.every(isId)) throw new Wrong(`the column ${quoted(column)} is a list, and not all of it are token ids`);
  return new Map([["prompt_ids", value]]);
}

/** An option's value as a table has it; what cannot be read goes as it is, so that the engine says what is wrong with it. @param {OptionCard} card @param {string} text @returns {Json} */
function valueOf({ kind }, text) {
  if (kind === "text" || kind === "choice") return text;
  if (kind === "flag") return /^[Tt]rue$/.test(text) ? true : /^[Ff]alse$/.test(text) ? false : text;
  if (kind !== "other") return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? number(text) : text;
  try {
    return read(text);
  } catch {
    return /^\s*\d+\s*(,\s*\d+\s*)*$/.test(text) ? text.split(",").map((id) => new Digits(id.trim())) : text;
  }
}

/** A number as people write it. @param {string} text */
const number = (text) => (/^\d+$/.test(text) ? new Digits(text.replace(/^0+(?=\d)/, "")) : of(Number(text)));

/** The options that are a row's own. @param {Run} run @param {ReadonlyArray<OptionCard>} cards @param {Fields} fields @returns {Map<string, Json>} @throws {Wrong} */
export function ownOptions({ asking, texts }, cards, fields) {
  const all = new Map();
  if (!asking.own) return all;
  for (const [name, value] of fields) {
    const card = optionOf(asking, cards, name);
    if (!card || value === null || (texts && value === "")) continue;
    all.set(name, texts && typeof value === "string" ? valueOf(card, value) : value);
  }
  const given = fields.get(SEVERAL);
  if (given === undefined || given === null || (texts && typeof given === "string" && given.trim() === "")) return all;
  const wrong = new Wrong(`the column ${quoted(SEVERAL)} must be a JSON object of decoding options`);
  /** @type {Json} */
  let several = given;
  if (texts && typeof given === "string") {
    try {
      several = read(given);
    } catch {
      throw wrong;
    }
  }
  if (!(several instanceof Map)) throw wrong;
  for (const [name, value] of several) {
    if (all.has(name)) throw new Wrong(`${name} is a column and one of the options; give it once`);
    all.set(name, value);
  }
  // A request has fields of other names: none of them may be meant by an option that there is not.
  const unknown = [...all.keys()].find((name) => !cards.some((card) => card.name === name));
  if (unknown !== undefined && [...all.values()].some((value) => value !== null)) throw new Wrong(`unknown option ${unknown}`);
  return all;
}

/** What is sent for a row; whether it has options of its own, and which of those of all rows may be passed over where they have no effect beside them. @typedef {{body: Map<string, Json>, isOwn: boolean, weak: Set<string>, draws: boolean}} Request */

/** A request of a row, but for its seed. @param {Run} run @param {ReadonlyArray<OptionCard>} cards @param {Fields} fields @returns {Request} @throws {Wrong} */
export function requestOf(run, cards, fields) {
  const prompt = promptOf(run.asking, fields);
  const own = ownOptions(run, cards, fields);
  const isOwn = [...own.values()].some((value) => value !== null);
  const all = new Map(Object.entries({ do_sample: false, num_beams: 1, ...run.options }).filter(([name]) => name !== "seed").map(([name, value]) => [name, of(value)]));
  const weak = new Set(isOwn ? [...all.keys()].filter((name) => !own.has(name)) : []);
  if (isOwn) for (const [name, value] of own) if (value !== null) all.set(name, value);
  if (weak.has("num_return_sequences")) fitReturned(all);
  const body = new Map([...prompt, ...all]);
  return { body, isOwn, weak, draws: drawn(Object.fromEntries(all)) };
}

/** Takes all rows' number of sequences back to what a row's own search can give. @param {Map<string, Json>} all */
function fitReturned(all) {
  const value = (/** @type {string} */ name) => {
    const given = all.get(name);
    return given instanceof Digits ? Number(given.text) : 1;
  };
  if (value("num_beams") > 1) all.set("num_return_sequences", of(Math.min(value("num_beams"), value("num_return_sequences"))));
  else if (all.get("do_sample") !== true) all.delete("num_return_sequences");
}

/**
 * The option of all rows that is to be passed over because a row's own leave it without effect; null where the refusal is about something else.
 *
 * @param {string} message why the request was refused @param {ReadonlySet<string>} weak the options of all rows in it
 */
export function withoutEffect(message, weak) {
  const [, alone, one, other] = /^(?:(\w+) has no effect on |(\w+) and (\w+) do not go together:)/.exec(message) ?? [];
  return [alone, one, other].find((name) => name !== undefined && weak.has(name)) ?? null;
}
