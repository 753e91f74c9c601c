//! Goldens through the whole path, from prompt to numbers, on the tiny checkpoints.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Beginning, Prompt, Settings, Special};
use serde_json::Value;
use support::{golden, ids, numbers, tiny};

const MODELS: [&str; 5] = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"];

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-4 * b.abs().max(1.0)
}

/// The cases of one kind on one model whose arguments this version has.
fn cases(kind: &str, model: &str) -> Vec<Value> {
    let all = golden("cases.json");
    let known = |case: &Value| {
        let fields = case["generate"].as_object();
        fields.is_none_or(|fields| fields.keys().all(|name| beamline::options().any(|option| option.name == name)))
    };
    let wanted = |case: &&Value| case["kind"] == kind && case["model"] == model && known(case);
    all.as_array().unwrap().iter().filter(wanted).cloned().collect()
}

#[test]
fn prompts_have_the_tokens_and_tokens_the_probabilities_of_transformers() {
    for name in MODELS {
        let engine = tiny(name);
        let cases = cases("logits", name);
        assert_eq!(cases.len(), 4);
        for case in cases {
            let text = case["prompts"][0].as_str().unwrap();
            let tokens = engine.tokenizer().ids(text).unwrap();
            assert_eq!(tokens, ids(&case["expect"]["input_ids"]), "{}", case["id"]);
            assert_eq!(engine.tokenizer().decode(&tokens, Special::Write, Beginning::Text), case["expect"]["decoded"]);
            let report = engine.score(None, &Prompt::Text(text.into())).unwrap();
            let logprobs: Vec<f64> = report.tokens.iter().filter_map(|token| token.logprob).collect();
            for (ours, theirs) in logprobs.iter().zip(numbers(&case["expect"]["token_logprobs"])) {
                assert!(close(*ours, theirs), "{}: {ours}, not {theirs}", case["id"]);
            }
        }
    }
}

#[test]
fn greedy_texts_equal_those_of_transformers() {
    let mut count = 0;
    for name in MODELS {
        let engine = tiny(name);
        for case in cases("generate", name) {
            let mut settings = Settings::default();
            settings.config(&case["generate"]).unwrap();
            let prompts: Vec<Prompt> =
                case["prompts"].as_array().unwrap().iter().map(|p| Prompt::Text(p.as_str().unwrap().into())).collect();
            let completion = engine.generate(&prompts, &settings).unwrap();
            for (i, sequence) in completion.sequences.iter().enumerate() {
                let expected = &case["expect"];
                let new: Vec<u32> = ids(&expected["new_ids"][i]).iter().map(|id| id.0).collect();
                assert_eq!(sequence.token_ids, new[..sequence.token_ids.len()], "{}", case["id"]);
                // What transformers has beyond is padding.
                assert!(
                    sequence.token_ids.len() == new.len() || sequence.finish_reason == Some("eos"),
                    "{}",
                    case["id"]
                );
                assert_eq!(sequence.text, expected["text"][i], "{}", case["id"]);
                for (token, theirs) in sequence.tokens.iter().zip(numbers(&expected["transition_scores"][i])) {
                    assert!(
                        close(token.logprob_processed, theirs),
                        "{}: {} is not {theirs}",
                        case["id"],
                        token.logprob_processed
                    );
                }
                count += 1;
            }
        }
    }
    assert!(count >= 5, "{count} greedy cases");
}

/// The first step's distribution after temperature, top-k and top-p.
#[test]
fn sampling_distributions_equal_those_of_transformers() {
    let mut count = 0;
    for name in MODELS {
        let engine = tiny(name);
        for case in cases("distribution", name) {
            let mut settings = Settings::default();
            settings.config(&case["generate"]).unwrap();
            let prompt = Prompt::Text(case["prompts"][0].as_str().unwrap().into());
            let inspection = engine.inspect(&prompt, &settings, 1, 60).unwrap();
            let (step, expect) = (&inspection.steps[0], &case["expect"]);
            assert_eq!(step.kept as u64, expect["kept"].as_u64().unwrap(), "{}", case["id"]);
            for (id, theirs) in ids(&expect["ids"]).iter().zip(numbers(&expect["probs"])) {
                let ours = step.candidates.iter().find(|c| c.id == id.0).map_or(0.0, |c| c.prob_processed);
                assert!((ours - theirs).abs() <= 1e-5, "{}: token {id} has {ours}, not {theirs}", case["id"]);
            }
            count += 1;
        }
    }
    assert!(count >= 15, "{count} distributions");
}
