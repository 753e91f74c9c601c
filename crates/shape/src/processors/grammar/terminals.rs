//! How large the terminals of a Lark grammar are, those inside them counted each time: each becomes one regular expression.

use std::collections::BTreeMap;

/// What a definition is made of.
#[derive(Default)]
struct Definition<'a> {
    /// Strings and regular expressions.
    texts: usize,
    /// The terminals that it names.
    names: Vec<&'a str>,
    /// Its size, once known; none while it is being found.
    size: Option<usize>,
    visited: bool,
}

/// A word of a grammar.
enum Word<'a> {
    Name(&'a str),
    Text,
    Colon,
    Other,
}

/// The next word, and what is left; none at the end.
fn next(grammar: &str) -> Option<(Word<'_>, &str)> {
    let rest = grammar.trim_start();
    let first = rest.chars().next()?;
    if rest.starts_with("//") || first == '#' {
        return next(rest.split_once('\n')?.1);
    }
    if first == '"' || first == '/' {
        let mut escaped = false;
        let end = rest[1..].char_indices().find(|(_, c)| {
            let ends = !escaped && (*c == first || *c == '\n');
            escaped = !escaped && *c == '\\';
            ends
        });
        return Some((Word::Text, end.map_or("", |(at, c)| &rest[1 + at + c.len_utf8()..])));
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if is_name(first) {
        let (name, rest) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
        return Some((Word::Name(name), rest));
    }
    Some((if first == ':' { Word::Colon } else { Word::Other }, &rest[first.len_utf8()..]))
}

fn is_terminal(name: &str) -> bool {
    name.trim_start_matches('_').starts_with(char::is_uppercase)
}

/// The sizes of all terminals together: strings and expressions, as often as they come to stand in each.
pub(super) fn size(grammar: &str) -> usize {
    let mut all: BTreeMap<&str, Definition<'_>> = BTreeMap::new();
    let (mut left, mut current, mut depth) = (grammar, "", 0usize);
    // The name that a colon would define: the last word, but for a priority and what stands in brackets behind it.
    let mut before = None;
    while let Some((word, rest)) = next(left) {
        match word {
            Word::Name(name) if name.starts_with(|c: char| c.is_ascii_digit()) => {}
            Word::Name(name) => {
                if is_terminal(name) {
                    all.entry(current).or_default().names.push(name);
                }
                before = if depth == 0 { Some(name) } else { before };
            }
            Word::Text => {
                all.entry(current).or_default().texts += 1;
                before = before.filter(|_| depth > 0);
            }
            Word::Colon => {
                let Some(name) = before.take().filter(|_| depth == 0) else {
                    left = rest;
                    continue;
                };
                // It was taken for a part of the definition before.
                if is_terminal(name) {
                    all.entry(current).or_default().names.pop();
                }
                current = name;
            }
            Word::Other => match left.trim_start().as_bytes().first() {
                Some(b'[') => depth += 1,
                Some(b']') => depth = depth.saturating_sub(1),
                Some(b'.') => {}
                _ => before = before.filter(|_| depth > 0),
            },
        }
        left = rest;
    }
    let names: Vec<&str> = all.keys().copied().filter(|name| is_terminal(name)).collect();
    names.iter().fold(0usize, |sum, name| sum.saturating_add(of(&mut all, name)))
}

/// How many strings and regular expressions a grammar has, in all its definitions.
pub(super) fn texts(grammar: &str) -> usize {
    let (mut left, mut count) = (grammar, 0);
    while let Some((word, rest)) = next(left) {
        count += usize::from(matches!(word, Word::Text));
        left = rest;
    }
    count
}

/// The size of a terminal. Those that hold themselves are for the library to refuse.
fn of<'a>(all: &mut BTreeMap<&'a str, Definition<'a>>, name: &'a str) -> usize {
    let mut left = vec![name];
    while let Some(&name) = left.last() {
        let Some(definition) = all.get_mut(name).filter(|definition| definition.size.is_none()) else {
            left.pop();
            continue;
        };
        let first = !std::mem::replace(&mut definition.visited, true);
        let (texts, names) = (definition.texts, definition.names.clone());
        if first {
            let unknown = |name: &&str| all.get(name).is_some_and(|inner| !inner.visited);
            left.extend(names.into_iter().filter(unknown));
            continue;
        }
        let inner = |name: &&str| all.get(name).map_or(1, |inner| inner.size.unwrap_or(1));
        let size = names.iter().map(inner).fold(texts, usize::saturating_add);
        if let Some(definition) = all.get_mut(name) {
            definition.size = Some(size);
        }
    }
    all.get(name).and_then(|definition| definition.size).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_count_what_stands_in_them() {
        assert_eq!(
            size("start: A \"b\" A\nA: \"x\" /y\\/z: B/ // C C\nB: A A\n  | A\n_C.2: B B \"\\\":\""),
            2 + 6 + 13
        );
        // The text of an attribute counts for what stands before it.
        assert_eq!(size("A: \"x\"\nB[lazy, capture=\"y\"]: A A\nx: %json {\"C\": [\"z\"], \"d\": 1}"), 2 + 4);
        assert_eq!(texts("start: A \"b\" // \"c\"\nA: /d/ | \"e\""), 3);
        assert_eq!(size("start: x\nx: \"a\" \"b\""), 0);
        assert_eq!(size("A: B\nB: A \"x\""), 4);
        let doubling = (1..64).fold(String::new(), |all, n| all + &format!("T{n}: T{} T{}\n", n - 1, n - 1));
        assert!(size(&format!("T0: \"a\"?\n{doubling}")) > 1 << 60);
        let long = (1..20_000).fold(String::new(), |all, n| all + &format!("T{n}: T{}\n", n - 1));
        assert_eq!(size(&format!("T0: \"a\"\n{long}")), 20_000);
        for odd in ["", ":", "A", "A:", "::A", "\"", "/", "A: \"\\", "//", "# \"", "A: é É: \"x\""] {
            size(odd);
        }
    }
}
