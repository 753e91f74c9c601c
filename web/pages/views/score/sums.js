// The sums of a scored text, and how many of its tokens stood how far down the model's list.
import { h } from "../../vendor/preact.js";
import { count, fixed, logarithm, power, share } from "../../numbers/format.js";
import { fact, facts } from "../../parts/facts.js";
import { EDGES, buckets } from "./buckets.js";
import { bucketed, nodes, result } from "./state.js";
import { say } from "./words.js";

/** A logarithm with its unit beside it, which goes below where the place is narrow. @param {number | null} nats */
function parted(nats) {
  const [number, unit] = logarithm(nats).split(" ");
  return [h("b", { key: "number" }, number), h("span", { key: "unit", class: "faint" }, unit)];
}

/** The sums. */
export function SumsPanel() {
  const scored = result.value;
  if (!scored) return null;
  const { tokens, sum, mean, perplexity, bitsPerByte, bitsPerCharacter } = scored.sums;
  const number = (/** @type {number | null} */ value, digits = 3) => (value === null ? "–" : fixed(value, digits));
  return h("div", { class: "sums" },
    facts([
      fact(say("sum"), [...parted(sum), h("span", { key: "power", class: "faint" }, power(sum))], { "data-sum": sum }),
      fact(say("mean"), parted(mean), { "data-mean": mean }),
      fact(say("perplexity"), number(perplexity, 2), { "data-perplexity": perplexity }),
      fact(say("bitsByte"), number(bitsPerByte), { "data-bits-byte": bitsPerByte }),
      fact(say("bitsCharacter"), number(bitsPerCharacter), { "data-bits-character": bitsPerCharacter }),
      fact(say("scored"), `${count(tokens)} / ${count(scored.tokens.length)}`),
    ], "tiles"),
    scored.windows ? h("p", { class: "hint" }, say("windows", { n: scored.windows.count, stride: scored.windows.stride, least: scored.windows.least })) : null,
    scored.tokens[0]?.logprob === null ? h("p", { class: "hint" }, say("first")) : null);
}

/** The name of a bucket. @param {number} bucket */
const named = (bucket) => (bucket === EDGES.length - 1 ? say("beyond", { n: count(Number(EDGES[bucket - 1])) }) : say("upTo", { n: count(Number(EDGES[bucket])) }));

/** How many tokens each bucket has, as a bar and in words. */
export function Buckets() {
  const counts = buckets(nodes.value.map(({ node }) => node.rank));
  const all = counts.reduce((a, b) => a + b, 0);
  if (all === 0) return null;
  return h("section", { class: "buckets", "aria-label": say("ranks") },
    h("div", { class: "bar-of", "aria-hidden": "true" }, counts.map((n, i) => (n > 0 ? h("span", { key: i, class: `bucket-${i}`, style: { flexGrow: n } }) : null))),
    h("ul", null, counts.map((n, i) => h("li", { key: i, "data-bucket": i, "data-count": n }, h("span", { class: `swatch bucket-${i}`, "aria-hidden": "true" }), h("b", null, named(i)), " ", say("many", { n: count(n), share: share(n / all) })))),
    bucketed.value ? null : h("button", { type: "button", class: "plain", onClick: () => (bucketed.value = true) }, `${say("colour")}: ${say("buckets")}`));
}
