//! Values of options, from text and JSON and back.

use super::OptionKind;
use serde_json::{Value, json};

/// An option's value.
#[derive(Clone, PartialEq, Debug)]
pub enum OptionValue {
    /// True or false.
    Flag(bool),
    /// An integer, 0 or more.
    Count(u64),
    /// An integer.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A text, or one of some words.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Token ids.
    Ids(Vec<u32>),
    /// Lists of token ids.
    Lists(Vec<Vec<u32>>),
    /// Phrases, each with its alternatives.
    Phrases(Vec<Vec<Vec<u32>>>),
    /// Token sequences and their biases.
    Biases(Vec<(Vec<u32>, f64)>),
    /// A start and a factor.
    Decay(u64, f64),
    /// A JSON object.
    Object(Value),
}

impl OptionValue {
    /// Reads a flag's text; none where it is of another kind.
    pub(super) fn parse(kind: OptionKind, text: &str) -> Option<Self> {
        match kind {
            // Python's way to write it too: options are copied from there.
            OptionKind::Flag => match text {
                "true" | "True" => Some(Self::Flag(true)),
                "false" | "False" => Some(Self::Flag(false)),
                _ => None,
            },
            OptionKind::Count { .. } => text.parse().ok().map(Self::Count),
            OptionKind::Whole => text.parse().ok().map(Self::Whole),
            OptionKind::Number => text.parse().ok().map(Self::Number),
            OptionKind::Choice(words) => words.contains(&text).then(|| Self::Text(text.to_owned())),
            OptionKind::Text => Some(Self::Text(text.to_owned())),
            // A text that is a JSON list is one; any other is the only one.
            OptionKind::Texts => match serde_json::from_str(text) {
                Ok(list @ Value::Array(_)) => Self::read(kind, &list),
                _ => Some(Self::Texts(vec![text.to_owned()])),
            },
            OptionKind::Names => Some(Self::Texts(text.split(',').map(|name| name.trim().to_owned()).collect())),
            OptionKind::Ids => ids(text).map(Self::Ids),
            _ => serde_json::from_str(text).ok().and_then(|json| Self::read(kind, &json)),
        }
    }

    /// Reads JSON; none where it is of another kind.
    pub(super) fn read(kind: OptionKind, json: &Value) -> Option<Self> {
        match kind {
            OptionKind::Flag => json.as_bool().map(Self::Flag),
            OptionKind::Count { .. } => json.as_u64().map(Self::Count),
            OptionKind::Whole => json.as_i64().map(Self::Whole),
            OptionKind::Number => json.as_f64().map(Self::Number),
            OptionKind::Choice(words) => {
                let word = json.as_bool().map(|flag| flag.to_string()).or_else(|| json.as_str().map(str::to_owned))?;
                words.contains(&word.as_str()).then_some(Self::Text(word))
            }
            OptionKind::Text => json.as_str().map(|text| Self::Text(text.to_owned())),
            OptionKind::Texts | OptionKind::Names => match json {
                Value::Array(list) => {
                    list.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>().map(Self::Texts)
                }
                single => single.as_str().map(|text| Self::Texts(vec![text.to_owned()])),
            },
            OptionKind::Ids => id_list(json).or_else(|| id(json).map(|id| vec![id])).map(Self::Ids),
            OptionKind::Lists => each(json, id_list).map(Self::Lists),
            OptionKind::Phrases => {
                let phrase = |v: &Value| id_list(v).map(|ids| vec![ids]).or_else(|| each(v, id_list));
                each(json, phrase).map(Self::Phrases)
            }
            OptionKind::Biases => each(json, bias).map(Self::Biases),
            OptionKind::Decay => {
                let [start, factor] = json.as_array()?.as_slice() else { return None };
                Some(Self::Decay(start.as_u64()?, factor.as_f64()?))
            }
            OptionKind::Object => match json {
                Value::Object(_) => Some(Self::Object(json.clone())),
                Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object).map(Self::Object),
                _ => None,
            },
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Flag(flag) => json!(flag),
            Self::Count(n) => json!(n),
            Self::Whole(n) => json!(n),
            Self::Number(x) => json!(x),
            Self::Text(text) => text.parse::<bool>().map_or_else(|_| json!(text), |flag| json!(flag)),
            Self::Texts(texts) => json!(texts),
            Self::Ids(ids) => json!(ids),
            Self::Lists(lists) => json!(lists),
            Self::Phrases(phrases) => json!(phrases),
            Self::Biases(biases) => json!(biases),
            Self::Decay(start, factor) => json!([start, factor]),
            Self::Object(object) => object.clone(),
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(x) => Some(*x),
            Self::Count(n) => Some(*n as f64),
            Self::Whole(n) => Some(*n as f64),
            _ => None,
        }
    }

    /// The whole number, if it is one and not negative.
    pub fn count(&self) -> Option<u64> {
        if let Self::Count(n) = self { Some(*n) } else { None }
    }

    /// The token ids, if it is a list of them.
    pub fn ids(&self) -> Option<&[u32]> {
        if let Self::Ids(ids) = self { Some(ids) } else { None }
    }

    /// Every token id that occurs in it.
    pub fn all_ids(&self) -> Vec<u32> {
        match self {
            Self::Ids(ids) => ids.clone(),
            Self::Lists(lists) => lists.concat(),
            Self::Phrases(phrases) => phrases.concat().concat(),
            Self::Biases(biases) => biases.iter().flat_map(|(ids, _)| ids.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether lists in it are empty that must not be.
    pub(crate) fn has_empty_list(&self) -> bool {
        match self {
            Self::Lists(lists) => lists.iter().any(Vec::is_empty),
            Self::Phrases(phrases) => phrases.iter().any(|words| words.is_empty() || words.iter().any(Vec::is_empty)),
            Self::Biases(biases) => biases.iter().any(|(ids, _)| ids.is_empty()),
            Self::Texts(texts) => texts.iter().any(String::is_empty),
            _ => false,
        }
    }
}

fn id(json: &Value) -> Option<u32> {
    json.as_u64().and_then(|id| u32::try_from(id).ok())
}

fn id_list(json: &Value) -> Option<Vec<u32>> {
    each(json, id)
}

fn each<T>(json: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    json.as_array()?.iter().map(read).collect()
}

fn bias(json: &Value) -> Option<(Vec<u32>, f64)> {
    let [ids, bias] = json.as_array()?.as_slice() else { return None };
    Some((id_list(ids)?, bias.as_f64()?))
}

/// Ids parted by commas, in brackets or not; none at all is an empty list.
fn ids(text: &str) -> Option<Vec<u32>> {
    let inside = text.trim().strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text).trim();
    if inside.is_empty() {
        return Some(Vec::new());
    }
    inside.split(',').map(|id| id.trim().parse().ok()).collect()
}
