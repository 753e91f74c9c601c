// Steps forth and back, and a replay of the whole search.
import { h, useEffect } from "../../vendor/preact.js";
import { begun, goTo, plays, step, version } from "./looked.js";
import { say } from "./words.js";

/** Milliseconds of a step in a replay. */
const BEAT = 650;

/** Starts or ends a replay; from the end it starts anew. */
export function play() {
  const now = begun.value;
  if (!now) return;
  if (!plays.value && step.value >= now.search.steps) goTo(0);
  plays.value = !plays.value;
}

/** Goes so many steps. @param {number} by */
export function move(by) {
  plays.value = false;
  goTo(step.value + by);
}

/** The scrubber. */
export function Scrubber() {
  void version.value;
  const now = begun.value;
  const playing = plays.value;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const last = begun.value?.search.steps ?? 0;
      goTo(step.value + 1);
      if (step.value >= last) plays.value = false;
    }, BEAT);
    return () => clearInterval(timer);
  }, [playing]);
  if (!now || now.search.steps === 0) return null;
  const { search } = now;
  const values = { step: step.value, of: now.live && Number.isFinite(search.rules.most) ? search.rules.most : search.steps, running: search.running(step.value).length, finished: search.pools[step.value]?.length ?? 0 };
  return h("div", { class: "scrubber", role: "group", "aria-label": say("replay") },
    h("button", { type: "button", onClick: play, "aria-pressed": playing }, playing ? `⏸ ${say("pause")}` : `▶ ${say("replay")}`),
    h("button", { type: "button", "aria-label": say("stepBack"), onClick: () => move(-1), disabled: step.value === 0 }, "‹"),
    h("input", {
      type: "range", min: 0, max: search.steps, step: 1, value: step.value, "aria-label": say("step"), "aria-valuetext": say("stepOf", values),
      onInput: (/** @type {any} */ event) => { plays.value = false; goTo(Number(event.currentTarget.value)); },
    }),
    h("button", { type: "button", "aria-label": say("stepOn"), onClick: () => move(1), disabled: step.value >= search.steps }, "›"),
    h("span", { class: "number faint", "data-step": step.value }, say("stepOf", values)));
}
