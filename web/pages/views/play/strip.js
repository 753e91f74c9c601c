// The strip: the branch's tokens, one after the other. Long ones are parted into blocks, which the browser draws when they are seen and
// which are made anew only when something in them changes.
import { Component, h, useEffect, useRef } from "../../vendor/preact.js";
import { Chip, keyOf } from "../../parts/chip.js";
import { branch, promptEnd, tree } from "../../state/lab.js";
import { measure, signs } from "../../state/looks.js";
import { unit } from "../../numbers/format.js";
import { language } from "../../words/words.js";
import { focused, pin, pinned, pointed } from "./focus.js";
import { say } from "./words.js";

/** @typedef {import("../../state/tree.js").Node} Node */

/** Tokens of a block, about. */
const BLOCK = 250;
/** Milliseconds that a pointer rests before a token is looked at. */
const REST = 150;

/** A branch in blocks; a block ends with a line where one ends soon. @param {Node[]} nodes @returns {Node[][]} */
export function blocks(nodes) {
  const all = [];
  for (let from = 0; from < nodes.length; ) {
    let to = Math.min(nodes.length, from + BLOCK);
    const line = nodes.slice(to, to + BLOCK).findIndex((node) => node.text.includes("\n"));
    if (line >= 0) to += line + 1;
    all.push(nodes.slice(from, to));
    from = to;
  }
  return all;
}

let timer = 0;
/** The pointer is on a token, or has left it. @param {number | null} key */
function point(key) {
  clearTimeout(timer);
  timer = Number(setTimeout(() => (pointed.value = key), REST));
}

/** A token was clicked, or keys came to it. @param {Event} event */
function picked(event) {
  const key = keyOf(event);
  if (key !== null) pin(key);
}

/** @typedef {{nodes: Node[], focus: number | null, given: number, state: string}} BlockProps */

/** A block: made anew when its tokens, what they are coloured by, or its focus change. @extends {Component<BlockProps>} */
class Block extends Component {
  /** @override @param {BlockProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.state !== now.state || next.focus !== now.focus || next.given !== now.given || next.nodes.length !== now.nodes.length ||
      next.nodes.some((node, i) => node !== now.nodes[i]);
  }

  /** @override */
  render() {
    const { nodes, focus, given } = this.props;
    return h("div", { class: "block" }, nodes.map((node) => h(Chip, {
      key: node.key, node, outlook: tree.node(node.parent).outlook, focused: node.key === focus, given: node.depth <= given,
    })));
  }
}

/** The strip. */
export function Strip() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const focus = focused.value;
  const state = `${measure.value} ${signs.value} ${unit.value} ${language.value}`;
  const given = tree.node(promptEnd.value).depth;
  // Keys move the focus of the page, too, so that screen readers follow.
  useEffect(() => {
    if (pinned.value === null || !box.current) return;
    const chip = box.current.querySelector(`[data-key="${pinned.value}"]`);
    if (chip instanceof HTMLElement && document.activeElement !== chip && !takesText()) chip.focus();
  }, [pinned.value]);
  const known = branch.value.filter((node) => tree.node(node.parent).outlook !== null).length;
  return h("div", { class: "strip", ref: box, role: "group", "aria-label": say("strip"), onClick: picked, onFocusIn: picked, onPointerOver: (/** @type {Event} */ event) => point(keyOf(event)), onPointerLeave: () => point(null) },
    branch.value.length === 0
      ? h("p", { class: "faint" }, say("empty"))
      : blocks(branch.value).map((nodes, i, all) => {
          const here = nodes.some((node) => node.key === focus) ? focus : null;
          const last = i === all.length - 1 ? ` ${known}` : "";
          return h(Block, { key: nodes[0]?.key ?? i, nodes, focus: here, given, state: state + last });
        }));
}

/** Whether the reader is writing. */
const takesText = () => ["TEXTAREA", "INPUT", "SELECT"].includes(document.activeElement?.tagName ?? "");
