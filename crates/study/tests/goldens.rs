//! Distributions of the step table, held to transformers' on the tiny checkpoints and on a real model.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../beamline/tests/support/mod.rs"]
mod support;

use beamline::{Engine, Options, Prompt};
use beamline_study::{Depth, inspect};
use serde_json::Value;
use support::{MODELS, cases, engine, golden, ids, numbers, smollm2, tiny};

/// The first step's distribution after temperature, top-k and top-p.
#[test]
fn sampling_distributions_equal_those_of_transformers() {
    let mut count = 0;
    for name in MODELS {
        let engine = tiny(name);
        for case in cases("distribution", name) {
            let mut settings = Options::default();
            settings.config(&case["generate"]).unwrap();
            settings.config(&serde_json::json!({"seed": 1})).unwrap();
            let prompt = Prompt::Text(case["prompts"][0].as_str().unwrap().into());
            let inspection = inspect(&engine, &prompt, &settings, Depth { steps: 1, top: 60, stages: false }).unwrap();
            let (step, expect) = (&inspection.steps[0], &case["expect"]);
            assert_eq!(step.kept as u64, expect["kept"].as_u64().unwrap(), "{}", case["id"]);
            for (id, theirs) in ids(&expect["ids"]).iter().zip(numbers(&expect["probs"])) {
                let ours = step.candidates.iter().find(|c| c.id == id.0).map_or(0.0, |c| c.prob_processed);
                assert!((ours - theirs).abs() <= 1e-5, "{}: token {id} has {ours}, not {theirs}", case["id"]);
            }
            count += 1;
        }
    }
    assert!(count >= 50, "{count} distributions");
}

#[test]
fn next_tokens_of_a_real_model_equal_those_of_transformers() {
    let Some(path) = smollm2() else { return };
    let engine = engine(&path);
    let all = golden("smollm2.json");
    let cases: Vec<&Value> = all.as_array().unwrap().iter().filter(|case| case["kind"] == "logits").collect();
    assert_eq!(cases.len(), 3);
    for case in cases {
        next_tokens(&engine, case);
    }
}

/// The twenty best next tokens; two may swap where transformers itself has them within 3e-3.
fn next_tokens(engine: &Engine, case: &Value) {
    let (prompt, expect) = (Prompt::Text(case["prompts"][0].as_str().unwrap().into()), &case["expect"]);
    let inspection = inspect(engine, &prompt, &Options::default(), Depth { steps: 1, top: 25, stages: false }).unwrap();
    let step = &inspection.steps[0];
    assert!((step.entropy - expect["entropy"].as_f64().unwrap()).abs() <= 2e-3, "{}", case["id"]);
    let theirs: Vec<(u32, f64)> =
        ids(&expect["top_ids"]).iter().map(|id| id.0).zip(numbers(&expect["top_logprobs"])).collect();
    for (place, &(id, logprob)) in theirs.iter().enumerate() {
        let candidate =
            step.candidates.iter().find(|c| c.id == id).unwrap_or_else(|| panic!("{}: {id} is missing", case["id"]));
        assert!(
            (candidate.logprob - logprob).abs() <= 2e-3,
            "{}: {id} has {}, not {logprob}",
            case["id"],
            candidate.logprob
        );
        let swapped = (theirs[place].1 - theirs[(candidate.rank - 1).min(theirs.len() - 1)].1).abs() < 3e-3;
        assert!(
            candidate.rank == place + 1 || swapped,
            "{}: {id} has rank {}, not {}",
            case["id"],
            candidate.rank,
            place + 1
        );
    }
}
