//! Beam searches of every kind, and exact search.
#![allow(clippy::unwrap_used)] // tests may

mod served;

use beamline_search::{
    Beam, BeamOptions, ConstrainedBeam, ConstrainedOptions, DiverseBeam, DiverseOptions, EarlyStopping, Exact,
    ExactOptions, Fate, Greedy, Phrases, State,
};
use beamline_tokens::TokenId;
use proptest::prelude::*;
use served::{Witness, log, run, stop, watched};

fn options(beams: usize, length_penalty: f64) -> BeamOptions {
    BeamOptions { beams, returned: beams, length_penalty, early_stopping: EarlyStopping::Never, randomness: None }
}

/// After 0 comes 1 (0.6) or 2 (0.4); what follows 2 is surer than what follows 1. 3 ends.
fn garden_path() -> Vec<Vec<f32>> {
    log(&[&[0.0, 0.6, 0.4, 0.0], &[0.0, 0.35, 0.25, 0.4], &[0.0, 0.0, 0.1, 0.9], &[1.0; 4]])
}

#[test]
fn a_beam_finds_what_greedy_misses() {
    let greedy = run(Greedy::new(stop(&[3], 2)), &garden_path());
    assert_eq!(greedy.paths(), [[1, 3]]); // 0.24
    let beam = run(Beam::new(options(2, 0.0), stop(&[3], 2)), &garden_path());
    assert_eq!(beam.paths(), [[2, 3], [1, 3]]); // 0.36, 0.24
    assert!((beam.scores()[0] - 0.36f64.ln()).abs() < 1e-6);
}

#[test]
fn length_penalty_moves_the_choice_between_short_and_long() {
    let table = log(&[&[0.0, 0.5, 0.5], &[0.0, 0.9, 0.1], &[1.0; 3]]);
    let best = |penalty| run(Beam::new(options(3, penalty), stop(&[2], 6)), &table).paths().remove(0);
    assert_eq!(best(-1.0), [2]);
    assert_eq!(best(2.0).len(), 6);
}

#[test]
fn every_candidate_has_a_fate_and_the_kept_ones_a_node() {
    let mut witness = Witness::default();
    let outcome = watched(Beam::new(options(2, 1.0), stop(&[3], 3)), &garden_path(), &mut witness);
    assert!(
        witness
            .1
            .iter()
            .all(|c| c.node.is_some() == matches!(c.fate, Fate::Kept | Fate::Finished(_)) || c.fate == Fate::PoolFull)
    );
    assert!(witness.1.iter().any(|c| c.fate == Fate::BeyondWidth));
    assert!(witness.1.iter().any(|c| matches!(c.fate, Fate::Finished(_))));
    assert!(witness.0.iter().any(|line| line.starts_with("Pool")) && witness.0.last().unwrap().starts_with("Over"));
    for found in &outcome.found {
        let own = witness.1.iter().find(|c| c.node == Some(found.node)).unwrap();
        assert_eq!(own.normalised, found.score);
    }
}

#[test]
fn groups_keep_away_from_each_other() {
    // The table's scores are not lowered here (that is a processor's work): groups without it are alike.
    let groups =
        DiverseOptions { groups: 2, beams: 1, returned: 2, length_penalty: 1.0, early_stopping: EarlyStopping::False };
    let outcome = run(DiverseBeam::new(groups, stop(&[3], 2)), &garden_path());
    assert_eq!(outcome.paths(), [[1, 3], [1, 3]]);
}

#[test]
fn constrained_beams_say_their_phrases() {
    let table = vec![vec![0.0, -1.0, -2.0, -3.0, -4.0]; 5];
    let phrases =
        Phrases::new(vec![vec![vec![TokenId(3), TokenId(4)]], vec![vec![TokenId(2)], vec![TokenId(1), TokenId(1)]]])
            .unwrap();
    let options = ConstrainedOptions {
        beams: 4,
        returned: 1,
        length_penalty: 1.0,
        early_stopping: EarlyStopping::False,
        phrases,
    };
    let path = run(ConstrainedBeam::new(options, stop(&[], 6), &[]), &table).paths().remove(0);
    let said = |run: &[u32]| path.windows(run.len()).any(|window| window == run);
    assert!(said(&[3, 4]) && (said(&[2]) || said(&[1, 1])), "{path:?}");
}

#[test]
fn an_exact_search_that_runs_out_says_what_it_knows() {
    let table = vec![vec![0.0, -0.1, -0.2, -0.3, -0.15]; 5];
    let exact = |budget| run(Exact::new(ExactOptions { returned: 1, beams: 1, budget }, stop(&[4], 5)), &table);
    let proof = exact(20).strategy.certificate().unwrap();
    assert!(proof.bound >= proof.best && proof.nodes <= 20);
    let proof = exact(100_000).strategy.certificate().unwrap();
    assert_eq!(proof.bound, proof.best);
}

/// All sequences of a table up to a length, with their sums of log-probabilities.
fn all(table: &[Vec<f32>], eos: u32, most: usize) -> Vec<(Vec<u32>, f64)> {
    let rows: Vec<Vec<f64>> = table
        .iter()
        .map(|row| {
            let sum: f64 = row.iter().map(|&v| f64::from(v).exp()).sum();
            row.iter().map(|&v| f64::from(v) - sum.ln()).collect()
        })
        .collect();
    let (mut open, mut done) = (vec![(Vec::new(), 0.0)], Vec::new());
    for depth in 1..=most {
        let mut next = Vec::new();
        for (path, score) in open {
            let last = path.last().map_or(0, |&t: &u32| t as usize);
            for (token, logprob) in rows[last].iter().enumerate() {
                let longer = [path.clone(), vec![token as u32]].concat();
                if token as u32 == eos || depth == most {
                    done.push((longer, score + logprob));
                } else {
                    next.push((longer, score + logprob));
                }
            }
        }
        open = next;
    }
    done.sort_by(|a, b| b.1.total_cmp(&a.1));
    done
}

fn table(v: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
    prop::collection::vec(prop::collection::vec(-4.0f32..4.0, v), v)
}

proptest! {
    #[test]
    fn one_beam_is_greedy_search(table in table(5), most in 1usize..8) {
        let greedy = run(Greedy::new(stop(&[4], most)), &table).texts();
        // Of one beam transformers makes greedy search; a beam search of width one, early stopping on, agrees.
        let one = BeamOptions { early_stopping: EarlyStopping::True, ..options(1, 1.0) };
        let beam = run(Beam::new(one, stop(&[4], most)), &table).texts();
        prop_assert_eq!(beam, greedy);
    }

    /// A beam as wide as all there is finds what exact search finds, and what trying everything finds.
    #[test]
    fn wide_beams_and_exact_search_find_the_mode(table in table(3), most in 1usize..5) {
        let everything = all(&table, 2, most);
        prop_assume!(everything.windows(2).all(|pair| pair[0].1 - pair[1].1 > 1e-4));
        let wide = run(Beam::new(options(3usize.pow(most as u32), 0.0), stop(&[2], most)), &table);
        let exact = run(Exact::new(ExactOptions { returned: 3, beams: 1, budget: 100_000 }, stop(&[2], most)), &table);
        let n = everything.len().min(3);
        for i in 0..n {
            prop_assert_eq!(&wide.paths()[i], &everything[i].0);
            prop_assert_eq!(&exact.paths()[i], &everything[i].0);
            prop_assert!((exact.scores()[i] - everything[i].1).abs() < 1e-4);
        }
        let proof = exact.strategy.certificate().unwrap();
        prop_assert!(proof.bound == proof.best && proof.beam.unwrap() <= proof.best);
    }

    /// Whatever is returned is finished, no score is out of order, and running sums are those of the path.
    #[test]
    fn results_are_finished_and_in_order(table in table(4), beams in 1usize..6, most in 1usize..7, penalty in -1.0f64..2.0) {
        let outcome = run(Beam::new(options(beams, penalty), stop(&[3], most)), &table);
        let scores = outcome.scores();
        prop_assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]));
        for found in &outcome.found {
            let node = outcome.tree.node(found.node);
            prop_assert!(matches!(node.state, State::Finished(_)));
            let sum: f64 = outcome.tree.branch(found.node).iter().map(|&id| outcome.tree.node(id).logprob).sum();
            // Placeholders of the first step aside.
            prop_assert!(node.score < -1e8 || (sum - node.score).abs() < 1e-4);
        }
    }
}
