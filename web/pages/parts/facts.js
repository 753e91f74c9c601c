// Facts: a name and what there is of it, as rows, tiles or a list; how they look is a style's.
import { h } from "../vendor/preact.js";

/** @typedef {import("preact").ComponentChildren} Children */

/**
 * A fact.
 *
 * @param {string} name @param {Children} what @param {Record<string, unknown>} [more] attributes of what there is
 * @param {{about?: string, class?: string, unseen?: boolean}} [how] what the fact means, its class, and whether only screen readers are told its name
 */
export const fact = (name, what, more = {}, { about, class: kind, unseen = false } = {}) =>
  h("div", { key: name, title: about, class: kind }, h("dt", unseen ? { class: "unseen" } : null, name), h("dd", more, what));

/** Facts under each other, or as a sheet shows them. @param {Array<Children>} all those that are null are left out @param {string} [kind] the class of the list */
export const facts = (all, kind = "facts") => h("dl", { key: kind, class: kind }, all);
