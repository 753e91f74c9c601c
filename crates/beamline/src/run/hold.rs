//! Text that is held back while it may be the beginning of a stop string.

/// Lets text through up to the first stop string, and never a part of one that then completes.
///
/// ```
/// use beamline::HoldBack;
/// let mut hold = HoldBack::new(&["END".to_owned()]);
/// assert_eq!(hold.push("story E"), "story ");
/// assert_eq!(hold.push("ver after. EN"), "Ever after. ");
/// assert_eq!(hold.push("D and more"), "");
/// assert_eq!(hold.finish(), "");
/// ```
#[derive(Clone, Debug, Default)]
pub struct HoldBack {
    stops: Vec<String>,
    held: String,
    /// How many bytes of what is held have been shown before: they are the prompt's.
    shown: usize,
    over: bool,
}

impl HoldBack {
    /// Stops before the first of these texts; with none of them everything goes through.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.to_vec(), held: String::new(), shown: 0, over: false }
    }

    /// The same after a prompt, in which a stop string may begin.
    #[must_use]
    pub fn after(mut self, prompt: &str) -> Self {
        let keep = self.stops.iter().map(|stop| overlap(prompt, stop)).max().unwrap_or(0);
        prompt[prompt.len() - keep..].clone_into(&mut self.held);
        self.shown = keep;
        self
    }

    /// Takes text; gives what is certain to come before any stop string.
    pub fn push(&mut self, text: &str) -> String {
        if self.over {
            return String::new();
        }
        self.held.push_str(text);
        if let Some(at) = cut(&self.held, &self.stops) {
            self.over = true;
            self.held.truncate(at);
            return self.give(at);
        }
        let keep = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        self.give(self.held.len() - keep)
    }

    /// Gives out what is held up to a place, but for what has been shown.
    fn give(&mut self, end: usize) -> String {
        let rest = self.held.split_off(end);
        let given = std::mem::replace(&mut self.held, rest);
        let seen = self.shown.min(given.len());
        self.shown -= seen;
        given[seen..].to_owned()
    }

    /// The end of the text: what was held back is no stop string after all.
    pub fn finish(&mut self) -> String {
        self.give(self.held.len())
    }
}

/// Where the stop string begins that ends first.
fn cut(text: &str, stops: &[String]) -> Option<usize> {
    let found =
        stops.iter().enumerate().filter_map(|(i, stop)| text.find(stop.as_str()).map(|at| (at + stop.len(), i, at)));
    found.min().map(|(_, _, at)| at)
}

/// How many of the last bytes of `text` may begin `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len() - 1);
    let begins = |&n: &usize| text.is_char_boundary(text.len() - n) && stop.starts_with(&text[text.len() - n..]);
    (1..=longest).rev().find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the text comes in pieces, what goes out is the text before the stop string that ends first.
        #[test]
        fn streamed_text_ends_before_the_first_stop_string(
            pieces in prop::collection::vec("[ab한]{0,3}", 0..12),
            stops in prop::collection::vec("[ab한]{1,4}", 0..3),
        ) {
            let whole = pieces.concat();
            let end = cut(&whole, &stops).unwrap_or(whole.len());
            let mut hold = HoldBack::new(&stops);
            let mut out = String::new();
            for piece in &pieces {
                out += &hold.push(piece);
                prop_assert!(whole[..end].starts_with(&out));
            }
            out += &hold.finish();
            prop_assert_eq!(out, &whole[..end]);
            // A prompt before it, in which a stop string may begin, is not shown.
            let mut hold = HoldBack::new(&stops).after("ab");
            let out: String = pieces.iter().map(|piece| hold.push(piece)).collect::<String>() + &hold.finish();
            prop_assert!(whole.starts_with(&out));
        }
    }
}
