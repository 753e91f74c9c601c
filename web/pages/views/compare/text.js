// A column's text: tokens to be read, what is the same as in A dimmed (in A, what is the same in all), and marks where it leaves A and where
// the cursor is. Long texts are parted into blocks: those that are seen have their tokens, the others are plain text of the same size.
import { Component, h, useEffect, useRef, useState } from "../../vendor/preact.js";
import { ground } from "../../parts/chip.js";
import { level } from "../../numbers/measures.js";
import { version } from "./outcomes.js";
import { BLOCK, follow, reveal, seen } from "./scroll.js";
import { cursor, goTo, locked, paint } from "./state.js";

/** @typedef {import("./outcomes.js").Token} Token */

/**
 * What a block shows: its tokens, the first one's place, how many tokens from the start are dimmed, the place where the text leaves A, that
 * of the cursor, what tokens are coloured by, and whether it is seen.
 * @typedef {{tokens: Token[], from: number, shared: number, parts: number | null, at: number | null, by: import("./state.js").Paint, near: boolean}} BlockProps
 */

/** A block. @extends {Component<BlockProps>} */
class Block extends Component {
  /** @override @param {BlockProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    const within = (/** @type {number | null} */ place) => (place === null || place < next.from || place >= next.from + BLOCK ? null : place);
    const dimmed = (/** @type {BlockProps} */ props) => Math.min(Math.max(0, props.shared - props.from), BLOCK);
    if (next.near !== now.near || next.tokens.length !== now.tokens.length || next.tokens.at(-1) !== now.tokens.at(-1) || dimmed(next) !== dimmed(now)) return true;
    return next.near && (next.by !== now.by || within(next.parts) !== within(now.parts) || within(next.at) !== within(now.at));
  }

  /** @override */
  render() {
    const { tokens, from, shared, parts, at, by, near } = this.props;
    if (!near) {
      return h("span", { class: "block", "data-from": from }, h("span", { class: from + tokens.length <= shared ? "shared" : undefined }, tokens.map((token) => token.shown).join("")));
    }
    return h("span", { class: "block", "data-from": from }, tokens.map((token, i) => {
      const place = from + i;
      const classes = [place < shared ? "shared" : "", place === parts ? "leaves" : "", place === at ? "here" : "", token.shown === "" ? "cut" : "", token.shown.startsWith("\n") ? "line" : ""].filter(Boolean).join(" ");
      const style = place < shared ? {} : ground(level(by, /** @type {any} */ (token), token.outlook));
      return h("span", { key: place, "data-at": place, class: classes || undefined, style }, token.shown);
    }));
  }
}

/** Which blocks of a box are seen, or are about to be. @param {import("preact").RefObject<HTMLDivElement | null>} box @param {number} count the tokens of the text */
function useSeen(box, count) {
  const [[first, last], set] = useState([0, 1]);
  const look = () => {
    const now = box.current ? seen(box.current) : null;
    if (now && (now[0] !== first || now[1] !== last)) set(now);
  };
  const blocks = Math.ceil(count / BLOCK);
  useEffect(look, [blocks]);
  return { look, near: (/** @type {number} */ block) => block >= first - 1 && block <= last + 1, state: `${first} ${last}` };
}

/**
 * The text.
 *
 * @param {{name: string, tokens: Token[], shared: number, parts: number | null, plain: boolean}} props `plain` shows neither marks nor colours
 */
export function TextBox({ name, tokens, shared, parts, plain }) {
  void version.value; // the list of tokens grows, but stays one object
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const wanted = useRef(/** @type {number | null} */ (null));
  const { look, near, state } = useSeen(box, tokens.length);
  const at = plain ? null : cursor.value;
  useEffect(() => { wanted.current = at; }, [at]);
  // A token that is far away is in sight once its block has been drawn.
  useEffect(() => { if (wanted.current !== null && box.current && reveal(box.current, wanted.current)) wanted.current = null; }, [at, state]);
  const blocks = [];
  for (let from = 0; from < tokens.length; from += BLOCK) blocks.push(tokens.slice(from, from + BLOCK));
  const pick = (/** @type {MouseEvent} */ event) => {
    const token = event.target instanceof HTMLElement ? event.target.closest("[data-at]") : null;
    if (token instanceof HTMLElement && !plain) goTo(Number(token.dataset["at"]));
  };
  const scrolled = () => {
    if (locked.value && !plain && box.current) follow(box.current);
    look();
  };
  return h("div", { class: "text", ref: box, tabIndex: 0, role: "group", "aria-label": name, onClick: pick, onScroll: scrolled },
    blocks.map((some, i) => h(Block, { key: i, tokens: some, from: i * BLOCK, shared: plain ? 0 : shared, parts: plain ? null : parts, at, by: plain ? "none" : paint.value, near: near(i) })));
}
