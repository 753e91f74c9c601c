//! Generated and scored tokens as coloured text and as tables.

use crate::paint::heat;
use crate::table::{Column, Table};
use beamline::{GeneratedToken, characters};
use beamline_draw::{Unit, labels};
use clap::ValueEnum;

/// What a token's colour tells.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Show {
    /// How improbable it was
    Prob,
    /// How far from the most probable it was
    Rank,
    /// How unsure the model was before it
    Entropy,
}

impl Show {
    /// What the colours mean, in a line.
    pub(crate) fn legend(self) -> &'static str {
        match self {
            Self::Prob => "the deeper the colour, the less probable: none above 20 %, deepest below 0.03 %",
            Self::Rank => {
                "the deeper the colour, the further down the list: none for the best, deepest beyond rank 1,000"
            }
            Self::Entropy => {
                "the deeper the colour, the less sure the model was: none below 1.6 nats, deepest above 6.4"
            }
        }
    }

    /// From 0, as expected, to 1.
    fn depth(self, logprob: f64, rank: usize, entropy: f64) -> f64 {
        match self {
            Self::Prob => -logprob / 8.0,
            Self::Rank => (rank as f64).ln() / 8.0 + if rank > 1 { 0.15 } else { 0.0 },
            Self::Entropy => entropy / 8.0,
        }
    }
}

/// A token's text with its numbers, as far as it has any.
pub(crate) struct Shown<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) numbers: Option<(f64, usize, f64)>,
}

/// Text with each token on its ground. Tokens that share a character stand together, on the deepest of their grounds.
pub(crate) fn coloured<'a>(tokens: impl Iterator<Item = Shown<'a>>, show: Show) -> String {
    let tokens: Vec<Shown<'a>> = tokens.collect();
    let depth =
        |token: &Shown<'_>| token.numbers.map_or(0.0, |(logprob, rank, entropy)| show.depth(logprob, rank, entropy));
    let deepest = |places: std::ops::Range<usize>| tokens[places].iter().map(depth).fold(0.0, f64::max);
    let groups = characters(tokens.iter().map(|token| token.bytes));
    groups.map(|group| each_line(&group.text, deepest(group.tokens))).collect()
}

/// A ground must not run over the end of a line.
fn each_line(text: &str, depth: f64) -> String {
    text.split('\n').map(|line| heat(line, depth)).collect::<Vec<_>>().join("\n")
}

/// The probability of a log-probability: six digits behind the point, or as many as it takes to see one.
pub(crate) fn probability(logprob: f64) -> String {
    let p = logprob.exp();
    if p < 5e-7 { format!("{p:.1e}") } else { format!("{p:.6}") }
}

/// A row for each token: what the model itself thought of it, before any processor; and the sum.
pub(crate) fn table(tokens: &[GeneratedToken], sum: f64, unit: Unit, width: Option<usize>) -> String {
    let name = unit.name();
    let numbers = ["id", "p (raw)", &format!("log p ({name})"), "rank", &format!("entropy ({name})")];
    let columns = [Column::numbers("#"), Column::words("token")].into_iter().chain(numbers.map(Column::numbers));
    let mut table = Table::new(columns.collect());
    for (i, (token, label)) in
        tokens.iter().zip(labels(tokens.iter().map(|token| (token.id, &token.bytes)))).enumerate()
    {
        table.push(vec![
            (i + 1).to_string().into(),
            label.into(),
            token.id.to_string().into(),
            probability(token.logprob).into(),
            format!("{:.6}", unit.of(token.logprob)).into(),
            token.rank.to_string().into(),
            format!("{:.4}", unit.of(token.entropy)).into(),
        ]);
    }
    format!("{}sum of log-probabilities {:.6} {name}\n", table.fit(width), unit.of(sum))
}
