// The views of the lab, in the order of the rail.

/**
 * @typedef {object} View
 * @property {string} name as addresses have it
 * @property {() => import("preact").ComponentChild} show
 */

/** @type {View[]} */
export const views = [];
