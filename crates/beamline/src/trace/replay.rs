//! A trace read again.

use crate::error::Error;
use serde_json::Value;
use std::collections::BTreeMap;

/// A sequence, put together from the candidates of a trace.
#[derive(Clone, PartialEq, Debug)]
pub struct Replayed {
    /// The prompt's number.
    pub prompt: usize,
    /// The new tokens: those of the candidates on the way to its last node.
    pub token_ids: Vec<u32>,
    /// The sum of the candidates' log-probabilities.
    pub sum_logprob: f64,
    /// The score it had in the last pool that holds it; of a search without a pool the last candidate's normalised one.
    pub score: Option<f64>,
    /// Why it ended, as the last line says.
    pub finish_reason: Option<String>,
}

/// A candidate that became a node.
struct Step {
    parent: u64,
    token: u32,
    logprob: f64,
    normalised: Option<f64>,
}

/// Reads a trace again, and puts the sequences together from what was considered.
///
/// # Errors
/// When a line is no JSON, or a sequence's nodes are not among the candidates.
pub fn replay(trace: &str) -> Result<Vec<Replayed>, Error> {
    let mut steps: BTreeMap<(u64, u64), Step> = BTreeMap::new();
    let mut pools: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, line) in trace.lines().enumerate() {
        let wrong = |what: &str| Error::Trace { line: number + 1, reason: what.to_owned() };
        let event: Value = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        let count = |value: &Value| value.as_u64().ok_or_else(|| wrong("a number is missing"));
        match event["event"].as_str() {
            Some("candidate") if event["node"].is_u64() => {
                let step = Step {
                    parent: count(&event["parent"])?,
                    token: u32::try_from(count(&event["token"]["id"])?)
                        .map_err(|_| wrong("a token id is too great"))?,
                    logprob: event["logprob"].as_f64().unwrap_or(f64::NEG_INFINITY),
                    normalised: event["normalised"].as_f64(),
                };
                let node = count(&event["node"])?;
                if step.parent >= node {
                    return Err(wrong("a node comes before what it follows"));
                }
                steps.insert((count(&event["prompt"])?, node), step);
            }
            Some("pool") => {
                let prompt = count(&event["prompt"])?;
                for entry in event["sequences"].as_array().into_iter().flatten() {
                    let score = entry["score"].as_f64().ok_or_else(|| wrong("a score is missing"))?;
                    pools.insert((prompt, count(&entry["node"])?), score);
                }
            }
            Some("end") => found = event["sequences"].as_array().cloned().unwrap_or_default(),
            Some(_) => {}
            None => return Err(wrong("it has no event")),
        }
    }
    let read = |sequence: &Value| -> Option<Replayed> {
        let (prompt, last) = (sequence["prompt"].as_u64()?, sequence["node"].as_u64()?);
        let (mut tokens, mut sum, mut node) = (Vec::new(), 0.0, last);
        while node != 0 {
            let step = steps.get(&(prompt, node))?;
            tokens.push(step.token);
            sum += step.logprob;
            node = step.parent;
        }
        tokens.reverse();
        let own = || steps.get(&(prompt, last)).and_then(|step| step.normalised);
        let finish_reason = sequence["finish_reason"].as_str().map(str::to_owned);
        let score = pools.get(&(prompt, last)).copied().or_else(own);
        Some(Replayed { prompt: prompt as usize, token_ids: tokens, sum_logprob: sum, score, finish_reason })
    };
    let last = trace.lines().count();
    let missing = || Error::Trace { line: last, reason: "a sequence's nodes are not among the candidates".to_owned() };
    found.iter().map(|sequence| read(sequence).ok_or_else(missing)).collect()
}
