// Which token of the branch is looked at, and which alternative beside it.
import { computed, signal } from "../../vendor/preact.js";
import { branch, tip, tree } from "../../state/lab.js";

/** The token that was chosen to be looked at; it stays while the branch has it. */
export const pinned = signal(/** @type {number | null} */ (null));

/** The token that the pointer is on. */
export const pointed = signal(/** @type {number | null} */ (null));

/** The alternative that the keys have come to: its place in the list; null for none. */
export const alternative = signal(/** @type {number | null} */ (null));

/** The alternative whose menu of actions is open, by the place and its id; `byKey` says that a key has opened it. */
export const menu = signal(/** @type {{place: number, id: number, byKey: boolean} | null} */ (null));

/** The token that is looked at. */
export const focused = computed(() => {
  const within = (/** @type {number | null} */ key) => key !== null && branch.value.some((node) => node.key === key);
  if (within(pointed.value)) return pointed.value;
  if (within(pinned.value)) return pinned.value;
  return branch.value.at(-1)?.key ?? null;
});

/** The place whose alternatives are shown: the one that the token looked at was chosen from; with nothing chosen yet, the tip. */
export const place = computed(() => {
  void tree.version.value;
  return focused.value === null || focused.value === 0 ? tip.value : tree.node(focused.value).parent;
});

/** Looks at a token, and lets the keys go on from it. @param {number | null} key */
export function pin(key) {
  if (pinned.value !== key) alternative.value = null; // the page's focus comes after the keys, and tells the same token again
  pinned.value = key;
}

/** Goes along the branch. @param {number} steps */
export function along(steps) {
  const at = branch.value.findIndex((node) => node.key === (pinned.value ?? focused.value));
  const next = branch.value[Math.min(branch.value.length - 1, Math.max(0, at + steps))];
  if (next) pin(next.key);
}

/** Goes to the next token, or the one before, of which something is true; around the end it begins anew. @param {(key: number) => boolean} is @param {1 | -1} way */
export function toNext(is, way) {
  const keys = branch.value.map((node) => node.key);
  const at = keys.indexOf(pinned.value ?? focused.value ?? -1);
  for (let i = 1; i <= keys.length; i++) {
    const key = keys[(at + way * i + keys.length * 2) % keys.length];
    if (key !== undefined && is(key)) return pin(key);
  }
}
