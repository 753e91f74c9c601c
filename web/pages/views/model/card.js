// The card: what the model is, as far as the server tells.
import { h, useEffect, useState } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { count, fixed } from "../../numbers/format.js";
import { fact, facts } from "../../parts/facts.js";
import { attempt } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { say } from "./words.js";

/** A token with its id. @param {string | null | undefined} text @param {number | null | undefined} id */
const token = (text, id) => (text ? [h("code", null, text), id === null || id === undefined ? "" : ` id ${id}`] : [say("none")]);

/** Bytes in words. @param {number} bytes */
const mebibytes = (bytes) => say("mib", { n: fixed(bytes / 2 ** 20, 1) });

/** The card. */
export function Card() {
  const told = props.value;
  const [tokenizer, setTokenizer] = useState(/** @type {any} */ (null));
  useEffect(() => { if (told) void attempt(async () => setTokenizer(await json("tokenizer_info"))); }, [told]);
  if (!told) return null;
  const { meta, id } = told.model;
  const limits = /** @type {Record<string, number>} */ (/** @type {any} */ (told).limits ?? {});
  const known = new Set(["body", "prompts", "sequences", "stops", "stop_bytes", "grammar_bytes", "logprobs"]);
  const able = Object.entries(told.capabilities).filter(([, can]) => can).map(([name]) => (["chat", "grammar", "prompt_logprobs"].includes(name) ? say(/** @type {any} */ (name)) : name));
  return h("section", { class: "about" },
    h("h2", null, say("model")),
    facts([
      fact(say("architecture"), meta.architecture), fact(say("weights"), h("span", { "data-weights": meta.n_params }, count(meta.n_params))), fact(say("dtype"), meta.dtype),
      fact(say("context"), say("tokens", { n: count(meta.n_ctx) })), fact(say("vocabulary"), say("tokens", { n: count(meta.n_vocab) })),
      fact(say("layers"), count(meta.n_layer)), fact(say("heads"), say("headsOf", { n: count(meta.n_head_kv), width: count(meta.head_width) })),
      fact(say("memory"), mebibytes(meta.weight_bytes)), fact(say("step"), mebibytes(meta.step_bytes))], "tiles"),
    facts([
      fact(say("name"), h("code", null, id)),
      fact(say("begin"), token(told.bos_token, tokenizer?.bos_token_id)), fact(say("end"), token(told.eos_token, tokenizer?.eos_token_id)), fact(say("pad"), token(tokenizer?.pad_token, tokenizer?.pad_token_id)),
      fact(say("can"), able.join(", ") || say("none")),
      fact(say("server"), h("code", null, told.build_info)), fact(say("running"), count(told.total_slots))], "list"),
    h("details", null, h("summary", null, say("limits")), facts(Object.entries(limits).map(([name, most]) => fact(known.has(name) ? say(/** @type {any} */ (name)) : name, count(most))), "list")),
    told.chat_template ? h("details", null, h("summary", null, say("template")), h("pre", { class: "template", tabIndex: 0, "aria-label": say("template") }, told.chat_template)) : null);
}
