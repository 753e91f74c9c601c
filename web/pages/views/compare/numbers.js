// The table of numbers: a row for each column, a head that sorts and explains itself, and files to take along.
import { h, useState } from "../../vendor/preact.js";
import { csv } from "../../numbers/csv.js";
import { totalUnit } from "../../numbers/sums.js";
import { endNames } from "../../parts/ends.js";
import { download } from "../../parts/download.js";
import { promptText } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { tally } from "./blind.js";
import { nameOf } from "./columns.js";
import { rows, whole } from "./exported.js";
import { outcomes, version } from "./outcomes.js";
import { columns } from "./state.js";
import { FIGURES, cell, pressed, sorted } from "./table.js";
import { say } from "./words.js";

/** @typedef {import("./table.js").Figure} Figure */
/** @typedef {import("./table.js").Name} Name */
/** @typedef {{column: import("./columns.js").Column, at: number, name: string, outcome: import("./outcomes.js").Outcome}} Row */

const why = (/** @type {Name} */ name) => say(/** @type {any} */ (`${name}Why`));

/** The name of a number, with its unit where it has one. @param {Name} name */
const titleOf = (name) => (name === "sum" || name === "mean" ? `${say(name)} (${totalUnit()})` : say(name));

/** The head of a number, which sorts by it; a hyphen in its name is no place to break it. @param {{figure: Figure, order: import("./table.js").Order, onPress: () => void}} props */
function Head({ figure: { name }, order, onPress }) {
  const is = order?.name === name;
  return h("th", { scope: "col", class: "number", "aria-sort": is ? (order.down ? "descending" : "ascending") : undefined },
    h("button", { type: "button", class: "plain", title: why(name), onClick: onPress }, titleOf(name).replaceAll("-", "\u2011"), h("span", { "aria-hidden": "true" }, is ? (order.down ? " ↓" : " ↑") : "")));
}

/** A number of a way. @param {{figure: Figure, row: Row}} props */
function Cell({ figure, row }) {
  const value = cell(figure, row.outcome);
  return h("td", { class: "number", "data-figure": figure.name, "data-value": value?.median }, value === null ? "–" : figure.shown(value.median),
    value !== null && value.max > value.min ? h("span", { class: "spread" }, `${figure.shown(value.min)}…`, h("br", null), figure.shown(value.max)) : null);
}

/** What the heads mean, in sentences. */
function About() {
  return h("details", { class: "about" }, h("summary", null, say("about")),
    h("dl", null, [...FIGURES.map(({ name }) => name), /** @type {const} */ ("finish")].map((name) => h("div", { key: name }, h("dt", null, titleOf(name)), h("dd", null, why(name))))),
    h("p", { class: "hint" }, say("spreadWhy")));
}

/** The table. */
export function Numbers() {
  void version.value;
  const [order, setOrder] = useState(/** @type {import("./table.js").Order} */ (null));
  const all = columns.value.flatMap((column, at) => {
    const outcome = outcomes.value.get(column.key);
    return outcome?.over && outcome.count > 0 ? [{ column, at, name: nameOf(column.options), outcome }] : [];
  });
  if (all.length === 0) return null;
  const figures = FIGURES.filter((figure) => figure.name !== "alike" || all.some(({ outcome }) => outcome.alike !== null));
  const by = FIGURES.find((figure) => figure.name === order?.name);
  const shown = by && order ? sorted(all, ({ outcome }) => cell(by, outcome)?.median ?? null, order.down) : all;
  const saveAll = () => download("comparison.json", JSON.stringify(whole({ model: props.value?.model.id ?? "", prompt: promptText.value, all, tally: tally.value.values() }), null, 1), "application/json");
  return h("section", { class: "numbers", "aria-label": say("table") },
    h("div", { class: "row" }, h("h2", null, say("table")), h("span", { class: "space" }),
      h("button", { type: "button", onClick: () => download("comparison.csv", csv(rows(all)), "text/csv") }, say("csv")), h("button", { type: "button", onClick: saveAll }, say("json"))),
    h("div", { class: "scroll-x", tabIndex: 0, role: "group", "aria-label": say("table") }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, say("way")),
        figures.map((figure) => h(Head, { key: figure.name, figure, order, onPress: () => setOrder(pressed(order, figure.name)) })), h("th", { scope: "col", title: why("finish") }, say("finish")))),
      h("tbody", null, shown.map((row) => h("tr", { key: row.column.key, "data-row": row.column.key },
        h("th", { scope: "row" }, h("span", { class: "place" }, String(row.at + 1)), row.name),
        figures.map((figure) => h(Cell, { key: figure.name, figure, row })),
        h("td", null, endNames(row.outcome.texts.map((text) => text.finish)))))))),
    h(About, null));
}
