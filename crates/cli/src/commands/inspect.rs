//! `beamline inspect`: the best candidates of every step.

use crate::args::Inspect;
use crate::commands::generate::{announce, take_assistant};
use crate::failure::Failure;
use crate::output::{json, paint, print};
use crate::paint::{CHOSEN, FAINT, HEADING, REMOVED, styled, width};
use crate::table::{Cell, Column, Table, cut_left};
use crate::wrap::wrap;
use crate::{model, prompts};
use beamline::{Engine, OptionValue, Options};
use beamline_draw::{Data, on_one_line, token_label};
use beamline_study::{Candidate, Depth, Inspection, StepRow};
use serde_json::{Value, json as value};

/// The token that was chosen, where it is not the best.
const CHOSEN_MARK: &str = "▸";
/// A token that a processor removed.
const REMOVED_MARK: &str = "✗";

pub(crate) fn run(args: &Inspect, given: &Options) -> Result<(), Failure> {
    if given.get("max_new_tokens").is_some() || given.get("max_length").is_some() {
        return Err(Failure::usage(
            "the length of an inspection is given by --steps; leave out max_new_tokens and max_length",
        ));
    }
    let prompt = prompts::single(&args.prompts)?;
    // Without a strategy among the flags the search is greedy, whatever the model's own defaults are.
    let mut engine = model::open(&args.model, given)?;
    prompts::tell_of_two_begins(engine.tokenizer(), prompts::texts(std::slice::from_ref(&prompt)));
    take_assistant(&mut engine, &args.model, given)?;
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let top = count(args.top);
    let depth = Depth { steps: count(args.steps), top, stages: args.stages };
    let given = &with_seed(&engine, given)?;
    let inspection = beamline_study::inspect(&engine, &prompt, given, depth)?;
    match () {
        () if args.json => json(&inspection),
        () if args.csv => print(&csv(&inspection)),
        () if args.markdown && args.stages => {
            let step = |step: &StepRow| {
                let none = if step.stages.is_empty() { "no processor is on\n\n" } else { "" };
                format!("**{}**\n\n{none}{}", on_one_line(&step.input), stage_table(step).markdown())
            };
            print(&inspection.steps.iter().map(step).collect::<Vec<_>>().join("\n"))
        }
        () if args.markdown => print(&step_table(&inspection, top).markdown()),
        () if args.stages => {
            let steps: Vec<String> = inspection.steps.iter().map(|step| stages(step, width())).collect();
            paint(&steps.join("\n"))
        }
        () => paint(&shown(&inspection, top, width())),
    }
}

/// The options with the seed that is drawn where none was given, which is said, so that the table can be had again.
fn with_seed(engine: &Engine, given: &Options) -> Result<Options, Failure> {
    let mut given = given.clone();
    let draws = given.get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
    if draws && given.get("seed").is_none() {
        let plan = engine.plan(&given)?;
        announce(plan.options());
        if let Some(seed) = plan.options().get("seed") {
            given.set("seed", &seed.value.json().to_string())?;
        }
    }
    Ok(given)
}

/// The step table, with what its marks mean where there are any.
pub(super) fn shown(inspection: &Inspection, top: usize, width: Option<usize>) -> String {
    let table = step_table(inspection, top).fit(width);
    let legend = legend(&inspection.steps);
    if legend.is_empty() { table } else { format!("{table}{}", faint_lines(&legend, width)) }
}

/// Lines of a note below a table.
fn faint_lines(text: &str, width: Option<usize>) -> String {
    wrap(text, width.unwrap_or(usize::MAX), "").lines().map(|line| styled(line, FAINT) + "\n").collect()
}

/// `input | best (p) | second (p) | ...`; what is beyond the best by probability stands after them.
fn step_table(inspection: &Inspection, top: usize) -> Table {
    let most = inspection.steps.iter().map(|step| step.candidates.len()).max().unwrap_or(0);
    let place = |i: usize| match i {
        0 => "1st (p)".to_owned(),
        1 => "2nd".to_owned(),
        2 => "3rd".to_owned(),
        i if i < top => format!("{}th", i + 1),
        _ => "also".to_owned(),
    };
    let columns = std::iter::once(Column::so_far("text so far")).chain((0..most).map(|i| Column::words(place(i))));
    let mut table = Table::new(columns.collect()).folding_rows();
    let marks = is_marked(&inspection.steps);
    for step in &inspection.steps {
        let cells = step.candidates.iter().enumerate().map(|(i, candidate)| cell(i, candidate, step, (top, marks)));
        table.push(std::iter::once(Cell::from(on_one_line(&step.input))).chain(cells).collect());
    }
    table
}

/// Whether a token was chosen that is not the best: then the chosen one is marked in every row.
fn is_marked(steps: &[StepRow]) -> bool {
    steps.iter().any(|step| step.candidates.first().is_some_and(|best| best.id != step.chosen.id))
}

fn cell(i: usize, candidate: &Candidate, step: &StepRow, (top, marks): (usize, bool)) -> Cell {
    // The space that a word brings along is not shown; one before a part of a character is.
    let is_word = |rest: &&str| !rest.trim().is_empty() && !rest.contains('\u{fffd}');
    let (text, bytes) = match candidate.text.strip_prefix(' ').filter(is_word) {
        Some(word) => (word, &candidate.bytes[1..]),
        None => (candidate.text.as_str(), candidate.bytes.as_slice()),
    };
    let word = token_label(candidate.id, text, bytes);
    let percent = |p: f64| format!("{:.2}%", p * 100.0);
    let text = if let Some(by) = &candidate.removed_by {
        format!("{REMOVED_MARK}{word} ({} raw, {by})", percent(candidate.prob))
    } else {
        let mark = if marks && candidate.id == step.chosen.id { CHOSEN_MARK } else { "" };
        // Beyond the best the column says nothing of its place.
        let rank = if i >= top { format!(", rank {}", candidate.rank) } else { String::new() };
        format!("{mark}{word} ({}{rank})", percent(candidate.prob_processed))
    };
    in_style(candidate, step, text)
}

fn in_style(candidate: &Candidate, step: &StepRow, text: String) -> Cell {
    match candidate {
        _ if candidate.id == step.chosen.id => Cell::styled(text, CHOSEN),
        Candidate { removed_by: Some(_), .. } => Cell::styled(text, REMOVED),
        _ => Cell::from(text),
    }
}

/// What the marks mean that these steps have.
fn legend(steps: &[StepRow]) -> String {
    let all = || steps.iter().flat_map(|step| step.candidates.iter().map(move |candidate| (step, candidate)));
    let is_shaped = all().any(|(_, candidate)| (candidate.prob - candidate.prob_processed).abs() > 1e-6);
    let is_removed = all().any(|(_, candidate)| candidate.removed_by.is_some());
    let parts = [
        is_shaped.then_some("p: probability after the processors".to_owned()),
        is_marked(steps).then(|| format!("{CHOSEN_MARK} the token chosen")),
        is_removed.then(|| format!("{REMOVED_MARK} removed, with its raw probability and by which processor")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// One step through the whole chain: a row for each candidate, a column for each processor.
pub(crate) fn stages(step: &StepRow, width: Option<usize>) -> String {
    let heading = on_one_line(&step.input);
    let heading = width.map_or(heading.clone(), |width| cut_left(&heading, width));
    let none = if step.stages.is_empty() { "no processor is on\n" } else { "" };
    let mut out = format!("{}\n{}{none}", styled(&heading, HEADING), stage_table(step).fit(width));
    let is_removed = step.candidates.iter().any(|candidate| candidate.removed_by.is_some());
    let removed = if is_removed { format!("; {REMOVED_MARK} removed here") } else { String::new() };
    out += &faint_lines(&format!("p by stage; {CHOSEN_MARK} the token chosen{removed}"), width);
    out
}

fn stage_table(step: &StepRow) -> Table {
    let percent = |p: f64| format!("{:.2}%", p * 100.0);
    let after = step.stages.iter().map(|stage| Column::numbers(format!("{} ({} left)", stage.processor, stage.kept)));
    let columns = [Column::words("token"), Column::numbers("raw p")].into_iter().chain(after);
    let mut table = Table::new(columns.collect());
    for (i, candidate) in step.candidates.iter().enumerate() {
        let mark = if candidate.id == step.chosen.id { CHOSEN_MARK } else { "" };
        let word = format!("{mark}{}", token_label(candidate.id, &candidate.text, &candidate.bytes));
        let mut row = vec![in_style(candidate, step, word), in_style(candidate, step, percent(candidate.prob))];
        let mut is_gone = false;
        for stage in &step.stages {
            let text = match stage.probs[i] {
                p if p > 0.0 => percent(p),
                _ if is_gone => "-".to_owned(),
                _ => {
                    is_gone = true;
                    REMOVED_MARK.to_owned()
                }
            };
            // What is struck out is the token; its numbers are only faint.
            let is_plain = candidate.removed_by.is_none() || candidate.id == step.chosen.id;
            row.push(if is_plain { in_style(candidate, step, text) } else { Cell::styled(text, FAINT) });
        }
        table.push(row);
    }
    table
}

/// A line for each candidate of each step (RFC 4180).
fn csv(inspection: &Inspection) -> String {
    let columns = [
        "step",
        "input",
        "place",
        "id",
        "text",
        "logit",
        "logprob",
        "prob",
        "prob_processed",
        "rank",
        "removed_by",
        "chosen",
    ];
    let line = |(s, step): (usize, &StepRow)| {
        let line = |(i, candidate): (usize, &Candidate)| -> Vec<Value> {
            vec![
                value!(s + 1),
                value!(step.input),
                value!(i + 1),
                value!(candidate.id),
                value!(candidate.text),
                value!(candidate.logit),
                value!(candidate.logprob),
                value!(candidate.prob),
                value!(candidate.prob_processed),
                value!(candidate.rank),
                value!(candidate.removed_by),
                value!(candidate.id == step.chosen.id),
            ]
        };
        step.candidates.iter().enumerate().map(line).collect::<Vec<_>>()
    };
    let rows = inspection.steps.iter().enumerate().flat_map(line).collect();
    Data::new(&columns, rows, Value::Null).csv()
}
