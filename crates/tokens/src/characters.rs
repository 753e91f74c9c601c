//! Which tokens share a character.

use std::iter::Fuse;
use std::ops::Range;

/// How the bytes of a group of tokens read as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Utf8 {
    /// They are whole characters.
    Valid,
    /// Some of them are no UTF-8, whatever comes next; the text has U+FFFD there.
    Invalid,
    /// They end in the beginning of a character, and no token follows; the text has U+FFFD for it. Only the last group may
    /// be so.
    Incomplete,
}

/// Tokens that stand together, since a character is split over them: as few as possible, and mostly one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CharacterGroup {
    /// The tokens' places among all, one at least.
    pub tokens: Range<usize>,
    /// Their text, with U+FFFD for each stretch that is no UTF-8, as [`String::from_utf8_lossy`] writes it.
    pub text: String,
    /// Whether it is.
    pub utf8: Utf8,
}

/// Parts tokens, given by their bytes, where no character is split: for who shows tokens and must not show half a
/// character. A character that is split over tokens makes one group of them.
///
/// Groups come in order and cover every token once, and their texts joined are [`String::from_utf8_lossy`] of all bytes.
/// For text that is still growing there is [`TextStream`](crate::TextStream), which need not wait for a token's end.
///
/// ```
/// use beamline_tokens::{Utf8, characters};
/// let tokens: [&[u8]; 5] = [b"so ", &[0xec, 0x95], &[0x88], &[0xff], &[0xe2, 0x82]];
/// let groups: Vec<_> = characters(tokens).map(|group| (group.tokens, group.text, group.utf8)).collect();
/// assert_eq!(groups[0], (0..1, "so ".to_owned(), Utf8::Valid));
/// assert_eq!(groups[1], (1..3, "안".to_owned(), Utf8::Valid)); // three bytes in two tokens
/// assert_eq!(groups[2], (3..4, "\u{fffd}".to_owned(), Utf8::Invalid));
/// assert_eq!(groups[3], (4..5, "\u{fffd}".to_owned(), Utf8::Incomplete)); // a third byte would make it €
/// ```
pub fn characters<I>(tokens: I) -> Characters<I::IntoIter>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    Characters { tokens: tokens.into_iter().fuse(), taken: 0 }
}

/// The groups of tokens that [`characters`] makes.
#[derive(Clone, Debug)]
pub struct Characters<I> {
    tokens: Fuse<I>,
    /// How many tokens have come.
    taken: usize,
}

impl<I: Iterator<Item: AsRef<[u8]>>> Iterator for Characters<I> {
    type Item = CharacterGroup;

    fn next(&mut self) -> Option<CharacterGroup> {
        let (first, mut text, mut valid) = (self.taken, String::new(), true);
        // Bytes of a character that is still coming.
        let mut held: Vec<u8> = Vec::new();
        for token in self.tokens.by_ref() {
            self.taken += 1;
            held.extend_from_slice(token.as_ref());
            valid &= move_decided(&mut held, &mut text);
            if held.is_empty() {
                let utf8 = if valid { Utf8::Valid } else { Utf8::Invalid };
                return Some(CharacterGroup { tokens: first..self.taken, text, utf8 });
            }
        }
        text.push_str(&String::from_utf8_lossy(&held));
        (self.taken > first).then_some(CharacterGroup { tokens: first..self.taken, text, utf8: Utf8::Incomplete })
    }
}

/// Moves everything that is decided, whatever bytes come next, from `held` to `out`: whole characters, and a U+FFFD for each
/// stretch that can become none. False where there was such a stretch. What is left is the beginning of a character.
pub(crate) fn move_decided(held: &mut Vec<u8>, out: &mut String) -> bool {
    let (mut done, mut valid) = (0, true);
    for chunk in held.utf8_chunks() {
        out.push_str(chunk.valid());
        done += chunk.valid().len();
        let bad = chunk.invalid();
        // Only the last bytes may still become a character; the error that they are has no length then.
        let is_last = done + bad.len() == held.len();
        if is_last && std::str::from_utf8(bad).map_or_else(|error| error.error_len().is_none(), |_| true) {
            break;
        }
        out.push('\u{fffd}');
        done += bad.len();
        valid = false;
    }
    held.drain(..done);
    valid
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes cut into tokens anywhere: pieces of text in several scripts, and bytes that are none.
    fn tokens() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let piece = prop_oneof![
            "[a-z ]{0,3}".prop_map(String::into_bytes),
            "[é안녕€😀\u{fffd}]{1,3}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..4),
        ];
        let bytes = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
        (bytes, prop::collection::vec(0usize..5, 1..40)).prop_map(|(bytes, lengths)| {
            let (mut rest, mut tokens) = (bytes.as_slice(), Vec::new());
            for length in lengths {
                let (token, after) = rest.split_at(length.min(rest.len()));
                tokens.push(token.to_vec());
                rest = after;
            }
            tokens.push(rest.to_vec());
            tokens
        })
    }

    proptest! {
        /// Groups cover all tokens, in order; texts joined are the whole's; no group could be parted; and each says truly
        /// whether it is UTF-8.
        #[test]
        fn groups_cover_all_tokens_and_their_texts_are_the_whole(tokens in tokens()) {
            let groups: Vec<CharacterGroup> = characters(&tokens).collect();
            let places: Vec<usize> = groups.iter().flat_map(|group| group.tokens.clone()).collect();
            prop_assert_eq!(places, (0..tokens.len()).collect::<Vec<_>>());
            let text: String = groups.iter().map(|group| group.text.as_str()).collect();
            let whole = tokens.concat();
            prop_assert_eq!(text, String::from_utf8_lossy(&whole));
            for (i, group) in groups.iter().enumerate() {
                let bytes = tokens[group.tokens.clone()].concat();
                prop_assert_eq!(&group.text, &String::from_utf8_lossy(&bytes));
                let valid = std::str::from_utf8(&bytes).is_ok();
                prop_assert_eq!(group.utf8 == Utf8::Valid, valid);
                prop_assert!(group.utf8 != Utf8::Incomplete || i + 1 == groups.len());
                // Short of its last token it is the beginning of something.
                for end in group.tokens.start + 1..group.tokens.end {
                    let part = characters(&tokens[group.tokens.start..end]).last().map(|part| part.utf8);
                    prop_assert_eq!(part, Some(Utf8::Incomplete));
                }
            }
        }
    }
}
