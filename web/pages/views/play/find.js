// Finds a token by its text, in the whole vocabulary: how probable it was in the place that is looked at, be it listed there or not.
import { h, useEffect, useState } from "../../vendor/preact.js";
import { chance, count } from "../../numbers/format.js";
import { attempt, tree } from "../../state/lab.js";
import { logitsAfter } from "../../state/logits.js";
import { signs } from "../../state/looks.js";
import { textsOf, tokens } from "../../state/vocabulary.js";
import { label } from "../../words/glyphs.js";
import { search } from "../../words/search.js";
import { say } from "./words.js";

/** @typedef {import("../../api/shapes.js").Choice} Choice */

/** Tokens that are listed of those that are found. */
const SHOWN = 5;
/** Milliseconds after the last letter until it is looked for. */
const CALM = 200;

/** What answers a text behind a place: the most fitting tokens, and how many there are. @param {number} key @param {string} wanted @param {AbortSignal} stop @returns {Promise<{all: number, choices: Choice[]}>} */
async function look(key, wanted, stop) {
  const [row, of] = await Promise.all([logitsAfter(tree.ids(key), stop), tokens()]);
  const ids = search(textsOf(of, row.values.length), row.ids, wanted);
  const listed = tree.node(key).outlook?.top ?? [];
  const choices = ids.slice(0, SHOWN).map((id) => {
    const logprob = row.value(id) - row.sums.log;
    return listed.find((choice) => choice.id === id) ?? { ...of(id), logprob, logprob_processed: logprob, rank: row.rank(id) };
  });
  return { all: ids.length, choices };
}

/** The box, and what was found. @param {{place: number, onTake: (choice: Choice, alone: boolean) => void}} props */
export function Find({ place, onTake }) {
  const [wanted, write] = useState("");
  const [found, tell] = useState(/** @type {Awaited<ReturnType<typeof look>> | null} */ (null));
  useEffect(() => {
    const stop = new AbortController();
    if (wanted === "") tell(null);
    const timer = wanted === "" ? 0 : setTimeout(() => void attempt(async () => {
      const came = await look(place, wanted, stop.signal);
      if (!stop.signal.aborted) tell(came);
    }), CALM);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted, place]);
  return h("div", { class: "find", role: "search" },
    h("input", {
      id: "play-find", type: "search", "aria-label": say("find"), placeholder: say("find"), value: wanted, autocomplete: "off", spellcheck: false,
      onInput: (/** @type {any} */ event) => write(event.currentTarget.value),
    }),
    h("p", { role: "status", class: "hint" }, !found ? "" : found.all === 0 ? say("notFound") : found.all > found.choices.length ? say("foundMore", { n: count(found.all), k: found.choices.length }) : ""),
    found && found.choices.length > 0 ? h("ul", null, found.choices.map((choice) => h("li", { key: choice.id },
      h("button", { type: "button", class: "plain", "data-id": choice.id, onClick: (/** @type {MouseEvent} */ event) => onTake(choice, event.altKey) },
        h("code", { class: "name" }, label(choice, signs.value)), h("span", { class: "number" }, chance(choice.logprob)), h("span", { class: "faint" }, `${say("rank")} ${count(choice.rank)}`))))) : null);
}
