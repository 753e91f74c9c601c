//! Greedy search and everything that draws.
#![allow(clippy::unwrap_used)] // tests may

mod served;

use beamline_search::{
    Arithmetic, BestOf, Coins, Contrastive, FinishReason, Greedy, Randomness, RankBy, Sample, StochasticBeam,
    TorchStream,
};
use proptest::prelude::*;
use served::{Witness, log, run, stop, watched};
use std::collections::BTreeMap;

fn counter(seed: u64) -> Randomness {
    Randomness::Counter(Coins::new(seed))
}

#[test]
fn greedy_takes_the_best_and_of_equals_the_first() {
    let table = log(&[&[0.2, 0.4, 0.4, 0.0], &[0.1, 0.1, 0.7, 0.1], &[0.0, 0.0, 0.3, 0.7], &[1.0, 0.0, 0.0, 0.0]]);
    assert_eq!(run(Greedy::new(stop(&[3], 10)), &table).texts(), [(vec![1, 2, 3], FinishReason::Eos)]);
    assert_eq!(run(Greedy::new(stop(&[3], 2)), &table).texts(), [(vec![1, 2], FinishReason::Length)]);
    // An end token wins over the length.
    assert_eq!(run(Greedy::new(stop(&[3], 3)), &table).texts(), [(vec![1, 2, 3], FinishReason::Eos)]);
}

/// The chi-square of counts against what is expected of them.
fn square(counts: &[f64], expected: &[f64]) -> f64 {
    counts.iter().zip(expected).map(|(n, e)| (n - e).powi(2) / e).sum()
}

#[test]
fn samples_come_as_often_as_their_probability() {
    let table = log(&[&[0.0, 0.5, 0.3, 0.2], &[1.0; 4], &[1.0; 4], &[1.0; 4]]);
    for randomness in [counter(1), Randomness::Torch(TorchStream::new(1))] {
        let mut counts = [0.0; 4];
        for path in run(Sample::new(10_000, randomness, stop(&[], 1)), &table).paths() {
            counts[path[0] as usize] += 1.0;
        }
        let square = square(&counts[1..], &[5000.0, 3000.0, 2000.0]);
        assert!(counts[0] == 0.0 && square < 13.8, "{counts:?}: chi-square {square}, 2 degrees of freedom");
    }
}

/// Of three tokens two are drawn without replacement: each ordered pair has a probability that can be worked out.
#[test]
fn stochastic_beams_draw_without_replacement() {
    let p = [0.6, 0.3, 0.1];
    let table = log(&[&[0.6, 0.3, 0.1], &[1.0; 3], &[1.0; 3]]);
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    let n = 6000;
    for seed in 0..n {
        let paths = run(StochasticBeam::new(2, 2, Coins::new(seed), stop(&[], 1)), &table).paths();
        *pairs.entry((paths[0][0], paths[1][0])).or_default() += 1.0;
    }
    let (mut counts, mut expected) = (Vec::new(), Vec::new());
    for a in 0..3 {
        for b in (0..3).filter(|&b| b != a) {
            counts.push(pairs.get(&(a as u32, b as u32)).copied().unwrap_or(0.0));
            expected.push(n as f64 * p[a] * p[b] / (1.0 - p[a]));
        }
    }
    let square = square(&counts, &expected);
    assert!(square < 20.5, "{pairs:?}: chi-square {square}, 5 degrees of freedom (20.5 has probability 0.001)");
}

#[test]
fn stochastic_beams_over_several_steps_are_all_different() {
    let table = log(&[&[0.5, 0.3, 0.1, 0.1], &[0.4, 0.2, 0.2, 0.2], &[0.1, 0.1, 0.4, 0.4], &[0.25; 4]]);
    for seed in 0..200 {
        let outcome = run(StochasticBeam::new(8, 8, Coins::new(seed), stop(&[3], 4)), &table);
        let mut paths = outcome.paths();
        assert!(outcome.scores().windows(2).all(|pair| pair[0] >= pair[1]));
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 8);
    }
}

#[test]
fn arithmetic_samples_are_spread_evenly_and_fair() {
    let table = log(&[&[0.5, 0.3, 0.2], &[0.2, 0.3, 0.5], &[0.6, 0.3, 0.1]]);
    let mut counts = [0.0; 9];
    for seed in 0..2000 {
        let paths = run(Arithmetic::new(10, Coins::new(seed), stop(&[], 2)), &table).paths();
        let firsts = |token| paths.iter().filter(|path| path[0] == token).count();
        // Ten evenly spaced places fall on 0.5, 0.3 and 0.2 as exactly as can be.
        assert_eq!([firsts(0), firsts(1), firsts(2)], [5, 3, 2]);
        for path in paths {
            counts[(path[0] * 3 + path[1]) as usize] += 1.0;
        }
    }
    let p = [0.25, 0.15, 0.1, 0.06, 0.09, 0.15, 0.12, 0.06, 0.02];
    for (count, p) in counts.iter().zip(p) {
        let share: f64 = count / 20_000.0;
        assert!((share - p).abs() < 0.01, "{counts:?}");
    }
}

#[test]
fn arithmetic_samples_stay_fair_where_a_place_is_used_up() {
    // Sixty binary choices take more digits than a double has.
    let table = log(&[&[0.5, 0.5], &[0.5, 0.5]]);
    let mut ones = [0.0; 60];
    for seed in 0..1000 {
        for path in run(Arithmetic::new(1, Coins::new(seed), stop(&[], 60)), &table).paths() {
            path.iter().enumerate().for_each(|(at, &token)| ones[at] += f64::from(token));
        }
    }
    assert!(ones.iter().all(|n| (n - 500.0).abs() < 70.0), "{ones:?}");
}

#[test]
fn best_of_ranks_what_was_drawn() {
    let table = log(&[&[0.1, 0.6, 0.3], &[0.3, 0.4, 0.3], &[0.3, 0.3, 0.4]]);
    let drawn = run(Sample::new(8, counter(3), stop(&[], 4)), &table).paths();
    let outcome = run(BestOf::new(8, 3, RankBy::LogProb, counter(3), stop(&[], 4)), &table);
    let scores = outcome.scores();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]) && outcome.found.len() == 3);
    assert!(outcome.paths().iter().all(|path| drawn.contains(path)));
    let risk = run(BestOf::new(8, 8, RankBy::Mbr, counter(3), stop(&[], 4)), &table);
    assert!(risk.scores().iter().all(|score| (0.0..=1.0).contains(score)));
}

#[test]
fn contrastive_search_avoids_what_has_been_said() {
    // Greedy search would say 1 for ever.
    let table = log(&[&[0.0, 0.6, 0.4], &[0.0, 0.6, 0.4], &[0.0, 0.6, 0.4]]);
    assert_eq!(run(Contrastive::new(0.0, 2, stop(&[], 4)), &table).paths(), [[1, 1, 1, 1]]);
    assert_eq!(run(Contrastive::new(0.6, 2, stop(&[], 2)), &table).paths(), [[1, 2]]);
}

#[test]
fn a_draw_says_where_it_fell() {
    let table = log(&[&[0.25, 0.5, 0.25], &[1.0; 3], &[1.0; 3]]);
    let mut witness = Witness::default();
    watched(Sample::new(1, counter(9), stop(&[], 1)), &table, &mut witness);
    let draw = witness.0.iter().find(|line| line.starts_with("Draw")).unwrap();
    assert!(draw.contains("coin: Some(") && draw.contains("interval: ("), "{draw}");
    let kept: Vec<_> = witness.1.iter().filter(|c| c.node.is_some()).collect();
    assert!(kept.len() == 1 && witness.1.len() == 3);
}

proptest! {
    /// The i-th sample does not depend on how many there are.
    #[test]
    fn a_sample_does_not_know_its_neighbours(seed in any::<u64>(), n in 2usize..6) {
        let table = vec![vec![0.3, 1.0, -0.5, 0.9, 0.0]; 5];
        let few = run(Sample::new(n - 1, counter(seed), stop(&[4], 12)), &table).texts();
        let many = run(Sample::new(n, counter(seed), stop(&[4], 12)), &table).texts();
        prop_assert_eq!(&many[..n - 1], &few[..]);
    }

    #[test]
    fn best_of_one_is_sampling(seed in any::<u64>()) {
        let table = vec![vec![0.3, 1.0, -0.5, 0.9, 0.0]; 5];
        let plain = run(Sample::new(1, counter(seed), stop(&[4], 12)), &table).texts();
        prop_assert_eq!(run(BestOf::new(1, 1, RankBy::Mbr, counter(seed), stop(&[4], 12)), &table).texts(), plain);
    }
}
