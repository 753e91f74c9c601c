// The prompt's box, which all views share, and what sets generation going.
import { h, useEffect } from "../vendor/preact.js";
import { examples } from "./examples.js";
import { say } from "../words/lab.js";
import { action as ofView } from "../state/errand.js";
import * as lab from "../state/lab.js";
import { generate, stop, vocabulary } from "../state/generate.js";
import { nextSeed } from "../state/settings.js";
import { props } from "../state/server.js";
import { Switch } from "./field.js";

/** Continues: the reader's branch where it follows the prompt that stands in the box, else that prompt. @param {import("../state/settings.js").Options} [more] */
export function go(more = {}) {
  return lab.attempt(async () => {
    const { end, fresh } = await prompted();
    await generate(fresh ? end : lab.tip.value, { more, step: !fresh });
  });
}

/** Makes the text of the box the prompt, and chooses the seed of what follows it; gives its end, and whether it is another one than before, to which the way back then leads. */
async function prompted() {
  const before = lab.promptEnd.value;
  const end = await lab.usePrompt(vocabulary());
  nextSeed();
  return { end, fresh: end !== before };
}

/** Generates from the prompt anew; what followed it before stays as a branch. */
export function anew() {
  return lab.attempt(async () => {
    const { end, fresh } = await prompted();
    await generate(end, { step: !fresh });
  });
}

/** Does what the main button of the open view does. */
export function press() {
  if (ofView.value) ofView.value();
  else void go();
}

/**
 * The box.
 *
 * @type {import("preact").FunctionComponent<{action?: string, onGo?: () => void, single?: boolean}>} `action` and `onGo` are what its
 *   button says and does, where a view has its own; `single` says whether one token can be asked for
 */
export const PromptBox = ({ action, onGo, single = true }) => {
  const run = onGo ?? (() => void go());
  useEffect(() => {
    if (!onGo) return;
    ofView.value = onGo;
    return () => { ofView.value = null; };
  }, [onGo]);
  const write = (/** @type {any} */ event) => (lab.promptText.value = event.currentTarget.value);
  const lines = Math.min(6, Math.max(2, lab.promptText.value.split("\n").length));
  return h("section", { class: "prompt", "aria-label": say("prompt") },
    h("label", { class: "unseen", for: "prompt" }, say("prompt")),
    h("textarea", {
      id: "prompt", rows: lines, value: lab.promptText.value, placeholder: say("prompt"), onInput: write, spellcheck: false,
      onKeyDown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
        event.preventDefault();
        run();
      },
    }),
    h("div", { class: "row" },
      lab.running.value
        ? h("button", { type: "button", class: "main", onClick: stop }, say("stop"))
        : h("button", { type: "button", class: "main", onClick: run, disabled: !props.value }, action ?? say("generate")),
      single ? h("button", { type: "button", onClick: () => void go({ max_new_tokens: 1 }), disabled: !props.value || lab.running.value !== null }, say("one")) : null,
      onGo ? null : h("button", { type: "button", onClick: () => void anew(), disabled: lab.generated.value.length === 0 || lab.running.value !== null, title: "Shift G" }, say("anew")),
      h("select", {
        "aria-label": say("examples"), value: "",
        onChange: (/** @type {any} */ event) => {
          const example = examples[Number(event.currentTarget.value)];
          if (example) lab.promptText.value = example.text;
          event.currentTarget.value = "";
        },
      }, h("option", { value: "" }, say("examples")), examples.map((example, i) => h("option", { key: i, value: i, lang: example.lang }, example.text.slice(0, 40)))),
      props.value?.capabilities.chat ? h(Switch, { label: say("chat"), checked: lab.asChat.value, onChange: (on) => (lab.asChat.value = on) }) : null,
    ));
};
