//! What a server stands on: texts scored together, beginnings lent to sessions made elsewhere, memory known beforehand, and who
//! watches one session.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{
    Budget, Engine, Event, Interest, Observer, Options, PrefixStore, Prompt, Scoring, Session, TokenId, TokenStats,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

fn ids(text: &str) -> Vec<TokenId> {
    ENGINE.tokenizer().ids(text).unwrap()
}

fn scored(texts: &mut [Scoring], budget: Budget) -> usize {
    let mut seen = 0;
    while ENGINE.score_step(texts, budget, &mut |_| seen += 1).unwrap() > 0 {}
    seen
}

fn bits(stats: &[TokenStats]) -> Vec<(u64, usize, u64)> {
    stats.iter().map(|s| (s.logprob.to_bits(), s.rank, s.entropy.to_bits())).collect()
}

const NOVEL: &str = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of \
                     foolishness, it was the epoch of belief, it was the epoch of incredulity.";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Numbers depend on the text alone: not on other texts, the budget, where they begin, or what was read before.
    #[test]
    fn scores_depend_on_their_text_alone(cut in 1usize..40, from in 0usize..30, budget in 1usize..90, copies in 1usize..4) {
        let text = ids(NOVEL);
        let text = &text[..text.len() - cut.min(text.len() - 2)];
        let mut alone = [ENGINE.scoring(text.to_vec(), 0, None).unwrap()];
        let seen = scored(&mut alone, Budget::ALL);
        prop_assert_eq!(seen, text.len() - 1);
        let mut many = vec![ENGINE.scoring(ids("The sea was"), 2, None).unwrap()];
        many.extend((0..copies).map(|_| ENGINE.scoring(text.to_vec(), from, None).unwrap()));
        many.push(ENGINE.scoring(text.to_vec(), from, Some(ENGINE.scored_text(&alone[0]))).unwrap());
        scored(&mut many, Budget::tokens(budget));
        for other in &many[1..] {
            let first = other.from();
            prop_assert!(other.is_done() && first == from.max(1));
            let rest = alone[0].stats().get(first - 1..).unwrap_or_default();
            prop_assert_eq!(bits(other.stats()), bits(rest));
        }
    }
}

#[test]
fn generated_tokens_have_the_numbers_that_scoring_gives_them() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(12)).unwrap();
    let completion = ENGINE.complete("Once upon a time", &plan).unwrap();
    let sequence = &completion.sequences[0];
    let mut all = ids("Once upon a time");
    let from = all.len();
    all.extend(sequence.token_ids.iter().map(|&id| TokenId(id)));
    let mut texts = [ENGINE.scoring(all, from, None).unwrap()];
    scored(&mut texts, Budget::tokens(5));
    let generated: Vec<(u64, usize, u64)> =
        sequence.tokens.iter().map(|t| (t.logprob.to_bits(), t.rank, t.entropy.to_bits())).collect();
    assert_eq!(bits(texts[0].stats()), generated);
}

#[test]
fn what_cannot_be_scored_is_refused() {
    let vocab = ENGINE.model().geometry().vocab as u32;
    let error = ENGINE.scoring(vec![TokenId(1), TokenId(vocab)], 0, None).unwrap_err();
    assert!(error.to_string().contains("beyond the vocabulary"), "{error}");
    let context = ENGINE.model().geometry().context;
    let error = ENGINE.scoring(vec![TokenId(1); context + 1], 0, None).unwrap_err();
    assert!(error.to_string().contains("more than this model's context"), "{error}");
    for short in [vec![], vec![TokenId(1)]] {
        let mut nothing = [ENGINE.scoring(short, 0, None).unwrap()];
        assert!(nothing[0].is_done() && scored(&mut nothing, Budget::ALL) == 0);
    }
}

fn run(sessions: &mut [Session], budget: Budget) {
    while ENGINE.step(sessions, budget, &mut ()).unwrap().more {}
}

#[test]
fn a_store_lends_to_sessions_that_were_made_elsewhere() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(6)).unwrap();
    let mut store = PrefixStore::new(&ENGINE, 64 << 20);
    let mut text = [ENGINE.scoring(ids(NOVEL), 0, None).unwrap()];
    scored(&mut text, Budget::ALL);
    store.keep_text(&ENGINE.scored_text(&text[0]));
    let mut lent = ENGINE.session(NOVEL, &plan).unwrap();
    store.lend(&mut lent);
    assert!(lent.reused_tokens() >= 16, "{}", lent.reused_tokens());
    let mut both = [lent, ENGINE.session(NOVEL, &plan).unwrap()];
    run(&mut both, Budget::ALL);
    let completion = ENGINE.completion(&both);
    assert_eq!(completion.sequences[0].token_ids, completion.sequences[1].token_ids);
    assert_eq!(completion.sequences[0].sum_logprob.to_bits(), completion.sequences[1].sum_logprob.to_bits());
    // One that has begun keeps what it has; one that compares hidden states begins with nothing.
    let reused = both[1].reused_tokens();
    store.lend(&mut both[1]);
    assert_eq!(both[1].reused_tokens(), reused);
    let contrastive = Options::new().with("penalty_alpha", 0.6).unwrap().top_k(4).max_new_tokens(2);
    let mut session = ENGINE.session(NOVEL, &ENGINE.plan(&contrastive).unwrap()).unwrap();
    store.lend(&mut session);
    assert_eq!(session.reused_tokens(), 0);
    // A store that is made smaller lets go.
    assert!(store.stats().blocks > 1);
    store.set_limit(ENGINE.model().geometry().block_bytes());
    assert_eq!(store.stats().blocks, 1);
    store.set_limit(0);
    assert_eq!(store.stats().bytes, 0);
}

#[test]
fn no_session_outgrows_the_memory_that_it_announced() {
    let configs = [
        "max_new_tokens=40",
        "max_new_tokens=40,do_sample=true,seed=1,num_return_sequences=5",
        "max_new_tokens=40,do_sample=true,seed=1,best_of=4",
        "max_new_tokens=40,num_beams=6,num_return_sequences=3",
        "max_new_tokens=40,num_beams=6,num_beam_groups=3,diversity_penalty=0.5",
        "max_new_tokens=40,num_beams=3,do_sample=true,stochastic_beams=true,seed=2",
        "max_new_tokens=20,penalty_alpha=0.6,top_k=5",
        "max_new_tokens=20,guidance_scale=1.5,num_beams=3",
        "max_new_tokens=5,exact_search=true,node_budget=200,num_beams=4",
        "max_new_tokens=40,prompt_lookup_num_tokens=5",
    ];
    for config in configs {
        let plan = ENGINE.plan(&Options::list(config).unwrap()).unwrap();
        let mut sessions = [ENGINE.session(NOVEL, &plan).unwrap()];
        let (most, mut held) = (sessions[0].most_cache_blocks(), 0);
        while ENGINE.step(&mut sessions, Budget::tokens(30), &mut ()).unwrap().more {
            held = held.max(sessions[0].cache_blocks());
        }
        assert!(held > 0 && held <= most, "{config}: {held} of {most}");
        sessions[0].free_cache();
        assert_eq!(sessions[0].cache_blocks(), 0);
        assert!(!ENGINE.completion(&sessions).sequences.is_empty());
    }
}

/// Watches the second of the sessions alone.
#[derive(Default)]
struct Second(BTreeSet<usize>);

impl Observer for Second {
    fn wants(&self, session: usize, _: Interest) -> bool {
        session == 1
    }
    fn event(&mut self, event: &Event<'_>) {
        self.0.insert(event.session);
    }
}

#[test]
fn who_watches_one_session_hears_of_no_other() {
    let plan = ENGINE.plan(&Options::list("max_new_tokens=4,do_sample=true,seed=1,top_p=0.9").unwrap()).unwrap();
    let prompts = ["Once", "The sea", "It was"].map(Prompt::from);
    let mut sessions = ENGINE.sessions(&prompts, &plan).unwrap();
    let mut second = Second::default();
    while ENGINE.step(&mut sessions, Budget::ALL, &mut second).unwrap().more {}
    assert_eq!(second.0, BTreeSet::from([1]));
}

/// Half of what prompts may take in a step is the oldest's, the rest goes to those that need least: a short prompt passes a long
/// one, and the long one goes on all the same.
#[test]
fn short_prompts_pass_long_ones_without_stopping_them() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(2)).unwrap();
    let long = NOVEL.repeat(4);
    let mut sessions: Vec<Session> =
        [long.as_str(), "The sea was", NOVEL].map(|prompt| ENGINE.session(prompt, &plan).unwrap()).into();
    let steps = sessions[0].prompt().len().div_ceil(32);
    ENGINE.step(&mut sessions, Budget::tokens(64), &mut ()).unwrap();
    assert_eq!(sessions[1].tree().len(), 2, "a short prompt is read in one step");
    let mut taken = 1;
    while sessions[0].tree().len() == 1 {
        ENGINE.step(&mut sessions, Budget::tokens(64), &mut ()).unwrap();
        taken += 1;
    }
    assert!(taken <= steps, "{taken} of {steps}");
}
