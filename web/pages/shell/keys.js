// Keys: each view says which it has and what they do; one listener hears them all, and the sheet lists them.
import { keep, kept } from "../browser/storage.js";
import { takesText } from "../parts/reader.js";
import { effect, signal } from "../vendor/preact.js";

/**
 * A key and what it does.
 * @typedef {object} Key
 * @property {string} key as `KeyboardEvent.key` has it; `mod+z` stands for Ctrl or ⌘ with z
 * @property {string} shown as the sheet shows it; empty where another key stands for it there
 * @property {() => string} about
 * @property {() => void} act
 */

/** Keys that count everywhere. */
export const everywhere = signal(/** @type {Key[]} */ ([]));

/** Keys of the view that is open. */
export const here = signal(/** @type {Key[]} */ ([]));

/** Whether the sheet of keys is open. */
export const sheet = signal(false);

/**
 * Whether keys of a single sign, such as `g` or `.`, act. Those who speak to their computer, or whose fingers come upon keys they do not mean, can
 * switch them off (WCAG 2.1.4); arrows, Enter, Escape and keys with Ctrl act all the same.
 */
export const single = signal(kept("single-keys") !== "off");

effect(() => keep("single-keys", single.value ? "on" : "off"));

/** Whether a key is a single sign. @param {string} key as keys are listed */
export const isSingle = (key) => [...key].length === 1;

/** Whether a box that has the focus scrolls by this key itself. @param {EventTarget | null} target @param {string} key */
function scrolls(target, key) {
  if (!(target instanceof HTMLElement) || !target.matches(".scroll-x")) return false;
  if (key === "ArrowLeft" || key === "ArrowRight") return target.scrollWidth > target.clientWidth;
  return (key === "ArrowUp" || key === "ArrowDown") && target.scrollHeight > target.clientHeight;
}

/** The name under which a key is listed. @param {KeyboardEvent} event */
function nameOf(event) {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  return mod + (event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key);
}

/** Hears a key. Letters that are being put together (Korean, Chinese, Japanese input) are the writer's. @param {KeyboardEvent} event */
function hear(event) {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.defaultPrevented) return;
  if (sheet.value) return; // the sheet is a dialog, which closes itself with Escape
  const name = nameOf(event);
  const writes = takesText(event.target);
  if (writes && !["Escape", "mod+Enter"].includes(name)) return;
  if (event.target instanceof HTMLInputElement && event.target.type === "range" && event.key.startsWith("Arrow")) return;
  if (scrolls(event.target, event.key) || (!single.value && isSingle(name))) return;
  if (["Enter", " "].includes(event.key) && event.target instanceof Element && event.target.closest("a, summary, button:not([data-key])")) return;
  const found = [...here.value, ...everywhere.value].find((key) => key.key === name);
  if (!found) return;
  event.preventDefault();
  found.act();
}

/** Hears keys for as long as the page is open. */
export function listen() {
  addEventListener("keydown", hear);
}
