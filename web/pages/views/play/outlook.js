// The panel beside the strip: what could have stood in the place that is looked at, and how the token there came about.
import { h, useLayoutEffect, useRef, useState } from "../../vendor/preact.js";
import { json } from "../../api/client.js";
import { amount, chance, count, fixed, share } from "../../numbers/format.js";
import { Alternatives } from "../../parts/alternatives.js";
import { endFact } from "../../parts/ends.js";
import { fact, facts } from "../../parts/facts.js";
import { attempt, looked, tip, tree } from "../../state/lab.js";
import { open } from "../../state/link.js";
import { generate, take } from "../../state/generate.js";
import { chosen as options, draws, request, set } from "../../state/settings.js";
import { label } from "../../words/glyphs.js";
import { Find } from "./find.js";
import { alternative, focused, menu, place } from "./focus.js";
import { say } from "./words.js";

/** @typedef {import("../../api/shapes.js").Choice} Choice */

/** Alternatives that are shown at once. */
const SHOWN = 20;

/** Takes an alternative, and goes on with it as before unless it is to stand alone. @param {Choice} choice @param {boolean} alone */
export function takeAlternative(choice, alone) {
  void attempt(async () => {
    const node = take(place.value, choice);
    if (!alone) await generate(node.key, { step: false });
  });
}

/** Asks the model what follows a place of which nobody knows it yet. @param {number} key */
export function look(key) {
  return attempt(async () => {
    const before = tip.value;
    await generate(key, { more: { max_new_tokens: 1 }, follow: false, origin: "tree", what: "look" });
    tip.value = before;
  });
}

/** The panel. */
export function OutlookPanel() {
  void tree.version.value;
  const here = tree.node(place.value);
  const outlook = here.outlook;
  const token = focused.value === null ? null : tree.node(focused.value);
  const [spun, setSpun] = useState(/** @type {{place: number, counts: Map<number, number>} | null} */ (null));
  if (here.depth === 0 && !outlook) return h("aside", { class: "outlook" }, h("p", { class: "faint" }, say("choose")));
  const counts = spun?.place === place.value ? spun.counts : null;
  const opened = (/** @type {Choice} */ choice) => menu.value !== null && menu.value.place === here.key && menu.value.id === choice.id;
  const setMenu = (/** @type {Choice | null} */ choice) => (menu.value = choice && { place: here.key, id: choice.id, byKey: false });
  const marked = alternative.value === null ? undefined : outlook?.top[alternative.value];
  const drawMany = (/** @type {number} */ at) => void spin(at).then((counts) => counts && setSpun({ place: at, counts }));
  return h("aside", { class: "outlook", "aria-label": say("next", { token: label(here) }) },
    h("h2", null, say("next", { token: here.depth === 0 ? "⟨ ⟩" : label(here) })),
    token ? h(Facts, { token, outlook }) : null,
    outlook
      ? h(Alternatives, {
          outlook, chosen: token && token.parent === here.key ? token.id : null, marked: alternative.value, most: SHOWN, onTake: takeAlternative, onMenu: setMenu,
          beside: (choice) => [
            counts ? h("span", { class: "spun", key: "spun" }, say("spun", { n: counts.get(choice.id) ?? 0, p: fixed(100 * Math.exp(choice.logprob_processed ?? -Infinity), 1) })) : null,
            h("button", { key: "more", type: "button", class: "plain more", "aria-label": say("actions", { token: label(choice) }), "aria-expanded": opened(choice), tabIndex: choice === marked ? 0 : -1, onClick: () => setMenu(opened(choice) ? null : choice) }, "⋯"),
            opened(choice) ? h(Actions, { key: `menu ${here.key} ${choice.id}`, choice, byKey: menu.value?.byKey === true, done: () => setMenu(null) }) : null,
          ],
        })
      : h("div", { class: "row" }, h("p", { class: "faint" }, say("unknown")), h("button", { type: "button", onClick: () => void look(here.key) }, say("ask"))),
    here.depth > 0 ? h(Find, { place: here.key, onTake: takeAlternative }) : null,
    h("button", { type: "button", onClick: () => { looked.value = place.value; open("shape"); } }, say("whole")),
    outlook && draws.value ? h("button", { type: "button", onClick: () => drawMany(here.key) }, say("spin")) : null,
    outlook && outlook.stages.some((stage) => stage.removed > 0) ? h(Stages, { stages: outlook.stages.filter((stage) => stage.removed > 0) }) : null);
}

/** What is known of the token that is looked at. @param {{token: import("../../state/tree.js").Node, outlook: import("../../state/tree.js").Outlook | null}} props */
function Facts({ token, outlook }) {
  const draw = outlook?.draw?.id === token.id ? outlook.draw : null;
  return facts([
    fact(say("chosen"), [h("code", null, label(token)), ` id ${token.id} · ${say("bytes")} ${token.bytes.length}`]),
    fact(say("probability"), [chance(token.logprob),
      token.processed !== null && token.logprob !== null && Math.abs(token.processed - token.logprob) > 1e-6 ? ` → ${chance(token.processed)}` : "", token.rank === null ? "" : ` · ${say("rank")} ${token.rank}`]),
    outlook?.entropy != null ? fact(say("entropyOf"), `${amount(outlook.entropy)} · ${fixed(Math.exp(outlook.entropy), 1)} ${say("choices")}`) : null,
    draw ? fact("u", [say("drawn", { coin: fixed(draw.coin, 4), from: fixed(draw.from, 4), to: fixed(draw.to, 4) }), h(Draw, { draw })], {}, { unseen: true }) : null,
    token.end ? endFact(token.end) : null,
  ]);
}

/** The line from 0 to 1 on which the number fell. @param {{draw: {coin: number, from: number, to: number}}} props */
function Draw({ draw }) {
  const at = (/** @type {number} */ share) => `${(share * 100).toFixed(2)}%`;
  return h("svg", { class: "draw", width: "100%", height: 14, "aria-hidden": "true" },
    h("rect", { x: 0, y: 5, width: "100%", height: 4, fill: "var(--sunk)" }),
    h("rect", { x: at(draw.from), y: 5, width: at(Math.max(0.002, draw.to - draw.from)), height: 4, fill: "var(--chosen)" }),
    h("line", { x1: at(draw.coin), x2: at(draw.coin), y1: 0, y2: 14, stroke: "var(--ink)", "stroke-width": 2 }));
}

/** What the processors removed. @param {{stages: Array<{processor: string, removed: number, mass: number}>}} props */
function Stages({ stages }) {
  return h("section", { class: "stages" }, h("h3", null, say("processors")),
    h("ul", null, stages.map((stage) => h("li", { key: stage.processor }, say("removedMass", { by: stage.processor, n: count(stage.removed), share: share(stage.mass) })))));
}

/** What can be done with an alternative. A menu that a key has opened takes the keys. @param {{choice: Choice, byKey: boolean, done: () => void}} props */
function Actions({ choice, byKey, done }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    if (byKey) box.current?.querySelector("button")?.focus();
  }, [byKey]);
  const [ghost, setGhost] = useState("");
  const act = (/** @type {() => void} */ what) => () => {
    what();
    done();
  };
  const bias = (/** @type {number} */ by) => {
    const all = /** @type {Array<[number[], number]>} */ (options.value["sequence_bias"] ?? []);
    const before = all.find(([ids]) => ids.length === 1 && ids[0] === choice.id)?.[1] ?? 0;
    const rest = all.filter(([ids]) => !(ids.length === 1 && ids[0] === choice.id));
    set({ sequence_bias: before + by === 0 ? (rest.length > 0 ? rest : undefined) : [...rest, [[choice.id], before + by]] });
  };
  const never = () => set({ suppress_tokens: [...new Set([.../** @type {number[]} */ (options.value["suppress_tokens"] ?? []), choice.id])] });
  const whatIf = () => void attempt(async () => {
    const body = { prompt_ids: [...tree.ids(place.value), choice.id], max_new_tokens: 20, do_sample: false, num_beams: 1 };
    const { sequences } = await json("v1/generate", body);
    setGhost(sequences[0].text);
  });
  return h("div", {
    class: "actions", role: "group", ref: box, "aria-label": say("actions", { token: label(choice) }),
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      box.current?.closest("li")?.querySelector("button")?.focus();
      done();
    },
  },
    h("button", { type: "button", onClick: act(() => takeAlternative(choice, false)) }, say("take")),
    h("button", { type: "button", onClick: act(() => takeAlternative(choice, true)) }, say("insert")),
    h("button", { type: "button", onClick: act(never) }, say("never")),
    h("button", { type: "button", onClick: act(() => bias(1)) }, say("more")),
    h("button", { type: "button", onClick: act(() => bias(-1)) }, say("less")),
    h("button", { type: "button", onClick: act(() => void navigator.clipboard?.writeText(String(choice.id))) }, say("copyId", { id: choice.id })),
    h("button", { type: "button", onClick: whatIf }, say("whatIf")),
    ghost ? h("p", { class: "ghost" }, h("span", { class: "faint" }, say("ghost", { token: label(choice) })), " ", choice.text, h("i", null, ghost)) : null);
}

/** Draws the token of a place a hundred times. @param {number} key @returns {Promise<Map<number, number> | undefined>} */
function spin(key) {
  return attempt(async () => {
    const all = request({ max_new_tokens: 1, num_return_sequences: 100, do_sample: true, seed: Math.floor(Math.random() * 1_000_000) });
    const { sequences } = await json("v1/generate", { prompt_ids: tree.ids(key), ...all });
    const counts = new Map();
    for (const { token_ids } of sequences) counts.set(token_ids[0], (counts.get(token_ids[0]) ?? 0) + 1);
    return counts;
  });
}

