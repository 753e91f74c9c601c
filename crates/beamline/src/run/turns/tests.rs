use super::*;
use crate::Options;
use crate::observe::{Event, EventKind, Interest, Observer};
use crate::run::{Budget, Completion, Engine, Prompt, Session, TextDeltas};
use beamline_search::Tree;
use beamline_tokens::TokenId;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints/tiny-llama");
    Engine::open(path.to_str().unwrap()).unwrap()
});

fn ids(seed: u32, len: u32) -> Prompt {
    Prompt::Ids((0..len).map(|i| TokenId((seed * 37 + i * i * 13 + i * 5) % 500 + 2)).collect())
}

/// Searches whose sequences do not compete, `n` of them.
fn ways(n: usize, seed: u64) -> Vec<Value> {
    let with = |other: Value| {
        let mut all = json!({"do_sample": true, "seed": seed, "max_new_tokens": 7, "num_return_sequences": n});
        all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        all
    };
    vec![
        with(json!({"temperature": 1.3})),
        with(json!({"top_k": 0, "mirostat": 2, "mirostat_eta": 1.0, "xtc_probability": 0.5, "xtc_threshold": 0.02})),
        with(json!({"adaptive_target": 0.3, "adaptive_decay": 0.2, "repetition_penalty": 1.2})),
        with(json!({"arithmetic_sampling": true})),
        with(json!({"best_of": n + 2, "num_return_sequences": n})),
        with(json!({"best_of": n + 2, "rank_by": "mbr", "guidance_scale": 1.4})),
        with(json!({"temperature": 0.2, "prompt_lookup_num_tokens": 3})),
        with(
            json!({"temperature": 0.2, "prompt_lookup_num_tokens": 3, "guidance_scale": 1.3, "xtc_probability": 0.5, "top_k": 0}),
        ),
        with(json!({"stop_strings": ["e", "a", "th"], "temperature": 2.0, "top_k": 0})),
    ]
}

fn session(prompt: Prompt, config: &Value, most: Option<usize>) -> Session {
    let mut options = Options::new();
    options.config(config).unwrap();
    let mut session = ENGINE.session(prompt, &ENGINE.plan(&options).unwrap()).unwrap();
    assert!(session.turns.most().is_some(), "{config}");
    if let Some(most) = most {
        session.turns = Turns::at_most(most);
    }
    session
}

/// Tokens, text, reason, numbers and score of a sequence, by their bits.
type Bits = (Vec<u32>, String, Option<&'static str>, Vec<[u64; 3]>, Option<u64>);

/// All that a search comes to.
fn bits(completion: &Completion) -> Vec<Bits> {
    let numbers = |t: &crate::GeneratedToken| [t.logprob, t.logprob_processed, t.entropy].map(f64::to_bits);
    let one = |s: &crate::Sequence| {
        let numbers = s.tokens.iter().map(numbers).collect();
        (s.token_ids.clone(), s.text.clone(), s.finish_reason, numbers, s.score.map(f64::to_bits))
    };
    completion.sequences.iter().map(one).collect()
}

/// Of which step each row was, by sequence and text.
#[derive(Default)]
struct Seen(BTreeSet<(usize, u32, Vec<TokenId>)>);

impl Observer for Seen {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        interest == Interest::Rows
    }
    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Row { tokens, outlook } = &event.kind {
            assert!(self.0.insert((event.step, outlook.tip.sequence, tokens.to_vec())), "a row comes once");
        }
    }
}

#[test]
fn those_who_waited_longest_come_first_and_rounds_do_not_mix() {
    let mut tree = Tree::new();
    let grow = |tree: &mut Tree| tree.grow(Tree::ROOT, TokenId(1), 0.0, 0.0);
    let mut waiting: BTreeMap<NodeId, u8> = (0..5).map(|_| (grow(&mut tree), 0)).collect();
    let mut turns = Turns::at_most(2);
    let mut numbers = Vec::new();
    for _ in 0..6 {
        let taken = turns.take(&mut waiting, tree.len());
        numbers.push((taken.keys().map(|node| node.index()).collect::<Vec<_>>(), turns.is_behind()));
        // Each has a child, which waits for the next round.
        waiting.extend(taken.iter().map(|_| (grow(&mut tree), 0)));
    }
    let behind = [true, true, false, true, true, false];
    let expected = [vec![1, 2], vec![3, 4], vec![5], vec![6, 7], vec![8, 9], vec![10]];
    assert_eq!(numbers, expected.into_iter().zip(behind).collect::<Vec<_>>());
}

#[test]
fn memory_is_bounded_whatever_the_vocabulary_and_however_many_sessions() {
    assert_eq!(Turns::apart(49_152).most(), Some(341));
    assert_eq!(Turns::apart(usize::MAX).most(), Some(1));
    assert_eq!(Turns::together().most(), None);
    let mut turns = Turns::apart(49_152);
    turns.share(5);
    assert_eq!(turns.now(), 68);
    turns.share(1000);
    assert_eq!(turns.now(), 1);
    let mut together = Turns::together();
    together.share(5);
    assert_eq!(together.now(), usize::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However few have their turn together, alone or beside others: the bits are those of all at once.
    #[test]
    fn results_do_not_depend_on_turns(
        n in 1usize..9, most in 1usize..6, seed in 0u64..1000, len in 1u32..40, budget in 1usize..60,
    ) {
        for config in ways(n, seed) {
            let mut whole = [session(ids(1, len), &config, None)];
            ENGINE.run(&mut whole, &mut ()).unwrap();
            let mut parted = [
                session(ids(1, len), &config, Some(most)),
                session(ids(2, 5), &json!({"do_sample": true, "seed": 1, "max_new_tokens": 5, "num_return_sequences": 3}), Some(4)),
            ];
            let mut deltas = TextDeltas::new(&ENGINE, &parted[0]);
            let mut texts = vec![String::new(); n + 2];
            let mut more = true;
            while more {
                let step = ENGINE.step(&mut parted, Budget::tokens(budget), &mut ()).unwrap();
                more = step.more;
                deltas.take(&parted[0]).into_iter().for_each(|news| texts[news.sequence] += &news.text);
            }
            let (expected, got) = (ENGINE.completion(&whole), ENGINE.completion(&parted[..1]));
            prop_assert_eq!(bits(&expected), bits(&got), "{} at a time: {}", most, config);
            let joined: Vec<&str> = expected.sequences.iter().map(|sequence| sequence.text.as_str()).collect();
            prop_assert_eq!(&texts[..joined.len()], &joined[..]);
        }
    }
}

#[test]
fn a_step_of_a_search_goes_on_until_all_have_had_their_turn() {
    for config in ways(7, 3).into_iter().filter(|config| config.get("prompt_lookup_num_tokens").is_none()) {
        let (mut whole, mut parted) = ([session(ids(1, 9), &config, None)], [session(ids(1, 9), &config, Some(2))]);
        let (mut expected, mut got) = (Seen::default(), Seen::default());
        ENGINE.run(&mut whole, &mut expected).unwrap();
        let mut first = true;
        let each = if config.get("guidance_scale").is_some() { 2 } else { 1 };
        loop {
            let step = ENGINE.step(&mut parted, Budget::ALL, &mut got).unwrap();
            assert!(first || step.tokens <= 2 * each, "{} tokens in a step", step.tokens);
            assert!(parted[0].spare.len() <= 2, "{} rows to shape in", parted[0].spare.len());
            first = false;
            if !step.more {
                break;
            }
        }
        assert_eq!(expected.0, got.0, "{config}");
    }
}

#[test]
fn competing_sequences_and_those_of_one_stream_step_together() {
    for config in [json!({"num_beams": 3}), json!({"do_sample": true, "rng": "torch", "seed": 1}), json!({})] {
        let mut options = Options::new();
        options.config(&config).unwrap();
        let session = ENGINE.session(ids(1, 3), &ENGINE.plan(&options).unwrap()).unwrap();
        assert_eq!(session.turns.most(), None, "{config}");
    }
}

#[test]
fn time_that_is_up_among_first_tokens_ends_those_without_one() {
    for mut config in ways(6, 5) {
        config["max_time"] = json!(1e-9);
        // Another one goes on beside it, and has half of the memory.
        let other = session(ids(2, 5), &json!({"do_sample": true, "seed": 1, "max_new_tokens": 3}), Some(4));
        let mut late = [session(ids(1, 9), &config, Some(4)), other];
        ENGINE.run(&mut late, &mut ()).unwrap();
        let sequences = ENGINE.completion(&late[..1]).sequences;
        assert_eq!(sequences.len(), 6, "{config}");
        let ended = |reason| matches!(reason, Some("time" | "stop" | "eos"));
        assert!(sequences.iter().all(|s| ended(s.finish_reason)), "{config}");
        let texts = late[0].tree().len() - 1;
        assert_eq!(texts, 2, "two have had their turn: {config}");
        let empty = sequences.iter().filter(|sequence| sequence.token_ids.is_empty());
        assert!(empty.clone().all(|s| s.finish_reason == Some("time") && s.text.is_empty()), "{config}");
        assert_eq!(empty.count(), 4, "{config}");
    }
}

#[test]
fn time_that_is_up_between_turns_ends_all_where_they_stand() {
    for config in ways(6, 5) {
        let mut whole = [session(ids(1, 9), &config, None)];
        ENGINE.run(&mut whole, &mut ()).unwrap();
        for steps in 1..12 {
            let mut late = [session(ids(1, 9), &config, Some(2))];
            for _ in 0..steps {
                ENGINE.step(&mut late, Budget::ALL, &mut ()).unwrap();
            }
            if !late[0].turns.is_behind() || late[0].is_done() {
                continue;
            }
            let before = late[0].tree().len();
            late[0].deadline = Some(Instant::now());
            std::thread::sleep(std::time::Duration::from_millis(1));
            assert!(!ENGINE.step(&mut late, Budget::ALL, &mut ()).unwrap().more, "{config}");
            assert!(late[0].error().is_none());
            assert_eq!(late[0].tree().len(), before, "nothing is chosen after that");
            assert!(late[0].cache_blocks() > 0, "keys and values of the longest are kept for others");
            let (whole, late) = (ENGINE.completion(&whole).sequences, ENGINE.completion(&late).sequences);
            assert_eq!(whole.len(), late.len());
            for sequence in &late {
                assert!(sequence.finish_reason.is_some());
                assert!(!sequence.token_ids.is_empty());
                if config.get("best_of").is_none() {
                    let same = &whole[sequence.rank];
                    assert!(same.token_ids.starts_with(&sequence.token_ids), "{config}");
                    let open = sequence.token_ids.len() < same.token_ids.len();
                    assert_eq!(open, sequence.finish_reason == Some("time"), "{config}");
                }
            }
        }
    }
}
