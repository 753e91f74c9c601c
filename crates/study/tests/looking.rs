//! Looking into models and searches: attention against transformers', and results against each other.
#![allow(clippy::unwrap_used)] // tests may

#[path = "../../beamline/tests/support/mod.rs"]
mod support;

use beamline::{Options, Prompt, TokenId};
use beamline_study::{
    Bundle, Depth, Positions, Variant, attention, bundle, compare, embeddings, inspect, search_tree, verify,
};
use serde_json::{Value, json};
use support::{golden, ids, numbers, tiny};

fn settings(options: &Value) -> Options {
    let mut settings = Options::default();
    settings.config(options).unwrap();
    settings
}

#[test]
fn heads_look_where_transformers_says() {
    for case in golden("attention.json").as_array().unwrap() {
        let engine = tiny(case["model"].as_str().unwrap());
        let prompt = Prompt::Ids(ids(&case["token_ids"]));
        for (layer, heads) in case["layers"].as_array().unwrap().iter().enumerate() {
            let heads = heads.as_array().unwrap();
            for (head, expected) in heads.iter().enumerate() {
                let map = attention(&engine, &prompt, layer, Some(head)).unwrap();
                assert_eq!(map.heads, heads.len());
                for (row, expected) in map.weights.iter().zip(expected.as_array().unwrap()) {
                    for (weight, expected) in row.iter().zip(numbers(expected)) {
                        let error = (f64::from(*weight) - expected).abs();
                        assert!(error < 2e-5, "{} {layer}.{head}: {weight}, not {expected}", case["model"]);
                    }
                }
            }
        }
    }
}

#[test]
fn the_mean_of_heads_is_one_and_layers_and_heads_have_ends() {
    let engine = tiny("tiny-llama");
    let prompt = Prompt::Ids([5, 6, 7].map(TokenId).to_vec());
    let map = attention(&engine, &prompt, 0, None).unwrap();
    for (i, row) in map.weights.iter().enumerate() {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row[i + 1..].iter().all(|w| *w == 0.0));
    }
    let no_layer = attention(&engine, &prompt, 99, None).unwrap_err().to_string();
    assert!(no_layer.contains("layer must be in 0..="), "{no_layer}");
    let no_head = attention(&engine, &prompt, 0, Some(99)).unwrap_err().to_string();
    assert!(no_head.contains("head must be in 0..="), "{no_head}");
}

#[test]
fn learned_positions_are_added_and_rotary_ones_are_turns() {
    let prompt = Prompt::Ids([5, 6, 5].map(TokenId).to_vec());
    let seen = embeddings(&tiny("tiny-gpt2"), &prompt).unwrap();
    let Positions::Learned(position) = &seen.position else { panic!("GPT-2 learns its positions") };
    for ((token, position), sum) in seen.token.iter().zip(position).zip(&seen.sum) {
        assert!(token.iter().zip(position).zip(sum).all(|((t, p), s)| t + p == *s));
    }
    assert_eq!(seen.token[0], seen.token[2]);
    let seen = embeddings(&tiny("tiny-llama"), &prompt).unwrap();
    let Positions::Rotary(turns) = &seen.position else { panic!("Llama turns its heads") };
    assert_eq!(seen.token, seen.sum);
    for turn in turns {
        let (cos, sin) = turn.split_at(turn.len() / 2);
        assert!(cos.iter().zip(sin).all(|(c, s)| (c * c + s * s - 1.0).abs() < 1e-6));
    }
}

#[test]
fn what_is_compared_is_what_each_variant_generates_alone() {
    let engine = tiny("tiny-gpt2");
    let prompt = Prompt::Text("The".into());
    let variants: Vec<Variant> = Variant::USUAL.iter().map(|text| text.parse().unwrap()).collect();
    let shared = settings(&json!({"max_new_tokens": 9}));
    let mut last = (0, 0);
    let comparison = compare(&engine, &prompt, &variants, &shared, 2, &mut |done, of| last = (done, of)).unwrap();
    assert_eq!(last, (3 + 5 * 2, 3 + 5 * 2));
    for (variant, run) in variants.iter().zip(&comparison.runs) {
        for text in &run.texts {
            let mut own = variant.settings.beside(&shared);
            own.set("seed", &text.seed.unwrap_or(0).to_string()).unwrap();
            let alone = engine.complete(&prompt, &engine.plan(&own).unwrap()).unwrap();
            assert_eq!(alone.sequences[0].token_ids, text.sequence.token_ids, "{}", run.name);
            assert_eq!(alone.sequences[0].sum_logprob, text.sequence.sum_logprob, "{}", run.name);
        }
    }
    assert_eq!(comparison.runs[0].texts[0].differs_at, None);
    for run in &comparison.runs {
        let ids = &run.texts[0].sequence.token_ids;
        assert_eq!(ids[..comparison.common], comparison.runs[0].texts[0].sequence.token_ids[..comparison.common]);
    }
}

#[test]
fn a_search_tree_has_the_winner_and_greedys_path() {
    let engine = tiny("tiny-gpt2");
    let prompt = Prompt::Text("The".into());
    let beams = settings(&json!({"num_beams": 3, "max_new_tokens": 5}));
    let tree = search_tree(&engine, &prompt, &beams).unwrap();
    let found = engine.complete(&prompt, &engine.plan(&beams).unwrap()).unwrap();
    let winner: Vec<u32> = tree.winner.iter().map(|&i| tree.candidates[i].id).collect();
    assert_eq!(winner, found.sequences[0].token_ids);
    let greedy = engine.complete(prompt, &engine.plan(&settings(&json!({"max_new_tokens": 5}))).unwrap()).unwrap();
    assert_eq!(tree.greedy, greedy.sequences[0].token_ids);
    assert!(tree.candidates.iter().enumerate().all(|(i, c)| c.parent.is_none_or(|parent| parent < i)));
}

#[test]
fn stages_say_who_removed_what() {
    let engine = tiny("tiny-gpt2");
    let given = settings(&json!({"do_sample": true, "temperature": 0.7, "top_k": 5, "top_p": 0.5, "seed": 3}));
    let depth = Depth { steps: 2, top: usize::MAX, stages: true };
    let inspection = inspect(&engine, &Prompt::Text("The".into()), &given, depth).unwrap();
    for step in &inspection.steps {
        let names: Vec<&str> = step.stages.iter().map(|stage| stage.processor.as_str()).collect();
        assert_eq!(names, ["temperature", "top_k", "top_p"]);
        assert_eq!(step.stages[1].kept, 5);
        assert_eq!(step.stages[2].kept, step.kept);
        for (i, candidate) in step.candidates.iter().enumerate() {
            assert_eq!(step.stages[2].probs[i], candidate.prob_processed);
            assert_eq!(candidate.removed_by.is_some(), candidate.prob_processed == 0.0);
            let first = step.stages.iter().find(|stage| stage.probs[i] == 0.0).map(|stage| stage.processor.as_str());
            assert_eq!(candidate.removed_by.as_deref(), first);
        }
    }
}

#[test]
fn a_bundle_comes_out_again_and_a_changed_one_does_not() {
    let engine = tiny("tiny-qwen3");
    for options in [
        json!({"max_new_tokens": 6}),
        json!({"max_new_tokens": 6, "num_beams": 3, "num_return_sequences": 2}),
        json!({"max_new_tokens": 6, "do_sample": true, "num_return_sequences": 2, "bad_words_ids": [[4, 5]]}),
    ] {
        let plan = engine.plan(&settings(&options)).unwrap();
        let prompts = ["The", "안녕"].map(|text| Prompt::Text(text.into()));
        let completion = engine.generate(&prompts, &plan).unwrap();
        let bundle = bundle(&engine, &completion, &plan);
        let read = Bundle::read(&serde_json::to_string(&bundle).unwrap()).unwrap();
        assert_eq!(read, bundle);
        let verdict = verify(&engine, &read).unwrap();
        assert!(verdict.same && verdict.tokens == completion.usage.new_tokens, "{verdict:?}");
        let mut changed = read.clone();
        changed.sequences[1].logprobs[0] += 1e-9;
        assert!(verify(&engine, &changed).unwrap().difference.unwrap().contains("log-probability"));
        let other = verify(&tiny("tiny-gpt2"), &read).unwrap_err().to_string();
        assert!(other.contains("--model"), "{other}");
    }
    for bad in ["", "{}", "[1]", "{\"schema\": 2}"] {
        assert!(Bundle::read(bad).unwrap_err().to_string().contains("not a bundle"), "{bad}");
    }
}

/// One number for one thing, to the bit: generated, scored, and looked at.
#[test]
fn a_log_probability_has_one_value_wherever_it_is_shown() {
    let engine = tiny("tiny-gpt2");
    let prompt = Prompt::Text("The".into());
    let depth = Depth { steps: 4, top: 1, stages: false };
    let inspection = inspect(&engine, &prompt, &Options::default(), depth).unwrap();
    let given = settings(&json!({"max_new_tokens": 4, "do_sample": false}));
    let completion = engine.generate(&[prompt], &engine.plan(&given).unwrap()).unwrap();
    for (step, token) in inspection.steps.iter().zip(&completion.sequences[0].tokens) {
        let best = &step.candidates[0];
        assert_eq!((best.id, best.rank), (token.id, token.rank));
        assert_eq!(best.logprob.to_bits(), token.logprob.to_bits(), "{} and {}", best.logprob, token.logprob);
        assert_eq!(step.entropy.to_bits(), token.entropy.to_bits(), "{} and {}", step.entropy, token.entropy);
    }
}
