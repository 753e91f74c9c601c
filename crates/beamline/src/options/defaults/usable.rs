//! Which parts of a value in a model's file can be used: one bad entry must not lose a list.

use beamline_shape::{OptionKind, OptionValue};
use serde_json::Value;

/// A value of a model's file without the entries that cannot be used, and those: ids that are negative, or no whole numbers,
/// and the sequences and phrases that name them. A token that no vocabulary has can neither come nor be kept from coming.
pub(super) fn usable(kind: OptionKind, value: &Value) -> (Value, Vec<Value>) {
    let fits: fn(&Value) -> bool = match kind {
        OptionKind::Ids => is_id,
        OptionKind::Lists | OptionKind::Phrases => are_ids,
        OptionKind::Biases => |entry| entry.get(0).is_some_and(are_ids),
        OptionKind::Texts => |entry| entry.as_str().is_some_and(|text| !text.is_empty()),
        _ => return (value.clone(), Vec::new()),
    };
    match value {
        Value::Array(entries) => {
            let (kept, dropped): (Vec<Value>, Vec<Value>) = entries.iter().cloned().partition(fits);
            let nothing = kept.is_empty() && !dropped.is_empty();
            let kept = if nothing { Value::Null } else { Value::Array(kept.into_iter().map(whole).collect()) };
            (kept, dropped)
        }
        single if kind == OptionKind::Ids && !single.is_null() && !is_id(single) => (Value::Null, vec![single.clone()]),
        single => (whole(single.clone()), Vec::new()),
    }
}

/// Whether it is a token's id; Python compares 7.0 as it does 7.
fn is_id(value: &Value) -> bool {
    let whole = |x: f64| x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&x);
    value.as_f64().is_some_and(whole)
}

fn are_ids(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(|entry| is_id(entry) || are_ids(entry)))
}

/// An id that is written as 7.0, as 7.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(x) if value.is_f64() && is_id(&value) => Value::from(x as u64),
        _ => value,
    }
}

/// Takes ids beyond a vocabulary of `vocab` out of a value, and the sequences and phrases that name them; returns these ids.
pub(super) fn take_beyond(value: &mut OptionValue, vocab: usize) -> Vec<u32> {
    let beyond = |ids: &[u32]| ids.iter().any(|&id| id as usize >= vocab);
    let mut ids = value.all_ids();
    ids.retain(|&id| beyond(&[id]));
    match value {
        OptionValue::Ids(list) => list.retain(|&id| !beyond(&[id])),
        OptionValue::Lists(lists) => lists.retain(|ids| !beyond(ids)),
        OptionValue::Phrases(phrases) => phrases.retain(|words| !words.iter().any(|ids| beyond(ids))),
        OptionValue::Biases(biases) => biases.retain(|(ids, _)| !beyond(ids)),
        _ => {}
    }
    ids
}

/// Whether a list has nothing left.
pub(super) fn is_empty(value: &OptionValue) -> bool {
    match value {
        OptionValue::Ids(list) => list.is_empty(),
        OptionValue::Lists(lists) => lists.is_empty(),
        OptionValue::Phrases(phrases) => phrases.is_empty(),
        OptionValue::Biases(biases) => biases.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_that_are_no_tokens_are_dropped_and_the_rest_is_kept() {
        let ids = |value| usable(OptionKind::Ids, &value);
        assert_eq!(
            ids(json!([-1, 7, "x", 2.0, null, 1.5])),
            (json!([7, 2]), vec![json!(-1), json!("x"), json!(null), json!(1.5)])
        );
        assert_eq!(ids(json!(-1)), (json!(null), vec![json!(-1)]));
        assert_eq!(ids(json!([-1])), (json!(null), vec![json!(-1)]));
        assert_eq!((ids(json!(7.0)), ids(json!([]))), ((json!(7), vec![]), (json!([]), vec![])));
        let lists = usable(OptionKind::Lists, &json!([[1, 2], [3, -4], 5]));
        assert_eq!(lists, (json!([[1, 2]]), vec![json!([3, -4]), json!(5)]));
        let biases = usable(OptionKind::Biases, &json!([[[1], -0.5], [["a"], 1.0]]));
        assert_eq!(biases.0, json!([[[1], -0.5]]));
        assert_eq!(usable(OptionKind::Texts, &json!(["a", "", 3])).0, json!(["a"]));
    }

    #[test]
    fn ids_beyond_the_vocabulary_take_their_sequence_with_them() {
        let mut lists = OptionValue::Lists(vec![vec![1, 2], vec![3, 900]]);
        assert_eq!((take_beyond(&mut lists, 10), &lists), (vec![900], &OptionValue::Lists(vec![vec![1, 2]])));
        let mut phrases = OptionValue::Phrases(vec![vec![vec![1], vec![900]]]);
        assert_eq!(take_beyond(&mut phrases, 10), [900]);
        assert!(is_empty(&phrases));
    }
}
