// Sums of log-probabilities. As shares they would be too small to be read, so they stay logarithms: in bits where the reader chose bits,
// in nats otherwise.
import { fixed, unit } from "./format.js";

/** A sum of log-probabilities in nats, in the reader's unit. @param {number | null | undefined} nats @param {number} [digits] */
export function total(nats, digits = 2) {
  if (nats === null || nats === undefined || Number.isNaN(nats)) return "–";
  return fixed(unit.value === "bits" ? nats / Math.LN2 : nats, digits);
}

/** The name of the unit in which `total` tells. */
export const totalUnit = () => (unit.value === "bits" ? "bit" : "nat");
