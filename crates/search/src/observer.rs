//! What a search considers, told while it runs.

use crate::finish::FinishReason;
use crate::tree::NodeId;
use beamline_tokens::TokenId;

/// What became of a candidate, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It goes on.
    Kept,
    /// A sequence ended with it.
    Finished(FinishReason),
    /// Others were better, and there is no room for more.
    BeyondWidth,
    /// It would have ended a sequence, but ranked too low among the candidates.
    EndTooLow,
    /// It ended a sequence, but the pool of finished ones is full of better ones.
    PoolFull,
    /// The search had stopped taking sequences.
    Stopped,
    /// Another token was chosen, or drawn.
    NotChosen,
    /// It was cut off by a bound: no continuation of it can win.
    Bounded,
    /// A later look showed another candidate to be better.
    Replaced,
}

impl Fate {
    /// As a trace says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Finished(_) => "finished",
            Self::BeyondWidth => "rank beyond the width",
            Self::EndTooLow => "end token ranked too low",
            Self::PoolFull => "pool full",
            Self::Stopped => "stopped",
            Self::NotChosen => "not chosen",
            Self::Bounded => "cannot win",
            Self::Replaced => "replaced",
        }
    }
}

/// A token that a search considered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Considered {
    /// What it would follow.
    pub parent: NodeId,
    /// Which of the search's sequences it belongs to: the beam, or the sample.
    pub sequence: u32,
    /// The token.
    pub token: TokenId,
    /// Its node, if it has become one.
    pub node: Option<NodeId>,
    /// Its log-probability after the processors, as the search counts it.
    pub logprob: f64,
    /// The score of the whole sequence so far.
    pub score: f64,
    /// The score with which it would enter the pool of finished sequences, where the search has one.
    pub normalised: Option<f64>,
    /// Its place among the candidates of this step, from 1.
    pub rank: usize,
    /// What became of it.
    pub fate: Fate,
}

/// A number drawn, and where it fell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Draw {
    /// What the drawn token follows.
    pub parent: NodeId,
    /// The sequence it was drawn for.
    pub sequence: u32,
    /// The number, in `[0, 1)`; none where the source gives no single one.
    pub coin: Option<f64>,
    /// The token drawn.
    pub token: TokenId,
    /// The part of `[0, 1)` that stands for the token, when probabilities are laid end to end by rising id.
    pub interval: (f64, f64),
}

/// Something that happened in a search.
#[derive(Clone, Debug)]
pub enum SearchEvent<'a> {
    /// A token was considered.
    Candidate(Considered),
    /// A number was drawn.
    Draw(Draw),
    /// The pool of finished sequences after a step: nodes and scores, the best first.
    Pool(&'a [(NodeId, f64)]),
    /// The search is over.
    Over(&'static str),
}

/// Watches a search. `()` watches nothing, and then nothing is made for it.
pub trait SearchObserver {
    /// Whether it wants to hear of anything.
    fn wants(&self) -> bool {
        false
    }
    /// Hears of what happened.
    fn on_event(&mut self, _event: SearchEvent<'_>) {}
}

impl SearchObserver for () {}
