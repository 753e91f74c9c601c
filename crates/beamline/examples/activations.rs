//! What rounding activations to integers does to a model's predictions: against f32, over every position of some texts,
//! the mean Kullback-Leibler divergence, the largest change of a log-probability, and how often the best token stays.
//!
//! ```sh
//! cargo run --release -p beamline --example activations -- models/SmolLM2-135M-Instruct.Q4_1.gguf README.md DECISIONS.md
//! ```
#![allow(clippy::print_stdout)] // a program

use beamline::{ActivationFormat, Engine, KvCache, OpenOptions, Prompt, Span, TokenId, Want};
use std::error::Error;

/// Positions that see each other: a text is cut into pieces of so many tokens.
const WINDOW: usize = 512;

/// Log-probabilities of every next token, at every position.
fn log_probabilities(engine: &Engine, ids: &[TokenId]) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut cache = KvCache::new(engine.model().geometry());
    let rows = engine.model().forward(&mut [Span { tokens: ids, cache: &mut cache, want: Want::All }], &mut ())?;
    let row = |i| {
        let row: Vec<f64> = rows.row(i).iter().map(|&v| f64::from(v)).collect();
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = most + row.iter().map(|v| (v - most).exp()).sum::<f64>().ln();
        row.into_iter().map(|v| v - sum).collect()
    };
    Ok((0..rows.len()).map(row).collect())
}

/// The index of the greatest, the lowest of equals.
fn best(row: &[f64]) -> usize {
    (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0)
}

/// Sums over positions.
#[derive(Default)]
struct Difference {
    positions: usize,
    divergence: f64,
    largest: f64,
    agreeing: usize,
}

impl Difference {
    fn add(&mut self, exact: &[f64], other: &[f64]) {
        self.positions += 1;
        self.divergence += exact.iter().zip(other).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
        self.largest = exact.iter().zip(other).map(|(p, q)| (p - q).abs()).fold(self.largest, f64::max);
        self.agreeing += usize::from(best(exact) == best(other));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let model = args.next().ok_or("usage: activations MODEL TEXT_FILE...")?;
    let open = |format| OpenOptions::new().activations(format).open(&model);
    let engines = ActivationFormat::ALL.map(open).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut differences: Vec<Difference> = engines.iter().map(|_| Difference::default()).collect();
    for file in args {
        let ids = engines[0].encode_prompt(&Prompt::Text(std::fs::read_to_string(file)?))?;
        for piece in ids.chunks(WINDOW.min(engines[0].model().geometry().context)) {
            let exact = log_probabilities(&engines[0], piece)?;
            for (engine, difference) in engines.iter().zip(&mut differences) {
                let rows = log_probabilities(engine, piece)?;
                exact.iter().zip(&rows).for_each(|(exact, row)| difference.add(exact, row));
            }
        }
    }
    println!("| activations | positions | mean KL (nats) | largest change of a log-probability | same best token |");
    println!("| --- | --- | --- | --- | --- |");
    for (format, d) in ActivationFormat::ALL.iter().zip(&differences) {
        let n = d.positions as f64;
        let (divergence, agreeing) = (d.divergence / n, 100.0 * d.agreeing as f64 / n);
        println!("| {format} | {} | {divergence:.2e} | {:.2e} | {agreeing:.3} % |", d.positions, d.largest);
    }
    Ok(())
}
