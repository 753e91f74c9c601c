// How the server is: loading, ready, or away; and what it serves.
import { signal } from "../vendor/preact.js";
import { Away, json } from "../api/client.js";

/** @typedef {import("../api/shapes.js").Props} Props */
/** @typedef {import("../api/shapes.js").OptionCard} OptionCard */
/** @typedef {"asking" | "loading" | "ready" | "ending" | "broken" | "away"} Health */

/** How the server is. */
export const health = signal(/** @type {Health} */ ("asking"));

/** The model and the server, once the server is ready. */
export const props = signal(/** @type {Props | null} */ (null));

/** All decoding options, once the server is ready. */
export const options = signal(/** @type {OptionCard[]} */ ([]));

/** Milliseconds between two looks at the server: soon while something is awaited, else rarely. */
const SOON = 400;
const RARELY = 3000;

/** What `health` tells. @returns {Promise<Health>} */
async function look() {
  try {
    const answer = await fetch(new URL("../health", new URL(".", location.href.replace(/[#?].*$/, ""))), { cache: "no-store" });
    const { status } = await answer.json();
    return status === "ok" ? "ready" : status === "draining" ? "ending" : status === "broken" ? "broken" : "loading";
  } catch {
    return "away";
  }
}

/** Looks once; what the model is, is asked when the server has become ready. */
export async function refresh() {
  const now = await look();
  if (now === "ready" && health.value !== "ready") {
    try {
      const [told, all] = await Promise.all([json("props"), json("v1/options")]);
      props.value = told;
      options.value = all.options;
    } catch (error) {
      if (error instanceof Away) {
        health.value = "away";
        return;
      }
      // A key is wanted: the page asks for it, and the next look tries again.
      return;
    }
  }
  health.value = now;
}

/** Looks again and again, for as long as the page is open. */
export async function watch() {
  for (;;) {
    await refresh();
    await new Promise((wake) => setTimeout(wake, health.value === "ready" ? RARELY : SOON));
  }
}
