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

views.push(play, shape, beams, compare, score, learn, tree, tokens, model);

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

/** What the address says, taken over: the prompt's text and the options at once, its tokens when the model is there. */
const first = link.parse(location.hash);
link.open(views.some(({ name }) => name === first.view) ? first.view : "play", first.place);
lab.promptText.value = first.text || "Transformers are the";
lab.asChat.value = first.chat;
if (Object.keys(first.options).length > 0) settings.replace(first.options);
if (first.seed !== null) settings.seed.value = { value: first.seed, kept: true };

/** The branch that the address names is read by the model, when that is there. */
const done = effect(() => {
  if (health.value !== "ready" || !first.text) return;
  queueMicrotask(() => {
    done();
    void lab.attempt(async () => {
      const end = await lab.usePrompt(vocabulary());
      if (first.tokens.length > 0) lab.tip.value = await lab.read([...lab.tree.ids(end), ...first.tokens], vocabulary(), "model");
    });
  });
});

link.follow();
keep.keepAlways(() => props.value?.model.id ?? "");
void keep.list().catch(() => {}); // a browser that keeps nothing says so when something is to be kept
listen();
void watch();

const root = document.getElementById("lab");
if (root) render(h(Shell, null), root);
