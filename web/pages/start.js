// The lab begins: what the address says, what the browser kept, what the server is.
import { effect, h, render } from "./vendor/preact.js";
import { anew, go, press } from "./parts/prompt.js";
import { everywhere, listen, sheet } from "./shell/keys.js";
import { Shell } from "./shell/shell.js";
import { toTour } from "./shell/tour.js";
import { say } from "./words/lab.js";
import { stop, vocabulary } from "./state/generate.js";
import * as keep from "./state/keep.js";
import * as lab from "./state/lab.js";
import * as link from "./state/link.js";
import { health, props, watch } from "./state/server.js";
import * as settings from "./state/settings.js";
import { batch } from "./views/batch/batch.js";
import { beams } from "./views/beams/beams.js";
import { compare } from "./views/compare/compare.js";
import { learn } from "./views/learn/learn.js";
import { model } from "./views/model/model.js";
import { play } from "./views/play/play.js";
import { score } from "./views/score/score.js";
import { shape } from "./views/shape/shape.js";
import { tokens } from "./views/tokens/tokens.js";
import { tree } from "./views/tree/tree.js";
import { views } from "./shell/views.js";

views.push(play, shape, beams, compare, score, batch, learn, tree, tokens, model);

everywhere.value = [
  { key: "?", shown: "?", about: () => say("keys"), act: () => (sheet.value = true) },
  { key: "g", shown: "g", about: () => say("generate"), act: press },
  { key: "G", shown: "Shift G", about: () => say("anew"), act: () => void anew() },
  { key: "mod+Enter", shown: "Ctrl Enter", about: () => say("generate"), act: press },
  { key: ".", shown: ".", about: () => say("one"), act: () => void go({ max_new_tokens: 1 }) },
  { key: "Escape", shown: "Esc", about: () => say("stop"), act: stop },
  { key: "t", shown: "t", about: () => say("tourKey"), act: toTour },
  { key: "mod+z", shown: "Ctrl Z", about: () => say("undo"), act: lab.undo },
  { key: "mod+Z", shown: "Ctrl Shift Z", about: () => say("redo"), act: lab.redo },
];

/** Opens the view of an address, with its text, options and seed. @param {link.Link} to */
function take(to) {
  link.open(views.some(({ name }) => name === to.view) ? to.view : "play", to.place);
  if (!to.text) return;
  lab.promptText.value = to.text;
  lab.asChat.value = to.chat;
  if (Object.keys(to.options).length > 0) settings.replace(to.options);
  if (to.seed !== null) settings.seed.value = { value: to.seed, kept: true };
}

/** Has the model read the branch of an address; gives whether it could. Whoever comes by one has remembered where they were, if anywhere. @param {link.Link} to */
async function reach(to) {
  const there = await lab.attempt(async () => {
    const end = await lab.usePrompt(vocabulary(), false);
    if (to.tokens.length > 0) lab.tip.value = await lab.read([...lab.tree.ids(end), ...to.tokens], vocabulary(), "model");
    return true;
  });
  return there === true;
}

/** Whether an address leads elsewhere than where the reader is, but for the view. @param {link.Link} to */
const isElsewhere = (to) => to.text !== "" && link.write({ ...to, view: "", place: "" }) !== link.write({ ...link.here(), view: "", place: "" });

const first = link.parse(location.hash);
take({ ...first, text: first.text || "Transformers are the" });

/** The address stays as it came until the model has read its branch. */
const begun = effect(() => {
  if (health.value !== "ready") return;
  queueMicrotask(async () => {
    if (first.text && !(await reach(first))) return; // tried again when the server is back
    begun();
    link.follow((to) => {
      const elsewhere = isElsewhere(to);
      if (!elsewhere) return link.open(to.view, to.place);
      lab.remember();
      take(to);
      void reach(to);
    });
  });
});

keep.keepAlways(() => props.value?.model.id ?? "");
void keep.list().catch(() => {}); // a browser that keeps nothing says so when something is to be kept
listen();
void watch();

const root = document.getElementById("lab");
if (root) render(h(Shell, null), root);
