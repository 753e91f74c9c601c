//! A trace tells the whole search: it replays to the same sequences and scores.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Budget, Engine, Event, EventKind, Interest, Observer, Options, Prompt, SearchEvent, Trace, replay};
use serde_json::{Value, json};
use support::tiny;

/// Runs a configuration with a trace; gives the trace.
fn traced(engine: &Engine, prompts: &[Prompt], config: &Value) -> String {
    let mut given = Options::default();
    given.config(config).unwrap();
    let plan = engine.plan(&given).unwrap();
    let mut sessions = engine.sessions(prompts, &plan).unwrap();
    let mut trace = Trace::begin(Vec::new(), engine, &plan, &sessions);
    while engine.step(&mut sessions, Budget::ALL, &mut trace).unwrap().more {}
    let text = String::from_utf8(trace.end(&sessions).unwrap()).unwrap();
    let replayed = replay(&text).unwrap();
    let plain = engine.generate(prompts, &plan).unwrap();
    assert!(plain.agrees_with(&replayed), "{config}: {replayed:?}");
    for (sequence, replayed) in plain.sequences.iter().zip(&replayed) {
        assert_eq!(replayed.finish_reason.as_deref(), sequence.finish_reason);
        let sum: f64 = sequence.tokens.iter().map(|token| token.logprob_processed).sum();
        assert!((sum - replayed.sum_logprob).abs() < 1e-9, "{config}");
    }
    text
}

fn prompts() -> Vec<Prompt> {
    vec![Prompt::Text("Once upon a time".into()), Prompt::Text("안녕하세요".into())]
}

#[test]
fn traces_replay_to_the_same_sequences_and_scores() {
    let engine = tiny("tiny-gpt2");
    for config in [
        json!({"max_new_tokens": 8}),
        json!({"max_new_tokens": 8, "do_sample": true, "seed": 4, "num_return_sequences": 2, "top_p": 0.9}),
        json!({"max_new_tokens": 8, "do_sample": true, "seed": 4, "rng": "torch"}),
        json!({"max_new_tokens": 12, "num_beams": 4, "num_return_sequences": 4, "length_penalty": 0.5, "eos_token_id": [203, 467]}),
        json!({"max_new_tokens": 12, "num_beams": 4, "num_return_sequences": 2, "do_sample": true, "seed": 2, "early_stopping": true}),
        json!({"max_new_tokens": 8, "num_beams": 4, "num_return_sequences": 4, "num_beam_groups": 2, "diversity_penalty": 1.0}),
        json!({"max_new_tokens": 8, "num_beams": 4, "num_return_sequences": 2, "force_words_ids": [[9, 11]]}),
        json!({"max_new_tokens": 5, "num_beams": 3, "num_return_sequences": 3, "do_sample": true, "seed": 1, "stochastic_beams": true}),
        json!({"max_new_tokens": 5, "num_return_sequences": 3, "do_sample": true, "seed": 1, "arithmetic_sampling": true}),
        json!({"max_new_tokens": 6, "penalty_alpha": 0.6, "top_k": 3}),
        json!({"max_new_tokens": 12, "do_sample": true, "seed": 3, "prompt_lookup_num_tokens": 4}),
        json!({"max_new_tokens": 3, "exact_search": true, "num_return_sequences": 3, "node_budget": 300}),
    ] {
        traced(&engine, &prompts(), &config);
    }
}

#[test]
fn a_beams_trace_says_what_became_of_every_candidate() {
    let engine = tiny("tiny-gpt2");
    let config = json!({"max_new_tokens": 12, "num_beams": 3, "num_return_sequences": 3, "eos_token_id": [203, 467], "no_repeat_ngram_size": 2});
    let text = traced(&engine, &prompts()[..1], &config);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    assert_eq!((lines[0]["event"].as_str(), lines.last().unwrap()["event"].as_str()), (Some("begin"), Some("end")));
    let steps = lines.iter().filter_map(|line| line["step"].as_u64()).max().unwrap() + 1;
    // (1 + two end tokens) * 3 candidates a step, a pool a step, one end.
    assert_eq!(of("candidate").len() as u64, 9 * steps);
    assert_eq!((of("pool").len() as u64, of("over").len()), (steps, 1));
    let fates = ["kept", "finished", "rank beyond the width", "end token ranked too low", "pool full", "stopped"];
    for candidate in of("candidate") {
        assert!(fates.contains(&candidate["fate"].as_str().unwrap()), "{candidate}");
        assert!(candidate["logprob_raw"].as_f64().unwrap() < 0.0 && candidate["rank"].as_u64().unwrap() >= 1);
    }
    assert!(of("stage").iter().all(|stage| stage["processor"] == "no_repeat_ngram_size"));
    assert!(
        of("stage")
            .iter()
            .any(|stage| stage["removed"].as_u64() > Some(0) && stage["removed_prob"].as_f64() > Some(0.0))
    );
}

#[test]
fn a_samples_trace_says_where_each_number_fell() {
    let engine = tiny("tiny-gpt2");
    let text = traced(&engine, &prompts()[..1], &json!({"max_new_tokens": 8, "do_sample": true, "seed": 4}));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let draws: Vec<&Value> = lines.iter().filter(|line| line["event"] == "draw").collect();
    assert_eq!(draws.len(), 8);
    for draw in draws {
        let (coin, from, to) =
            (draw["coin"].as_f64().unwrap(), draw["from"].as_f64().unwrap(), draw["to"].as_f64().unwrap());
        assert!(from <= coin + 1e-12 && coin < to + 1e-12, "{draw}");
    }
    assert!(lines.iter().any(|line| line["event"] == "stage" && line["processor"] == "top_k" && line["kept"] == 50));
}

/// An observer hears of beams while they are searched for, step by step.
#[test]
fn observers_hear_of_a_beam_search_while_it_runs() {
    #[derive(Default)]
    struct Listener(Vec<usize>);
    impl Observer for Listener {
        fn wants(&self, _: usize, interest: Interest) -> bool {
            interest == Interest::Search
        }
        fn event(&mut self, event: &Event<'_>) {
            if let EventKind::Search { event: SearchEvent::Pool(_), .. } = event.kind {
                self.0.push(event.step);
            }
        }
    }
    let engine = tiny("tiny-gpt2");
    let mut settings = Options::default();
    settings.config(&json!({"num_beams": 3, "max_new_tokens": 5})).unwrap();
    let settings = engine.plan(&settings).unwrap();
    let mut sessions = engine.sessions(&prompts()[..1], &settings).unwrap();
    let mut listener = Listener::default();
    for step in 0..5 {
        engine.step(&mut sessions, Budget::ALL, &mut listener).unwrap();
        assert_eq!(listener.0.len(), step + 1);
    }
}

#[test]
fn a_broken_trace_is_an_error_that_names_the_line() {
    let error = replay("{\"event\": \"begin\"}\nnot json\n").unwrap_err().to_string();
    assert!(error.starts_with("line 2 of the trace"), "{error}");
    assert!(replay("{}").is_err());
    let lost = "{\"event\": \"end\", \"sequences\": [{\"prompt\": 0, \"node\": 7}]}";
    assert!(replay(lost).unwrap_err().to_string().contains("not among the candidates"));
}
