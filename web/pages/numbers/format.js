// Numbers as they are read: probabilities in the unit that the reader chose.
import { effect, signal } from "../vendor/preact.js";

/** @typedef {"percent" | "nats" | "bits"} Unit */

const kept = globalThis.localStorage?.getItem("unit");

/** The unit of probabilities: a share, or its logarithm to the base e (nats) or 2 (bits). */
export const unit = signal(/** @type {Unit} */ (kept === "nats" || kept === "bits" ? kept : "percent"));

effect(() => globalThis.localStorage?.setItem("unit", unit.value));

/** A log-probability in nats, in the reader's unit, with its sign. @param {number | null | undefined} logprob */
export function chance(logprob) {
  if (logprob === null || logprob === undefined || Number.isNaN(logprob)) return "–";
  if (unit.value === "percent") return share(Math.exp(logprob));
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
