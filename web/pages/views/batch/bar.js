// What sets the run going, pauses it and ends it; how far it is; and the rows as files.
import { h, useEffect, useState } from "../../vendor/preact.js";
import { count, fixed } from "../../numbers/format.js";
import { running, speed } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { drawn } from "../../state/settings.js";
import { rate, secondsFor } from "./pace.js";
import { begin, cancel, goOn, pause, retry } from "./run.js";
import { save } from "./files.js";
import { makesSeeds } from "./seed.js";
import { counts, isStale, obstacle, outcomes, run, source, version, wanted } from "./state.js";
import { say } from "./words.js";

/** Whether rows can be run as it is set. */
export const canRun = () => props.value !== null && (source.value?.rows.length ?? 0) > 0 && obstacle.value === null && (makesSeeds() || !drawn(wanted().options));

/** Whether the paused run can go on: by the model that it was begun with. */
const canGoOn = () => run.value?.state === "paused" && run.value.model === props.value?.model.id;

/** Runs, goes on, or pauses: what the main button does. */
export function press() {
  if (run.value?.state === "running") return pause();
  if (canGoOn()) return void goOn();
  if (canRun()) void begin();
}

/** Runs what failed again. */
export function again() {
  if (counts.failed > 0 && run.value && run.value.state !== "running" && run.value.model === props.value?.model.id) void retry();
}

/** A time in words. @param {number} seconds */
function time(seconds) {
  const all = Math.round(seconds);
  if (all < 60) return say("seconds", { n: all });
  return all < 3600 ? say("minutes", { n: Math.floor(all / 60), s: all % 60 }) : say("hours", { n: Math.floor(all / 3600), m: Math.floor((all % 3600) / 60) });
}

/** The buttons. */
export function Buttons() {
  void version.value;
  const now = run.value;
  const state = now?.state;
  const runs = state === "running";
  const pauses = state === "paused";
  return h("div", { class: "row" },
    runs
      ? h("button", { key: "pause", type: "button", class: "main", onClick: pause }, say("pause"))
      : h("button", { key: "go", type: "button", class: "main", disabled: pauses ? !canGoOn() : !canRun(), onClick: press }, say(pauses ? "goOn" : state ? "runAgain" : "run")),
    pauses ? h("button", { key: "anew", type: "button", disabled: !canRun(), onClick: () => void begin() }, say("runAnew")) : null,
    runs || pauses ? h("button", { key: "cancel", type: "button", onClick: cancel }, say("cancel")) : null,
    !runs && counts.failed > 0 ? h("button", { key: "retry", type: "button", onClick: again, disabled: now?.model !== props.value?.model.id }, say("retry", { n: count(counts.failed) })) : null);
}

/** Why it cannot be as the reader may think. */
export function Obstacles() {
  const now = run.value;
  return [
    !makesSeeds() ? h("p", { key: "seeds", class: "wrong" }, say("noSeeds")) : null,
    now && now.model !== props.value?.model.id && props.value ? h("p", { key: "model", class: "hint" }, say("otherModel", { made: now.model, model: props.value.model.id })) : null,
    isStale.value ? h("p", { key: "stale", class: "hint", role: "status" }, say(now?.state === "paused" ? "stalePaused" : "stale")) : null,
  ];
}

/** How far it is. */
export function Progress() {
  void version.value;
  const now = run.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (now?.state !== "running") return;
    const timer = setInterval(() => tick((n) => n + 1), 1000); // seconds go by while no row is done
    return () => clearInterval(timer);
  }, [now?.state]);
  if (!now) return null;
  const over = counts.done + counts.failed;
  const pace = rate();
  const left = now.state === "running" ? secondsFor(outcomes.length - over) : null;
  const parts = [
    say("ofRows", { n: count(over), all: count(outcomes.length) }), ...(counts.failed > 0 ? [say("errors", { n: count(counts.failed) })] : []), say("tokens", { n: count(counts.tokens) }),
    ...(pace === null ? [] : [say("rate", { n: fixed(pace, 1) })]), ...(left === null ? [] : [say("left", { time: time(left) })]),
  ];
  return h("div", { class: "far", "data-state": now.state },
    h("progress", { value: over, max: Math.max(1, outcomes.length), "aria-label": say("progress") }),
    h("p", { class: "numbers" }, h("b", null, say(`is_${now.state}`)), ` · ${parts.join(" · ")}`));
}

/** The files. */
export function Files() {
  void version.value;
  const given = source.value;
  if (!given || !run.value) return null;
  const over = counts.done + counts.failed;
  const some = over > 0 && over < outcomes.length;
  return h("div", { class: "row files" },
    h("button", { type: "button", disabled: over === 0, onClick: () => save("jsonl") }, say("save", { as: "JSONL" })),
    given.table ? h("button", { type: "button", disabled: over === 0, onClick: () => save("table") }, say("save", { as: given.format.toUpperCase() })) : h("span", { class: "hint" }, say("noTable")),
    some ? h("span", { class: "hint" }, say("someRows", { n: count(over), all: count(outcomes.length) })) : null);
}

/** Says to screen readers how it ended; in between, nothing. */
export function Spoken() {
  void [version.value, running.value, speed.value];
  const now = run.value;
  const over = now && now.state !== "running";
  return h("p", { class: "unseen", role: "status" }, over ? `${say(`is_${now.state}`)}: ${say("ofRows", { n: counts.done + counts.failed, all: outcomes.length })}, ${say("errors", { n: counts.failed })}` : "");
}
