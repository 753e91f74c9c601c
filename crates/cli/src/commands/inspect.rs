//! `beamline inspect`: the best candidates of every step.

use crate::args::Inspect;
use crate::commands::generate::take_assistant;
use crate::failure::Failure;
use crate::output::{json, paint};
use crate::paint::{CHOSEN, FAINT, HEADING, styled, width};
use crate::table::{Side, cut_left, lay_out, visible};
use crate::{model, prompts};
use beamline::Options;
use beamline_study::{Candidate, Depth, StepRow};
use console::measure_text_width;

pub(crate) fn run(args: &Inspect, given: &Options) -> Result<(), Failure> {
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
    let depth = Depth { steps: count(args.steps), top: count(args.top), stages: args.stages };
    let inspection = beamline_study::inspect(&engine, &prompt, given, depth)?;
    if args.json {
        return json(&inspection);
    }
    if args.stages {
        let steps: Vec<String> = inspection.steps.iter().map(stages).collect();
        return paint(&steps.join("\n"));
    }
    let rows = inspection.steps.iter().map(row).collect();
    paint(&lay_out(&fitting(rows, width()), &[Side::Left]))
}

/// `input | best (p) | second (p) | ...`; the chosen token is marked where it is not the first.
fn row(step: &StepRow) -> Vec<String> {
    let chosen = |(i, candidate): (usize, &Candidate)| i > 0 && candidate.id == step.chosen.id;
    let cell = |(i, candidate): (usize, &Candidate)| {
        // The space that a word brings along is not shown.
        let word = candidate.text.strip_prefix(' ').filter(|rest| !rest.trim().is_empty()).unwrap_or(&candidate.text);
        let mark = if chosen((i, candidate)) { "*" } else { "" };
        let by = candidate.removed_by.as_ref().map_or(String::new(), |by| format!(" {by}"));
        let text = format!("{mark}{} ({:.2}%{by})", visible(word), candidate.prob_processed * 100.0);
        style(candidate, step, &text)
    };
    std::iter::once(visible(&step.input)).chain(step.candidates.iter().enumerate().map(cell)).collect()
}

fn style(candidate: &Candidate, step: &StepRow, text: &str) -> String {
    match candidate {
        _ if candidate.id == step.chosen.id => styled(text, CHOSEN),
        Candidate { removed_by: Some(_), .. } => styled(text, FAINT),
        _ => text.to_owned(),
    }
}

/// Rows that fit into a terminal: as many candidates as there is room for, and the end of the text so far.
fn fitting(mut rows: Vec<Vec<String>>, width: Option<usize>) -> Vec<Vec<String>> {
    let Some(width) = width else { return rows };
    let widest = |rows: &[Vec<String>], column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max().unwrap_or(0)
    };
    for row in &mut rows {
        row[0] = cut_left(&row[0], (width / 3).max(12));
    }
    let (mut used, mut columns) = (widest(&rows, 0), 1);
    while rows.iter().any(|row| row.len() > columns) && used + 3 + widest(&rows, columns) <= width {
        used += 3 + widest(&rows, columns);
        columns += 1;
    }
    for row in &mut rows {
        row.truncate(columns.max(2));
    }
    rows
}

/// One step through the whole chain: a row for each candidate, a column for each processor.
pub(crate) fn stages(step: &StepRow) -> String {
    let percent = |p: f64| if p > 0.0 { format!("{:.2}%", p * 100.0) } else { "-".to_owned() };
    let mut heading = vec!["token".to_owned(), "raw".to_owned()];
    heading.extend(step.stages.iter().map(|stage| format!("{} ({} left)", stage.processor, stage.kept)));
    let row = |(i, candidate): (usize, &Candidate)| {
        let mark = if candidate.id == step.chosen.id { "*" } else { "" };
        let mut row = vec![format!("{mark}{}", visible(&candidate.text)), percent(candidate.prob)];
        row.extend(step.stages.iter().map(|stage| percent(stage.probs[i])));
        row.iter().map(|cell| style(candidate, step, cell)).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(step.candidates.iter().enumerate().map(row)).collect();
    let sides: Vec<Side> =
        (0..rows[0].len()).map(|column| if column == 0 { Side::Left } else { Side::Right }).collect();
    let none = if step.stages.is_empty() { "no processor is on\n" } else { "" };
    format!("{}\n{}{none}", styled(&visible(&step.input), HEADING), lay_out(&rows, &sides))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_gets_fewer_candidates_and_the_end_of_the_text() {
        let rows = vec![vec!["안녕하세요 그리고 안녕".to_owned(), "a (50.00%)".to_owned(), "b (20.00%)".to_owned()]];
        assert_eq!(fitting(rows.clone(), None), rows);
        let narrow = fitting(rows, Some(30));
        assert_eq!(narrow, [["…그리고 안녕".to_owned(), "a (50.00%)".to_owned()]]);
    }
}
