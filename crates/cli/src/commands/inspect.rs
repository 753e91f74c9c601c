//! `beamline inspect`: the best candidates of every step.

use crate::args::Inspect;
use crate::commands::generate::take_assistant;
use crate::failure::Failure;
use crate::output::{json, print};
use crate::table::{Side, lay_out, visible};
use crate::{model, prompts};
use beamline::{Candidate, Depth, Settings, StepRow};

pub(crate) fn run(args: &Inspect, given: &Settings) -> Result<(), Failure> {
    if given.get("max_new_tokens").is_some() || given.get("max_length").is_some() {
        return Err(Failure::usage(
            "the length of an inspection is given by --steps; leave out max_new_tokens and max_length",
        ));
    }
    let prompt = prompts::single(&args.prompts)?;
    // Without a strategy among the flags the search is greedy, whatever the model's own defaults are.
    let mut engine = model::open(&args.model, given)?;
    take_assistant(&mut engine, &args.model, given)?;
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let inspection = engine.inspect(&prompt, given, Depth { steps: count(args.steps), top: count(args.top), stages: false })?;
    if args.json {
        return json(&inspection);
    }
    let rows: Vec<Vec<String>> = inspection.steps.iter().map(row).collect();
    print(&lay_out(&rows, &[Side::Left]))
}

/// `input | best (p) | second (p) | ...`; the chosen token is marked where it is not the first.
fn row(step: &StepRow) -> Vec<String> {
    let chosen = |(i, candidate): (usize, &Candidate)| i > 0 && candidate.id == step.chosen.id;
    let cell = |(i, candidate): (usize, &Candidate)| {
        // The space that a word brings along is not shown.
        let word = candidate.text.strip_prefix(' ').filter(|rest| !rest.trim().is_empty()).unwrap_or(&candidate.text);
        let mark = if chosen((i, candidate)) { "*" } else { "" };
        format!("{mark}{} ({:.2}%)", visible(word), candidate.prob_processed * 100.0)
    };
    std::iter::once(visible(&step.input)).chain(step.candidates.iter().enumerate().map(cell)).collect()
}
