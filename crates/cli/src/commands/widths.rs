//! What tables look like on terminals of several widths, in several scripts.

use super::{compare, inspect, score};
use crate::tokens;
use beamline::{Engine, Options, Prompt};
use beamline_draw::Unit;
use beamline_study::{Depth, Variant};
use unicode_width::UnicodeWidthStr;

/// English, Korean, Chinese, Japanese, and emoji that are joined.
const PROMPTS: [&str; 5] =
    ["Once upon a time", "안녕하세요, 저는", "从前有一个", "むかしむかし", "a 👩\u{200d}👩\u{200d}👧 🙂"];

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Everything that stands in a table, as a terminal of this width shows it.
fn all(engine: &Engine, prompt: &str, width: usize) -> String {
    let width = Some(width);
    let at = Prompt::Text(prompt.to_owned());
    let set = |text: &str| Options::list(text).expect("options");
    let depth = |steps, stages| Depth { steps, top: 5, stages };
    let inspected = |options: &str, depth| beamline_study::inspect(engine, &at, &set(options), depth).expect("steps");
    let mut parts = vec![
        inspect::shown(&inspected("do_sample=false", depth(4, false)), 5, width),
        inspect::shown(&inspected("no_repeat_ngram_size=1,min_new_tokens=2", depth(2, false)), 5, width),
    ];
    let chain =
        "do_sample=true,temperature=2.0,top_k=40,top_p=0.9,repetition_penalty=1.3,no_repeat_ngram_size=2,seed=4";
    parts.extend(inspected(chain, depth(1, true)).steps.iter().map(|step| inspect::stages(step, width)));
    let plan = engine.plan(&set("max_new_tokens=5")).expect("a plan");
    let completion = engine.complete(prompt, &plan).expect("a text");
    let sequence = &completion.sequences[0];
    parts.push(tokens::table(&sequence.tokens, sequence.sum_logprob, Unit::Nats, width));
    parts.push(score::table(&beamline_study::score(engine, None, &at).expect("a score"), Unit::Nats, width));
    plain(&parts.join("\n"))
}

fn comparison(engine: &Engine, width: usize) -> String {
    let variants: Vec<Variant> = ["greedy: do_sample=false", "hot: do_sample=true,temperature=2.0,seed=1"]
        .into_iter()
        .map(|text| text.parse().expect("a way"))
        .collect();
    let prompt = Prompt::Text("Once upon a time".to_owned());
    let shared = Options::list("max_new_tokens=30").expect("options");
    let mut comparison =
        beamline_study::compare(engine, &prompt, &variants, &shared, 2, &mut |_, _| {}).expect("a comparison");
    comparison.runs.iter_mut().for_each(|run| run.seconds = 0.25);
    plain(&compare::shown(&comparison, Some(width)))
}

#[test]
fn tables_fit_every_terminal_from_60_columns() {
    let engine = Engine::open("builtin").expect("the model");
    for width in [60, 80, 100, 120, 160] {
        for prompt in PROMPTS {
            let shown = all(&engine, prompt, width);
            let wide = shown.lines().find(|line| line.width() > width);
            assert_eq!(wide, None, "{width} columns, {prompt}");
        }
        let shown = comparison(&engine, width);
        assert_eq!(shown.lines().find(|line| line.width() > width), None);
        for heading in ["perplexity", "ended", "tokens", "repeated", "triples"] {
            assert!(shown.contains(heading), "{heading} at {width}: {shown}");
        }
    }
}

#[test]
fn tables_at_60_80_and_120_columns() {
    let engine = Engine::open("builtin").expect("the model");
    for width in [60, 80, 120] {
        for (name, prompt) in [("english", PROMPTS[0]), ("korean", PROMPTS[1])] {
            insta::assert_snapshot!(format!("{name}_{width}"), all(&engine, prompt, width));
        }
        insta::assert_snapshot!(format!("compare_{width}"), comparison(&engine, width));
    }
}
