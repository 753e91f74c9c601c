// The test: the same requests alone and beside others give the same bits.
import { h, signal } from "../../vendor/preact.js";
import { ask, json } from "../../api/client.js";
import { stop } from "../../state/generate.js";
import { attempt, running } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { work } from "../../state/work.js";
import { TOGETHER, cases, compare, groups, request } from "./bits.js";
import { parse, value } from "./metrics.js";
import { say } from "./words.js";

/** @typedef {import("./bits.js").Sequences} Sequences */
/** @typedef {{tokens: number, differs: number | null}} Verdict */

/** How far the test is. */
const state = signal(/** @type {{phase: "alone" | "together" | "done", done: number, verdicts: Verdict[], peak: number} | null} */ (null));

/** How many prompts step together, as the server counts, until it is told to stop. @param {AbortSignal} over */
async function peak(over) {
  let most = 0;
  while (!over.aborted) {
    const text = await ask("metrics").then((answer) => answer.text(), () => "");
    most = Math.max(most, value(parse(text), "num_sessions_running") ?? 0);
  }
  return most;
}

/** Runs it. */
export const test = () => attempt(() => work("test", async ({ signal: stop }) => {
  const generate = async (/** @type {import("./bits.js").Case} */ one) => /** @type {Sequences} */ ((await json("v1/generate", request(one), stop)).sequences);
  try {
    /** @type {Sequences[]} */
    const alone = [];
    state.value = { phase: "alone", done: 0, verdicts: [], peak: 0 };
    for (const one of cases) {
      alone.push(await generate(one));
      state.value = { ...state.value, done: alone.length };
    }
    await together(alone, generate);
  } finally {
    if (state.value?.phase !== "done") state.value = null;
  }
}));

/** Runs all again, several at a time, and compares. @param {Sequences[]} alone @param {(one: import("./bits.js").Case) => Promise<Sequences>} generate */
async function together(alone, generate) {
  state.value = { phase: "together", done: 0, verdicts: [], peak: 0 };
  const over = new AbortController();
  const most = peak(over.signal);
  /** @type {Verdict[]} */
  const verdicts = [];
  try {
    for (const group of groups(cases, TOGETHER)) {
      const beside = await Promise.all(group.map(generate));
      beside.forEach((sequences) => verdicts.push(compare(/** @type {Sequences} */ (alone[verdicts.length]), sequences)));
      state.value = { phase: "together", done: verdicts.length, verdicts: [...verdicts], peak: 0 };
    }
  } finally {
    over.abort();
  }
  state.value = { phase: "done", done: verdicts.length, verdicts, peak: await most };
}

/** What an option says, short. @param {Record<string, unknown>} options */
const how = (options) => Object.entries(options).map(([name, value]) => `${name}=${value}`).join(" ");

/** The panel. */
export function Test() {
  const now = state.value;
  const busy = now !== null && now.phase !== "done";
  const same = now?.verdicts.filter(({ differs }) => differs === null).length ?? 0;
  return h("section", { class: "test" }, h("h2", null, say("test")),
    h("p", { class: "hint" }, say("testHint", { n: cases.length, k: TOGETHER })),
    h("div", { class: "row" },
      busy ? h("button", { type: "button", class: "main", onClick: stop }, say("stop")) : h("button", { type: "button", class: "main", disabled: !props.value || running.value !== null, onClick: () => void test() }, say("run")),
      h("p", { role: "status", "data-phase": now?.phase ?? "" }, !now ? "" : now.phase === "done"
        ? [h("b", { class: same === cases.length ? "good" : "bad" }, `${same === cases.length ? "✓" : "✗"} ${say("verdict", { same, n: cases.length })}`), now.peak > 1 ? ` · ${say("peak", { n: now.peak })}` : ""]
        : `${say(now.phase)}: ${say("sofar", { done: now.done, n: cases.length })}`)),
    now && now.verdicts.length > 0 ? h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("test") }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, say("case")), h("th", { scope: "col" }, say("how")), h("th", { scope: "col" }, say("result")))),
      h("tbody", null, now.verdicts.map((verdict, i) => h("tr", { key: i },
        h("td", { lang: cases[i]?.lang, class: "case" }, cases[i]?.prompt ?? ""), h("td", null, h("code", null, how(cases[i]?.options ?? {}))),
        h("td", { class: verdict.differs === null ? "good" : "bad" }, verdict.differs === null ? say("identical", { n: verdict.tokens }) : say("differs", { at: verdict.differs + 1, n: verdict.tokens }))))))) : null);
}
