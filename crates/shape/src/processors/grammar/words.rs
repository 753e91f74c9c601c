//! A vocabulary as the library wants it.

use beamline_tokens::{TokenId, Vocabulary};
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The longest token that the library's tree of tokens holds, in bytes. A longer one is never allowed by a grammar, and its
/// text can be written with others.
const LONGEST: usize = 1000;

/// The most bytes of all tokens' beginnings, and the most ids, for which that tree has room.
const MOST: usize = (1 << 22) - 1024;

/// The vocabulary as the library wants it. Making it takes a while, so the last one is kept.
///
/// # Errors
/// When it is too large for the library.
pub(super) fn environment(vocabulary: &Arc<Vocabulary>, vocab: usize) -> Result<TokEnv, String> {
    type Kept = (Weak<Vocabulary>, usize, TokEnv);
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, size, environment)) = &*kept
        && std::ptr::eq(of.as_ptr(), Arc::as_ptr(vocabulary))
        && *size == vocab
    {
        return Ok(Arc::clone(environment));
    }
    if vocab > MOST {
        return Err(format!("the model has {vocab} tokens; grammars work with at most {MOST}"));
    }
    let word = |id: usize| {
        let (id, marker) = (TokenId(id as u32), TokTrie::SPECIAL_TOKEN_MARKER);
        let bytes = vocabulary.bytes(id);
        match (bytes.len() <= LONGEST, vocabulary.is_special(id)) {
            (false, _) => Vec::new(),
            // A special token's name is not text.
            (true, true) => [&[marker], bytes].concat(),
            (true, false) => bytes.to_vec(),
        }
    };
    let mut words: Vec<Vec<u8>> = (0..vocab).map(word).collect();
    let nodes = beginnings(&words);
    if nodes > MOST {
        return Err(format!("the model's tokens have {nodes} distinct beginnings; grammars work with at most {MOST}"));
    }
    // The library wants one end token. It gets one beyond the vocabulary; the real ones, none or many, are looked after
    // by who uses this.
    words.push([&[TokTrie::SPECIAL_TOKEN_MARKER], b"<end>".as_slice()].concat());
    let info = TokRxInfo::new(words.len() as u32, vocab as u32);
    let environment: TokEnv = Arc::new(ApproximateTokEnv::new(TokTrie::from(&info, &words)));
    *kept = Some((Arc::downgrade(vocabulary), vocab, Arc::clone(&environment)));
    Ok(environment)
}

/// How many nodes a tree of these words has, or a number above it that is within the bound.
fn beginnings(words: &[Vec<u8>]) -> usize {
    let all: usize = words.iter().map(Vec::len).sum();
    if all <= MOST {
        return all;
    }
    let mut sorted: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    let shared = |pair: &[&[u8]]| {
        let shared = pair[0].iter().zip(pair[1]).take_while(|(a, b)| a == b).count();
        // Of equal words each has a node of its own.
        shared - usize::from(shared == pair[1].len() && shared > 0)
    };
    all - sorted.windows(2).map(shared).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_counted_where_there_may_be_too_many() {
        let words: Vec<Vec<u8>> = (0..100).map(|n| [vec![b'a'; MOST / 100], vec![n]].concat()).collect();
        assert_eq!(beginnings(&words), MOST / 100 + 100);
        let equal = vec![vec![b'a'; MOST]; 3];
        assert_eq!(beginnings(&equal), MOST + 2);
        assert_eq!(beginnings(&[vec![1, 2], vec![1]]), 3);
    }
}
