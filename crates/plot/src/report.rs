//! The figures of a report.

use crate::beam_view::beam_view;
use crate::error::PlotError;
use beamline::{Completion, Engine, Plan, Prompt, TokenId};
use beamline_draw::{DrawError, Figure, Unit, kinds};
use beamline_study::{Depth, inspect, score, search_tree};

/// Steps of the first prompt's search that a report draws: of more, nothing could be read.
const STEPS: usize = 8;

/// What the search of the first prompt considered, the surprise of its first text, and its first step: `completion` is what `engine`
/// made of `prompts` by `plan`. A search that considers no candidates has no tree, and a text of one token no surprise.
///
/// ```
/// use beamline::{Engine, Options, Prompt};
/// let engine = Engine::open("builtin")?;
/// let plan = engine.plan(&Options::list("num_beams=2, max_new_tokens=3")?)?;
/// let prompts = [Prompt::from("Once upon a")];
/// let completion = engine.generate(&prompts, &plan)?;
/// let figures = beamline_plot::report_figures(&engine, &prompts, &plan, &completion)?;
/// assert_eq!(figures.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no prompt, and when the engine fails.
pub fn report_figures(
    engine: &Engine,
    prompts: &[Prompt],
    plan: &Plan,
    completion: &Completion,
) -> Result<Vec<Figure>, PlotError> {
    let (Some(prompt), Some(read)) = (prompts.first(), completion.prompts.first()) else {
        return Err(DrawError::Nothing("there is no prompt".to_owned()).into());
    };
    let mut figures = Vec::new();
    let tree = search_tree(engine, prompt, plan.options())?;
    if !tree.candidates.is_empty() {
        figures.push(kinds::beams(&tree, &beam_view(plan, 3, Some(STEPS), Unit::Nats))?);
    }
    let said = completion.sequences.first().map(|sequence| &sequence.token_ids);
    let ids = read.token_ids.iter().chain(said.into_iter().flatten()).map(|&id| TokenId(id)).collect();
    let report = score(engine, None, &Prompt::Ids(ids))?;
    figures.extend(kinds::surprisal(&report, Some(read.token_ids.len()), Unit::Nats).ok());
    let depth = Depth { steps: 1, top: usize::MAX, stages: false };
    let first = inspect(engine, prompt, plan.options(), depth)?;
    figures.push(kinds::next(&[("first token".to_owned(), first)], 10, false)?);
    Ok(figures)
}
