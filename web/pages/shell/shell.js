// The frame around the views: the rail, the bar, what the server's state is, the sheet of keys.
import { Fragment, h, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { giveKey, wantsKey } from "../api/client.js";
import { count, fixed, unit } from "../numbers/format.js";
import * as lab from "../state/lab.js";
import { theme } from "../state/looks.js";
import { open, view } from "../state/link.js";
import { health, props, refresh } from "../state/server.js";
import { ended } from "../state/work.js";
import { language, languages } from "../words/words.js";
import { views } from "./views.js";
import { sheet } from "./keys.js";
import { KeySheet } from "./sheet.js";
import { TourPanel } from "./tour.js";
import { WorkMenu } from "./work.js";
import { say } from "../words/lab.js";

/** The name of a view in the reader's language. @param {string} name */
export const title = (name) => say(/** @type {any} */ (name));

/** The views, to choose one. Where they do not fit beside each other, the one that is open is brought into sight. */
function Rail() {
  const rail = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const link = rail.current?.querySelector("[aria-current]");
    if (!(link instanceof HTMLElement) || !rail.current) return;
    const middle = link.offsetLeft - rail.current.offsetLeft + link.offsetWidth / 2;
    rail.current.scrollLeft = middle - rail.current.clientWidth / 2;
  }, [view.value, language.value]);
  return h("nav", { class: "rail", ref: rail, "aria-label": say("views") },
    views.map(({ name }) => h("a", {
      key: name, href: `#/${name}`, "aria-current": view.value === name ? "page" : undefined,
      onClick: (/** @type {MouseEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open(name);
      },
    }, title(name))));
}

/** A word in the bar; where there is no room for it, its sign. @param {{sign: string, text: string}} props */
function Sign({ sign, text }) {
  return [h("span", { key: "sign", class: "sign", "aria-hidden": "true" }, sign), h("span", { key: "text", class: "text" }, text)];
}

/** The bar: the model, units, language, theme. */
function Bar() {
  const model = props.value?.model;
  return h("header", { class: "bar" },
    h("strong", { class: "brand" }, say("lab")),
    model ? h("span", { class: "model", title: `${model.meta.architecture}, ${count(model.meta.n_params)}, ${model.meta.dtype}` }, model.id) : null,
    lab.speed.value ? h("span", { class: "faint" }, say("speed", { n: fixed(lab.speed.value, 1) })) : null,
    h("span", { class: "space" }),
    h("button", { type: "button", class: "plain", onClick: lab.undo, disabled: lab.history.value.back === 0, title: "Ctrl+Z" }, h(Sign, { sign: "↶", text: say("undo") })),
    h("button", { type: "button", class: "plain", onClick: lab.redo, disabled: lab.history.value.forth === 0, title: "Ctrl+Shift+Z" }, h(Sign, { sign: "↷", text: say("redo") })),
    h(WorkMenu, null),
    h("select", { "aria-label": say("unit"), value: unit.value, onChange: (/** @type {any} */ event) => (unit.value = event.currentTarget.value) },
      /** @type {const} */ (["percent", "nats", "bits"]).map((name) => h("option", { key: name, value: name, selected: unit.value === name }, say(name)))),
    h("select", { "aria-label": say("language"), value: language.value, onChange: (/** @type {any} */ event) => (language.value = event.currentTarget.value) },
      languages.map(({ code, name }) => h("option", { key: code, value: code, lang: code, selected: language.value === code }, name))),
    h("button", { type: "button", class: "plain", "aria-pressed": theme.value === "dark", onClick: () => (theme.value = theme.value === "dark" ? "light" : "dark") }, h(Sign, { sign: "◐", text: say("theme") })),
    h("button", { type: "button", class: "plain", onClick: () => (sheet.value = true), "aria-haspopup": "dialog" }, "? ", h("span", { class: "unseen" }, say("keys"))));
}

/** What is said of how a piece of work ended; what failed says so itself. @param {NonNullable<typeof ended.value>} last */
function ending({ how, tokens }) {
  if (how === "failed") return "";
  if (tokens === null) return say(how === "done" ? "done" : "halted");
  return say(how === "done" ? "came" : "haltedAfter", { n: count(tokens) });
}

/** Says to screen readers that work has begun, and what came of it. */
function Spoken() {
  const run = lab.running.value;
  return h("p", { class: "unseen", role: "status" }, run ? say(run.what === "generate" ? "generating" : "working") : ended.value ? ending(ended.value) : "");
}

/** How the server is, where that is not well. */
function State() {
  const now = health.value;
  if (wantsKey.value) return h(KeyForm, null);
  if (now === "ready") return null;
  const word = { asking: "asking", loading: "loading", away: "away", ending: "ending", broken: "broken" }[now];
  return h("div", { class: `state ${now}`, role: "status" },
    h("span", null, say(/** @type {any} */ (word))), now === "loading" ? [h("span", { key: "can" }, say("loadingCan")), h(Elapsed, { key: "for" })] : null,
    now === "loading" || now === "asking" ? h("div", { class: "progress", role: "progressbar", "aria-label": say("loading") }) : null);
}

/** How long this page has waited for the model: all that is known of how far it is. Screen readers are not told each second. */
function Elapsed() {
  const [since] = useState(() => performance.now());
  const [seconds, count] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => count(Math.floor((performance.now() - since) / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return h("span", { class: "faint", "aria-hidden": "true" }, say("loadingFor", { n: seconds }));
}

/** Asks for the server's key. */
function KeyForm() {
  const [typed, setTyped] = useState("");
  const use = (/** @type {Event} */ event) => {
    event.preventDefault();
    giveKey(typed);
    void refresh();
  };
  return h("form", { class: "state", onSubmit: use },
    h("label", { for: "key" }, say("key")),
    h("input", { id: "key", type: "password", autocomplete: "off", value: typed, onInput: (/** @type {any} */ event) => setTyped(event.currentTarget.value) }),
    h("button", { class: "main" }, say("giveKey")));
}

/** What went wrong last. */
function Trouble() {
  return h("div", { class: "trouble", role: "alert" },
    lab.trouble.value ? [h("span", { key: "words" }, lab.trouble.value), h("button", { key: "close", type: "button", class: "plain", "aria-label": say("close"), onClick: () => (lab.trouble.value = null) }, "✕")] : null);
}

/** All of it. */
export function Shell() {
  const shown = views.find(({ name }) => name === view.value) ?? views[0];
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const first = useRef(true);
  useEffect(() => {
    if (shown) document.title = `${title(shown.name)} · ${say("lab")}`;
  }, [shown, language.value]);
  // Before the next key: one that is pressed at once would else be taken back by a focus that comes after it.
  useLayoutEffect(() => {
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [shown]);
  return h(Fragment, null,
    h("a", { class: "skip", href: "#main", onClick: (/** @type {Event} */ event) => { event.preventDefault(); main.current?.focus(); } }, say("skip")),
    h(Bar, null),
    h(Rail, null),
    h("main", { id: "main", tabIndex: -1, ref: main, class: "view" },
      h("h1", { class: "unseen" }, shown ? title(shown.name) : ""),
      h(State, null), h(Trouble, null), h(Spoken, null),
      shown ? h("div", { key: shown.name, class: "content", "data-view": shown.name }, shown.show()) : null),
    h(TourPanel, null), h(KeySheet, null));
}
