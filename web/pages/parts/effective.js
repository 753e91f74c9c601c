// What a search really ran with: every option, its value, and who set it.
import { h, useState } from "../vendor/preact.js";
import { branch } from "../state/lab.js";
import * as runs from "../state/runs.js";
import { options, props } from "../state/server.js";
import { Switch } from "./field.js";
import { say } from "./words.js";

/** @typedef {import("../api/shapes.js").Setting} Setting */
/** @typedef {import("../api/shapes.js").OptionCard} OptionCard */

/**
 * The options that are shown, with whether each has an effect: one that needs another is without effect where that is off.
 *
 * @param {Record<string, Setting>} config @param {OptionCard[]} cards
 */
export function rows(config, cards) {
  const needs = new Map(cards.map((card) => [card.name, card.needs]));
  const isOn = (/** @type {string} */ name) => {
    const value = config[name]?.value;
    return value !== undefined && value !== null && value !== false && value !== 0 && !(name === "num_beams" && value === 1);
  };
  return Object.entries(config).map(([name, { value, origin }]) => {
    const of = needs.get(name) ?? [];
    return { name, value: value === null ? "–" : JSON.stringify(value), origin, applies: of.length === 0 || of.some(isOn), isSet: origin !== "default" };
  });
}

/** What an origin is called. @param {string} origin */
const named = (origin) => (["config", "model", "default", "preset"].includes(origin) ? say(/** @type {any} */ (`origin_${origin}`)) : origin);

/** The table: of the run that wrote the reader's branch, or of what the server would take. */
export function Effective() {
  const [all, setAll] = useState(false);
  const run = runs.of(branch.value.map((node) => node.key));
  const config = run?.completion.effective_config ?? props.value?.own_settings ?? {};
  const shown = rows(config, options.value).filter((row) => all || row.isSet);
  return h("details", { class: "effective" }, h("summary", null, say("effective")),
    h(Switch, { label: say("everyOption"), checked: all, onChange: setAll }),
    h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": say("effective") }, h("table", null,
      h("thead", null, h("tr", null, h("th", null, say("option")), h("th", null, say("value")), h("th", null, say("origin")))),
      h("tbody", null, shown.map((row) => h("tr", { key: row.name, class: row.applies ? "" : "faint" },
        h("td", null, h("code", null, row.name)), h("td", null, h("code", null, row.value)), h("td", null, row.applies ? named(row.origin) : say("notApplied"))))))));
}
