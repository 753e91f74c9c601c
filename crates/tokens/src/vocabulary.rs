//! What each id stands for, as bytes.

use crate::{TokenId, TokensError};
use serde_json::Value;

/// The characters that byte-level BPE writes for the bytes 0 to 255: printable bytes stand for themselves, the others
/// for the characters from U+0100 on (Radford et al., 2019).
pub fn byte_alphabet() -> [char; 256] {
    let printable = |b: u8| matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut others = '\u{100}'..;
    std::array::from_fn(|b| {
        let byte = b as u8;
        if printable(byte) { char::from(byte) } else { others.next().unwrap_or_default() }
    })
}

/// How a text begins, where the decoder treats its first token apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leading {
    /// Like any other.
    Keep,
    /// Up to this many spaces are dropped from the beginning of the text.
    Strip(usize),
    /// All spaces of the first token are dropped.
    FirstToken,
}

/// The bytes of every token, and which tokens are special.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    bytes: Vec<u8>,
    /// Token `i` is `bytes[ends[i - 1]..ends[i]]`.
    ends: Vec<u32>,
    special: Vec<bool>,
    pub(crate) leading: Leading,
}

/// The byte that each character of [`byte_alphabet`] stands for, by the character's number; all are below U+0144.
type Alphabet = [Option<u8>; 0x144];

fn bytes_of_characters() -> Alphabet {
    let mut bytes = [None; 0x144];
    byte_alphabet().into_iter().zip(0..=255).for_each(|(character, byte)| bytes[character as usize] = Some(byte));
    bytes
}

/// A token as its vocabulary writes it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) text: &'a str,
    /// Whether it was added to the vocabulary, and is found in a text as it is written.
    pub(crate) added: bool,
    pub(crate) special: bool,
}

/// What a decoder does to a token's text, as far as it can be done to one token alone.
pub(crate) struct Rules {
    byte_level: Option<Alphabet>,
    replace: Vec<(String, String)>,
    byte_fallback: bool,
    leading: Leading,
}

impl Rules {
    /// Reads the `decoder` of a `tokenizer.json`; none for a kind that cannot be applied token by token.
    pub(crate) fn read(decoder: &Value) -> Option<Self> {
        let mut rules = Self { byte_level: None, replace: Vec::new(), byte_fallback: false, leading: Leading::Keep };
        let parts = match decoder["type"].as_str()? {
            "Sequence" => decoder["decoders"].as_array()?.as_slice(),
            _ => std::slice::from_ref(decoder),
        };
        for part in parts {
            match part["type"].as_str()? {
                "ByteLevel" => {
                    rules.byte_level = Some(bytes_of_characters());
                }
                "Metaspace" => {
                    rules.replace.push((part["replacement"].as_str()?.to_owned(), " ".to_owned()));
                    if part["prepend_scheme"].as_str() != Some("never") {
                        rules.leading = Leading::FirstToken;
                    }
                }
                "Replace" => {
                    let pattern = part["pattern"]["String"].as_str()?;
                    rules.replace.push((pattern.to_owned(), part["content"].as_str()?.to_owned()));
                }
                "ByteFallback" => rules.byte_fallback = true,
                "Fuse" => {}
                "Strip" if part["content"] == " " && part["stop"] == 0 => {
                    rules.leading = Leading::Strip(usize::try_from(part["start"].as_u64()?).ok()?);
                }
                _ => return None,
            }
        }
        Some(rules)
    }

    /// Whether tokens are written in [`byte_alphabet`].
    pub(crate) fn is_byte_level(&self) -> bool {
        self.byte_level.is_some()
    }

    /// The bytes that a token stands for inside a text.
    fn bytes(&self, token: &str, added: bool) -> Result<Vec<u8>, TokensError> {
        readable(token.len())?;
        if added && self.byte_level.is_some() {
            // It is found in a text as it is written.
            return Ok(token.as_bytes().to_vec());
        }
        if let Some(alphabet) = &self.byte_level {
            // A token with a character from outside the alphabet (an added one) is its own text.
            let bytes: Option<Vec<u8>> = token.chars().map(|c| alphabet.get(c as usize).copied().flatten()).collect();
            return Ok(bytes.unwrap_or_else(|| token.as_bytes().to_vec()));
        }
        let mut text = token.to_owned();
        for (from, to) in &self.replace {
            // Looked at first: what replaces is somebody's file, and may be long.
            let places = text.matches(from.as_str()).count();
            readable((text.len() - places * from.len()).saturating_add(places.saturating_mul(to.len())))?;
            if places > 0 {
                text = text.replace(from.as_str(), to);
            }
        }
        let hex =
            text.strip_prefix("<0x").and_then(|t| t.strip_suffix('>')).filter(|h| self.byte_fallback && h.len() == 2);
        Ok(match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => vec![byte],
            None => text.into_bytes(),
        })
    }
}

/// The longest token that is read, in bytes; the longest in use have about a thousand.
const MOST_TOKEN: usize = 64 << 10;

/// The most bytes of all tokens together; the largest vocabularies in use have some three million.
const MOST_BYTES: usize = 256 << 20;

/// Refuses a token longer than any in use.
fn readable(length: usize) -> Result<(), TokensError> {
    if length <= MOST_TOKEN {
        return Ok(());
    }
    Err(TokensError::Vocabulary(format!("a token of {length} bytes; at most {MOST_TOKEN} are read")))
}

impl Vocabulary {
    /// Applies `rules` to every token; `tokens[i]` is that of id `i`.
    pub(crate) fn new<'a>(tokens: impl Iterator<Item = Named<'a>>, rules: &Rules) -> Result<Self, TokensError> {
        let mut vocabulary = Self { bytes: Vec::new(), ends: Vec::new(), special: Vec::new(), leading: rules.leading };
        for Named { text, added, special } in tokens {
            vocabulary.bytes.extend(rules.bytes(text, added)?);
            if vocabulary.bytes.len() > MOST_BYTES {
                let what = format!("its tokens take more than {MOST_BYTES} bytes together");
                return Err(TokensError::Vocabulary(what));
            }
            vocabulary.ends.push(vocabulary.bytes.len() as u32);
            vocabulary.special.push(special);
        }
        Ok(vocabulary)
    }

    /// The number of ids, 0 to the greatest one that has a token.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are no tokens at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes that a token stands for inside a text; none for an id beyond the vocabulary.
    pub fn bytes(&self, id: TokenId) -> &[u8] {
        let Some(&end) = self.ends.get(id.index()) else { return &[] };
        let start = id.index().checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..end as usize]
    }

    /// The token's bytes as text, with U+FFFD where they are no UTF-8.
    pub fn text(&self, id: TokenId) -> String {
        String::from_utf8_lossy(self.bytes(id)).into_owned()
    }

    /// Whether the token is marked special: a begin, end or padding token, which decoding may drop.
    pub fn is_special(&self, id: TokenId) -> bool {
        self.special.get(id.index()).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn vocabulary(decoder: &Value, tokens: &[&str]) -> Vocabulary {
        let named = tokens.iter().map(|text| Named { text, added: text.starts_with("<|"), special: false });
        Vocabulary::new(named, &Rules::read(decoder).unwrap()).unwrap()
    }

    #[test]
    fn the_byte_alphabet_is_one_to_one() {
        let alphabet = byte_alphabet();
        let distinct: std::collections::BTreeSet<char> = alphabet.iter().copied().collect();
        assert_eq!((distinct.len(), alphabet[0x41], alphabet[0x20], alphabet[0x0a]), (256, 'A', 'Ġ', 'Ċ'));
    }

    #[test]
    fn tokens_become_bytes_as_each_decoder_says() {
        let byte_level = vocabulary(&json!({"type": "ByteLevel"}), &["Ġa", "ìķĪ", "<|한|>", "<|é|>"]);
        assert_eq!(byte_level.bytes(TokenId(0)), b" a");
        assert_eq!(byte_level.text(TokenId(1)), "안");
        assert_eq!(byte_level.text(TokenId(2)), "<|한|>");
        assert_eq!(byte_level.text(TokenId(3)), "<|é|>");
        assert_eq!(byte_level.bytes(TokenId(4)), b"");
        let llama = json!({"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]});
        let llama = vocabulary(&llama, &["▁the", "<0xE2>", "<0xE>"]);
        assert_eq!((llama.bytes(TokenId(0)), llama.bytes(TokenId(1))), (&b" the"[..], &[0xe2][..]));
        assert_eq!((llama.text(TokenId(2)).as_str(), llama.leading), ("<0xE>", Leading::Strip(1)));
        let metaspace =
            vocabulary(&json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}), &["▁a"]);
        assert_eq!((metaspace.bytes(TokenId(0)), metaspace.leading), (&b" a"[..], Leading::FirstToken));
    }

    #[test]
    fn decoders_that_need_the_whole_text_are_left_to_the_library() {
        assert!(Rules::read(&json!({"type": "WordPiece", "prefix": "##"})).is_none());
        assert!(Rules::read(&Value::Null).is_none());
    }
}
