//! Sessions that join, leave and fail beside others: nobody's results depend on it, nor on the budget, nor on what was
//! computed before.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{
    Budget, Completion, Engine, Error, Geometry, Model, ModelError, Options, Plan, PrefixStore, Probe, Prompt, Rows,
    Session, SessionId, Span, TableModel, TextDeltas, TokenId, Tokenizer,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// A Llama of random weights whose context holds 1,024 tokens. Rotary positions have no table, so that takes no weights.
static LONG: LazyLock<Engine> = LazyLock::new(|| {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints/tiny-llama");
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&std::fs::read(from.join("config.json")).unwrap()).unwrap();
    config["max_position_embeddings"] = json!(1024);
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let engine = Engine::open(folder.path().to_str().unwrap()).unwrap();
    std::mem::forget(folder); // the engine may read its file until it is packed
    engine
});

fn ids(seed: u32, len: u32) -> Prompt {
    Prompt::Ids((0..len).map(|i| TokenId((seed * 37 + i * i * 13 + i * 5) % 500 + 2)).collect())
}

fn plan(config: &Value) -> Plan {
    let mut options = Options::new();
    options.config(config).unwrap();
    LONG.plan(&options).unwrap()
}

/// Every kind of search.
fn configs() -> Vec<Value> {
    vec![
        json!({"max_new_tokens": 9}),
        json!({"max_new_tokens": 9, "do_sample": true, "seed": 7, "num_return_sequences": 3, "top_k": 0}),
        json!({"max_new_tokens": 9, "do_sample": true, "seed": 7, "mirostat": 2, "xtc_probability": 0.5, "top_k": 0}),
        json!({"max_new_tokens": 9, "num_beams": 4, "num_return_sequences": 2, "no_repeat_ngram_size": 2}),
        json!({"max_new_tokens": 9, "num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.7}),
        json!({"max_new_tokens": 9, "num_beams": 3, "do_sample": true, "stochastic_beams": true, "seed": 5}),
        json!({"max_new_tokens": 6, "penalty_alpha": 0.6, "top_k": 4}),
        json!({"max_new_tokens": 9, "prompt_lookup_num_tokens": 4}),
        json!({"max_new_tokens": 9, "guidance_scale": 1.5, "num_beams": 2}),
        json!({"max_new_tokens": 3, "exact_search": true, "node_budget": 30}),
    ]
}

/// Tokens, numbers and score of each sequence, by their bits.
type Bits = Vec<(Vec<u32>, Vec<[u64; 3]>, Option<u64>)>;

fn bits(completion: &Completion) -> Bits {
    let numbers = |t: &beamline::GeneratedToken| [t.logprob, t.logprob_processed, t.entropy].map(f64::to_bits);
    let sequences = completion.sequences.iter();
    sequences
        .map(|s| (s.token_ids.clone(), s.tokens.iter().map(numbers).collect(), s.score.map(f64::to_bits)))
        .collect()
}

/// A session to its end, alone and at once.
fn alone(prompt: &Prompt, plan: &Plan) -> Bits {
    bits(&LONG.complete(prompt, plan).unwrap())
}

#[test]
fn budgets_of_16_and_512_and_all_give_the_same_bits() {
    for config in configs() {
        let plan = plan(&config);
        let prompts = [ids(1, 700), ids(2, 3), ids(3, 40)];
        let expected: Vec<Bits> = prompts.iter().map(|prompt| alone(prompt, &plan)).collect();
        for budget in [1, 16, 100, 512].map(Budget::tokens).into_iter().chain([Budget::ALL]) {
            let mut sessions = LONG.sessions(&prompts, &plan).unwrap();
            while LONG.step(&mut sessions, budget, &mut ()).unwrap().more {}
            for (session, expected) in sessions.iter().zip(&expected) {
                assert_eq!(&bits(&LONG.completion(std::slice::from_ref(session))), expected, "{budget:?} {config}");
            }
        }
    }
}

#[test]
fn a_long_prompt_holds_nobody_for_longer_than_the_budget() {
    let plan = plan(&json!({"max_new_tokens": 30}));
    let mut sessions = vec![LONG.session(ids(1, 5), &plan).unwrap()];
    LONG.step(&mut sessions, Budget::tokens(32), &mut ()).unwrap();
    sessions.push(LONG.session(ids(2, 900), &plan).unwrap());
    for steps in 2..30 {
        let step = LONG.step(&mut sessions, Budget::tokens(32), &mut ()).unwrap();
        assert!(step.tokens <= 32, "{} tokens in a step", step.tokens);
        assert_eq!(sessions[0].results()[0].node.index(), steps, "one token more in every step");
        assert_eq!(sessions[1].tree().len() > 1, steps > 900usize.div_ceil(31), "31 of 900 tokens a step");
    }
}

#[test]
fn a_failing_session_leaves_three_others_their_bits() {
    // A row without tokens: everything is suppressed.
    let all: Vec<u32> = (0..LONG.model().geometry().vocab as u32).collect();
    let impossible = plan(&json!({"max_new_tokens": 9, "suppress_tokens": all}));
    let others = [
        json!({"max_new_tokens": 9}),
        json!({"max_new_tokens": 12, "num_beams": 3}),
        json!({"max_new_tokens": 9, "do_sample": true, "seed": 3}),
    ];
    let plans: Vec<Plan> = others.iter().map(plan).collect();
    let mut sessions: Vec<Session> =
        plans.iter().zip(1..).map(|(plan, seed)| LONG.session(ids(seed, 20), plan).unwrap()).collect();
    sessions.insert(1, LONG.session(ids(9, 30), &impossible).unwrap());
    while LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap().more {}
    let failed = sessions.remove(1);
    assert!(failed.is_done());
    assert!(matches!(failed.error(), Some(Error::Shape(_))), "{:?}", failed.error());
    assert!(failed.error().unwrap().to_string().contains("suppress_tokens"));
    for (session, (plan, seed)) in sessions.iter().zip(plans.iter().zip(1..)) {
        assert!(session.error().is_none());
        assert_eq!(bits(&LONG.completion(std::slice::from_ref(session))), alone(&ids(seed, 20), plan));
    }
}

#[cfg(feature = "grammar")]
#[test]
fn a_grammar_that_cannot_go_on_is_its_own_sessions_failure() {
    let forbidden = plan(&json!({"max_new_tokens": 9, "regex": "[a-z]+", "processors": ["grammar", "suppress_tokens"],
        "suppress_tokens": (0..LONG.model().geometry().vocab as u32).collect::<Vec<_>>()}));
    let other = plan(&json!({"max_new_tokens": 9}));
    let mut sessions = [LONG.session(ids(1, 4), &forbidden).unwrap(), LONG.session(ids(2, 4), &other).unwrap()];
    while LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap().more {}
    assert!(sessions[0].error().is_some() && sessions[1].error().is_none());
    assert_eq!(bits(&LONG.completion(&sessions[1..])), alone(&ids(2, 4), &other));
}

#[test]
fn a_prompt_that_outlives_its_time_fails_alone() {
    let late = plan(&json!({"max_new_tokens": 9, "max_time": 1e-6}));
    let other = plan(&json!({"max_new_tokens": 9}));
    let mut sessions = [LONG.session(ids(1, 500), &late).unwrap(), LONG.session(ids(2, 4), &other).unwrap()];
    while LONG.step(&mut sessions, Budget::tokens(16), &mut ()).unwrap().more {}
    assert!(matches!(sessions[0].error(), Some(Error::Late)));
    assert_eq!(bits(&LONG.completion(&sessions[1..])), alone(&ids(2, 4), &other));
}

#[test]
fn a_cancelled_session_is_done_and_holds_no_memory() {
    let plan = plan(&json!({"max_new_tokens": 9}));
    let mut sessions = [LONG.session(ids(1, 40), &plan).unwrap()];
    LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
    assert!(sessions[0].cache_blocks() > 0);
    sessions[0].cancel();
    assert!(sessions[0].is_done() && sessions[0].cache_blocks() == 0);
    assert!(matches!(sessions[0].error(), Some(Error::Cancelled)));
    assert_eq!(LONG.completion(&sessions).sequences[0].token_ids.len(), 1, "what it had come to can be read");
    assert!(!LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap().more);
}

#[test]
fn a_session_from_the_prefix_store_equals_one_from_nothing() {
    for config in configs() {
        let plan = plan(&config);
        let mut store = PrefixStore::new(&LONG, 1 << 20);
        let Prompt::Ids(long) = ids(4, 300) else { unreachable!() };
        for len in [300, 300, 299, 150, 17, 16, 1] {
            let mut prompt = long[..len].to_vec();
            prompt.extend([TokenId(7), TokenId(len as u32 % 100 + 2)]);
            let before = store.stats();
            let mut sessions = [store.session(&LONG, prompt.clone(), &plan).unwrap()];
            while LONG.step(&mut sessions, Budget::tokens(64), &mut ()).unwrap().more {}
            store.keep(&LONG, &sessions[0]);
            assert_eq!(bits(&LONG.completion(&sessions)), alone(&Prompt::Ids(prompt), &plan), "{len} {config}");
            let hits = store.stats().hits - before.hits;
            let none = before.asked == 0 || config.get("penalty_alpha").is_some();
            assert_eq!(hits, if none { 0 } else { len / 16 * 16 }, "{len} {config}");
        }
    }
}

#[test]
fn the_prefix_store_stays_within_its_bound_and_gives_up_what_was_not_asked_for() {
    let plan = plan(&json!({"max_new_tokens": 2}));
    let block = LONG.model().geometry().block_bytes();
    let mut store = PrefixStore::new(&LONG, 10 * block);
    let mut run = |seed: u32, len: u32| {
        let mut sessions = [store.session(&LONG, ids(seed, len), &plan).unwrap()];
        while LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap().more {}
        store.keep(&LONG, &sessions[0]);
        assert!(store.stats().bytes <= 10 * block);
        store.stats()
    };
    run(1, 65);
    run(2, 65);
    let warm = run(1, 65);
    assert_eq!((warm.hits, warm.blocks, warm.evicted), (64, 8, 0));
    // Room for two more: the second prompt's end goes first, the first prompt was asked for since.
    let full = run(3, 65);
    assert_eq!((full.blocks, full.evicted), (10, 2));
    assert_eq!(run(1, 65).hits, warm.hits + 64);
    assert_eq!(run(2, 65).hits, warm.hits + 64 + 32);
    // A prompt larger than the bound leaves its beginning.
    assert_eq!(run(5, 500).blocks, 10);
}

#[test]
fn what_another_engine_made_is_refused() {
    let other = Engine::open("builtin").unwrap();
    let plan_of_other = other.plan(&Options::new()).unwrap();
    assert!(matches!(LONG.session("a", &plan_of_other), Err(Error::ForeignPlan)));
    let own = plan(&json!({}));
    let text = other.cached_text(&other.session("Once", &plan_of_other).unwrap());
    assert!(matches!(LONG.resume("a", &own, text), Err(Error::ForeignCache)));
}

#[test]
fn rows_of_one_stream_are_not_torn_apart() {
    let torch = plan(&json!({"max_new_tokens": 5, "do_sample": true, "rng": "torch", "seed": 1}));
    let mut sessions = LONG.sessions(&[ids(1, 5), ids(2, 6)], &torch).unwrap();
    LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
    sessions.remove(0);
    LONG.step(&mut sessions, Budget::ALL, &mut ()).unwrap();
    assert!(matches!(sessions[0].error(), Some(Error::TornBatch { rows: 2, present: 1 })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whoever joins, leaves or is cancelled at whatever step, with whatever budget and beginning: who stays has its bits.
    #[test]
    fn joins_and_leaves_at_random_steps_change_nothing(
        script in prop::collection::vec((0usize..10, 1u32..60, 0u32..4, 1usize..80), 1..10),
    ) {
        let mut running: Vec<Session> = Vec::new();
        let mut asked: BTreeMap<SessionId, (Prompt, Plan)> = BTreeMap::new();
        let mut store = PrefixStore::new(&LONG, 1 << 18);
        let mut done: Vec<(SessionId, Bits)> = Vec::new();
        let settle = |running: &mut Vec<Session>, done: &mut Vec<(SessionId, Bits)>, store: &mut PrefixStore| {
            for session in running.extract_if(.., |session| session.is_done()) {
                store.keep(&LONG, &session);
                if session.error().is_none() {
                    done.push((session.id(), bits(&LONG.completion(std::slice::from_ref(&session)))));
                }
            }
        };
        for (config, len, action, budget) in script {
            let plan = plan(&configs()[config]);
            let prompt = ids(len % 3, len);
            let session = store.session(&LONG, &prompt, &plan).unwrap();
            asked.insert(session.id(), (prompt, plan));
            running.insert(len as usize % (running.len() + 1), session);
            match action {
                1 => {
                    let at = len as usize % running.len();
                    drop(running.remove(at));
                }
                2 => {
                    let at = len as usize % 7 % running.len();
                    running[at].cancel();
                }
                _ => {}
            }
            for _ in 0..action {
                LONG.step(&mut running, Budget::tokens(budget), &mut ()).unwrap();
                settle(&mut running, &mut done, &mut store);
            }
        }
        while !running.is_empty() {
            LONG.step(&mut running, Budget::tokens(24), &mut ()).unwrap();
            settle(&mut running, &mut done, &mut store);
        }
        for (id, bits) in done {
            let (prompt, plan) = &asked[&id];
            prop_assert_eq!(bits, alone(prompt, plan));
        }
    }
}

/// A table whose pass is refused where token 7 is in it, and that is broken where token 9 is.
struct Fragile(TableModel);

impl Model for Fragile {
    fn geometry(&self) -> Geometry {
        self.0.geometry()
    }
    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let rows = self.0.forward(spans, probe)?; // it refuses when caches have grown already
        let has = |id| spans.iter().any(|span| span.tokens.contains(&TokenId(id)));
        match () {
            () if has(9) => Err(broken_weight()),
            () if has(7) => Err(ModelError::NotFinite),
            () => Ok(rows),
        }
    }
}

fn broken_weight() -> ModelError {
    let source = beamline::PackError::NotFinite { output: 0 };
    ModelError::Weights { path: "model".into(), name: "weight".to_owned(), source }
}

/// An engine on a table of forty tokens: which tokens follow each, and how probably; none of the others ever does.
fn table(follows: impl Fn(usize) -> Vec<(usize, f32)>, context: usize) -> Engine {
    let vocab: BTreeMap<String, u32> = (0..40).map(|id| (format!("w{id}"), id)).collect();
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "w0"}
    });
    let row = |i| {
        let mut row = vec![0.0; 40];
        for (j, p) in follows(i) {
            row[j] = p;
        }
        row
    };
    let model = Fragile(TableModel::new((0..40).map(row).collect(), context).unwrap());
    Engine::with_model("table", Arc::new(model), Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap())
}

/// Counts to 6 and begins again: neither 7 nor 9 comes unless a prompt has it.
fn counting() -> Engine {
    table(|i| vec![((i + 1) % 7, 1.0)], 100)
}

#[test]
fn a_refused_pass_fails_only_the_sessions_that_it_was_refused_for() {
    let engine = counting();
    let plan = engine.plan(&Options::new().max_new_tokens(12)).unwrap();
    let prompt = |ids: &[u32]| Prompt::Ids(ids.iter().copied().map(TokenId).collect());
    let prompts = [prompt(&[1, 2]), prompt(&[3, 7]), prompt(&[5]), prompt(&[7, 7, 2]), prompt(&[0, 4])];
    for budget in [Budget::ALL, Budget::tokens(3)] {
        let mut sessions = engine.sessions(&prompts, &plan).unwrap();
        while engine.step(&mut sessions, budget, &mut ()).unwrap().more {}
        for (session, prompt) in sessions.iter().zip(&prompts) {
            if session.prompt().contains(&TokenId(7)) {
                assert!(matches!(session.error(), Some(Error::Model(ModelError::NotFinite))), "{prompt:?}");
            } else {
                let alone = engine.complete(prompt, &plan).unwrap();
                assert_eq!(bits(&engine.completion(std::slice::from_ref(session))), bits(&alone), "{prompt:?}");
            }
        }
    }
}

#[test]
fn a_broken_model_fails_every_session_and_the_step() {
    let engine = counting();
    let plan = engine.plan(&Options::new().max_new_tokens(12)).unwrap();
    let prompts = [[1, 2], [3, 9]].map(|ids| Prompt::Ids(ids.map(TokenId).to_vec()));
    let mut sessions = engine.sessions(&prompts, &plan).unwrap();
    let error = engine.step(&mut sessions, Budget::ALL, &mut ()).unwrap_err();
    assert!(matches!(error, Error::Model(ModelError::Weights { .. })));
    assert!(sessions.iter().all(|session| session.is_done() && matches!(session.error(), Some(Error::Broken { .. }))));
}

/// A token that an exact search comes back to, long after its row was seen, is measured at the end: by a pass over the whole
/// text.
#[test]
fn an_exact_search_of_more_than_a_chunk_is_measured_to_its_beginning() {
    // After 8 twenty tokens are more probable than 0, and lead into the wide; more than the search looks beyond at once. Then
    // it comes back to 0, from where all is certain.
    let follows = |i| match i {
        8 => (10..30).map(|j| (j, 0.0485)).chain([(0, 0.03)]).collect(),
        0..3 => vec![((i + 1) % 3, 1.0)],
        _ => (10..30).map(|j| (j, 0.05)).collect(),
    };
    let engine = table(follows, 1000);
    let options = Options::new().max_new_tokens(600).with("exact_search", true).unwrap();
    let plan = engine.plan(&options.with("node_budget", 100_000).unwrap()).unwrap();
    let completion = engine.complete(vec![TokenId(8); 100], &plan).unwrap();
    let sequence = &completion.sequences[0];
    assert_eq!(sequence.token_ids, (0..600).map(|i| i % 3).collect::<Vec<u32>>());
    let (first, rest) = sequence.tokens.split_first().unwrap();
    assert!(first.rank == 21 && (first.logprob - 0.03f64.ln()).abs() < 1e-6, "{first:?}");
    assert!(rest.iter().all(|token| token.rank == 1 && token.logprob.abs() < 1e-6));
}

/// What a Rust program expects of these types.
#[test]
fn types_can_be_sent_shared_and_printed() {
    fn sent<T: Send + std::fmt::Debug>() {}
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<Engine>();
    shared::<Plan>();
    shared::<Options>();
    shared::<Completion>();
    shared::<Prompt>();
    shared::<Error>();
    sent::<Session>();
    sent::<TextDeltas>();
    sent::<PrefixStore>();
    sent::<beamline::TextIter<'_>>();
    sent::<beamline::Opened>();
}
