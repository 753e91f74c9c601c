//! What a session continues.

use beamline_tokens::TokenId;

/// A prompt, as text or as tokens.
///
/// ```
/// use beamline::{Prompt, TokenId};
/// assert_eq!(Prompt::from("Once"), Prompt::Text("Once".to_owned()));
/// assert_eq!(Prompt::from(vec![TokenId(7)]), Prompt::Ids(vec![TokenId(7)]));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// Text, taken as it is.
    Text(String),
    /// Token ids, taken as they are: no begin token is added.
    Ids(Vec<TokenId>),
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[TokenId]> for Prompt {
    fn from(ids: &[TokenId]) -> Self {
        Self::Ids(ids.to_vec())
    }
}

impl From<Vec<TokenId>> for Prompt {
    fn from(ids: Vec<TokenId>) -> Self {
        Self::Ids(ids)
    }
}

impl From<&Prompt> for Prompt {
    fn from(prompt: &Prompt) -> Self {
        prompt.clone()
    }
}
