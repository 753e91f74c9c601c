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
    over: bool,
}

impl HoldBack {
    /// Stops before the first of these texts; with none of them everything goes through.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.to_vec(), held: String::new(), over: false }
    }

    /// Takes text; gives what is certain to come before any stop string.
    pub fn push(&mut self, text: &str) -> String {
        if self.over {
            return String::new();
        }
        self.held.push_str(text);
        let first = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        if let Some(at) = first {
            self.over = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let keep = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }

    /// The end of the text: what was held back is no stop string after all.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
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
        /// However the text is cut, what comes out is the text before the first stop string.
        #[test]
        fn streamed_text_ends_before_the_first_stop_string(
            pieces in prop::collection::vec("[ab한]{0,3}", 0..12),
            stops in prop::collection::vec("[ab한]{1,4}", 0..3),
        ) {
            let whole = pieces.concat();
            let end = stops.iter().filter_map(|stop| whole.find(stop.as_str())).min().unwrap_or(whole.len());
            let mut hold = HoldBack::new(&stops);
            let mut out = String::new();
            for piece in &pieces {
                out += &hold.push(piece);
                prop_assert!(whole[..end].starts_with(&out));
            }
            out += &hold.finish();
            prop_assert_eq!(out, &whole[..end]);
        }
    }
}
