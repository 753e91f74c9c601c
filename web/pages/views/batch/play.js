// A row in Play: its prompt, its options and its seed, and the text that came of it, with all numbers.
import { write } from "../../numbers/json.js";
import { vocabulary } from "../../state/generate.js";
import * as lab from "../../state/lab.js";
import { open } from "../../state/link.js";
import { options as cards } from "../../state/server.js";
import * as settings from "../../state/settings.js";
import { joined } from "../../words/glyphs.js";
import { requestOf } from "./ask.js";
import { outcomes, run, source, wanted } from "./state.js";

/** The text of a prompt that the prompt's box can hold, and whether it is a message; null of one that it cannot. @param {ReadonlyMap<string, any>} body */
function boxed(body) {
  if (body.has("prompt")) return { text: /** @type {string} */ (body.get("prompt")), chat: false };
  const messages = body.get("messages");
  const [only] = messages ?? [];
  const isPlain = messages?.length === 1 && only instanceof Map && only.get("role") === "user" && typeof only.get("content") === "string" && !body.has("tools") && !body.has("documents") && !body.has("chat_template_kwargs");
  return isPlain ? { text: /** @type {string} */ (only.get("content")), chat: true } : null;
}

/** Makes a row's prompt the lab's; gives its end. @param {ReadonlyMap<string, any>} body @param {ReadonlyArray<number> | null} ids the tokens of a prompt that is no text, where they are known */
async function prompted(body, ids) {
  const box = boxed(body);
  if (box) {
    [lab.promptText.value, lab.asChat.value] = [box.text, box.chat];
    return lab.usePrompt(vocabulary(), false);
  }
  const given = ids ?? body.get("prompt_ids")?.map((/** @type {{text: string}} */ id) => Number(id.text));
  if (!given) return null;
  const end = await lab.read([...given], vocabulary(), "prompt");
  [lab.promptText.value, lab.asChat.value] = [joined(lab.tree.path(end)), false];
  lab.readText.value = { text: lab.promptText.value, chat: false };
  lab.promptEnd.value = lab.tip.value = end;
  return end;
}

/** Opens a row in Play. @param {number} number */
export function showInPlay(number) {
  return lab.attempt(async () => {
    const fields = source.value?.rows[number]?.fields;
    if (!fields) return;
    const { body } = requestOf(run.value?.run ?? wanted(), cards.value, fields);
    const outcome = outcomes[number];
    const done = outcome?.state === "done" ? outcome : null;
    lab.remember();
    const end = await prompted(body, done?.ids ?? null);
    if (end === null) return; // a conversation that has not been run yet: nobody knows its tokens
    const idle = (/** @type {string} */ name, /** @type {string} */ value) => (name === "do_sample" && value === "false") || (name === "num_beams" && value === "1");
    const set = [...body].map(([name, value]) => /** @type {[string, string]} */ ([name, write(value)])).filter(([name, value]) =>
      name !== "seed" && cards.value.some((card) => card.name === name) && !done?.dropped.includes(name) && !idle(name, value));
    settings.replace(Object.fromEntries(set.map(([name, value]) => [name, JSON.parse(value)])));
    const seed = done?.seed ?? JSON.parse(write(body.get("seed") ?? null));
    if (typeof seed === "number") settings.seed.value = { value: seed, kept: true };
    const best = done?.result.sequences?.[0];
    if (best) {
      lab.tip.value = await lab.read([...lab.tree.ids(end), ...best.token_ids], vocabulary(), "model");
      if (best.finish_reason) lab.tree.tell(lab.tip.value, { end: best.finish_reason });
      lab.tree.changed();
    }
    open("play");
  });
}
