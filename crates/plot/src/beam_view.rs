//! How a search's tree is drawn, with what the plan says of the search.

use beamline::Plan;
use beamline_draw::Unit;
use beamline_draw::kinds::BeamView;
use serde_json::json;

/// How the tree of this plan's search is drawn: `pruned` dropped candidates a step, and no more than `steps` steps.
pub(crate) fn beam_view(plan: &Plan, pruned: usize, steps: Option<usize>, unit: Unit) -> BeamView {
    let json = |name: &str| plan.options().get(name).map(|setting| setting.value.json());
    let number = |name: &str| json(name).and_then(|value| value.as_f64());
    let flag = |name: &str| json(name).is_some_and(|value| value == json!(true));
    let beams = number("num_beams").unwrap_or(1.0);
    let is_sampled = flag("do_sample");
    let search = match (flag("exact_search"), beams > 1.0) {
        (true, _) => "exact search: the best of all texts".to_owned(),
        (_, true) if is_sampled => format!("beam search with {beams} beams that draws its tokens"),
        (_, true) => format!("beam search with {beams} beams"),
        _ if is_sampled => "tokens drawn one by one".to_owned(),
        _ => "greedy search".to_owned(),
    };
    // The exact search ranks by the sum itself.
    let length_penalty = (beams > 1.0 && !flag("exact_search")).then(|| number("length_penalty").unwrap_or(1.0));
    BeamView { pruned, steps, unit, search, length_penalty }
}
