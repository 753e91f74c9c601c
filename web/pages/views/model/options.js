// Options with their values and who set them.
import { h, useState } from "../../vendor/preact.js";
import { rows } from "../../parts/effective.js";
import { Switch } from "../../parts/field.js";
import { say as shared } from "../../parts/words.js";
import { options, props } from "../../state/server.js";
import { short } from "./settings.js";
import { say } from "./words.js";

/** @typedef {import("../../api/shapes.js").Setting} Setting */

const ORIGINS = ["default", "model", "config", "preset", "flag"];

/** Who set an option. @param {string} origin @param {boolean} requested whether `config` is a request's body */
function by(origin, requested) {
  if (requested && origin === "config") return say("asked");
  return ORIGINS.includes(origin) ? say(/** @type {any} */ (`from_${origin}`)) : origin;
}

/** A table of options; those that nobody set are shown on demand. @param {{config: Record<string, Setting>, label: string, requested?: boolean}} props */
export function Options({ config, label, requested = false }) {
  const [all, setAll] = useState(false);
  const abouts = new Map(options.value.map(({ name, about }) => [name, about]));
  return h("div", { class: "options-of" },
    h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": label }, h("table", null,
      h("thead", null, h("tr", null, /** @type {const} */ (["option", "value", "origin", "about"]).map((name) => h("th", { key: name, scope: "col" }, say(name))))),
      h("tbody", null, rows(config, options.value).filter(({ isSet }) => all || isSet).map(({ name, value, origin, applies, isSet }) => h("tr", { key: name, class: isSet && applies ? "" : "faint" },
        h("th", { scope: "row" }, h("code", null, name)), h("td", null, h("code", { title: value }, short(value))), h("td", null, applies ? by(origin, requested) : shared("notApplied")), h("td", { class: "faint", lang: "en" }, abouts.get(name) ?? "")))))),
    h(Switch, { label: say("all"), checked: all, onChange: setAll }));
}

/** The server's defaults. */
export function Defaults() {
  const config = props.value?.own_settings;
  if (!config) return null;
  return h("section", { class: "defaults" }, h("h2", null, say("defaults")), h("p", { class: "hint" }, say("defaultsHint")), h(Options, { config, label: say("defaults") }));
}
