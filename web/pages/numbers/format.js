// Numbers as they are read: probabilities in the unit that the reader chose.
import { keep, kept } from "../browser/storage.js";
import { effect, signal } from "../vendor/preact.js";

/** @typedef {"percent" | "nats" | "bits"} Unit */

const before = kept("unit");

/** The unit of probabilities: a share, or its logarithm to the base e (nats) or 2 (bits). */
export const unit = signal(/** @type {Unit} */ (before === "nats" || before === "bits" ? before : "percent"));

effect(() => keep("unit", unit.value));

/** A log-probability in nats, in the reader's unit, with its sign. @param {number | null | undefined} logprob */
export function chance(logprob) {
  if (logprob === null || logprob === undefined || Number.isNaN(logprob)) return "–";
  // Below that, 64 bits have no share any more.
  if (unit.value === "percent") return logprob > -700 || logprob === -Infinity ? share(Math.exp(logprob)) : power(logprob);
  return fixed(unit.value === "bits" ? logprob / Math.LN2 : logprob, 3);
}

/** A share between 0 and 1 as a percentage: two digits behind the point, more where it is small. @param {number} value */
export function share(value) {
  const percent = value * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.001) return `${percent.toExponential(1)} %`;
  return `${percent.toFixed(percent < 0.1 ? 4 : 2)} %`;
}

/** An amount of surprise or entropy in nats, in the reader's unit: bits where that is percent. @param {number | null | undefined} nats */
export function amount(nats) {
  if (nats === null || nats === undefined || Number.isNaN(nats)) return "–";
  return unit.value === "nats" ? `${fixed(nats, 3)} nat` : `${fixed(nats / Math.LN2, 3)} bit`;
}

/** A number with so many digits behind the point, and a minus that is one. @param {number} value @param {number} digits */
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–";
  return value.toFixed(digits).replace("-", "−");
}

/** Made once: making one takes longer than a hundred counts. */
const counts = new Intl.NumberFormat("en-US");

/** A count with its thousands parted. @param {number} value */
export function count(value) {
  return counts.format(value).replaceAll(",", "\u202f");
}

/** A log-probability as one, whatever the unit of probabilities: in bits where that is bits, else in nats. A long text's share would read as nothing. @param {number | null | undefined} nats @param {number} [digits] */
export function logarithm(nats, digits = 3) {
  if (nats === null || nats === undefined || Number.isNaN(nats)) return "–";
  return unit.value === "bits" ? `${fixed(nats / Math.LN2, digits)} bit` : `${fixed(nats, digits)} nat`;
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten, by its exponent. @param {number} exponent a whole number */
export function tenTo(exponent) {
  return `10${exponent < 0 ? "⁻" : ""}${[...String(Math.abs(exponent))].map((digit) => RAISED[Number(digit)]).join("")}`;
}

/** A probability, or how many times one is another, by its logarithm; as a power of ten where it is small or great, so that none is too far from 1 to be written. @param {number} nats */
export function power(nats) {
  if (!Number.isFinite(nats)) return nats < 0 ? "0" : "–";
  let exponent = Math.floor(nats / Math.LN10);
  let digits = (10 ** (nats / Math.LN10 - exponent)).toFixed(2);
  if (digits === "10.00") [digits, exponent] = ["1.00", exponent + 1];
  if (exponent >= -2 && exponent < 4) return Math.exp(nats).toFixed(4);
  return `${digits} × ${tenTo(exponent)}`;
}
