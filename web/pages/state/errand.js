// Has the lab do what a command line says: the tour's actions, in the views that show them.
import { effect, signal, untracked } from "../vendor/preact.js";
import { generate, vocabulary } from "./generate.js";
import * as lab from "./lab.js";
import * as link from "./link.js";
import * as settings from "./settings.js";

/** @typedef {import("./command.js").Task} Task */

/** What the main button of the open view does, where that is the view's own; null where it generates. */
export const action = signal(/** @type {(() => void) | null} */ (null));

/** The task that a view was opened for, until somebody has taken it. */
const errand = signal(/** @type {Task | null} */ (null));

/**
 * A view takes its tasks itself: it has places for more than the prompt and the options. Called where the view begins; gives what ends it.
 *
 * @param {string} view @param {(task: Task) => void} take
 */
export function receive(view, take) {
  return effect(() => {
    const task = errand.value;
    if (task?.view !== view) return;
    untracked(() => {
      errand.value = null;
      take(task);
    });
  });
}

/** Milliseconds that a view has to show itself. */
const SOON = 1000;

/** Does what the main button of a task's view does, once the view is there; nothing where it has none of its own. @param {Task} task */
async function press(task) {
  for (const since = performance.now(); performance.now() - since < SOON; ) {
    await new Promise((wake) => setTimeout(wake, 20));
    if (link.view.value !== task.view || errand.value !== task) return; // the reader has gone on, or the view has taken it
    if (!action.value) continue;
    errand.value = null;
    return action.value();
  }
}

/** Sets prompt, options and seed as a task has them; the way back leads to what was there. @param {Task} task */
function prepare(task) {
  lab.remember();
  lab.promptText.value = task.prompt;
  lab.asChat.value = false;
  if (Object.keys(task.options).length > 0) settings.replace(task.options);
  if (task.seed !== null) settings.seed.value = { value: task.seed, kept: true };
  errand.value = task;
}

/** Does a task in the view that shows it. @param {Task} task */
export function perform(task) {
  return lab.attempt(async () => {
    lab.running.value?.stop.abort();
    prepare(task);
    link.open(task.view, task.place);
    const end = await lab.usePrompt(vocabulary(), false);
    lab.tip.value = end;
    if (task.view === "play") await generate(end, { step: false });
    else await press(task);
  });
}
