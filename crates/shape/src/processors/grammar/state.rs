//! How far a text has come in a grammar, and what the library says on the way.

use llguidance::Matcher;
use llguidance::api::StopReason;
use llguidance::toktrie::SimpleVob;

/// The library's words in one line of a bounded length: they quote grammars whole, and end with the state of a parser or with
/// where it panicked, which says nothing to a user.
pub(super) fn in_a_line(error: &str) -> String {
    const MOST: usize = 120;
    let told = ["<state>", "<non-verbose/>", "<backtrace>"]
        .iter()
        .fold(error, |told, end| told.split(end).next().unwrap_or(told));
    let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    // A panic of the library's is its way to say that something is too large for it.
    let line = line
        .strip_prefix("panic: ")
        .map_or(line.clone(), |what| format!("it is larger than the library can follow ({what})"));
    let line: Vec<char> = line.chars().collect();
    if line.len() <= 2 * MOST {
        return line.into_iter().collect();
    }
    // What is wrong stands before the quotation or after it.
    let (first, last) = (line[..MOST].iter().collect::<String>(), line[line.len() - MOST..].iter().collect::<String>());
    format!("{first} ... {last}")
}

/// How far the text has come in the grammar.
pub(super) struct State {
    matcher: Matcher,
    /// Why the library could not go on, where that is not what the text says.
    stuck: Option<String>,
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self { matcher: self.matcher.deep_clone(), stuck: self.stuck.clone() }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl State {
    pub(super) fn new(matcher: Matcher) -> Self {
        Self { matcher, stuck: None }
    }

    /// Why the library could not go on.
    pub(super) fn stuck(&self) -> Option<&str> {
        self.stuck.as_deref()
    }

    /// Asks the library; where it fails for other reasons than that nothing matches, that is remembered.
    fn ask<T, E: std::fmt::Display>(&mut self, ask: impl FnOnce(&mut Matcher) -> Result<T, E>) -> Option<T> {
        let failed = self.matcher.is_error();
        let answer = ask(&mut self.matcher);
        if let Err(error) = &answer
            && !failed
        {
            let error = in_a_line(&error.to_string());
            let nothing = error.starts_with(&StopReason::NoExtensionBias.to_string());
            if !nothing && !error.contains("doesn't satisfy the grammar") {
                self.stuck = Some(error);
            }
        }
        answer.ok()
    }

    /// Whether the grammar has come to an end that it may have, and nothing can follow.
    fn has_ended(&self) -> bool {
        self.matcher.is_stopped() && !self.matcher.is_error()
    }

    /// Whether the text matches as it is.
    pub(super) fn may_end(&mut self) -> bool {
        self.has_ended() || self.ask(Matcher::is_accepting).unwrap_or(false)
    }

    /// The tokens that may follow; none at all where the text is whole, or has left the grammar.
    pub(super) fn mask(&mut self) -> Option<SimpleVob> {
        if self.matcher.is_stopped() { None } else { self.ask(Matcher::compute_mask) }
    }

    /// Whether nothing but an end may follow.
    pub(super) fn is_finished(&mut self) -> bool {
        if self.matcher.is_stopped() {
            return self.has_ended();
        }
        // The one end token of the library's lies beyond the vocabulary.
        let more = |mask: &SimpleVob| mask.iter().any(|id| id as usize + 1 < mask.len());
        self.may_end() && !self.mask().as_ref().is_some_and(more)
    }

    /// Goes on by a token. One that does not match leaves the grammar, and then no token is left.
    pub(super) fn accept(&mut self, token: u32) {
        let _ = self.ask(|matcher| matcher.consume_token(token));
    }
}

#[cfg(test)]
mod tests {
    use super::in_a_line;

    #[test]
    fn what_the_library_says_is_one_line_without_its_insides() {
        let panic = "panic: assertion failed: a < b\n<backtrace>\n 0: <unknown>\n</backtrace>";
        assert_eq!(in_a_line(panic), "it is larger than the library can follow (assertion failed: a < b)");
        assert_eq!(in_a_line("bad\n  thing\n<state>\nTokens: 1"), "bad thing");
        assert_eq!(in_a_line("bad\n<non-verbose/>"), "bad");
        assert_eq!(in_a_line(&"é".repeat(1000)).chars().count(), 245);
    }
}
