//! Types of fields that streams have.

use serde::Deserialize;
use utoipa::ToSchema;

/// What a stream is to tell besides its text.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamOptions {
    /// Whether a last event counts the tokens.
    pub(crate) include_usage: Option<bool>,
    /// Whether every event counts the tokens so far.
    pub(crate) continuous_usage_stats: Option<bool>,
    /// Taken and without effect: no padding is sent that would hide the length of an event.
    #[expect(dead_code, reason = "it is taken, and changes nothing")]
    include_obfuscation: Option<bool>,
}
