//! What is counted: numbers for Prometheus, under vLLM's names behind our prefix, so that boards made for it work.

use beamline::{PrefixStats, Session, State};
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

/// Where the buckets of waiting times end, in seconds: fine where people notice, and up to the longest that is waited.
const WAITS: [f64; 18] =
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 60.0];
/// The same for whole requests.
const REQUESTS: [f64; 16] = [0.05, 0.1, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 300.0];
/// The same for the time between tokens.
const BETWEEN: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];

/// Why a sequence ended.
#[derive(Clone, Hash, PartialEq, Eq, Debug, EncodeLabelSet)]
struct Reason {
    finished_reason: &'static str,
}

/// What HTTP answered.
#[derive(Clone, Hash, PartialEq, Eq, Debug, EncodeLabelSet)]
struct Answer {
    route: &'static str,
    status: u16,
}

/// How much is going on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Requests that have begun and are not done.
    pub(crate) running: usize,
    /// Their sessions.
    pub(crate) sessions: usize,
    /// Requests that wait.
    pub(crate) waiting: usize,
    /// Bytes of keys and values promised to those that run.
    pub(crate) promised_bytes: usize,
    /// Bytes of beginnings kept for later.
    pub(crate) kept_bytes: usize,
    /// Bytes that there are.
    pub(crate) cache_bytes: usize,
    /// What the prefix store has done.
    pub(crate) prefix: PrefixStats,
}

/// All that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    running: Gauge,
    sessions: Gauge,
    waiting: Gauge,
    usage: Gauge<f64, AtomicU64>,
    kept: Gauge<i64, AtomicI64>,
    prefix_queries: Counter,
    prefix_hits: Counter,
    prompt_tokens: Counter,
    generation_tokens: Counter,
    steps: Counter,
    step_tokens: Counter,
    success: Family<Reason, Counter>,
    answers: Family<Answer, Counter>,
    first: Histogram,
    between: Histogram,
    whole: Histogram,
    queue: Histogram,
    prefill: Histogram,
    decode: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let r = &mut registry;
        Self {
            running: gauge(r, "num_requests_running", "Requests that have begun and are not done"),
            sessions: gauge(r, "num_sessions_running", "Sessions that step together: one for each prompt"),
            waiting: gauge(r, "num_requests_waiting", "Requests that wait for room"),
            usage: {
                let usage = Gauge::default();
                let help =
                    "Share of the memory for keys and values that running sessions may come to need, from 0 to 1";
                r.register("beamline:kv_cache_usage_perc", help, usage.clone());
                usage
            },
            kept: gauge(r, "prefix_cache_bytes", "Bytes of keys and values kept for prompts to begin with"),
            prefix_queries: counter(
                r,
                "prefix_cache_queries",
                "Tokens of prompts that were looked up in the prefix cache",
            ),
            prefix_hits: counter(r, "prefix_cache_hits", "Tokens of prompts that were found in the prefix cache"),
            prompt_tokens: counter(r, "prompt_tokens", "Tokens of prompts and of scored texts"),
            generation_tokens: counter(r, "generation_tokens", "Tokens generated"),
            steps: counter(r, "steps", "Passes of the scheduler"),
            step_tokens: counter(r, "step_tokens", "Tokens that went through the model"),
            success: family(r, "request_success", "Sequences, by why they ended"),
            answers: family(r, "http_requests", "Answers, by route and status"),
            first: histogram(r, "time_to_first_token_seconds", "From the request to its first token", &WAITS),
            between: histogram(r, "inter_token_latency_seconds", "From one token of a sequence to the next", &BETWEEN),
            whole: histogram(r, "e2e_request_latency_seconds", "From the request to its end", &REQUESTS),
            queue: histogram(r, "request_queue_time_seconds", "From the request to its beginning", &REQUESTS),
            prefill: histogram(r, "request_prefill_time_seconds", "From the beginning to the first token", &REQUESTS),
            decode: histogram(r, "request_decode_time_seconds", "From the first token to the last", &REQUESTS),
            registry,
        }
    }

    /// Everything, as Prometheus reads it (text format 0.0.4).
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }

    /// How much is going on now.
    pub(crate) fn load(&self, load: &Load) {
        self.running.set(load.running as i64);
        self.sessions.set(load.sessions as i64);
        self.waiting.set(load.waiting as i64);
        self.usage.set(load.promised_bytes as f64 / load.cache_bytes.max(1) as f64);
        self.kept.set(load.kept_bytes as i64);
        let upto = |counter: &Counter, all: usize| counter.inc_by((all as u64).saturating_sub(counter.get()));
        upto(&self.prefix_queries, load.prefix.asked);
        upto(&self.prefix_hits, load.prefix.hits);
    }

    /// A step was taken, with so many tokens.
    pub(crate) fn stepped(&self, tokens: usize) {
        self.steps.inc();
        self.step_tokens.inc_by(tokens as u64);
    }

    /// A request has begun, so long after it came.
    pub(crate) fn queued(&self, waited: Duration) {
        self.queue.observe(waited.as_secs_f64());
    }

    /// A first token came, so long after the request, and after its beginning.
    pub(crate) fn first_token(&self, since_request: Duration, since_beginning: Duration) {
        self.first.observe(since_request.as_secs_f64());
        self.prefill.observe(since_beginning.as_secs_f64());
    }

    /// A further token came.
    pub(crate) fn next_token(&self, since_last: Duration) {
        self.between.observe(since_last.as_secs_f64());
    }

    /// A session's last token came, so long after its first.
    pub(crate) fn decoded(&self, since_first: Duration) {
        self.decode.observe(since_first.as_secs_f64());
    }

    /// A client has gone before its answer was there.
    pub(crate) fn aborted(&self) {
        self.success.get_or_create(&Reason { finished_reason: "abort" }).inc();
    }

    /// A request's sessions have ended.
    pub(crate) fn finished(&self, sessions: &[Session], since_request: Duration) {
        self.whole.observe(since_request.as_secs_f64());
        for session in sessions {
            self.prompt_tokens.inc_by(session.prompt().len() as u64);
            for found in session.results() {
                self.generation_tokens.inc_by(session.tree().depth(found.node) as u64);
                if session.error().is_none() {
                    let finished_reason = match session.state(found.node) {
                        State::Finished(reason) => reason.name(),
                        State::Open => "abort",
                    };
                    self.success.get_or_create(&Reason { finished_reason }).inc();
                }
            }
        }
    }

    /// A text was scored.
    pub(crate) fn scored(&self, tokens: usize) {
        self.prompt_tokens.inc_by(tokens as u64);
    }

    /// A request was answered.
    pub(crate) fn answered(&self, route: &'static str, status: u16) {
        self.answers.get_or_create(&Answer { route, status }).inc();
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(format!("beamline:{name}"), help, gauge.clone());
    gauge
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(format!("beamline:{name}"), help, counter.clone());
    counter
}

fn family<S>(registry: &mut Registry, name: &str, help: &str) -> Family<S, Counter>
where
    S: EncodeLabelSet + Clone + std::hash::Hash + Eq + Send + Sync + std::fmt::Debug + 'static,
{
    let family = Family::default();
    registry.register(format!("beamline:{name}"), help, family.clone());
    family
}

fn histogram(registry: &mut Registry, name: &str, help: &str, ends: &[f64]) -> Histogram {
    let histogram = Histogram::new(ends.iter().copied());
    registry.register(format!("beamline:{name}"), help, histogram.clone());
    histogram
}
