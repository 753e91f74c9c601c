// Where the reader is, as an address: the view, the prompt, the options, the seed, and the tokens that follow the prompt. The address
// is all that is needed to come to the same place on another machine with the same model.
import { batch, effect, signal, untracked } from "../vendor/preact.js";
import * as lab from "./lab.js";
import * as settings from "./settings.js";

/** The view that is open, by its name. */
export const view = signal("play");

/** The place within the view, such as a scene of the tour: what stands behind the view's name. */
export const place = signal("");

/**
 * What an address holds.
 * @typedef {object} Link
 * @property {string} view
 * @property {string} place
 * @property {string} text
 * @property {boolean} chat
 * @property {settings.Options} options
 * @property {number | null} seed
 * @property {number[]} tokens that follow the prompt
 */

/** A part of an address as text; as it stands where it was cut. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads the part of an address behind `#`. @param {string} hash @returns {Link} */
export function parse(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...places] = path.split("/");
  const fields = new URLSearchParams(query);
  /** @type {settings.Options} */
  let options = {};
  try {
    const given = JSON.parse(fields.get("o") ?? "{}");
    if (given && typeof given === "object" && !Array.isArray(given)) options = given;
  } catch {
    // An address that was cut: what can be read of it counts.
  }
  const written = fields.get("s") ?? "";
  const seed = /^\d{1,15}$/.test(written) ? Number(written) : Number.NaN;
  const tokens = (fields.get("t") ?? "").split(".").filter(Boolean).map(Number).filter((id) => Number.isSafeInteger(id) && id >= 0);
  const [text, chat] = [fields.get("p") ?? "", fields.get("c") === "1"];
  return { view: decoded(view || "play"), place: places.map(decoded).join("/"), text, chat, options, seed: Number.isNaN(seed) ? null : seed, tokens };
}

/** Writes it. @param {Link} link */
export function write({ view, place, text, chat, options, seed, tokens }) {
  const fields = new URLSearchParams();
  if (text) fields.set("p", text);
  if (chat) fields.set("c", "1");
  fields.set("o", JSON.stringify(options));
  if (seed !== null) fields.set("s", String(seed));
  if (tokens.length > 0) fields.set("t", tokens.join("."));
  const path = [view, ...(place ? place.split("/") : [])].map(encodeURIComponent).join("/");
  const query = fields.toString();
  return `#/${path}${query ? `?${query}` : ""}`;
}

/** Where the reader is. @returns {Link} */
export function here() {
  // What follows the prompt follows the one that was read, which the box may not hold any more.
  const { text, chat } = lab.readText.value;
  const isRead = text === lab.promptText.value && chat === lab.asChat.value;
  const tokens = isRead ? lab.generated.value.map((node) => node.id) : [];
  return {
    view: view.value, place: place.value, text: lab.promptText.value, chat: lab.asChat.value, options: settings.chosen.value,
    seed: settings.seed.value.kept ? settings.seed.value.value : null, tokens,
  };
}

/** Opens a view, and a place in it. @param {string} name @param {string} [where] */
export function open(name, where = "") {
  view.value = name;
  place.value = where;
}

/** The address is kept short enough for browsers and mail: beyond this many characters tokens are left out. */
const LONGEST = 6000;

/** Milliseconds between two addresses: to write one costs a browser as much as to draw a view, and a slider would have one written a frame. */
const REST = 250;

/**
 * Writes the reader's place into the address as it changes, without a new entry in the browser's history for each token; and has an
 * address that comes, by the browser's history or by hand, taken over.
 *
 * @param {(link: Link) => void} come
 */
export function follow(come) {
  let [last, lastPlace] = [view.value, place.value];
  let comes = false;
  let [timer, written] = [0, -Infinity];
  const now = () => {
    clearTimeout(timer);
    timer = 0;
    const link = here();
    const whole = write(link);
    const hash = whole.length > LONGEST ? write({ ...link, tokens: [] }) : whole;
    if (hash !== location.hash) {
      if (link.view !== last && !comes) history.pushState(null, "", hash);
      else history.replaceState(null, "", hash);
      written = performance.now();
    }
    [last, lastPlace] = [link.view, link.place];
  };
  effect(() => {
    const link = here();
    const wait = written + REST - performance.now();
    if (link.view !== last || link.place !== lastPlace || comes || wait <= 0) untracked(now);
    else if (timer === 0) timer = Number(setTimeout(now, wait));
  });
  addEventListener("pagehide", now);
  addEventListener("popstate", () => {
    comes = true; // it is in the history already
    batch(() => come(parse(location.hash)));
    comes = false;
  });
}
