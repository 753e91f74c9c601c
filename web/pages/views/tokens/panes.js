// The text three times over: its characters, its tokens, its bytes. What is pointed at in one lights up in all.
import { h, signal, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { Block } from "../../parts/blocks.js";
import { takesText } from "../../parts/reader.js";
import { signs } from "../../state/looks.js";
import { hex, isText, label } from "../../words/glyphs.js";
import { languageOf } from "../../words/script.js";
import { language } from "../../words/words.js";
import { shares } from "./places.js";
import { answer, lit, parts, pinned, pointed, spotIn, spotOf } from "./state.js";
import { say } from "./words.js";

/** @typedef {import("./places.js").Cluster} Cluster */
/** @typedef {import("./state.js").Spot} Spot */

/** Whether tokens have their ids below them. */
export const idsBelow = signal(false);

/** Clusters of a block, about. */
const BLOCK = 200;

/** How many looks neighbouring tokens are told apart by. */
const LOOKS = 4;

/** The class of what is lit: the token itself, and what shares its characters. @param {Cluster} cluster @param {number | null} token @param {Spot | null} spot */
function light(cluster, token, spot) {
  if (spot?.cluster !== cluster.number) return "";
  return spot.token === null || token === null || spot.token === token ? " lit" : " near";
}

/** Spaces as signs, with a break behind each line. @param {string} text */
function shown(text) {
  return signs.value ? text.replace(/[ \t\u00a0\u3000\u200b\r]/g, (sign) => label({ text: sign, bytes: [...new TextEncoder().encode(sign)] })).replaceAll("\n", "↵\n") : text;
}

/** What marks an element as a spot. There may be thousands, so they hear nothing themselves: what holds them listens. @param {Spot} spot */
const marks = (spot) => ({ "data-cluster": spot.cluster, ...(spot.token === null ? {} : { "data-key": spot.token }) });

/** The spot that an event is about; null where it is about none. @param {Event} event @returns {Spot | null} */
function spotUnder(event) {
  const at = event.target instanceof Element ? event.target.closest("[data-cluster]") : null;
  if (!(at instanceof HTMLElement)) return null;
  const token = at.dataset["key"];
  return { cluster: Number(at.dataset["cluster"]), token: token === undefined ? null : Number(token) };
}

/** What was clicked, or what keys came to, is held. @param {Event} event */
function hold(event) {
  const spot = spotUnder(event);
  if (spot) pinned.value = spot;
}

/** A cluster's characters. @param {Cluster} cluster @param {Spot | null} spot */
function characters(cluster, spot) {
  if (cluster.text === "") return null;
  const kind = cluster.from === cluster.to ? "lost" : `look-${cluster.from % LOOKS}`;
  return h("span", { key: cluster.number, class: `part ${kind}${light(cluster, null, spot)}`, ...marks(spotIn(cluster)) }, shown(cluster.text));
}

/** A cluster's tokens. @param {Cluster} cluster @param {Spot | null} spot @param {number} at the token that the keys have come to */
function chips(cluster, spot, at) {
  const all = answer.value?.tokens ?? [];
  const joint = cluster.to - cluster.from > 1;
  const own = all.slice(cluster.from, cluster.to).map((token, i) => {
    const place = cluster.from + i;
    const kind = `${token.special ? " special" : ` look-${place % LOOKS}`}${joint ? " joint" : ""}${isText(token.bytes) ? "" : " bytes"}`;
    return h("button", {
      key: place, type: "button", class: `chip${kind}${light(cluster, place, spot)}`, "data-id": token.id, tabIndex: place === at ? 0 : -1,
      "aria-label": `${label(token)}, ${say("id")} ${token.id}${token.special ? `, ${say("special")}` : ""}`, "aria-pressed": spot?.token === place, ...marks(spotOf(place)),
    }, h("span", { class: "name" }, label(token, signs.value)), idsBelow.value ? h("span", { class: "id" }, token.id) : null);
  });
  return own.length > 1 ? h("span", { key: cluster.number, class: "joined" }, own) : own;
}

/** A cluster's bytes, token by token where it is known which are whose. @param {Cluster} cluster @param {Spot | null} spot */
function bytes(cluster, spot) {
  const owners = shares(cluster, answer.value?.tokens ?? []);
  if (cluster.bytes.length === 0) return null;
  const kind = cluster.from === cluster.to ? "lost" : `look-${cluster.from % LOOKS}`;
  if (!owners || owners.length < 2) return [h("span", { key: cluster.number, class: `part ${kind}${light(cluster, null, spot)}`, ...marks(spotIn(cluster)) }, hex([...cluster.bytes])), " "];
  return h("span", { key: cluster.number, class: "joined" }, owners.map(([from, to], i) => {
    const token = cluster.from + i;
    return [h("span", { key: token, class: `part look-${token % LOOKS}${light(cluster, token, spot)}`, ...marks(spotOf(token)) }, hex([...cluster.bytes.slice(from, to)])), " "];
  }));
}

/** A pane. @param {{name: string, title: string, draw: (cluster: Cluster, spot: Spot | null) => import("preact").ComponentChild, lang?: string}} props */
function Pane({ name, title, draw, lang }) {
  const all = parts.value;
  const spot = lit.value;
  const blocks = [];
  for (let from = 0; from < all.length; from += BLOCK) blocks.push(all.slice(from, from + BLOCK));
  return h("section", { class: `pane ${name}`, "aria-label": title },
    h("h2", null, title),
    h("div", { class: "flow", ...(lang ? { lang } : {}), onClick: hold, onFocusIn: hold, onPointerOver: (/** @type {Event} */ event) => (pointed.value = spotUnder(event)), onPointerLeave: () => (pointed.value = null) }, blocks.map((tokens, i) => {
      const here = spot && spot.cluster >= i * BLOCK && spot.cluster < (i + 1) * BLOCK ? `${spot.cluster} ${spot.token}` : "";
      return h(Block, { key: i, tokens, state: `${language.value} ${signs.value} ${idsBelow.value} ${here} ${pinned.value?.token ?? 0}`, show: () => tokens.map((cluster) => draw(cluster, spot)) });
    })));
}

/** All three. */
export function Panes() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    const token = pinned.value?.token;
    const chip = token === null || token === undefined ? null : box.current?.querySelector(`.chip[data-key="${token}"]`);
    if (chip instanceof HTMLElement && document.activeElement !== chip && !takesText(document.activeElement)) chip.focus();
  }, [pinned.value?.token]);
  const at = pinned.value?.token ?? 0;
  return h("div", { class: "panes", ref: box },
    h(Pane, { name: "in-tokens", title: say("inTokens"), draw: (cluster, spot) => chips(cluster, spot, at) }),
    h(Pane, { name: "in-text", title: say("inText"), draw: characters, lang: languageOf(answer.value?.text ?? "") }),
    h(Pane, { name: "in-bytes", title: say("inBytes"), draw: bytes }));
}
