//! Strategies served by hand: no model is needed to test a policy.

use beamline_search::{Coins, FinishReason, Greedy, Outlook, Sample, State, Stop, Strategy, Tree};
use beamline_shape::Logits;
use beamline_tokens::TokenId;
use proptest::prelude::*;

/// Runs a strategy on a table of next-token logits, begun at token 0. Returns the sequences and how each ended.
fn run(mut strategy: impl Strategy, table: &[Vec<f32>]) -> Vec<(Vec<u32>, FinishReason)> {
    let mut tree = Tree::new();
    loop {
        let asked = strategy.frontier(&tree);
        if asked.is_empty() {
            break;
        }
        let rows: Vec<&[f32]> =
            asked.iter().map(|&n| table[tree.path(n).last().map_or(0, |t| t.index())].as_slice()).collect();
        let scores: Vec<Logits> = rows
            .iter()
            .map(|row| {
                let mut logits = Logits::default();
                logits.load(row);
                logits
            })
            .collect();
        let outlooks: Vec<Outlook<'_>> =
            asked.iter().zip(&rows).zip(&scores).map(|((&node, raw), scores)| Outlook { node, raw, scores }).collect();
        strategy.grow(&mut tree, &outlooks);
    }
    let ended = |node| match tree.node(node).state {
        State::Finished(reason) => reason,
        State::Open => panic!("a search that is over has no open results"),
    };
    strategy.results(&tree).into_iter().map(|n| (tree.path(n).iter().map(|t| t.0).collect(), ended(n))).collect()
}

fn log(table: &[&[f32]]) -> Vec<Vec<f32>> {
    table.iter().map(|row| row.iter().map(|p| p.ln()).collect()).collect()
}

#[test]
fn greedy_takes_the_best_and_of_equals_the_first() {
    let table = log(&[&[0.2, 0.4, 0.4, 0.0], &[0.1, 0.1, 0.7, 0.1], &[0.0, 0.0, 0.3, 0.7], &[1.0, 0.0, 0.0, 0.0]]);
    let to_end = Stop { eos: vec![TokenId(3)], max_new_tokens: 10 };
    assert_eq!(run(Greedy::new(to_end), &table), [(vec![1, 2, 3], FinishReason::Eos)]);
    let short = Stop { eos: vec![TokenId(3)], max_new_tokens: 2 };
    assert_eq!(run(Greedy::new(short), &table), [(vec![1, 2], FinishReason::Length)]);
    // An end token wins over the length.
    let exact = Stop { eos: vec![TokenId(3)], max_new_tokens: 3 };
    assert_eq!(run(Greedy::new(exact), &table), [(vec![1, 2, 3], FinishReason::Eos)]);
}

#[test]
fn samples_come_as_often_as_their_probability() {
    let table = log(&[&[0.0, 0.5, 0.3, 0.2], &[1.0; 4], &[1.0; 4], &[1.0; 4]]);
    let mut counts = [0u32; 4];
    for (path, _) in run(Sample::new(10_000, Coins::new(1), Stop { eos: vec![], max_new_tokens: 1 }), &table) {
        counts[path[0] as usize] += 1;
    }
    let square: f64 =
        [(1, 5000.0), (2, 3000.0), (3, 2000.0)].iter().map(|&(i, e)| (f64::from(counts[i]) - e).powi(2) / e).sum();
    assert!(counts[0] == 0 && square < 13.8, "{counts:?}: chi-square {square}, 2 degrees of freedom");
}

proptest! {
    /// The i-th sample does not depend on how many there are.
    #[test]
    fn a_sample_does_not_know_its_neighbours(seed in any::<u64>(), n in 2usize..6) {
        let table = vec![vec![0.3, 1.0, -0.5, 0.9, 0.0]; 5];
        let stop = || Stop { eos: vec![TokenId(4)], max_new_tokens: 12 };
        let few = run(Sample::new(n - 1, Coins::new(seed), stop()), &table);
        let many = run(Sample::new(n, Coins::new(seed), stop()), &table);
        prop_assert_eq!(&many[..n - 1], &few[..]);
    }
}
