// How the tree grows, how samples are drawn, which text is outlined; and the tree as files.
import { h, useRef, useState } from "../../vendor/preact.js";
import { count, share } from "../../numbers/format.js";
import { download } from "../../parts/download.js";
import { Choice, Slider } from "../../parts/field.js";
import { OptionsPanel } from "../../parts/options.js";
import { png } from "../../parts/svg.js";
import { attempt, asChat, promptEnd, promptText, remember, running, tip, tree } from "../../state/lab.js";
import { vocabulary } from "../../state/generate.js";
import { props } from "../../state/server.js";
import { draws } from "../../state/settings.js";
import { joined, label } from "../../words/glyphs.js";
import { language } from "../../words/words.js";
import { picture } from "./chart.js";
import { asked, canAsk, sampleHere } from "./deeds.js";
import { fromJson, plantFile, toJson, toMarkdown, toPage } from "./files.js";
import { grown, growth, refer } from "./grow.js";
import { chosen, hoist, overlay, root } from "./where.js";
import { say } from "./words.js";

/** A whole number within its range. @param {number | undefined} value @param {number} least @param {number} most */
const whole = (value, least, most) => Math.min(most, Math.max(least, Math.round(value ?? least)));

/** Choices of a least mass. */
const MASSES = [0, 0.0001, 0.001, 0.005, 0.01, 0.05];

/** How far it grows, and how far it grew. */
export function Growth() {
  const now = growth.value;
  const set = (/** @type {Partial<typeof now>} */ changes) => (growth.value = { ...growth.value, ...changes });
  const told = grown.value;
  const used = told && !told.ended ? (running.value?.tokens ?? told.nodes) : (told?.nodes ?? 0);
  return h("details", { open: true, class: "growth" }, h("summary", null, say("growth")),
    h(Slider, { label: say("depth"), value: now.depth, least: 1, most: 20, step: 1, onChange: (value) => set({ depth: whole(value, 1, 4096) }) }),
    h(Slider, { label: say("children"), value: now.children, least: 1, most: 50, step: 1, log: true, onChange: (value) => set({ children: whole(value, 1, 4096) }) }),
    h(Slider, { label: say("cover"), value: now.cover_p, least: 0, most: 1, step: 0.01, onChange: (value) => set({ cover_p: Math.min(1, Math.max(0, value ?? 1)) }) }),
    h(Choice, { label: say("minMass"), value: String(now.min_mass), choices: MASSES.map((mass) => ({ value: String(mass), label: share(mass) })), onChange: (value) => set({ min_mass: Number(value) }) }),
    h(Slider, { label: say("budget"), value: now.budget, least: 1, most: 4096, step: 1, log: true, onChange: (value) => set({ budget: whole(value, 1, 1_000_000) }) }),
    h(Slider, { label: say("continueLength"), value: asked.value.greedy, least: 1, most: 200, step: 1, log: true, onChange: (value) => (asked.value = { ...asked.value, greedy: whole(value, 1, 100_000) }) }),
    told ? h("div", { class: "grown" },
      h("progress", { max: told.budget, value: used, "aria-label": say("budget") }),
      h("p", { role: "status", class: "hint" }, told.ended
        ? `${say("grown", { n: count(told.nodes), m: count(told.fresh), k: count(told.places) })} ${told.spent ? say("spent") : say("unspent", { n: count(told.budget - told.nodes) })}`
        : say("growing", { n: count(used), most: count(told.budget) }))) : null);
}

/** Samples from the node that is looked at. */
export function Samples() {
  const now = asked.value;
  const set = (/** @type {Partial<typeof now>} */ changes) => (asked.value = { ...asked.value, ...changes });
  const tally = overlay.value?.tally;
  return h("details", { open: tally !== undefined, class: "samples" }, h("summary", null, say("samples")),
    h(Slider, { label: say("number"), value: now.samples, least: 1, most: 1000, step: 1, log: true, onChange: (value) => set({ samples: whole(value, 1, 10_000) }) }),
    h(Slider, { label: say("length"), value: now.length, least: 1, most: 20, step: 1, onChange: (value) => set({ length: whole(value, 1, 200) }) }),
    h("div", { class: "row" },
      h("button", { type: "button", disabled: !canAsk(), onClick: sampleHere }, say("draw")),
      tally ? h("button", { type: "button", class: "plain", onClick: () => (overlay.value = null) }, say("clear")) : null),
    tally ? h("p", { class: "hint", role: "status" }, say("sampled", { n: count(tally.samples), token: label(tree.node(tally.from)) }), overlay.value?.after ? ` ${say("after", { by: overlay.value.after })}` : "") : null,
    h("details", null, h("summary", null, say("options")), draws.value ? null : h("p", { class: "hint" }, say("asDrawn")), h(OptionsPanel, null)));
}

/** A text whose path is outlined. */
export function Reference() {
  const [text, setText] = useState("");
  const mark = (/** @type {Event} */ event) => {
    event.preventDefault();
    void attempt(() => refer(text));
  };
  return h("details", { class: "reference" }, h("summary", null, say("reference")),
    h("form", { class: "row", onSubmit: mark },
      h("input", { type: "text", "aria-label": say("reference"), value: text, spellcheck: false, onInput: (/** @type {any} */ event) => setText(event.currentTarget.value) }),
      h("button", { type: "submit", disabled: promptEnd.value === 0 }, say("mark"))),
    h("p", { class: "hint" }, say("referenceHint")));
}

/** The tree below the root as files, and back. */
export function Files() {
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [said, setSaid] = useState("");
  void tree.version.value;
  const own = () => ({ tree, root: root.value, promptEnd: promptEnd.value, vocabulary: vocabulary(), model: props.value?.model.id ?? "" });
  const picture_ = async () => {
    const drawn = picture();
    download("tree.png", await png(drawn.svg, drawn), "image/png");
  };
  const read = (/** @type {any} */ event) => {
    const given = /** @type {File | undefined} */ (event.currentTarget.files?.[0]);
    event.currentTarget.value = "";
    if (!given) return;
    void attempt(async () => {
      const read = fromJson(await given.text(), own());
      const at = plantFile(tree, read);
      remember();
      promptEnd.value = at.promptEnd;
      tip.value = at.promptEnd;
      promptText.value = joined(tree.path(at.promptEnd));
      asChat.value = false;
      hoist(at.root);
      chosen.value = at.root;
      setSaid(say("loaded", { n: count(read.nodes.length) }));
    });
  };
  const kinds = [
    { name: say("json"), act: () => download("tree.json", toJson(own()), "application/json") },
    { name: say("markdown"), act: () => download("tree.md", toMarkdown(own()), "text/markdown") },
    { name: say("svg"), act: () => download("tree.svg", picture().svg, "image/svg+xml") },
    { name: say("png"), act: () => void attempt(picture_) },
    { name: say("page"), act: () => download("tree.html", toPage(own(), picture().svg, language.value), "text/html") },
  ];
  return h("details", { class: "files" }, h("summary", null, say("save")),
    h("div", { class: "row" }, kinds.map(({ name, act }) => h("button", { key: name, type: "button", disabled: tree.size <= 1, onClick: act }, name))),
    h("div", { class: "row" }, h("button", { type: "button", disabled: !props.value, onClick: () => file.current?.click() }, say("load"))),
    h("input", { type: "file", accept: "application/json,.json", ref: file, class: "unseen", tabIndex: -1, "aria-label": say("load"), onChange: read }),
    h("p", { class: "hint", role: "status" }, said));
}
