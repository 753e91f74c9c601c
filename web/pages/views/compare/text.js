// A column's text: tokens to be read, what is the same as in A dimmed (in A, what is the same in all), and marks where it leaves A and where the cursor is. Long texts are
// parted into blocks, which the browser draws when they are seen and which are made anew only when something in them changes.
import { Component, h, useEffect, useRef } from "../../vendor/preact.js";
import { ground } from "../../parts/chip.js";
import { level } from "../../numbers/measures.js";
import { version } from "./outcomes.js";
import { follow, reveal } from "./scroll.js";
import { cursor, goTo, locked, paint } from "./state.js";

/** @typedef {import("./outcomes.js").Token} Token */

/** Tokens of a block. */
const BLOCK = 200;

/** A token's amount on a scale from 0 to 1; null where nothing is coloured. @param {Token} token @param {import("./state.js").Paint} by */
function amountOf(token, by) {
  return level(by, /** @type {any} */ (token), token.outlook);
}

/**
 * What a block shows: its tokens, the first one's place, how many tokens from the start are dimmed, the place where the text leaves A, that of the cursor.
 * @typedef {{tokens: Token[], from: number, shared: number, parts: number | null, at: number | null, by: import("./state.js").Paint}} BlockProps
 */

/** A block. @extends {Component<BlockProps>} */
class Block extends Component {
  /** @override @param {BlockProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    const within = (/** @type {number | null} */ place) => (place === null || place < next.from || place >= next.from + BLOCK ? null : place);
    const dimmed = (/** @type {BlockProps} */ props) => Math.min(Math.max(0, props.shared - props.from), BLOCK);
    return next.tokens.length !== now.tokens.length || next.tokens.at(-1) !== now.tokens.at(-1) || next.by !== now.by || dimmed(next) !== dimmed(now) ||
      within(next.parts) !== within(now.parts) || within(next.at) !== within(now.at);
  }

  /** @override */
  render() {
    const { tokens, from, shared, parts, at, by } = this.props;
    return h("span", { class: "block", "data-from": from }, tokens.map((token, i) => {
      const place = from + i;
      const classes = [place < shared ? "shared" : "", place === parts ? "parts" : "", place === at ? "at" : "", token.shown === "" ? "cut" : ""].filter(Boolean).join(" ");
      const style = place < shared ? {} : ground(amountOf(token, by));
      return h("span", { key: place, "data-at": place, class: classes || undefined, style }, token.shown);
    }));
  }
}

/**
 * The text.
 *
 * @param {{name: string, tokens: Token[], shared: number, parts: number | null, plain: boolean}} props `plain` shows neither marks nor colours
 */
export function TextBox({ name, tokens, shared, parts, plain }) {
  void version.value; // the list of tokens grows, but stays one object
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const at = plain ? null : cursor.value;
  useEffect(() => { if (at !== null && box.current) reveal(box.current, at); }, [at]);
  const blocks = [];
  for (let from = 0; from < tokens.length; from += BLOCK) blocks.push(tokens.slice(from, from + BLOCK));
  const pick = (/** @type {MouseEvent} */ event) => {
    const token = event.target instanceof HTMLElement ? event.target.closest("[data-at]") : null;
    if (token instanceof HTMLElement && !plain) goTo(Number(token.dataset["at"]));
  };
  return h("div", {
    class: "text", ref: box, tabIndex: 0, role: "group", "aria-label": name, onClick: pick,
    onScroll: (/** @type {any} */ event) => { if (locked.value && !plain) follow(event.currentTarget); },
  }, blocks.map((some, i) => h(Block, { key: i, tokens: some, from: i * BLOCK, shared: plain ? 0 : shared, parts: plain ? null : parts, at, by: plain ? "none" : paint.value })));
}
