//! Why sequences end. Beside the tree, which notes it, and below the rules, which look at the tree.

/// Why a sequence ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FinishReason {
    /// It came to an end token.
    Eos,
    /// It came to a stop string, by its number in the list.
    Stop(usize),
    /// It has as many tokens as were asked for, or as the context holds.
    Length,
    /// Its time was up.
    Time,
    /// A rule of the program's own ended it, by its number among them.
    Rule(usize),
}

impl FinishReason {
    /// As JSON says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eos => "eos",
            Self::Stop(_) | Self::Rule(_) => "stop",
            Self::Length => "length",
            Self::Time => "time",
        }
    }
}
