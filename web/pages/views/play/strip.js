// The strip: the branch's tokens, one after the other.
import { h, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { Block, parted } from "../../parts/blocks.js";
import { Chip, keyOf } from "../../parts/chip.js";
import { resting, takesText } from "../../parts/reader.js";
import { branch, promptEnd, tree } from "../../state/lab.js";
import { measure, signs } from "../../state/looks.js";
import { unit } from "../../numbers/format.js";
import { language } from "../../words/words.js";
import { focused, pin, pinned, pointed } from "./focus.js";
import { say } from "./words.js";

/** @typedef {import("../../state/tree.js").Node} Node */

/** Milliseconds that a pointer rests before a token is looked at. */
const REST = 150;

const { point } = resting(pointed, REST);

/** A token was clicked, or keys came to it. @param {Event} event */
function picked(event) {
  const key = keyOf(event);
  if (key !== null) pin(key);
}

/** The tokens of a block. @param {ReadonlyArray<Node>} nodes @param {number | null} focus @param {number} given */
const chips = (nodes, focus, given) => nodes.map((node) => h(Chip, {
  key: node.key, node, outlook: tree.node(node.parent).outlook, focused: node.key === focus, given: node.depth <= given,
}));

/** How much is known of tokens and of what else could have stood in their places: it only grows, and what is learned later is drawn then. @param {ReadonlyArray<Node>} nodes */
const known = (nodes) => nodes.reduce((sum, node) => {
  const { outlook } = tree.node(node.parent);
  return sum + Number(node.logprob !== null) + Number(node.rank !== null) + (outlook ? 1 + outlook.top.length + Number(outlook.entropy !== null) : 0);
}, 0);

/** The strip. */
export function Strip() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const focus = focused.value;
  const state = `${measure.value} ${signs.value} ${unit.value} ${language.value}`;
  const given = tree.node(promptEnd.value).depth;
  // Keys move the focus of the page, too, so that screen readers follow.
  useLayoutEffect(() => {
    if (pinned.value === null || !box.current) return;
    const chip = box.current.querySelector(`[data-key="${pinned.value}"]`);
    if (chip instanceof HTMLElement && document.activeElement !== chip && !takesText(document.activeElement)) chip.focus();
  }, [pinned.value]);
  return h("div", { class: "strip", ref: box, role: "group", "aria-label": say("strip"), onClick: picked, onFocusIn: picked, onPointerOver: (/** @type {Event} */ event) => point(keyOf(event)), onPointerLeave: () => point(null) },
    branch.value.length === 0
      ? h("p", { class: "faint" }, say("empty"))
      : parted(branch.value).map(({ from, tokens }) => {
          const here = focus !== null && tokens.some((node) => node.key === focus) ? focus : null;
          return h(Block, { key: from, tokens, state: `${state} ${here} ${given} ${known(tokens)}`, show: () => chips(tokens, here, given) });
        }));
}
