// Tokens: how a text becomes tokens, and tokens a text.
import { h, useEffect, useRef } from "../../vendor/preact.js";
import { Switch } from "../../parts/field.js";
import { examples } from "../../parts/examples.js";
import { here } from "../../shell/keys.js";
import { action } from "../../state/errand.js";
import { promptText } from "../../state/lab.js";
import { signs } from "../../state/looks.js";
import { health } from "../../state/server.js";
import { hex } from "../../words/glyphs.js";
import { languageOf } from "../../words/script.js";
import { Amounts, Table } from "./amounts.js";
import { Detail } from "./detail.js";
import { Ids } from "./ids.js";
import { query, Search } from "./list.js";
import { idsBelow, Panes } from "./panes.js";
import { Stages } from "./stages.js";
import { added, answer, ask, now, pinned, spotOf } from "./state.js";
import { say } from "./words.js";

/** What to try: one text in all languages with what tokenizers stumble over, then the prompts of the lab. */
const samples = [
  { lang: "en", text: "Good morning!\n안녕하세요!\n早上好！\nおはようございます！\n👩‍👩‍👧‍👦 café naïve 1234567 3.14159" },
  ...examples,
];

/** Goes along the tokens. @param {number} steps */
function along(steps) {
  const last = (answer.value?.tokens.length ?? 0) - 1;
  const at = pinned.value?.token ?? (steps > 0 ? -1 : last + 1);
  if (last >= 0) pinned.value = spotOf(Math.max(0, Math.min(last, at + steps)));
}

/** Puts the cursor into the search. */
function toQuery() {
  const field = document.querySelector(".vocabulary input[type=search]");
  if (field instanceof HTMLElement) field.focus();
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "ArrowLeft", shown: "←", about: () => say("left"), act: () => along(-1) },
  { key: "ArrowRight", shown: "→", about: () => say("right"), act: () => along(1) },
  { key: "/", shown: "/", about: () => say("toQuery"), act: toQuery },
];

/** Looks for bytes in the vocabulary. @param {number[]} bytes */
function look(bytes) {
  query.value = { ...query.value, kind: "bytes", text: hex(bytes) };
  toQuery();
}

/** The box. Letters that are still being put together (Korean, Chinese, Japanese input) are not sent. */
function Box() {
  const composing = useRef(false);
  useEffect(() => { if (health.value === "ready" && !composing.current) ask(); }, [promptText.value, added.value, health.value]);
  const text = promptText.value;
  return h("section", { class: "prompt" },
    h("label", { for: "prompt", class: "unseen" }, say("text")),
    h("textarea", {
      id: "prompt", rows: Math.min(8, Math.max(3, text.split("\n").length)), value: text, lang: languageOf(text), spellcheck: false, placeholder: say("empty"),
      onInput: (/** @type {any} */ event) => (promptText.value = event.currentTarget.value),
      onCompositionStart: () => (composing.current = true),
      onCompositionEnd: () => {
        composing.current = false;
        ask();
      },
    }),
    h("div", { class: "row" },
      h("select", {
        "aria-label": say("examples"), value: "", onChange: (/** @type {any} */ event) => {
          const example = event.currentTarget.value === "" ? undefined : samples[Number(event.currentTarget.value)];
          if (example) promptText.value = example.text;
          event.currentTarget.value = "";
        },
      }, h("option", { value: "" }, say("examples")), samples.map((example, i) => h("option", { key: i, value: i, lang: example.lang }, example.text.slice(0, 40)))),
      h(Switch, { label: say("added"), checked: added.value, onChange: (on) => (added.value = on) }),
      h(Switch, { label: say("signs"), checked: signs.value, onChange: (on) => (signs.value = on) }),
      h(Switch, { label: say("showIds"), checked: idsBelow.value, onChange: (on) => (idsBelow.value = on) })));
}

/** Says where the text does not come back. */
function RoundTrip() {
  const told = answer.value;
  if (!told || told.text === "" || told.round_trip) return null;
  const [wanted, back] = [[...told.text], [...told.decoded]];
  const at = wanted.findIndex((character, i) => character !== back[i]);
  const place = at < 0 ? wanted.length : at;
  return h("p", { class: "card lost-text", role: "status" }, say("lost", { at: place + 1 }), " ", h("code", null, back.slice(Math.max(0, place - 5), place + 40).join("") || "∅"));
}

/** The view. */
function Tokens() {
  useEffect(() => {
    here.value = keys();
    action.value = () => void now();
    return () => {
      here.value = [];
      action.value = null;
    };
  }, []);
  return h("div", { class: "tokens" },
    h("div", { class: "work" },
      h(Box, null), h(RoundTrip, null), h(Amounts, null), answer.value && answer.value.tokens.length > 0 ? h(Panes, null) : null,
      h(Stages, null), h(Table, null)),
    h("div", { class: "side" }, h(Detail, { onFind: look }), h(Ids, null), h(Search, null)));
}

/** @type {import("../../shell/views.js").View} */
export const tokens = { name: "tokens", show: () => h(Tokens, null) };
