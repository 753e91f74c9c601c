//! Types of fields that several requests have.

use beamline::{Prompt, TokenId};
use serde::Deserialize;
use serde_json::Value;

/// A prompt as text, several of them, its token ids, or several lists of ids.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(untagged, expecting = "it must be a text, a list of texts, a list of token ids, or a list of such lists")]
pub enum Prompts {
    /// A text.
    Text(String),
    /// Token ids.
    Ids(Vec<u32>),
    /// Texts.
    Texts(Vec<String>),
    /// Lists of token ids.
    ManyIds(Vec<Vec<u32>>),
}

impl Prompts {
    /// Each of them.
    pub fn all(self) -> Vec<Prompt> {
        let ids = |ids: Vec<u32>| Prompt::Ids(ids.into_iter().map(TokenId).collect());
        match self {
            Self::Text(text) => vec![Prompt::Text(text)],
            Self::Ids(list) => vec![ids(list)],
            Self::Texts(texts) => texts.into_iter().map(Prompt::Text).collect(),
            Self::ManyIds(lists) => lists.into_iter().map(ids).collect(),
        }
    }
}

/// One of something, or several.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// Each of them.
    pub fn all(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// What form the answer is held to.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Text, as it comes.
    Text,
    /// Any JSON object.
    JsonObject {
        /// A schema that it follows (llama.cpp's form).
        schema: Option<Value>,
    },
    /// JSON of a schema.
    JsonSchema {
        /// The schema, or an object with it as `schema`.
        json_schema: Option<Value>,
        /// The schema, as the responses API has it.
        schema: Option<Value>,
    },
}

impl ResponseFormat {
    /// The schema, where there is one.
    pub fn schema(self) -> Option<Value> {
        match self {
            Self::Text => None,
            Self::JsonObject { schema } => Some(schema.unwrap_or_else(|| serde_json::json!({"type": "object"}))),
            Self::JsonSchema { json_schema, schema } => match json_schema {
                Some(Value::Object(mut outer)) => Some(outer.remove("schema").unwrap_or(Value::Object(outer))),
                other => schema.or(other).or_else(|| Some(serde_json::json!({"type": "object"}))),
            },
        }
    }
}
