// The nodes of the drawing: candidates, chains, and tokens of texts beside the search.
import { Component, h } from "../../vendor/preact.js";
import { resting } from "../../parts/reader.js";
import { begun, pinned, pointed } from "./looked.js";
import { PAD } from "./items.js";
import { spoken } from "./labels.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Item} Item */

/** Milliseconds that a pointer rests before a node is looked at. */
const REST = 120;

const { point, drop } = resting(pointed, REST);

/** Looks at a node at once, and goes on looking when the pointer has left it. @param {string} key */
function hold(key) {
  drop();
  pinned.value = key;
  pointed.value = null;
}

/** The group of an item, from 0; null where there is only one. @param {Item} item */
function groupOf(item) {
  const search = begun.value?.search;
  return search && search.rules.groups > 1 && item.members[0] !== undefined ? search.of(item.members[0]).group : null;
}

/** The nodes in sight. @param {{items: Item[], way: Set<string>, focus: Item | null}} props `way` holds the items of the best text */
export function Nodes({ items, way, focus }) {
  const first = focus?.key ?? items.find((item) => way.has(item.key))?.key ?? items[0]?.key;
  const held = pinned.value;
  return h("g", { class: "nodes" }, items.map((item) => h(Node, { key: item.key, item, best: way.has(item.key), focused: item.key === focus?.key, reached: item.key === first, held: held === item.key })));
}

/** @typedef {{item: Item, best: boolean, focused: boolean, reached: boolean, held: boolean}} NodeProps */

/** A node: made anew only when something in it changes. @extends {Component<NodeProps>} */
class Node extends Component {
  /** @override @param {NodeProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.item !== now.item || next.best !== now.best || next.focused !== now.focused || next.reached !== now.reached || next.held !== now.held;
  }

  /** @override */
  render() {
    return drawNode(this.props);
  }
}

/** @param {NodeProps} props */
function drawNode({ item, best, focused, reached, held }) {
  const { x, y, width, height, lines, note, kind } = item;
  const group = groupOf(item);
  const classes = ["node", kind, best ? "best" : "", focused ? "focused" : "", item.to > item.from ? "chain" : "", item.repeats ? "repeats" : "", item.ghost ? item.ghost.track.name : ""];
  return h("g", {
    class: classes.filter(Boolean).join(" "), role: "button", tabIndex: reached ? 0 : -1, "data-key": item.key, "aria-label": spoken(item), "aria-pressed": held,
    onClick: () => hold(item.key), onFocus: () => (pinned.value = item.key), onPointerEnter: () => point(item.key), onPointerLeave: () => point(null),
  },
  h("rect", { x, y, width, height, rx: item.to > item.from ? 10 : 5 }),
  group === null ? null : [
    h("rect", { key: "tint", class: `tint g${group % 6}`, x, y, width: 5, height }),
  ],
  lines.map((text, i) => h("text", { key: i, class: "token", x: x + PAD, y: y + 17 + 17 * i }, text)),
  note ? h("text", { class: "note", x: x + PAD, y: y + height - 7 }, note) : null,
  kind === "finished" ? h("path", { class: "flag", d: `M${x + width + 3} ${y + height - 2}V${y + 2}l11 5l-11 5` }) : null);
}

/** All nodes from far away: where they are, without letters. @param {{shown: Picture, way: Set<string>}} props */
export function Far({ shown, way }) {
  const box = (/** @type {Item} */ { x, y, width, height }) => `M${x} ${y}h${width}v${height}h${-width}z`;
  const all = (/** @type {(item: Item) => boolean} */ is) => shown.items.filter(is).map(box).join("");
  return h("g", { class: "far", "aria-hidden": "true" },
    h("path", { class: "dropped", d: all((item) => item.kind === "dropped" || item.kind === "ghost") }),
    h("path", { class: "kept", d: all((item) => item.kind === "kept" && !way.has(item.key)) }),
    h("path", { class: "finished", d: all((item) => item.kind === "finished" && !way.has(item.key)) }),
    h("path", { class: "best", d: all((item) => way.has(item.key)) }));
}
