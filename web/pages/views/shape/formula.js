// The way of one token through the chain, with its numbers filled in.
import { h } from "../../vendor/preact.js";
import { count, fixed } from "../../numbers/format.js";
import { interval } from "../../numbers/chain.js";
import { chance, logit } from "../../numbers/chain/processor.js";
import { focused, rawRank } from "./focus.js";
import { next } from "./place.js";
import { ghost, shown, steady, trusted } from "./reading.js";
import { drawing } from "./stages.js";
import { name } from "./table.js";
import { said, say } from "./words.js";

/** @typedef {import("../../numbers/row.js").Row} Row */

/** How a value becomes a probability. @param {Row} row @param {number} id @param {string} p */
const softmax = (row, id, p) => `${p} = e^(${logit(row.value(id))} − ${logit(row.sums.log)}) = ${chance(row.p(id))}`;

/** What probability is left to a token where others were removed. @param {Row} before @param {Row} row @param {number} id */
const renormalised = (before, row, id) => `p′ = p / Σ = ${chance(before.p(id))} / ${chance(before.p(id) / row.p(id))} = ${chance(row.p(id))}`;

/** A step of the way. @param {{title: string, lines: string[], kept: boolean}} props */
function Step({ title, lines, kept }) {
  return h("li", { class: kept ? "" : "out" }, h("b", null, title), kept ? null : h("span", { class: "by" }, ` ✕ ${say("gone")}`), lines.map((line) => h("code", { key: line }, line)));
}

/** The steps of a token. @param {number} id @param {import("../../numbers/chain.js").Run} run */
function steps(id, run) {
  const all = [h(Step, { key: "raw", title: say("raw"), kept: true, lines: ["p = e^(z − log Σ e^z)", softmax(run.raw, id, "p")] })];
  for (const stage of run.stages) {
    const kept = stage.row.p(id) > 0;
    const lines = [stage.formula(id, stage.before)];
    const changed = kept && stage.row.value(id) !== stage.before.value(id);
    const removes = stage.row.left < stage.before.left;
    if (kept && (changed || !removes) && stage.row.values !== stage.before.values) lines.push(softmax(stage.row, id, "p′"));
    else if (kept && removes) lines.push(renormalised(stage.before, stage.row, id));
    all.push(h(Step, { key: stage.name, title: said(stage.name), kept, lines }));
    if (!kept) return all;
  }
  const [from, to] = interval(run.row, id);
  const best = run.row.ids[0];
  const line = drawing.value ? `${fixed(from, 4)} ≤ u < ${fixed(to, 4)}` : id === best ? say("isBest") : say("notBest", { token: name(best ?? 0) });
  return [...all, h(Step, { key: "draw", title: said("draw"), kept: true, lines: [`p = ${chance(run.row.p(id))}`, line] })];
}

/** The panel. */
export function Formula() {
  const [id, run, table] = [focused.value, steady.value, trusted.value ? null : shown.value];
  if (id === null || !run) return null;
  const before = ghost.value && trusted.value ? ghost.value.row.p(id) : null;
  return h("section", { class: "card formula", "aria-label": say("formula") },
    h("h3", null, h("code", null, name(id)), h("span", { class: "faint" }, ` #${count(rawRank(id))} · id ${id}${next.value?.id === id ? ` · ${say("cameNext")}` : ""}`)),
    table === null ? h("ol", null, steps(id, run)) : h("ol", null,
      h(Step, { title: say("raw"), kept: true, lines: [softmax(run.raw, id, "p")] }),
      table.columns.slice(1).map((column, i) => h(Step, { key: column.name + i, title: said(column.name), kept: column.p(id) > 0, lines: column.p(id) > 0 ? [`p = ${chance(column.p(id))}`] : [] }))),
    before === null ? null : h("p", { class: "hint" }, `${say("before")}: ${chance(before)} → ${chance(run.row.p(id))}`));
}
