//! When a sequence ends.

use beamline_tokens::TokenId;

/// Why a sequence ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FinishReason {
    /// It came to an end token.
    Eos,
    /// It has as many tokens as were asked for, or as the context holds.
    Length,
}

impl FinishReason {
    /// As JSON says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eos => "eos",
            Self::Length => "length",
        }
    }
}

/// The rules by which sequences end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stop {
    /// End tokens; there may be none.
    pub eos: Vec<TokenId>,
    /// The most tokens to generate.
    pub max_new_tokens: usize,
}

impl Stop {
    /// Whether a sequence ends with `token` as its `count`-th new token. An end token wins over the length.
    pub fn after(&self, token: TokenId, count: usize) -> Option<FinishReason> {
        if self.eos.contains(&token) {
            Some(FinishReason::Eos)
        } else if count >= self.max_new_tokens {
            Some(FinishReason::Length)
        } else {
            None
        }
    }
}
