// What the server says to the numbers of the page, in a line.
import { h } from "../../vendor/preact.js";
import { count, share, tenTo } from "../../numbers/format.js";
import { processorOf } from "../../numbers/chain/registry.js";
import { compareAll, onlyServer, reading, verdict } from "./reading.js";
import { name } from "./table.js";
import { said, say } from "./words.js";

/** A difference as it is told. @param {number} value */
function small(value) {
  const [digits, exponent] = value.toExponential(0).split("e");
  return value === 0 ? "0" : `${digits} · ${tenTo(Number(exponent))}`;
}

/** What is said. @returns {{sign: string, kind: string, text: string}} */
function words() {
  const told = verdict.value;
  const names = onlyServer.value.map((option) => said(processorOf(option))).join(", ");
  if (!told) return { sign: "…", kind: "asking", text: names ? say("beyondAsking", { names }) : say("asking") };
  if (told.refused !== null) return { sign: "✕", kind: "differs", text: say("refused", { why: told.refused }) };
  const agreement = told.agreement;
  if (!agreement) return { sign: "ⓘ", kind: "server", text: say("beyond", { names }) };
  if (agreement.same) return { sign: "✓", kind: "same", text: say("same", { d: small(agreement.largest), n: count(agreement.tokens) }) };
  if (!agreement.order) return { sign: "✕", kind: "differs", text: say("otherOrder") };
  const { id, stage, here, there } = /** @type {NonNullable<typeof agreement.first>} */ (agreement.first);
  return {
    sign: "✕", kind: "differs",
    text: id === null ? say("otherCount", { stage: said(stage), here: count(here), there: count(there) }) : say("otherToken", { token: name(id), stage: said(stage), here: share(here), there: share(there) }),
  };
}

/** The line. */
export function Verdict() {
  if (!reading.value) return null;
  const { sign, kind, text } = words();
  const all = verdict.value?.agreement?.tokens === reading.value.raw.kept;
  return h("div", { class: `verdict ${kind} row`, role: "status", "data-verdict": kind, "data-largest": verdict.value?.agreement?.largest ?? "" },
    h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", null, text),
    kind === "same" && !all ? h("button", { type: "button", class: "plain", onClick: () => void compareAll() }, say("compareAll", { n: count(reading.value.raw.kept) })) : null);
}
