// Score: how probable texts are, token by token; texts against each other; continuations ranked.
import { h, useEffect } from "../../vendor/preact.js";
import { csv } from "../../numbers/csv.js";
import { amount, count } from "../../numbers/format.js";
import { FAR_RANK, MANY_NATS } from "../../numbers/measures.js";
import { Choice, Switch } from "../../parts/field.js";
import { PromptBox } from "../../parts/prompt.js";
import { here } from "../../shell/keys.js";
import { download } from "../../parts/download.js";
import { receive } from "../../state/errand.js";
import { asChat, promptText } from "../../state/lab.js";
import { open, place } from "../../state/link.js";
import { measure, signs } from "../../state/looks.js";
import { Continuations, rankContinuations } from "./continuations.js";
import { pairTexts } from "./drafts.js";
import { Look } from "./look.js";
import { Long } from "./long.js";
import { comparePairs, Pairs } from "./pairs.js";
import { Parts } from "./parts.js";
import { openInPlay } from "./play.js";
import { bucketed, focused, nodes, pinned, result, scoreText, tooLong } from "./state.js";
import { Strip } from "./strip.js";
import { Buckets, SumsPanel } from "./sums.js";
import { say } from "./words.js";
import { Why } from "./why.js";

/** What can be scored, as addresses have it. */
const MODES = /** @type {const} */ (["text", "pairs", "continuations"]);
/** @typedef {typeof MODES[number]} Mode */

/** What is scored. @returns {Mode} */
const mode = () => MODES.find((name) => name === place.value) ?? "text";

/** Scores, compares or ranks, as the mode is. */
function act() {
  void { text: scoreText, pairs: comparePairs, continuations: rankContinuations }[mode()]();
}

/** Goes along the tokens. @param {number} steps */
function along(steps) {
  const last = nodes.value.length - 1;
  if (mode() === "text" && last >= 0) pinned.value = Math.max(0, Math.min(last, (pinned.value ?? focused.value ?? (steps > 0 ? -1 : 1)) + steps));
}

/** A rank that is a surprise. */
const FAR = 100;

/** Goes to the next surprising token; around the end it begins anew. @param {1 | -1} way */
function surprising(way) {
  const all = nodes.value;
  const from = pinned.value ?? (way > 0 ? -1 : all.length);
  for (let i = 1; i <= all.length; i++) {
    const at = (((from + way * i) % all.length) + all.length) % all.length;
    if ((all[at]?.node.rank ?? 0) > FAR) return void (pinned.value = at);
  }
}

/** The keys of the view. @returns {import("../../shell/keys.js").Key[]} */
const keys = () => [
  { key: "g", shown: "g", about: () => say({ text: /** @type {const} */ ("score"), pairs: /** @type {const} */ ("compareThem"), continuations: /** @type {const} */ ("rankThem") }[mode()]), act },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("score"), act },
  { key: "ArrowLeft", shown: "←", about: () => say("left"), act: () => along(-1) },
  { key: "ArrowRight", shown: "→", about: () => say("right"), act: () => along(1) },
  { key: "u", shown: "u", about: () => say("surprising"), act: () => surprising(1) },
  { key: "U", shown: "U", about: () => say("surprisingBack"), act: () => surprising(-1) },
  ...MODES.map((name, i) => ({ key: String(i + 1), shown: String(i + 1), about: () => say(name), act: () => open("score", i === 0 ? "" : name) })),
];

/** Has the browser save the tokens. */
function save() {
  const rows = result.value?.tokens.map((token, i) => [i, token.id, token.text, token.logprob, token.rank, token.entropy]) ?? [];
  download("beamline-tokens.csv", csv([["place", "id", "text", "logprob", "rank", "entropy"], ...rows]), "text/csv");
}

/** What the colours mean, from the darkest to the brightest. @param {{name: string}} props */
function Scale({ name }) {
  const many = `≥ ${amount(MANY_NATS)}`;
  const [low, high] = /** @type {Record<string, [string, string]>} */ ({ probability: ["0 %", "100 %"], margin: ["0 %", "100 %"], surprisal: ["0", many], entropy: ["0", many], rank: ["1", `≥ ${count(FAR_RANK)}`] })[name] ?? ["", ""];
  return high ? h("span", { class: "scale" }, low, h("i", null), high) : null;
}

/** What tokens are coloured by. */
function Tools() {
  const measures = /** @type {const} */ (["probability", "surprisal", "entropy", "rank", "margin", "buckets", "none"]);
  const now = bucketed.value ? "buckets" : measure.value === "gap" ? "none" : measure.value;
  const choose = (/** @type {string} */ name) => {
    bucketed.value = name === "buckets";
    if (!bucketed.value) measure.value = /** @type {import("../../state/looks.js").Measure} */ (name);
  };
  return h("div", { class: "row tools" },
    h(Choice, { label: say("colour"), value: now, choices: measures.map((name) => ({ value: name, label: say(name) })), onChange: choose }),
    h(Switch, { label: say("signs"), checked: signs.value, onChange: (on) => (signs.value = on) }),
    h(Scale, { name: now }),
    h("button", { type: "button", class: "plain", onClick: () => openInPlay() }, say("toPlay")),
    h("button", { type: "button", class: "plain", onClick: save }, say("file")));
}

/** One text. */
function Text() {
  const scored = result.value;
  const changed = scored && (scored.of !== promptText.value || scored.chat !== asChat.value);
  return h("div", { class: "beside" },
    h("div", { class: "work" },
      h(PromptBox, { action: say("score"), onGo: () => void scoreText(), single: false }),
      h(Long, null),
      scored
        ? [changed ? h("p", { key: "changed", class: "hint", role: "status" }, say("changed")) : null,
            h(SumsPanel, { key: "sums" }), h(Buckets, { key: "buckets" }), h(Tools, { key: "tools" }), h(Strip, { key: "strip" }), h(Why, { key: "why" }), h(Parts, { key: "parts" })]
        : tooLong.value ? null : h("p", { class: "faint" }, say("empty"))),
    scored ? h("div", { class: "side" }, h(Look, null)) : null);
}

/** Does what a command line of the tour asks for: a text, or one against another. @param {import("../../state/command.js").Task} task */
function take(task) {
  if (task.against !== null) pairTexts.value = [task.prompt, task.against];
  void (task.against === null ? scoreText() : comparePairs());
}

/** The view. */
function Score() {
  useEffect(() => {
    here.value = keys();
    const end = receive("score", take);
    return () => {
      here.value = [];
      end();
    };
  }, []);
  const now = mode();
  return h("div", { class: "score" },
    h("div", { class: "modes", role: "group", "aria-label": say("mode") }, MODES.map((name, i) => h("button", {
      key: name, type: "button", "aria-pressed": now === name, onClick: () => open("score", i === 0 ? "" : name),
    }, say(name)))),
    now === "pairs" ? h(Pairs, null) : now === "continuations" ? h(Continuations, null) : h(Text, null));
}

/** @type {import("../../shell/views.js").View} */
export const score = { name: "score", show: () => h(Score, null) };
