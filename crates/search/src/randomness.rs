//! The two sources of random numbers, behind one way to ask.

use crate::coins::{Coins, Purpose};
use crate::observer::{Draw, SearchEvent, SearchObserver};
use crate::strategy::Outlook;
use crate::torch::TorchStream;
use crate::tree::{NodeId, Tree};
use beamline_shape::{Distribution, Logits};
use beamline_tokens::TokenId;

/// Rows side by side from which candidates are drawn without replacement.
pub(crate) struct Race<'a> {
    pub(crate) rows: &'a [&'a Logits],
    /// What each row follows.
    pub(crate) parents: &'a [NodeId],
    /// What is added to each row.
    pub(crate) plus: &'a [f32],
    pub(crate) step: u32,
    /// How many rows there are when all are alive.
    pub(crate) width: usize,
    pub(crate) vocab: usize,
    pub(crate) count: usize,
}

/// Where draws come from.
#[derive(Clone, Debug)]
pub enum Randomness {
    /// Numbers by address: no draw depends on another.
    Counter(Coins),
    /// torch's stream, in turn.
    Torch(TorchStream),
}

impl Randomness {
    /// Draws the token that follows an outlook's node.
    pub(crate) fn token(&self, tree: &Tree, outlook: &Outlook<'_>, watch: &mut dyn SearchObserver) -> Option<TokenId> {
        let tip = outlook.tip;
        let (coin, token) = match self {
            Self::Counter(coins) => {
                let coin = coins.toss(tip.sequence, tree.depth(tip.node) as u32, Purpose::Token, 0);
                (Some(coin), outlook.scores.pick(coin)?)
            }
            Self::Torch(stream) => (None, stream.draw(outlook.scores, outlook.raw.len())?),
        };
        if watch.wants() {
            let interval = interval(&outlook.scores.distribution(), token);
            watch.on_event(SearchEvent::Draw(Draw { parent: tip.node, sequence: tip.sequence, coin, token, interval }));
        }
        Some(token)
    }

    /// Draws different candidates in proportion to `exp(score + plus)`, from rows side by side.
    pub(crate) fn several(&self, race: &Race<'_>, watch: &mut dyn SearchObserver) -> Vec<(usize, TokenId, f32)> {
        let &Race { rows, plus, step, width, vocab, count, .. } = race;
        let coins = match self {
            Self::Torch(stream) => return stream.race(rows, plus, width, vocab, count),
            Self::Counter(coins) => coins,
        };
        let sums = |row: usize| rows[row].iter().map(move |(id, value)| (row, id, value + plus[row]));
        let mut left: Vec<_> = (0..rows.len()).flat_map(sums).filter(|c| c.2 > f32::NEG_INFINITY).collect();
        let max = left.iter().map(|c| c.2).fold(f32::NEG_INFINITY, f32::max);
        let mut weights: Vec<f64> = left.iter().map(|c| libm::exp(f64::from(c.2) - f64::from(max))).collect();
        let mut drawn = Vec::with_capacity(count.min(left.len()));
        while drawn.len() < count && !left.is_empty() {
            let total: f64 = weights.iter().sum();
            let coin = coins.toss(0, step, Purpose::Candidate, drawn.len() as u32);
            let mut below = 0.0;
            let at = weights.iter().position(|w| {
                below += w;
                coin * total < below
            });
            // What has no probability left comes by place.
            let at = at.unwrap_or_else(|| weights.iter().rposition(|&w| w > 0.0).unwrap_or(0));
            let weight = weights.remove(at);
            let (row, token, sum) = left.remove(at);
            if watch.wants() && total > 0.0 {
                let interval = ((below - weight) / total, below / total);
                let (parent, sequence) = (race.parents[row], row as u32);
                watch.on_event(SearchEvent::Draw(Draw { parent, sequence, coin: Some(coin), token, interval }));
            }
            drawn.push((row, token, sum));
        }
        drawn
    }

    /// Passes over the draws of rows that have ended.
    pub(crate) fn idle(&self, rows: usize, vocab: usize) {
        if let Self::Torch(stream) = self {
            stream.idle(rows, vocab);
        }
    }
}

/// The part of `[0, 1)` that stands for a token.
pub(crate) fn interval(distribution: &Distribution, token: TokenId) -> (f64, f64) {
    let below: f64 = distribution.iter().take_while(|(id, _)| *id < token).map(|(_, p)| p).sum();
    (below, below + distribution.of(token))
}
