// The scored tokens, one after the other.
import { h, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { unit } from "../../numbers/format.js";
import { Block, parted } from "../../parts/blocks.js";
import { Chip, keyOf } from "../../parts/chip.js";
import { resting, takesText } from "../../parts/reader.js";
import { measure, signs } from "../../state/looks.js";
import { language } from "../../words/words.js";
import { languageOf } from "../../words/script.js";
import { bucketOf } from "./buckets.js";
import { bucketed, focused, nodes, pinned, pointed, result } from "./state.js";
import { say } from "./words.js";

/** Milliseconds that a pointer rests before a token is looked at. */
const REST = 120;

const { point } = resting(pointed, REST);

/** A token was clicked, or keys came to it. @param {Event} event */
function pick(event) {
  const key = keyOf(event);
  if (key !== null) pinned.value = key;
}

/** The tokens. */
export function Strip() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const focus = focused.value;
  // Keys and parts of the text move the focus of the page, too, so that screen readers follow.
  useLayoutEffect(() => {
    const chip = pinned.value === null ? null : box.current?.querySelector(`[data-key="${pinned.value}"]`);
    if (!(chip instanceof HTMLElement)) return;
    if (!takesText(document.activeElement) && document.activeElement !== chip) chip.focus();
    else chip.scrollIntoView({ block: "nearest" });
  }, [pinned.value]);
  const state = `${measure.value} ${signs.value} ${unit.value} ${language.value} ${bucketed.value}`;
  const text = result.value?.of ?? "";
  const chip = (/** @type {import("./scored.js").Placed} */ { node, outlook }) => {
    const bucket = bucketOf(node.rank);
    return h(Chip, {
      key: node.key, node, outlook, focused: node.key === focus, given: false, ...(bucketed.value ? { kind: `bucket-${bucket ?? "none"}` } : {}),
    });
  };
  return h("div", { class: "strip", ref: box, role: "group", "aria-label": say("strip"), lang: languageOf(text), onClick: pick, onFocusIn: pick, onPointerOver: (/** @type {Event} */ event) => point(keyOf(event)), onPointerLeave: () => point(null) },
    parted(nodes.value).map(({ from, tokens }) => {
      const here = focus !== null && focus >= from && focus < from + tokens.length ? focus : "";
      return h(Block, { key: from, tokens, state: `${state} ${here}`, show: () => tokens.map(chip) });
    }));
}
