// The tree as files: JSON with every number, which can be read again, Markdown and a page to be read.
import { chance, count, fixed, share } from "../../numbers/format.js";
import { endName } from "../../parts/ends.js";
import { escape } from "../../parts/svg.js";
import { joined, label } from "../../words/glyphs.js";
import { rest, rows } from "./rows.js";
import { chainLabel } from "./label.js";
import { say } from "./words.js";

/** @typedef {import("../../state/tree.js").TokenTree} TokenTree */
/** @typedef {import("../../state/tree.js").Node} Node */
/** @typedef {{tree: TokenTree, root: number, promptEnd: number, vocabulary: number, model: string}} Grown a tree below a root, and whose it is */

/** A number that stays what it is when it is read again, or null. @typedef {number | null} Told */

/**
 * A token in the file, under the names of `v1/expand`.
 * @typedef {object} FileToken
 * @property {number} token
 * @property {string} text
 * @property {number[]} bytes
 * @property {Told} logprob
 * @property {Told} logprob_processed
 * @property {Told} rank
 * @property {string} origin
 * @property {string | null} finish_reason
 * @property {string} note
 * @property {string} mark
 */

/**
 * The file.
 * @typedef {object} TreeFile
 * @property {1} schema
 * @property {"beamline-tree"} kind
 * @property {string} model
 * @property {number} vocabulary
 * @property {number} prompt_tokens how many of the path are the prompt's
 * @property {number[]} prompt_token_ids of the whole path to the root
 * @property {FileToken[]} path to the root
 * @property {Array<FileToken & {id: number, parent: number, cum: Told, rest: Told}>} nodes parents before children; 0 is the root
 */

/** @param {Node} node @returns {FileToken} */
const told = ({ id, text, bytes, logprob, processed, rank, origin, end, note, mark }) => ({
  token: id, text, bytes, logprob, logprob_processed: processed, rank, origin, finish_reason: end, note, mark,
});

/** The subtree as JSON. @param {Grown} grown @returns {string} */
export function toJson({ tree, root, promptEnd, vocabulary, model }) {
  /** @type {TreeFile["nodes"]} */
  const nodes = [];
  const numbers = new Map([[root, 0]]);
  const open = [root];
  for (let key = open.shift(); key !== undefined; key = open.shift()) {
    const left = rest(tree, key, vocabulary).mass;
    for (const child of tree.node(key).children) {
      const node = tree.node(child);
      numbers.set(child, numbers.size);
      nodes.push({ id: numbers.size - 1, parent: /** @type {number} */ (numbers.get(key)), ...told(node), cum: tree.sum(root, child), rest: left });
      open.push(child);
    }
  }
  const path = tree.path(root);
  /** @type {TreeFile} */
  const file = {
    schema: 1, kind: "beamline-tree", model, vocabulary, prompt_tokens: Math.min(path.length, path.findIndex((node) => node.key === promptEnd) + 1 || path.length),
    prompt_token_ids: path.map((node) => node.id), path: path.map(told), nodes,
  };
  return JSON.stringify(file, null, 1);
}

const within = (/** @type {any} */ value, /** @type {number} */ least, /** @type {number} */ most) => Number.isInteger(value) && value >= least && value <= most;
const isLogprob = (/** @type {any} */ value) => value === null || (typeof value === "number" && value <= 0);
const isToken = (/** @type {any} */ given, /** @type {number} */ vocabulary) =>
  within(given?.token, 0, vocabulary - 1) && typeof given.text === "string" && Array.isArray(given.bytes) && given.bytes.every((/** @type {unknown} */ byte) => within(byte, 0, 255)) &&
  isLogprob(given.logprob) && isLogprob(given.logprob_processed) && (given.rank === null || within(given.rank, 1, vocabulary));

/** Reads a file; throws what is wrong with it, in words. @param {string} text @param {{vocabulary: number, model: string}} here @returns {TreeFile} */
export function fromJson(text, here) {
  /** @type {any} */
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error(say("notTree"));
  }
  const whole = file?.kind === "beamline-tree" && file.schema === 1 && Array.isArray(file.path) && Array.isArray(file.nodes) &&
    file.path.length > 0 && within(file.prompt_tokens, 0, file.path.length) && Number.isSafeInteger(file.vocabulary) && file.path.every((/** @type {any} */ given) => isToken(given, file.vocabulary)) &&
    file.nodes.every((/** @type {any} */ node, /** @type {number} */ at) => isToken(node, file.vocabulary) && node.id === at + 1 && Number.isInteger(node.parent) && node.parent >= 0 && node.parent <= at);
  if (!whole) throw new Error(say("notTree"));
  if (file.model !== here.model || file.vocabulary !== here.vocabulary) throw new Error(say("otherModel", { theirs: String(file.model), ours: here.model }));
  return file;
}

/** Puts what a file has into the tree; numbers that are known there stay. @param {TokenTree} tree @param {TreeFile} file @returns {{promptEnd: number, root: number}} */
export function plantFile(tree, file) {
  const put = (/** @type {number} */ parent, /** @type {FileToken} */ given) => {
    const { token: id, text, bytes, logprob, logprob_processed, rank, finish_reason: end } = given;
    const origin = /** @type {const} */ (["prompt", "model", "taken", "beam", "tree"]).find((name) => name === given.origin) ?? "tree";
    const node = tree.add(parent, { id, text, bytes, logprob, rank, end, ...(logprob_processed === null ? {} : { processed: logprob_processed }) }, origin);
    node.note ||= String(given.note ?? "");
    node.mark ||= /** @type {const} */ (["good", "bad", "kept"]).find((name) => name === given.mark) ?? "";
    return node.key;
  };
  let root = 0;
  let promptEnd = 0;
  file.path.forEach((given, at) => {
    root = put(root, given);
    if (at < file.prompt_tokens) promptEnd = root;
  });
  const keys = [root];
  for (const given of file.nodes) keys.push(put(/** @type {number} */ (keys[given.parent]), given));
  tree.changed();
  return { promptEnd, root };
}

/** All rows of a tree. @param {Grown} grown */
const all = ({ tree, root, promptEnd, vocabulary }) =>
  rows(tree, root, { collapsed: new Set(), joins: true, ends: (node) => node.mark !== "" || node.note !== "" || node.key === promptEnd, promptEnd, vocabulary });

/** Text as code in Markdown, whatever backticks it has. @param {string} text */
function code(text) {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}

/** The subtree as an indented list in Markdown. @param {Grown} grown @returns {string} */
export function toMarkdown(grown) {
  const { tree, root } = grown;
  const lines = all(grown).map((row) => {
    const indent = "  ".repeat(row.level);
    if (row.kind === "rest") return `${indent}- *${say("others", { n: count(row.count) })}* ${row.mass === null ? "–" : share(row.mass)}`;
    const nodes = row.chain.map((key) => tree.node(key));
    if (row.level === 0) return `${indent}- ${code(joined(tree.path(root)).replaceAll("\n", "↵"))}`;
    const node = tree.node(row.key);
    const numbers = [chance(row.logprob), `log p ${row.logprob === null ? "–" : fixed(row.logprob, 4)}`, `Σ ${row.cum === null ? "–" : fixed(row.cum, 4)}`, ...(row.rank === null ? [] : [`#${row.rank}`])];
    const said = [node.mark ? `**${say(node.mark)}**` : "", node.note.replace(/\s+/g, " "), row.chain.length > 1 && row.together !== null ? `(${say("together", { n: row.chain.length, share: share(Math.exp(row.together)) })})` : "", node.end && node.end !== "length" ? `(${endName(node.end)})` : ""].filter(Boolean).join(" ");
    return `${indent}- ${code(chainLabel(nodes))} ${numbers.join(" · ")}${said ? ` ${said}` : ""}`;
  });
  return `${lines.join("\n")}\n`;
}

/** The subtree as a page that needs nothing else: the icicle, and the list as a table. @param {Grown} grown @param {string} svg @param {string} lang @returns {string} */
export function toPage(grown, svg, lang) {
  const { tree, root, model } = grown;
  const lines = all(grown).map((row) => {
    const cells = (/** @type {string} */ name, /** @type {string[]} */ numbers) => `<tr><td style="padding-left:${row.level * 1.2}em">${name}</td>${numbers.map((number) => `<td>${escape(number)}</td>`).join("")}</tr>`;
    if (row.kind === "rest") return cells(`<i>${escape(say("others", { n: count(row.count) }))}</i>`, [row.mass === null ? "–" : share(row.mass), "", "", ""]);
    const node = tree.node(row.key);
    const name = row.level === 0 ? label({ text: joined(tree.path(root)), bytes: [] }) : chainLabel(row.chain.map((key) => tree.node(key)));
    const said = [row.chain.length > 1 && row.together !== null ? say("together", { n: row.chain.length, share: share(Math.exp(row.together)) }) : "", node.mark ? say(node.mark) : "", node.note].filter(Boolean).join(" · ");
    return cells(`<code>${escape(name)}</code>${said ? ` <small>${escape(said)}</small>` : ""}`, row.level === 0 ? ["", "", "", ""] : [chance(row.logprob), row.logprob === null ? "–" : fixed(row.logprob, 4), row.cum === null ? "–" : fixed(row.cum, 4), row.rank === null ? "" : `#${row.rank}`]);
  });
  const head = [say("token"), say("probability"), "log p", say("sum"), say("rank")].map((name) => `<th>${escape(name)}</th>`).join("");
  return `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(`${model}: ${joined(tree.path(root)).slice(0, 60)}`)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:1.5rem;color:#1B1F24;background:#fff}code{font-family:ui-monospace,monospace}td,th{padding:1px 10px;text-align:left;font-variant-numeric:tabular-nums}td+td,th+th{text-align:right}.wide{overflow-x:auto}</style>
<h1>${escape(say("pageTitle", { model }))}</h1><div class="wide">${svg}</div><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>
${lines.join("\n")}
</tbody></table></div></html>
`;
}
