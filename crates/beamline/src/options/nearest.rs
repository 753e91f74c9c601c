//! The name that was probably meant.

use super::list::options;

/// Bytes of a name that may have been meant for another. Comparing takes time and memory by its length, and a request may bring
/// a name of megabytes.
const LONGEST: usize = 200;

/// The one of `known` that is most like `name`, if it is like enough to be what was meant: a few letters off, or a part of
/// it that is whole words. Case does not count, nor do hyphens, underscores and spaces. Of equals the first.
///
/// ```
/// use beamline::nearest;
/// let known = ["temperature", "top_k", "beam_search"];
/// assert_eq!(nearest("temprature", known), Some("temperature"));
/// assert_eq!(nearest("Top-K", known), Some("top_k"));
/// assert_eq!(nearest("beam", known), Some("beam_search"));
/// assert_eq!(nearest("penguin", known), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = plain(name);
    let near = known.into_iter().filter_map(|known| distance(&name, &plain(known)).map(|far| (far, known)));
    // The first of the least, which min_by_key gives.
    near.min_by_key(|(far, _)| *far).map(|(_, known)| known)
}

/// The option that was probably meant, also by what others call it: `nucleus` is `top_p`.
///
/// ```
/// use beamline::nearest_option;
/// assert_eq!(nearest_option("num-beans"), Some("num_beams"));
/// assert_eq!(nearest_option("nucleus"), Some("top_p"));
/// assert_eq!(nearest_option("colour"), None);
/// ```
pub fn nearest_option(name: &str) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    let same = plain(name);
    let called = || options().flat_map(|option| option.aliases.iter().map(move |alias| (*alias, option.name)));
    let named = || options().map(|option| (option.name, option.name));
    let is_called = |(alias, _): &(&str, &str)| plain(alias) == same;
    called().find(is_called).map(|(_, option)| option).or_else(|| {
        // Of one letter, and of words for something else, nothing is like enough.
        let near = nearest(name, named().map(|(known, _)| known).chain(called().map(|(alias, _)| alias)))?;
        named().chain(called()).find(|(known, _)| *known == near).map(|(_, option)| option)
    })
}

/// Small letters and digits, words parted by underscores.
fn plain(name: &str) -> String {
    let name = name.trim().trim_start_matches('-');
    name.chars().map(|c| if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// How far a name is from a known one, less being nearer; none where it is too far to be meant.
fn distance(name: &str, known: &str) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), known.chars().collect());
    let letters = edits(&a, &b);
    // A slip in a short word makes another word; long ones bear more.
    let most = if a.len() > 3 { (a.len().max(b.len()) / 5).max(1) } else { 0 };
    if letters <= most {
        return Some(letters);
    }
    // Whole words of a name, or more words than it has.
    let within = |long: &str, short: &str| short.len() > 2 && format!("_{long}_").contains(&format!("_{short}_"));
    (within(known, name) || within(name, known)).then(|| 100 + a.len().abs_diff(b.len()))
}

/// Letters to add, take away, change or swap with their neighbour (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_missing_and_added_letters_are_one_slip_each() {
        let far = |a: &str, b: &str| edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(far("temperature", "temperature"), 0);
        assert_eq!(far("temprature", "temperature"), 1);
        assert_eq!(far("tempreature", "temperature"), 1);
        assert_eq!(far("top", "stop"), 1);
        assert_eq!(far("", "abc"), 3);
    }

    #[test]
    fn a_name_of_megabytes_is_compared_with_none() {
        // Letter by letter it would be minutes, and gigabytes.
        assert_eq!(nearest_option(&"temperature".repeat(1_000_000)), None);
        assert_eq!(nearest(&"_top_k".repeat(1_000_000), ["top_k"]), None);
    }

    #[test]
    fn what_is_another_word_is_not_suggested() {
        assert_eq!(nearest("pad_token_id", ["eos_token_id"]), None);
        assert_eq!(nearest("x", ["k", "p"]), None);
        assert_eq!(
            nearest("length_penalty", ["exponential_decay_length_penalty", "length_penalty"]),
            Some("length_penalty")
        );
    }

    #[test]
    fn every_alias_leads_to_its_option_and_none_is_a_name() {
        for option in options() {
            assert_eq!(nearest_option(option.name), Some(option.name));
            for alias in option.aliases {
                assert_eq!(nearest_option(alias), Some(option.name), "{alias}");
                assert!(options().all(|other| other.name != *alias), "{alias}");
                let owners = options().filter(|other| other.aliases.contains(alias)).count();
                assert_eq!(owners, 1, "{alias}");
            }
        }
    }
}
