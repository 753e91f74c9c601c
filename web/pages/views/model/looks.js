// Looks at the metrics again and again while the view is open, and keeps the last ones.
import { signal } from "../../vendor/preact.js";
import { ask } from "../../api/client.js";
import { parse } from "./metrics.js";

/** @typedef {import("./metrics.js").Look} Look */

/** Milliseconds between two looks, and how many are kept: two minutes. */
const PAUSE = 1000;
export const KEPT = 120;

/** The last looks, the oldest first. */
export const looks = signal(/** @type {Look[]} */ ([]));

/** Looks once; what cannot be reached is said by the shell. */
export async function look() {
  const answer = await ask("metrics").catch(() => null);
  if (!answer) return;
  const metrics = parse(await answer.text());
  looks.value = [...looks.value.slice(1 - KEPT), { at: Date.now(), metrics }];
}

/** Looks until it is told to stop. @returns {() => void} what stops it */
export function watch() {
  let over = false;
  const again = async () => {
    while (!over) {
      if (document.visibilityState === "visible") await look();
      await new Promise((wake) => setTimeout(wake, PAUSE));
    }
  };
  void again();
  return () => (over = true);
}
