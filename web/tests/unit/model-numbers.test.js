// What Model computes without a browser: metrics, rates, comparisons to the bit, options.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TOGETHER, cases, compare, groups, request } from "../../pages/views/model/bits.js";
import { mean, parse, rate, value } from "../../pages/views/model/metrics.js";
import { written } from "../../pages/views/model/settings.js";

const TEXT = `# HELP beamline:num_requests_running Requests that have begun.
# TYPE beamline:num_requests_running gauge
beamline:num_requests_running 3
# HELP beamline:http_requests_total Answers, by route and status.
# TYPE beamline:http_requests_total counter
beamline:http_requests_total{route="/v1/score",status="200"} 2
beamline:http_requests_total{route="/props",status="400"} 1
# HELP beamline:time_to_first_token_seconds From the request.
# TYPE beamline:time_to_first_token_seconds histogram
beamline:time_to_first_token_seconds_bucket{le="0.1"} 1
beamline:time_to_first_token_seconds_bucket{le="+Inf"} 4
beamline:time_to_first_token_seconds_sum 1.5e0
beamline:time_to_first_token_seconds_count 4
# HELP beamline:empty_seconds Nothing.
# TYPE beamline:empty_seconds histogram
beamline:empty_seconds_sum 0.0
beamline:empty_seconds_count 0
beamline:unexplained +Inf
`;

test("metrics are read with their labels and meanings, without buckets", () => {
  const all = parse(TEXT);
  assert.deepEqual(all.map(({ name, kind, values }) => [name, kind, values.length]), [
    ["beamline:num_requests_running", "gauge", 1], ["beamline:http_requests_total", "counter", 2], ["beamline:time_to_first_token_seconds", "histogram", 2],
    ["beamline:empty_seconds", "histogram", 2], ["beamline:unexplained", "", 1]]);
  assert.equal(all[0]?.help, "Requests that have begun.");
  assert.deepEqual([value(all, "num_requests_running"), value(all, "http_requests_total", 'route="/props",status="400"'), value(all, "unexplained"), value(all, "nothing")], [3, 1, Infinity, null]);
  assert.deepEqual([mean(all, "time_to_first_token_seconds"), mean(all, "empty_seconds"), mean(all, "nothing")], [0.375, null, null]);
  assert.deepEqual(parse(""), []);
});

test("counters grow by so much a second, and begin anew with their server", () => {
  const look = (/** @type {number} */ at, /** @type {number} */ n) => ({ at, metrics: parse(`beamline:tokens_total ${n}\n`) });
  assert.equal(rate(look(1000, 10), look(3000, 50), "tokens_total"), 20);
  assert.equal(rate(look(1000, 10), look(3000, 5), "tokens_total"), null);
  assert.equal(rate(undefined, look(3000, 5), "tokens_total"), null);
  assert.equal(rate(look(1000, 10), look(1000, 11), "tokens_total"), null);
  assert.equal(rate(look(1000, 10), look(2000, 11), "nothing"), null);
});

test("answers are the same where every bit is", () => {
  const sequence = (/** @type {number[]} */ ...logprobs) => ({ tokens: logprobs.map((logprob, id) => ({ id, logprob, logprob_processed: logprob })) });
  const next = -0.1 - Number.EPSILON / 16;
  assert.notEqual(next, -0.1);
  assert.deepEqual(compare([sequence(-0.1, -2)], [sequence(-0.1, -2)]), { tokens: 2, differs: null });
  assert.deepEqual(compare([sequence(-2, -0.1)], [sequence(-2, next)]), { tokens: 2, differs: 1 });
  assert.deepEqual(compare([sequence(-1)], [sequence(-1, -2)]), { tokens: 2, differs: 1 });
  assert.deepEqual(compare([sequence(-1), sequence(-2)], [sequence(-1), { tokens: [{ id: 5, logprob: -2, logprob_processed: -2 }] }]), { tokens: 2, differs: 1 });
  assert.deepEqual(compare([sequence(-1, -2)], [sequence(-1), { tokens: [{ id: 1, logprob: -2, logprob_processed: -2 }] }]).differs, 1, "another sequence");
  assert.deepEqual(compare([sequence(-0)], [sequence(0)]).differs, 0);
});

test("all cases run in groups", () => {
  assert.deepEqual(groups([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.equal(groups(cases, TOGETHER).flat().length, cases.length);
  for (const one of cases) assert.ok(request(one).max_new_tokens > 0 && (one.options["do_sample"] !== true || "seed" in one.options), "a draw without a seed differs each time");
});

test("values are written short", () => {
  assert.deepEqual([written(null), written([2]), written("x".repeat(100)).length], ["–", "[2]", 60]);
});
