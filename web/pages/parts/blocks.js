// Many tokens, one after the other: parted into blocks, which the browser draws when they are seen and which are made anew only when
// something in them changes.
import { Component, h } from "../vendor/preact.js";

/** Tokens of a block, about. */
const BLOCK = 120;

/** Tokens in blocks; a block ends with a line where one ends soon. @template {{text: string}} T @param {ReadonlyArray<T>} tokens @returns {Array<{from: number, tokens: T[]}>} */
export function parted(tokens) {
  const all = [];
  for (let from = 0; from < tokens.length; ) {
    let to = Math.min(tokens.length, from + BLOCK);
    const line = tokens.slice(to - 1, to + BLOCK).findIndex((token) => token.text.includes("\n"));
    if (line >= 0) to += line;
    all.push({ from, tokens: tokens.slice(from, to) });
    from = to;
  }
  return all;
}

/** @typedef {{state: string, tokens: ReadonlyArray<unknown>, show: () => import("preact").ComponentChildren}} BlockProps */

/**
 * A block of tokens. It is drawn anew when its tokens are others, or when `state` differs, which names all else that its drawing
 * depends on.
 *
 * @extends {Component<BlockProps>}
 */
export class Block extends Component {
  /** @override @param {BlockProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.state !== now.state || next.tokens.length !== now.tokens.length || next.tokens.some((token, i) => token !== now.tokens[i]);
  }

  /** @override */
  render() {
    return h("div", { class: "block" }, this.props.show());
  }
}
