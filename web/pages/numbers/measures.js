// What a token in its place is measured by, as numbers and as shares of a scale.

/** @typedef {import("../state/tree.js").Node} Node */
/** @typedef {import("../state/tree.js").Outlook} Outlook */
/** @typedef {import("../state/looks.js").Measure} Measure */

/** Nats at which surprise and entropy are as strongly coloured as they get: a chance of one in three thousand. */
export const MANY_NATS = 8;
/** A rank that is as far as colours tell. */
export const FAR_RANK = 1000;

/** How far the best token was ahead of the second, as a difference of probabilities. @param {Outlook | null} outlook */
export function margin(outlook) {
  const [first, second] = outlook?.top ?? [];
  return first && second ? Math.exp(first.logprob) - Math.exp(second.logprob) : null;
}

/** A token's amount on a scale from 0 to 1; null where it is not known. @param {Measure} measure @param {Node} node @param {Outlook | null} outlook what it was chosen from */
export function level(measure, node, outlook) {
  switch (measure) {
    case "probability":
      return node.logprob === null ? null : Math.exp(node.logprob);
    case "surprisal":
      return node.logprob === null ? null : Math.min(1, -node.logprob / MANY_NATS);
    case "entropy":
      return outlook?.entropy == null ? null : Math.min(1, outlook.entropy / MANY_NATS);
    case "rank":
      return node.rank === null ? null : Math.min(1, Math.log(node.rank) / Math.log(FAR_RANK));
    case "margin":
      return margin(outlook);
    case "gap":
      return node.processed === null || node.logprob === null ? null : Math.min(1, Math.abs(Math.exp(node.processed) - Math.exp(node.logprob)));
    case "none":
      return null;
  }
}

/** Whether a place was a fork: the second best token had more than half of the best one's probability. @param {Outlook | null} outlook */
export function isFork(outlook) {
  const [first, second] = outlook?.top ?? [];
  return Boolean(first && second && second.logprob - first.logprob > Math.log(0.5));
}

/** Whether the model was unsure: entropy above so many nats. @param {Outlook | null} outlook @param {number} [nats] */
export function isUnsure(outlook, nats = 3) {
  return (outlook?.entropy ?? 0) > nats;
}
