// Colours of amounts: viridis, whose brightness grows evenly, as the pictures of `beamline plot` have it.

/** @typedef {[number, number, number]} Rgb */

/** @type {ReadonlyArray<Rgb>} */
const VIRIDIS = [
  [0x44, 0x01, 0x54], [0x48, 0x28, 0x78], [0x3e, 0x49, 0x89], [0x31, 0x68, 0x8e], [0x26, 0x82, 0x8e],
  [0x1f, 0x9e, 0x89], [0x35, 0xb7, 0x79], [0x6e, 0xce, 0x58], [0xfd, 0xe7, 0x25],
];

/** The colour of an amount between 0 and 1. @param {number} amount @returns {Rgb} */
export function heat(amount) {
  const place = (Number.isFinite(amount) ? Math.min(1, Math.max(0, amount)) : 0) * (VIRIDIS.length - 1);
  const at = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const [from, to] = [/** @type {Rgb} */ (VIRIDIS[at]), /** @type {Rgb} */ (VIRIDIS[at + 1])];
  const mix = (/** @type {number} */ i) => Math.round(/** @type {number} */ (from[i]) + (/** @type {number} */ (to[i]) - /** @type {number} */ (from[i])) * (place - at));
  return [mix(0), mix(1), mix(2)];
}

/** As CSS writes it. @param {Rgb} colour */
export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** How bright a colour is (WCAG 2's relative luminance). @param {Rgb} colour */
function luminance(colour) {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * /** @type {number} */ (r) + 0.7152 * /** @type {number} */ (g) + 0.0722 * /** @type {number} */ (b);
}

/** The ink that is read better on a colour: black or white. @param {Rgb} ground */
export function inkOn(ground) {
  const bright = luminance(ground);
  return (bright + 0.05) / 0.05 > 1.05 / (bright + 0.05) ? "#000000" : "#FFFFFF";
}
