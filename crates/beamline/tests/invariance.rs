//! A row does not know its neighbours, nor the threads, nor whether anyone guessed ahead.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Budget, Engine, OpenOptions, Options, Prompt, Sequence, TokenId};
use serde_json::{Value, json};
use support::root;

fn open(name: &str, threads: usize) -> Engine {
    let path = root().join("goldens/checkpoints").join(name);
    OpenOptions::new().threads(threads).open(path.to_str().unwrap()).unwrap()
}

fn prompt(seed: u32, len: u32) -> Prompt {
    Prompt::Ids((0..len).map(|i| TokenId((seed * 37 + i * i * 13 + i * 5) % 500 + 2)).collect())
}

fn sequences(engine: &Engine, prompts: &[Prompt], config: &Value) -> Vec<Sequence> {
    let mut settings = Options::default();
    settings.config(config).unwrap();
    engine.generate(prompts, &engine.plan(&settings).unwrap()).unwrap().sequences
}

/// Tokens, numbers and score of a sequence, by their bits.
type Bits = (Vec<u32>, Vec<[u64; 3]>, Option<u64>);

fn bits(sequences: &[Sequence], prompt: usize) -> Vec<Bits> {
    let own = sequences.iter().filter(|sequence| sequence.prompt == prompt);
    own.map(|sequence| {
        let numbers = sequence.tokens.iter().map(|t| [t.logprob, t.logprob_processed, t.entropy].map(f64::to_bits));
        (sequence.token_ids.clone(), numbers.collect(), sequence.score.map(f64::to_bits))
    })
    .collect()
}

fn ways() -> Vec<Value> {
    vec![
        json!({"max_new_tokens": 12, "do_sample": true, "seed": 7, "temperature": 1.3, "num_return_sequences": 3}),
        json!({"max_new_tokens": 12, "do_sample": true, "seed": 7, "top_k": 0, "xtc_probability": 0.5, "mirostat": 2, "num_return_sequences": 2}),
        json!({"max_new_tokens": 12, "num_beams": 4, "num_return_sequences": 4, "no_repeat_ngram_size": 2, "early_stopping": true}),
        json!({"max_new_tokens": 12, "num_beams": 3, "do_sample": true, "seed": 3, "repetition_penalty": 1.2}),
        json!({"max_new_tokens": 12, "num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.7, "num_return_sequences": 4}),
        json!({"max_new_tokens": 12, "num_beams": 4, "force_words_ids": [[9, 11], [[40], [41, 42]]]}),
        json!({"max_new_tokens": 12, "num_beams": 4, "num_return_sequences": 4, "do_sample": true, "stochastic_beams": true, "seed": 5}),
        json!({"max_new_tokens": 8, "penalty_alpha": 0.6, "top_k": 4}),
        json!({"max_new_tokens": 12, "prompt_lookup_num_tokens": 5}),
        json!({"max_new_tokens": 12, "prompt_lookup_num_tokens": 5, "do_sample": true, "seed": 9, "temperature": 0.5, "num_return_sequences": 2}),
        json!({"max_new_tokens": 12, "guidance_scale": 1.5, "num_beams": 2}),
    ]
}

#[test]
fn a_row_alone_is_the_row_among_sixty_four_others_with_one_thread_or_two() {
    let (one, two) = (open("tiny-llama", 1), open("tiny-llama", 2));
    let own = prompt(1, 19);
    let mut batch: Vec<Prompt> = (0..64).map(|i| prompt(i + 10, 1 + i % 29)).collect();
    batch.insert(31, own.clone());
    for way in ways() {
        let alone = bits(&sequences(&one, std::slice::from_ref(&own), &way), 0);
        assert_eq!(alone, bits(&sequences(&two, std::slice::from_ref(&own), &way), 0), "{way}");
        assert_eq!(alone, bits(&sequences(&two, &batch, &way), 31), "{way}");
    }
}

/// The first of several sequences is the one that would have come alone, also where processors toss coins and remember.
#[test]
fn a_sequence_does_not_know_how_many_are_drawn_beside_it() {
    let engine = open("tiny-llama", 1);
    let own = [prompt(1, 19)];
    let steering = [
        json!({"mirostat": 2, "mirostat_tau": 3.0, "mirostat_eta": 1.0}),
        json!({"mirostat": 1, "mirostat_eta": 1.0}),
        json!({"adaptive_target": 0.3, "adaptive_decay": 0.2}),
        json!({"dry_multiplier": 0.8, "frequency_penalty": 0.3, "presence_penalty": 0.2, "no_repeat_ngram_size": 3}),
        json!({"xtc_threshold": 0.02}),
    ];
    for seed in 0..6 {
        for extra in &steering {
            let mut one =
                json!({"do_sample": true, "top_k": 0, "xtc_probability": 0.5, "seed": seed, "max_new_tokens": 12});
            one.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let mut many = one.clone();
            many["num_return_sequences"] = json!(4);
            let (one, many) = (sequences(&engine, &own, &one), sequences(&engine, &own, &many));
            assert_eq!(bits(&one, 0)[0], bits(&many, 0)[0], "{extra}");
        }
    }
}

/// Whoever guesses, and however well: the text is that of the search without guesses, number by number.
#[test]
fn guessing_ahead_changes_nothing_but_the_time() {
    let mut engine = open("tiny-llama", 2);
    let texts = [prompt(3, 5), Prompt::Ids([7, 8, 9, 7, 8, 9, 7, 8].map(TokenId).to_vec()), prompt(5, 30)];
    let ways = |seed: u64| {
        [
            json!({"max_new_tokens": 24}),
            json!({"max_new_tokens": 24, "repetition_penalty": 1.2, "no_repeat_ngram_size": 3}),
            json!({"max_new_tokens": 24, "do_sample": true, "seed": seed}),
            json!({"max_new_tokens": 24, "do_sample": true, "seed": seed, "temperature": 0.3, "top_p": 0.8, "num_return_sequences": 3}),
            json!({"max_new_tokens": 24, "do_sample": true, "seed": seed, "guidance_scale": 1.3, "best_of": 3}),
        ]
    };
    // The model itself guesses everything rightly, another one little; neither matters.
    for assistant in ["tiny-llama", "tiny-gpt2"] {
        engine.assist(&open(assistant, 1)).unwrap();
        for seed in 0..8 {
            for way in ways(seed) {
                let plain = sequences(&engine, &texts, &way);
                for guess in [
                    json!({"prompt_lookup_num_tokens": 4}),
                    json!({"assistant": assistant, "num_assistant_tokens": 6}),
                    json!({"assistant": assistant, "num_assistant_tokens_schedule": "heuristic", "assistant_confidence_threshold": 0.0}),
                ] {
                    let mut both = way.clone();
                    both.as_object_mut().unwrap().extend(guess.as_object().unwrap().clone());
                    let guessed = sequences(&engine, &texts, &both);
                    for i in 0..texts.len() {
                        assert_eq!(bits(&plain, i), bits(&guessed, i), "{both}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_good_assistant_saves_passes() {
    let mut engine = open("tiny-llama", 2);
    engine.assist(&open("tiny-llama", 1)).unwrap();
    let passes = |config: &Value| {
        let mut settings = Options::default();
        settings.config(config).unwrap();
        let settings = engine.plan(&settings).unwrap();
        let mut sessions = engine.sessions(&[prompt(3, 5)], &settings).unwrap();
        let mut passes = 1;
        while engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap().more {
            passes += 1;
        }
        passes
    };
    assert_eq!(passes(&json!({"max_new_tokens": 24})), 24);
    let guess = json!({"max_new_tokens": 24, "assistant": "itself", "num_assistant_tokens": 5, "assistant_confidence_threshold": 0.0});
    assert_eq!(passes(&guess), 4, "six tokens a pass");
    let mut drawn = guess;
    drawn.as_object_mut().unwrap().extend(json!({"do_sample": true, "seed": 1}).as_object().unwrap().clone());
    assert_eq!(passes(&drawn), 4, "draws agree too");
}

/// A Llama of random weights with a long context, in a folder of its own.
fn long_context(folder: &std::path::Path) -> Engine {
    let from = root().join("goldens/checkpoints/tiny-llama");
    for entry in std::fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&std::fs::read(from.join("config.json")).unwrap()).unwrap();
    // Rotary positions have no table: a longer context needs no more weights.
    config["max_position_embeddings"] = json!(1024);
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    support::engine(folder)
}

/// Blocks of a cache hold sixteen positions each.
#[test]
fn beams_share_the_cache_of_what_they_share() {
    let folder = tempfile::tempdir().unwrap();
    let engine = long_context(folder.path());
    let most = |beams: usize, new: usize| {
        let mut settings = Options::default();
        settings.config(&json!({"num_beams": beams, "max_new_tokens": new, "eos_token_id": []})).unwrap();
        let settings = engine.plan(&settings).unwrap();
        let mut sessions = engine.sessions(&[prompt(1, 900)], &settings).unwrap();
        let mut most = 0;
        for _ in 0..new - 1 {
            engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
            most = most.max(sessions[0].cache_blocks());
        }
        most
    };
    let alone = most(1, 40);
    assert_eq!(alone, (900usize + 38).div_ceil(16));
    // What the beams have generated, were nothing of it shared: whole blocks, and the one that the prompt ends in.
    let generated = 16 * (40usize.div_ceil(16) + 1);
    let wide = most(16, 40);
    assert!(wide as f64 <= 1.3 * alone as f64 + generated as f64, "{wide} blocks, {alone} for one");
    // And far from sixteen prompts.
    assert!(wide < 2 * alone, "{wide} blocks, {alone} for one");
}
