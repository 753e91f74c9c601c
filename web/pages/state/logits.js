// The model's logits after a beginning, over the whole vocabulary. The last ones are kept: who steps back, or looks at the same place in another view,
// finds them.
import { ask } from "../api/client.js";
import { Row } from "../numbers/row.js";
import { props } from "./server.js";

/** Rows that are kept. */
const MOST = 8;

/** Rows by model and ids. @type {Map<string, Row>} */
const kept = new Map();

/** All logits after these tokens, ranked. @param {ReadonlyArray<number>} ids @param {AbortSignal} stop @returns {Promise<Row>} */
export async function logitsAfter(ids, stop) {
  const name = `${props.value?.model.id} ${ids.join(" ")}`;
  const there = kept.get(name);
  if (there) return there;
  const answer = await ask("v1/logits", { body: { prompt_ids: ids }, signal: stop });
  const row = Row.of(new Float32Array(await answer.arrayBuffer())); // the server sends f32 as this machine has them: little-endian
  kept.set(name, row);
  if (kept.size > MOST) kept.delete(/** @type {string} */ (kept.keys().next().value));
  return row;
}
